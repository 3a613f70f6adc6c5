"""The Library page: the tables and runs that this browser has opened, to be found again."""

from __future__ import annotations

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, dcc, html

from app.ui import components

from ..belongings import act
from ..brought import brought_list
from ..library_list import SORTS, library_list

_INTRO = (
    "The tables and runs that you opened in this browser. The list is kept in the browser, so nobody else sees it, "
    "and other browsers do not know it."
)
_INTRO_OF_ACCOUNT = (
    "Your tables and runs, and those that are shared with you. "
    "What you opened by a link, and what you pinned or renamed, is kept in this browser."
)


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the frame of the list, which the browser's own notes fill; 'find' in the URL filters it."""
    controls = dmc.Group(
        [
            dmc.TextInput(
                id="library-find",
                label="Find a table or a run",
                placeholder="A word from its name, target or model",
                value=query.get("find", ""),
                w=320,
            ),
            dmc.Select(
                id="library-sort",
                label="Sort by",
                data=[{"value": key, "label": label} for key, label in SORTS.items()],
                value="opened",
                allowDeselect=False,
                w=200,
            ),
        ],
        align="flex-end",
    )
    return components.page(
        "Library",
        _INTRO_OF_ACCOUNT if services.actor().user else _INTRO,
        controls,
        dcc.Store(id="library-asked"),
        dcc.Store(id="library-act"),
        html.Div(
            [
                html.Span(id="library-says", role="status"),
                html.Button(
                    "Undo",
                    type="button",
                    className="library-button",
                    **{"data-act": "undo"},
                ),
            ],
            id="library-done",
            className="library-done",
            hidden=True,
        ),
        html.Div(
            html.Div(dmc.Skeleton(height=120), **{"aria-busy": "true"}),
            id="library-list",
        ),
        html.Div(
            dmc.Text("No table or run contains these words.", c="dimmed"),
            id="library-none",
            hidden=True,
        ),
        html.Div(brought_list(services), id="library-brought", className="mt"),
    )


def register_callbacks(app: Dash, services) -> None:
    """Fill the list from the browser's notes, delete what is the visitor's, and bring it back."""
    app.clientside_callback(
        ClientsideFunction("library", "ask"),
        Output("library-asked", "data"),
        Input("library-sort", "value"),
    )
    app.clientside_callback(
        ClientsideFunction("library", "restored"),
        Input("library-says", "children"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("reports", "find"),
        Output({"kind": "shelf", "words": ALL}, "hidden"),
        Output("library-none", "hidden"),
        Input("library-find", "value"),
        Input({"kind": "shelf", "words": ALL}, "id"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("library-says", "children"),
        Input("library-act", "data"),
        prevent_initial_call=True,
    )
    def delete_or_restore(asked):
        return act(services, asked)

    @app.callback(
        Output("library-list", "children"),
        Input("library-asked", "data"),
        prevent_initial_call=True,
    )
    def fill(asked):
        return library_list(services, asked)
