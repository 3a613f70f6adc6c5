"""The columns that may be meant to be predicted, where the table does not tell which."""

from __future__ import annotations

from dataclasses import replace

import dash_mantine_components as dmc
from dash import html

from app import wording
from app.ui import components

from .state import View


def proposals(
    suggestions, view: View, path: str, lead: str = "It may be one of these:"
) -> html.Div:
    """Return columns as links that choose them as what to predict, each with its reason.

    Parameters
    ----------
    suggestions : sequence of Suggestion
    view : View
    path : str
        The page that opens with the column chosen.
    lead : str
        What stands before them.
    """
    rows = [
        html.Li(
            [
                components.button_link(
                    wording.shortened(suggestion.name),
                    path + replace(view, target=suggestion.name, task=None).search(),
                    kind="light",
                    title=suggestion.name,
                ),
                dmc.Text(suggestion.reason, size="sm", c="dimmed", span=True),
            ],
            className="proposal",
        )
        for suggestion in suggestions
    ]
    label = dmc.Text(lead, size="sm", fw=500, mb=4)
    return html.Div([label, html.Ul(rows, className="plain-list")], id="proposals")
