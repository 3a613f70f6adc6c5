"""The list of the Library page: each table with its runs, as the browser noted them and as the server knows them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from app import functions, wording
from app.storage import NotFound, files
from app.storage.datasets import SAMPLE_PREFIX
from app.storage.served import ServedModels
from app.ui import components

from .belongings import is_mine
from .run_status import state_of
from .served import badges
from .state import search_of
from .subject import best_score

SORTS = {
    "opened": "Opened last",
    "made": "Made last",
    "name": "Name",
    "rows": "Most rows",
    "score": "Best score",
}
_MOST = 200
_MAX_TEXT = 300
_DAY_SECONDS = 86_400
_MAX_OFFSET_MINUTES = 14 * 60


@dataclass
class RunLine:
    """A run as the list shows it; without `training` it has expired."""

    id: str
    label: str
    target: str
    training: Any = None

    @property
    def made(self) -> float:
        """When it was started, in seconds since the epoch."""
        return self.training.run.created if self.training else 0.0

    @property
    def rank(self) -> float:
        """The lower, the better its score, whatever the metric's direction; infinite without one."""
        best = [
            row
            for row in (self.training.summary.trained if self.training else ())
            if row.model == self.training.summary.best
        ]
        if not best or best[0].holdout is None or math.isnan(best[0].holdout):
            return math.inf
        metric = functions.evaluation.scoring.METRICS[self.training.settings.scoring]
        return -best[0].holdout if metric.greater_is_better else best[0].holdout


@dataclass
class Shelf:
    """A table and its runs; without `dataset` it has expired."""

    id: str
    name: str = ""
    label: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    pinned: bool = False
    runs: list[RunLine] = field(default_factory=list)
    dataset: Any = None

    @property
    def title(self) -> str:
        """What it is called: by its owner, by its file, or by nobody."""
        known = self.dataset.name if self.dataset else self.name
        return self.label or known or "A table"


def library_list(services, asked: Any) -> Any:
    """Return the tables, each with its runs.

    Parameters
    ----------
    services : Services
    asked : object
        What the browser noted and how it is to be sorted; it may be anything.
    """
    shelves = shelves_of(services, asked)
    if not shelves:
        return components.empty(
            "Nothing here yet",
            "Open a table and train models for it: both are listed here, so that you find them again.",
            "Open a table",
            "/",
        )
    clock = _clock(asked)
    return dmc.Stack([_shelf(services, shelf, clock) for shelf in shelves], gap="md")


def shelves_of(services, asked: Any) -> list[Shelf]:
    """Return what the browser noted and what belongs to the account, by table and in order.

    Whatever makes no sense is left out.

    Parameters
    ----------
    services : Services
    asked : object
    """
    shelves: dict[str, Shelf] = {}
    for entry in _all_entries(services, asked):
        is_run = entry.get("kind") == "run"
        line = _run_line(services, entry) if is_run else None
        # Which table a run is of, says the run itself if it can.
        known = line.training.run.dataset if line and line.training else None
        dataset = known.id if known else _text(entry, "dataset" if is_run else "id")
        if not dataset:
            continue
        shelf = shelves.setdefault(dataset, Shelf(dataset))
        shelf.name = shelf.name or (known.name if known else _text(entry, "name"))
        if line:
            shelf.runs.append(line)
        else:
            shelf.label = _text(entry, "label")
            shelf.query = _query(entry.get("query"))
            shelf.pinned = entry.get("pinned") is True
    for shelf in shelves.values():
        shelf.dataset = _known(services.datasets.get, shelf.id)
    sort = asked.get("sort") if isinstance(asked, dict) else None
    return _sorted(list(shelves.values()), sort)


def _sorted(shelves: list[Shelf], sort: Any) -> list[Shelf]:
    keys = {
        "made": lambda shelf: -shelf.dataset.created if shelf.dataset else 0,
        "name": lambda shelf: shelf.title.lower(),
        "rows": lambda shelf: -shelf.dataset.profile.rows if shelf.dataset else 0,
    }
    for shelf in shelves:
        by_score = sort == "score"
        shelf.runs.sort(key=lambda run: (run.rank if by_score else 0, -run.made))
    if isinstance(sort, str) and sort in keys:
        shelves.sort(key=keys[sort])
    return sorted(shelves, key=lambda shelf: not shelf.pinned)


def _run_line(services, entry: Mapping[str, Any]) -> RunLine:
    training = _known(services.runs.training, entry["id"])
    target = training.settings.target if training else _text(entry, "target")
    return RunLine(entry["id"], _text(entry, "label"), target, training)


def _known(read: Any, item: str) -> Any:
    try:
        return read(item)
    except NotFound:
        return None


def _all_entries(services, asked: Any) -> Iterator[dict[str, Any]]:
    noted = set()
    for entry in _entries(asked):
        noted.add(entry["id"])
        yield entry
    for kind in ("table", "run"):
        for item in services.permissions.listed(kind)[:_MOST]:
            if item not in noted:
                yield {"kind": kind, "id": item}


def _entries(asked: Any) -> Iterator[dict[str, Any]]:
    entries = asked.get("entries") if isinstance(asked, dict) else None
    for entry in entries[:_MOST] if isinstance(entries, list) else ():
        if isinstance(entry, dict) and _text(entry, "id"):
            yield entry


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


def _query(query: Any) -> dict[str, str]:
    known = query if isinstance(query, dict) else {}
    return {str(k): v for k, v in known.items() if isinstance(v, str)}


def _clock(asked: Any) -> timezone:
    offset = asked.get("offset") if isinstance(asked, dict) else 0
    if not isinstance(offset, int) or abs(offset) > _MAX_OFFSET_MINUTES:
        offset = 0
    return timezone(timedelta(minutes=offset))


# ---- What it looks like


def _shelf(services, shelf: Shelf, clock: timezone) -> html.Div:
    name = wording.shortened(shelf.title, 60)
    title: Any = name
    if shelf.dataset:
        query = {**shelf.query, "dataset": shelf.id}
        title = dcc.Link(name, href="/" + search_of(query))
    mark = [html.Span("Pinned", className="label")] if shelf.pinned else []
    head = html.Div(
        [
            html.Div(
                [
                    dmc.Group(
                        [dmc.Title(title, order=2, size="h4", className="whole"), *mark]
                    ),
                    dmc.Text(_says(services, shelf, clock), size="sm", c="dimmed"),
                ],
                title=shelf.title,
            ),
            _buttons(services, "table", shelf.id, name, shelf.pinned),
        ],
        className="library-head",
    )
    lines = [_run(services, shelf, line, clock) for line in shelf.runs]
    said = [f"{line.label} {line.target} {_found(line)[0]}" for line in shelf.runs]
    runs = [
        html.Ul(lines, className="library-runs"),
        html.Div(className="library-compare"),
    ]
    words = " ".join([shelf.title, shelf.name, *said]).lower()
    return html.Div(
        dmc.Paper(
            [head, *(runs if lines else [])],
            withBorder=True,
            p={"base": "sm", "sm": "lg"},
        ),
        id={"kind": "shelf", "words": words},
        className="shelf",
    )


def _says(services, shelf: Shelf, clock: timezone) -> str:
    if not shelf.dataset:
        rest = "; its runs can still be looked at." if shelf.runs else "."
        return f"The table was deleted, or has expired{rest}"
    profile = shelf.dataset.profile
    size = f"{wording.plural(profile.rows, 'row')}, {wording.plural(len(profile.columns), 'column')}"
    if shelf.id.startswith(SAMPLE_PREFIX):
        return f"{size}; a sample, kept"
    made = _moment(shelf.dataset.created, clock)
    return (
        f"{size}; made on {made}, {_kept(services, services.datasets, shelf.id, clock)}"
    )


def _kept(services, store, item: str, clock: timezone) -> str:
    """Say until when a table or a run is kept."""
    if ServedModels(services.jobs.data_dir).names_of(item):
        return "kept while it serves"
    until = files.last_written(store.root / item)
    if math.isinf(until):
        return "being written"
    until += services.settings.retention_days * _DAY_SECONDS
    date = datetime.fromtimestamp(until, clock)
    return f"deleted on {date.day} {date:%B}"


def _run(services, shelf: Shelf, line: RunLine, clock: timezone) -> html.Li:
    target = wording.shortened(line.target or "unknown", 40)
    buttons = _buttons(services, "run", line.id, line.label or f"the run for {target}")
    if not line.training:
        gone = f"{line.label or target}: this run was deleted, or has expired."
        return html.Li(
            [dmc.Text(gone, size="sm", c="dimmed", className="library-run"), buttons]
        )
    run = line.training.run
    when = _moment(run.created, clock)
    found, page, action = _found(line)
    link = dcc.Link(
        wording.shortened(line.label, 60) or f"{target}, {when}",
        href=page + search_of({"run": run.id}),
        title=action,
    )
    kept = f"{f'{target}, {when}; ' if line.label else ''}{_kept(services, services.runs, run.id, clock)}"
    tick = html.Span(
        dmc.Checkbox(
            size="md",
            **{"aria-label": f"Compare {line.label or target} of {when}"},
        ),
        className="library-tick",
        **{"data-compare": run.id},
    )
    return html.Li(
        [
            *([tick] if line.training.summary.best and len(shelf.runs) > 1 else []),
            html.Div(
                [
                    html.Div(link, className="whole"),
                    dmc.Text(kept, size="xs", c="dimmed"),
                ],
                className="library-run",
            ),
            html.Span([found, *_serves(services, line)], className="library-found"),
            buttons,
        ]
    )


def _serves(services, line: RunLine) -> list[Any]:
    return [html.Div(each) for each in badges(services, line.training, line=False)]


def _found(line: RunLine) -> tuple[str, str, str]:
    """Return what a run found, or its state; the page that shows it; and what its link does."""
    if not line.training:
        return "", "", ""
    state = state_of(line.training.run)
    score = best_score(line.training)
    if not score:
        return state, "/train", "See its progress"
    best = line.training.summary.best
    label = next(r.label for r in line.training.summary.trained if r.model == best)
    ended = "" if line.training.run.state == "done" else f" ({state.lower()})"
    return f"{label}: {score}{ended}", "/evaluate", "See how good its models are"


def _buttons(
    services, kind: str, item: str, name: str, pinned: bool | None = None
) -> html.Div:
    about = wording.shortened(name)
    mine = is_mine(services, kind, item)
    remove = "Delete" if mine else "Remove"
    pin = "Unpin" if pinned else "Pin"
    shown = [("rename", "Rename", f"Rename {about}")]
    if pinned is not None:
        shown.insert(0, ("pin", pin, f"{pin} {about}"))
    from_list = "" if mine else " from this list"
    shown.append(("delete", remove, f"{remove} {about}{from_list}"))
    buttons = [
        html.Button(
            text,
            type="button",
            className="library-button",
            **{
                "data-act": act,
                "data-id": item,
                "data-name": name,
                "aria-label": label,
            },
        )
        for act, text, label in shown
    ]
    return html.Div(buttons, className="library-buttons")


def _moment(seconds: float, clock: timezone) -> str:
    date = datetime.fromtimestamp(seconds, clock)
    return f"{date.day} {date:%B}, {date:%H:%M}"
