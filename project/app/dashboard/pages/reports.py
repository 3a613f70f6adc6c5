"""The Reports page: every report of this server as a card, found by its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, html

from app import wording
from app.storage import NotFound
from app.storage.datasets import Dataset
from app.ui import components

_INTRO = "Reports made by analysts, one file each. Copy a file into the server's report folder, and it appears here."


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the catalogue, filtered by 'find' in the URL."""
    entries = services.reports.entries() if services.reports else []
    if not entries:
        none = components.message(
            "There is no report yet. `python -m app report new NAME` creates one to start from.",
            level="note",
        )
        return components.page("Reports", _INTRO, none)
    search = dmc.TextInput(
        id="reports-find",
        label="Find a report",
        placeholder="A word from its title, description or tags",
        value=query.get("find", ""),
        maw=420,
    )
    table = _table(services, query.get("dataset"))
    cards = dmc.SimpleGrid(
        [_card(entry, table) for entry in entries],
        cols={"base": 1, "sm": 2, "lg": 3},
        spacing="lg",
    )
    none_found = dmc.Text("No report contains these words.", c="dimmed")
    return components.page(
        "Reports",
        _INTRO,
        search,
        cards,
        html.Div(none_found, id="reports-none", hidden=True),
    )


def _table(services, dataset_id: str | None) -> Dataset | None:
    """Return the table that is open, which reports may take."""
    try:
        return services.datasets.get(dataset_id) if dataset_id else None
    except NotFound:
        return None


def _card(entry, table: Dataset | None) -> html.Div:
    address = f"/reports/{entry.name}/"
    said = [entry.name, entry.title, entry.description, *entry.tags]
    words = " ".join(said).lower()
    body: list[Any] = [
        dmc.Title(
            html.A(entry.title, href=address) if entry.shown else entry.title,
            order=2,
            size="h4",
            className="card-title",
        ),
        dmc.Text(entry.description, size="sm", c="dimmed"),
    ]
    if entry.needs:
        needs = [html.Strong("Needs: "), _small(entry.needs)]
        body.append(dmc.Text(needs, size="sm"))
    if entry.needs and table and entry.shown:
        name = wording.shortened(table.name, 40)
        link = f"{address}?{urlencode({'table': table.id})}"
        body.append(
            html.A(f"Open {name} in this report", href=link, className="card-link")
        )
    if entry.tags:
        tags = [html.Span(tag, className="label") for tag in entry.tags]
        body.append(dmc.Group(tags, gap=6))
    if entry.problem:
        kept = " The previous version is still shown." if entry.kept else ""
        body.append(components.message(entry.problem + kept, "This report is broken"))
    paper = dmc.Paper(
        [_picture(entry), dmc.Stack(body, gap="xs", p="md")],
        withBorder=True,
        className="card",
    )
    return html.Div(paper, id={"kind": "report", "words": words})


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _picture(entry) -> html.Div:
    if entry.picture:
        inside: Any = html.Img(src=f"/reports/{entry.name}/picture", alt="")
    else:
        inside = html.Span(wording.shortened(entry.title, 2)[:1].upper())
    return html.Div(inside, className="card-picture", **{"aria-hidden": "true"})


def register_callbacks(app: Dash, services) -> None:
    """Hide the cards that do not contain the words of the search."""
    app.clientside_callback(
        ClientsideFunction("reports", "find"),
        Output({"kind": "report", "words": ALL}, "hidden"),
        Output("reports-none", "hidden"),
        Input("reports-find", "value"),
        State({"kind": "report", "words": ALL}, "id"),
    )
