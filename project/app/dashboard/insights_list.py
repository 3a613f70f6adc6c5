"""What stands out in the table, as a list of sentences."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from app import functions, wording

from .state import Choice, View, choose

_SCALE = (
    "Strength is from 0, no relation, to 1, where one column tells the other. "
    "A relation is only named if it is too strong to be chance."
)


def waiting_insights() -> dmc.Skeleton:
    """Return what stands there until the sentences are known."""
    return dmc.Skeleton(height=96)


def insights_list(services, view: View) -> Any:
    """Return the sentences on the open table, given what is chosen.

    Parameters
    ----------
    services : Services
    view : View
    """
    profile = services.datasets.get(view.dataset).profile
    choice = choose(view, profile)
    tables = functions.tables
    roles = roles_of_interest(choice)
    drawn = tables.relations.drawn_rows(profile.rows)
    frame = services.datasets.rows(view.dataset, [*roles], drawn)
    found = tables.insights.insights(
        frame, profile.columns, choice.target, roles, profile.duplicate_rows
    )
    if not found:
        return dmc.Text("Nothing: no column is odd in any way.", size="sm")
    hints = [html.P(_SCALE, className="hint")]
    if profile.rows > len(frame):
        seen = f"Seen in {wording.number(len(frame))} of the rows, drawn at random."
        hints.append(html.P(seen, className="hint"))
    return [html.Ul([_item(each) for each in found], className="insights"), *hints]


def roles_of_interest(choice: Choice) -> dict[str, str]:
    """Return the roles of the columns that are learned from, and of the target.

    Parameters
    ----------
    choice : Choice
    """
    roles = dict(choice.features)
    if choice.target:
        roles[choice.target] = choice.roles[choice.target]
    return roles


def _item(insight) -> html.Li:
    mark = "▲" if insight.is_warning else "•"
    says = [html.Span(mark, className="mark", **{"aria-hidden": "true"})]
    if insight.is_warning:
        says.append(html.Span("Caution: ", className="unseen"))
    kind = "insight insight-warning" if insight.is_warning else "insight"
    return html.Li([*says, html.Span(insight.sentence)], className=kind)
