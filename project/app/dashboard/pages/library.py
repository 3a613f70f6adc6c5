"""The Library page: the tables and runs that this browser has opened, to be found again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html

from app import functions, wording
from app.storage import NotFound
from app.storage.datasets import SAMPLE_PREFIX
from app.ui import components

from ..run_status import STATES
from ..state import search_of

_INTRO = "The tables and runs that you opened in this browser, the last ones first. Nobody else sees this list."
_MOST = 200
_DAY_SECONDS = 86_400
_MAX_OFFSET_MINUTES = 14 * 60


@dataclass
class Shelf:
    """A table and its runs, as the browser knows them; what the server still has of them is looked up."""

    id: str
    name: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    pinned: bool = False
    runs: list[Mapping[str, Any]] = field(default_factory=list)


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the frame of the list, which the browser's own notes fill; 'find' in the URL filters it."""
    search = dmc.TextInput(
        id="library-find",
        label="Find a table or a run",
        placeholder="A word from its name, target or model",
        value=query.get("find", ""),
        maw=420,
    )
    undo = dmc.Group(
        [
            dmc.Text("Removed from the list.", size="sm"),
            dmc.Button("Undo", id="library-undo", size="compact-sm", variant="default"),
        ]
    )
    return components.page(
        "Library",
        _INTRO,
        search,
        dcc.Store(id="library-removed"),
        html.Div(undo, id="library-undo-box", hidden=True, role="status"),
        html.Div(id="library-list"),
        html.Div(
            dmc.Text("No table or run contains these words.", c="dimmed"),
            id="library-none",
            hidden=True,
        ),
    )


def register_callbacks(app: Dash, services) -> None:
    """Fill the list from the browser's notes; pin, remove and undo change the notes."""
    app.clientside_callback(
        ClientsideFunction("library", "change"),
        Output("library", "data", allow_duplicate=True),
        Output("library-removed", "data"),
        Input({"kind": "library", "act": ALL, "id": ALL}, "n_clicks"),
        Input("library-undo", "n_clicks"),
        State("library", "data"),
        State("library-removed", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        "removed => !(removed && removed.length)",
        Output("library-undo-box", "hidden"),
        Input("library-removed", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("reports", "find"),
        Output({"kind": "shelf", "words": ALL}, "hidden"),
        Output("library-none", "hidden"),
        Input("library-find", "value"),
        Input({"kind": "shelf", "words": ALL}, "id"),
    )

    @app.callback(Output("library-list", "children"), Input("library", "data"))
    def fill(library):
        return library_list(services, library)


def library_list(services, library: Any) -> Any:
    """Return the tables, each with its runs.

    Parameters
    ----------
    services : Services
    library : object
        What the browser noted; it may be anything.
    """
    shelves = shelves_of(library)
    if not shelves:
        return components.empty(
            "Nothing here yet",
            "Open a table and train models for it: both are listed here, so that you find them again.",
            "Open a table",
            "/",
        )
    clock = _clock(library)
    return dmc.Stack([_shelf(services, shelf, clock) for shelf in shelves], gap="lg")


def shelves_of(library: Any) -> list[Shelf]:
    """Return what the browser noted, by table; whatever makes no sense is left out.

    Parameters
    ----------
    library : object
    """
    entries = library.get("entries") if isinstance(library, dict) else None
    shelves: dict[str, Shelf] = {}
    for entry in _entries(entries):
        dataset = entry.get("dataset") if entry.get("kind") == "run" else entry["id"]
        if not isinstance(dataset, str):
            continue
        shelf = shelves.setdefault(dataset, Shelf(dataset))
        shelf.name = shelf.name or str(entry.get("name") or "")
        shelf.pinned = shelf.pinned or bool(entry.get("pinned"))
        if entry.get("kind") == "run":
            shelf.runs.append(entry)
        else:
            shelf.query = _query(entry.get("query"))
    return sorted(shelves.values(), key=lambda shelf: not shelf.pinned)


def _entries(entries: Any) -> Iterator[dict[str, Any]]:
    for entry in entries[:_MOST] if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            yield entry


def _query(query: Any) -> dict[str, str]:
    known = query if isinstance(query, dict) else {}
    return {str(k): v for k, v in known.items() if isinstance(v, str)}


def _clock(library: Any) -> timezone:
    offset = library.get("offset")
    if not isinstance(offset, int) or abs(offset) > _MAX_OFFSET_MINUTES:
        offset = 0
    return timezone(timedelta(minutes=offset))


def _shelf(services, shelf: Shelf, clock: timezone) -> html.Div:
    runs = [_run(services, entry, clock) for entry in shelf.runs]
    try:
        dataset = services.datasets.get(shelf.id)
    except NotFound:
        name, size = shelf.name or shelf.id, "The table has expired and was deleted."
        title: Any = wording.shortened(name)
        if not runs:
            size += " Remove it from the list, or open the file again."
    else:
        name, profile = dataset.name, dataset.profile
        size = (
            f"{wording.plural(profile.rows, 'row')}, {wording.plural(len(profile.columns), 'column')}; "
            f"{_kept(services, dataset, clock)}"
        )
        query = {**shelf.query, "dataset": shelf.id}
        title = dcc.Link(wording.shortened(name), href="/" + search_of(query))
    words = " ".join([name, *(said for _, said in runs)]).lower()
    head = dmc.Group(
        [
            dmc.Stack(
                [
                    dmc.Title(title, order=2, size="h4"),
                    dmc.Text(size, size="sm", c="dimmed"),
                ],
                gap=2,
            ),
            _buttons(shelf),
        ],
        justify="space-between",
        align="flex-start",
    )
    body = [html.Ul([row for row, _ in runs], className="library-runs")] if runs else []
    return html.Div(
        dmc.Paper([head, *body], withBorder=True, p={"base": "sm", "sm": "lg"}),
        id={"kind": "shelf", "words": words},
    )


def _kept(services, dataset, clock: timezone) -> str:
    if dataset.id.startswith(SAMPLE_PREFIX):
        return "a sample, always here"
    until = dataset.created + services.settings.retention_days * _DAY_SECONDS
    return f"read on {_moment(dataset.created, clock)}, kept until {_day(until, clock)}"


def _buttons(shelf: Shelf) -> dmc.Group:
    about = wording.shortened(shelf.name or shelf.id)
    pin = "Unpin" if shelf.pinned else "Pin"
    return dmc.Group(
        [
            _button(pin, "pin", shelf.id, f"{pin} {about}"),
            _button("Remove", "remove", shelf.id, f"Remove {about} from the list"),
        ],
        gap="xs",
    )


def _button(text: str, act: str, entry: str, label: str) -> dmc.Button:
    return dmc.Button(
        text,
        id={"kind": "library", "act": act, "id": entry},
        size="compact-sm",
        variant="default",
        style={"flexShrink": 0},
        **{"aria-label": label},
    )


def _run(services, entry: Mapping[str, Any], clock: timezone) -> tuple[html.Li, str]:
    """Return the line of a run, and its words for the search."""
    try:
        training = services.runs.training(entry["id"])
    except NotFound:
        target = wording.shortened(str(entry.get("target") or ""))
        said = f"{target}: this run has expired and was deleted."
        return html.Li(dmc.Text(said, size="sm", c="dimmed")), said
    run, summary = training.run, training.summary
    target = wording.shortened(training.settings.target)
    page = "/evaluate" if summary.best else "/train"
    found = _found(training) if summary.best else STATES[run.state]
    when = _moment(run.created, clock)
    link = dcc.Link(f"{target}, {when}", href=page + search_of({"run": run.id}))
    remove = _button(
        "Remove", "remove", run.id, f"Remove the run of {when} from the list"
    )
    line = dmc.Group(
        [html.Span([link, html.Span(found, className="library-found")]), remove],
        justify="space-between",
        wrap="nowrap",
    )
    return html.Li(line), f"{target} {found}"


def _found(training) -> str:
    summary = training.summary
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    best = next(row for row in summary.trained if row.model == summary.best)
    return f"{best.label}: {metric.label} {wording.fixed(best.holdout)}"


def _moment(seconds: float, clock: timezone) -> str:
    return f"{_day(seconds, clock)}, {datetime.fromtimestamp(seconds, clock):%H:%M}"


def _day(seconds: float, clock: timezone) -> str:
    date = datetime.fromtimestamp(seconds, clock)
    return f"{date.day} {date:%b %Y}"
