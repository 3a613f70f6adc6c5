"""Two columns side by side, and the strongest relations to the target: drawn on demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update

from app import functions, wording
from app.ui import components

from .figures.pairs import pair_caption, pair_figure
from .insights_list import roles_of_interest
from .state import View, choose, query_of

_STRONGEST = 12


def pair_look(services, view: View, query: Mapping[str, str]) -> dmc.Paper:
    """Return the section; a link that names two columns opens it with their chart.

    Parameters
    ----------
    services : Services
    view : View
    query : mapping of str to str
        With ``x`` and ``y``, the names of two columns.
    """
    profile = services.datasets.get(view.dataset).profile
    roles = _drawable(choose(view, profile).roles)
    names = [*roles]
    x, y = (query.get(key) if query.get(key) in roles else None for key in "xy")
    chart = _chart(services, view, x, y) if x and y else None
    return components.section(
        "Two columns side by side",
        dmc.SimpleGrid(
            [
                _select("pair-x", "One column", names, x),
                _select("pair-y", "Another", names, y),
            ],
            cols={"base": 1, "sm": 2},
            maw=620,
        ),
        html.Div(chart, id="pair-chart", className="mt"),
        html.Div(_strongest_button(services, view), id="relations"),
    )


def _select(select_id: str, label: str, names: list[str], value: str | None) -> Any:
    return dmc.Select(
        id=select_id,
        label=label,
        data=names,
        value=value,
        placeholder="Choose a column",
        searchable=True,
        clearable=True,
        limit=200,
        nothingFoundMessage="No such column",
    )


def _drawable(roles: Mapping[str, str]) -> dict[str, str]:
    return {n: r for n, r in roles.items() if r in functions.tables.pairs.ROLES}


def _chart(services, view: View, x: str, y: str) -> Any:
    profile = services.datasets.get(view.dataset).profile
    roles = choose(view, profile).roles
    if x == y or x not in roles or y not in roles:
        return components.message("Choose two different columns.", level="note")
    frame = services.datasets.table(view.dataset, [x, y])
    try:
        pair = functions.tables.pairs.pair_of(frame, x, y, roles)
    except ValueError as error:
        return components.message(str(error), level="note")
    thin = functions.tables.relations.thinned(frame)
    both = {name: roles[name] for name in (x, y)}
    found = functions.tables.relations.target_relations(thin, y, both)
    caption = pair_caption(pair, found[0] if found else None)
    return components.chart(pair_figure(pair), caption, "pair", height=380)


def _strongest_button(services, view: View) -> Any:
    target = choose(view, services.datasets.get(view.dataset).profile).target
    if not target:
        return None
    name = wording.shortened(target, 40)
    return html.Div(
        [
            html.Button(
                f"Show what goes most with {name}",
                id="relations-start",
                type="button",
                className="button button-light mt",
            ),
            html.Div(id="relations-charts", role="status"),
        ]
    )


def _strongest(services, view: View) -> Any:
    profile = services.datasets.get(view.dataset).profile
    choice = choose(view, profile)
    roles = roles_of_interest(choice)
    relations = functions.tables.relations
    drawn = relations.drawn_rows(profile.rows)
    frame = services.datasets.rows(view.dataset, [*roles], drawn)
    found = relations.target_relations(frame, choice.target, roles)[:_STRONGEST]
    if not found:
        sentence = "No single column goes with it clearly more than chance would."
        return components.message(sentence, level="note")
    charts = []
    for k, relation in enumerate(found):
        pair = functions.tables.pairs.pair_of(
            frame, relation.left, choice.target, roles
        )
        name = wording.shortened(relation.left, 40)
        caption = f"{name}: {wording.fixed(relation.strength, 2)} of 1"
        figure = pair_figure(pair, is_small=True)
        charts.append(components.chart(figure, caption, f"relation-{k}", height=210))
    seen = wording.plural(len(frame), "row")
    return [
        dmc.SimpleGrid(charts, cols={"base": 1, "sm": 2, "lg": 3}, mt="md"),
        html.P(f"The strongest first, from {seen}.", className="hint"),
    ]


def register_pair_look(app: Dash, services) -> None:
    """Register the callbacks: the two columns are in the address, and charts are drawn when they are asked for."""
    app.clientside_callback(
        ClientsideFunction("data", "pair"),
        Input("pair-x", "value"),
        Input("pair-y", "value"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("pair-chart", "children"),
        Input("pair-x", "value"),
        Input("pair-y", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def draw(x, y, search):
        both = isinstance(x, str) and isinstance(y, str)
        return _chart(services, View.of(query_of(search)), x, y) if both else None

    # Another target has other relations.
    @app.callback(
        Output("relations", "children"),
        Input("search", "data"),
        prevent_initial_call=True,
    )
    def again(search):
        return _strongest_button(services, View.of(query_of(search)))

    @app.callback(
        Output("relations-charts", "children"),
        Input("relations-start", "n_clicks"),
        State("url", "search"),
        running=[(Output("relations-start", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def show(clicks, search):
        return _strongest(services, View.of(query_of(search))) if clicks else no_update
