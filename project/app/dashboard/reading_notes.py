"""How a table was read, sentence by sentence, and the buttons that have it read otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import dash_mantine_components as dmc
from dash import (
    ALL,
    ClientsideFunction,
    Dash,
    Input,
    Output,
    State,
    dcc,
    html,
    no_update,
)

from app import wording
from app.ui import components

from .reading_controls import (
    MAX_CHOICE,
    how_it_was_read,
    reading_controls,
    register_reading_controls,
)
from .state import View, query_of, whole

# All others are folded, and drawn when they are asked for.
SHOWN = 5
MAX_DRAWN = 400


def reading_notes(dataset) -> html.Div:
    """Return what is to be said on how the file of a dataset was read, and what can be changed.

    Parameters
    ----------
    dataset : Dataset
    """
    progress = html.Div(
        ["Reading the table again… ", html.Progress()],
        id="correcting",
        role="status",
        hidden=True,
    )
    section = _section(dataset)
    return html.Div(
        [
            *section,
            progress,
            html.Div(id="correction-problem"),
            dcc.Store(id="correction"),
        ],
        id="readings",
        tabIndex=-1,
        hidden=not section,
    )


def _section(dataset) -> list[Any]:
    if not dataset.remarks and not dataset.sheets and not dataset.how:
        # Of a version that kept sentences only, or nothing had to be assumed.
        notes = [components.message(note, level="note") for note in dataset.notes]
        return [dmc.Stack(notes, gap="xs")] if notes else []
    remarks = list(_remarks(dataset))
    section = components.section(
        "How it was read",
        _sheets(dataset),
        how_it_was_read(dataset),
        html.Ul(remarks[:SHOWN], className="plain-list remarks"),
        _folded(len(remarks) - SHOWN),
        reading_controls(dataset),
    )
    return [section]


def _sheets(dataset) -> Any:
    if len(dataset.sheets) < 2:
        return html.Div(hidden=True)
    return dmc.Select(
        id={"kind": "sheet", "of": dataset.id},
        label="Sheet",
        data=list(dict.fromkeys(dataset.sheets)),
        value=dataset.sheet,
        allowDeselect=False,
        searchable=True,
        limit=200,
        maw=320,
        mb="sm",
    )


def _remarks(dataset) -> Iterator[html.Li]:
    number = 0
    for i, remark in enumerate(dataset.remarks):
        says = f"remark-{i}"
        buttons = [
            _button(offer, number + k, says) for k, offer in enumerate(remark.offers)
        ]
        number += len(remark.offers)
        sentence = html.Span(remark.sentence, id=says)
        yield html.Li([sentence, *buttons], className="remark")


def _button(offer, number: int, says: str) -> html.Span:
    button = html.Button(
        offer.label,
        id={"kind": "offer", "offer": number},
        type="button",
        className="button button-light",
        **{"aria-describedby": says},
    )
    hint = [html.Span(offer.hint, className="hint")] if offer.hint else []
    return html.Span([button, *hint], className="offer")


def _folded(count: int) -> html.Div:
    summary = html.Summary(
        f"Show {wording.plural(count, 'more note')}", id="more-remarks"
    )
    return html.Div(
        html.Details([summary, html.Div(id="remarks-folded")]),
        hidden=count <= 0,
        className="checks",
    )


def register_reading_notes(app: Dash, services) -> None:
    """Register the callbacks: an offer or a sheet makes another table, which the page goes to."""

    app.clientside_callback(
        ClientsideFunction("data", "ask"),
        Output("correction", "data"),
        Input({"kind": "offer", "offer": ALL}, "n_clicks"),
        Input({"kind": "sheet", "of": ALL}, "value"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("go", "data", allow_duplicate=True),
        Output("correction-problem", "children"),
        Input("correction", "data"),
        State("url", "search"),
        running=[(Output("correcting", "hidden"), False, True)],
        prevent_initial_call=True,
    )
    def correct(asked, search):
        view = View.of(query_of(search))
        dataset = services.datasets.get(view.dataset)
        if not _is_offered(dataset, asked):
            return no_update, no_update
        kind, choice = asked["kind"], asked["choice"]
        outcome = services.jobs.correct(dataset.id, kind, choice)
        if "error" in outcome:
            return no_update, components.message(outcome["error"])
        if kind in ("sheet", "reading"):
            return View(outcome["dataset"]).search(), None
        column, _ = dataset.offers[int(choice)]
        return _moved(view, dataset, column, outcome["dataset"]).search(), None

    @app.callback(
        Output("remarks-folded", "children"),
        Input("more-remarks", "n_clicks"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def unfold(clicks, search):
        dataset = services.datasets.get(View.of(query_of(search)).dataset)
        remarks = list(_remarks(dataset))[SHOWN:]
        drawn = html.Ul(remarks[:MAX_DRAWN], className="plain-list remarks")
        more = len(remarks) - MAX_DRAWN
        if more <= 0:
            return drawn
        rest = (
            f"{wording.plural(more, 'further note')} not shown: find the column in the table below "
            "to read it otherwise."
        )
        return [drawn, dmc.Text(rest, size="sm", c="dimmed")]

    register_reading_controls(app)
    app.clientside_callback(
        ClientsideFunction("data", "focusReadings"),
        Output("readings", "data-drawn"),
        Input("readings", "id"),
    )


def _is_offered(dataset, asked: Any) -> bool:
    """Tell whether the browser asks for something that the dataset offers."""
    if not isinstance(asked, Mapping):
        return False
    kind, choice = asked.get("kind"), asked.get("choice")
    if not isinstance(choice, str):
        return False
    if kind == "sheet":
        return choice in dataset.sheets and choice != dataset.sheet
    if kind == "reading":
        return bool(dataset.how) and len(choice) <= MAX_CHOICE
    number = whole(choice)
    return kind == "offer" and number is not None and number < len(dataset.offers)


def _moved(view: View, dataset, column: str, dataset_id: str) -> View:
    """Return the view of the corrected table; what was chosen for the column may not fit it any more."""
    names = [each.name for each in dataset.profile.columns]
    moved = replace(view.with_roles({names.index(column): None}), dataset=dataset_id)
    return replace(moved, task=None) if column == view.target else moved
