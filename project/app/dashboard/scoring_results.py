"""What the Use page shows of a table that is being scored, or was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from app import functions, wording
from app.jobs.score import DRIFT, SCORED
from app.storage import NotFound
from app.storage.runs import Run, TrainingRun
from app.ui import components

from . import drift_section
from .run_status import run_bar

if TYPE_CHECKING:
    import pandas as pd

_POLL_MS = 1000
_ROWS = 10
_MAX_COLUMNS = 30
_MAX_PROBLEMS = 12
_STATES = {"failed": "problem", "cancelled": "warning", "interrupted": "warning"}
_OTHER = "This link leads to what was scored with another run. Drop the table again."
_DAMAGED = "What was found of this table is damaged. Drop the table again."
_FORMATS = (("csv", "CSV"), ("xlsx", "Excel"), ("parquet", "Parquet"))


def scoring(services, training: TrainingRun, run_id: str) -> Any:
    """Return a scoring of a training: how far it is, what it has found, or why it has not.

    Raises
    ------
    NotFound
        There is no such scoring of this training, or no longer.
    """
    run = services.runs.get(run_id)
    if run.kind != "score" or run.parameters.get("run") != training.id:
        raise NotFound(_OTHER)
    if run.active:
        return _at_work(run)
    if run.state != "done":
        said = components.message(run.message, level=_STATES.get(run.state, "problem"))
        again = _again("same", "Try again")
        return components.section(_title(run), dmc.Stack([said, html.Div(again)]))
    kind = functions.scoring.results.ScoringResult
    result = services.runs.result(run_id, "result", kind)
    if result is None:
        raise NotFound(_DAMAGED)
    rows = functions.tables.serialization.batches_of(
        services.runs.table_path(run_id, SCORED), _ROWS
    )
    return dmc.Stack(
        [
            _scored(training, run, result, next(rows, None)),
            *_misfits(run, result),
            *_compared(services, run),
        ],
        gap="lg",
    )


def _compared(services, run: Run) -> list[Any]:
    drift = services.runs.result(run.id, DRIFT, functions.scoring.drift.Drift)
    return [] if drift is None else [drift_section.section(drift)]


def _title(run: Run) -> str:
    return f"Predictions for {wording.shortened(run.dataset.name, 60)}"


def _at_work(run: Run) -> dmc.Paper:
    return components.section(
        _title(run),
        html.Div(scoring_progress(run), id="score-progress", className="mb"),
        dmc.Button("Cancel", id="score-cancel", variant="default"),
        dcc.Interval(id="score-poll", interval=_POLL_MS),
    )


def scoring_progress(run: Run) -> dmc.Stack:
    """Return how far a scoring is."""
    return dmc.Stack(run_bar(run, "Scoring"), gap="sm")


def asked_again(services, run: Run, what: str) -> dict[str, Any]:
    """Return what to ask of a further scoring of the same table that differs in one thing.

    Parameters
    ----------
    services : Services
    run : Run
    what : {"same", "renamed", "unreadable"}

    Returns
    -------
    dict of str
        As ``Jobs.score`` takes it, and 'run'.
    """
    parameters = dict(run.parameters)
    if what == "unreadable":
        parameters["unreadable_as_missing"] = True
    elif what == "renamed":
        kind = functions.scoring.results.ScoringResult
        found = services.runs.result(run.id, "result", kind)
        parameters["renamed"] = {**parameters.get("renamed", {}), **found.similar}
    return parameters


def _scored(training: TrainingRun, run: Run, result, head: pd.DataFrame | None) -> Any:
    shown = dmc.Stack(
        [
            *_alarm(training, run, result),
            html.P(summary(training, result), className="scored-says"),
            *([_downloads(run)] if result.n_rows else []),
            *([_first_rows(head), *_may_be(head)] if head is not None else []),
            html.Div(_again("chosen", "Score again with the choices above")),
        ],
        gap="md",
    )
    return components.section(_title(run), shown)


def _again(what: str, label: str) -> dmc.Button:
    return dmc.Button(
        label,
        id={"kind": "score-again", "what": what},
        variant="default",
        className="wraps",
    )


def _alarm(training: TrainingRun, run: Run, result) -> list[html.Div]:
    if run.dataset.id == training.run.dataset.id:
        text = "It learned from most of these rows, so it looks better here than it is. Evaluate tells how good it is."
        return [
            components.message(text, "The model was trained on this table", "warning")
        ]
    absent = [p.column for p in result.problems if p.kind == "absent"]
    used = len(training.settings.roles)
    if not result.n_scored:
        text = "No row could be scored; below is why."
        return [components.message(text, "Nothing was predicted")]
    if 2 * len(absent) > used:
        text = (
            f"It lacks {wording.number(len(absent))} of the {wording.number(used)} columns that the model uses: "
            "the predictions below come from the others alone."
        )
        return [components.message(text, "Is this the right table?", "warning")]
    return []


def summary(training: TrainingRun, result) -> str:
    """Return in words how many rows were scored, with which model, and what was predicted.

    Parameters
    ----------
    training : TrainingRun
    result : ScoringResult
    """
    labels = {row.model: row.label for row in training.summary.trained}
    label = labels.get(result.model, result.model)
    were = "was" if result.n_rows == 1 else "were"
    said = (
        f"{wording.number(result.n_scored)} of {wording.plural(result.n_rows, 'row')} {were} scored with the model "
        f"“{label}”."
    )
    if not result.n_scored:
        return said
    if not result.classes:
        said += (
            f" The predicted {wording.shortened(training.settings.target)} is {wording.number(result.mean)} on "
            f"average, from {wording.number(result.lowest)} to {wording.number(result.highest)}."
        )
        if result.margin < float("inf"):
            said += (
                " On rows that it had not seen, the model was off by at most "
                f"{wording.number(result.margin)} in 9 of 10 cases: that is how far low and high are apart from it."
            )
        return said
    counts = sorted(zip(result.predicted, result.classes), reverse=True)
    parts = [f"{wording.number(n)} {wording.shortened(name)}" for n, name in counts]
    said += f" Predicted: {wording.listed(parts, 6)}."
    if len(result.classes) == 2:
        said += (
            f" The probability of {wording.shortened(result.classes[1])} is {wording.fixed(result.mean)} on average, "
            f"from {wording.fixed(result.lowest)} to {wording.fixed(result.highest)}; from "
            f"{functions.tables.columns.short_label_of(result.threshold)} on it is predicted."
        )
    return said


def _downloads(run: Run) -> dmc.Group:
    links = [
        html.A(
            label,
            href=f"/scorings/{run.id}/scored.{ending}",
            download="",
            className="button button-light",
        )
        for ending, label in _FORMATS
    ]
    return dmc.Group([dmc.Text("Download all rows:", size="sm"), *links], gap="sm")


def _first_rows(head: pd.DataFrame) -> html.Div:
    names = list(map(str, head))
    # What was predicted stands last in the file, and first here.
    starts = [k for k, name in enumerate(names) if name.startswith("prediction")]
    order = [*range(starts[-1], len(names)), *range(starts[-1])][:_MAX_COLUMNS]
    n_ours = len(names) - starts[-1]
    cells = [
        [_cell(value, i < n_ours) for value in head.iloc[:, k]]
        for i, k in enumerate(order)
    ]
    return components.plain_table(
        [wording.shortened(names[k], 24) for k in order],
        [list(row) for row in zip(*cells)],
        "The first rows with their predictions",
        110 * len(order),
    )


def _may_be(head: pd.DataFrame) -> list[dmc.Text]:
    if not any(str(name).startswith("may be") for name in head):
        return []
    says = (
        "“may be” names the classes that cannot be ruled out: on rows that the model had not seen, the true one was "
        "among them in 9 of 10."
    )
    return [dmc.Text(says, size="sm", c="dimmed", maw=760)]


def _cell(value: Any, is_ours: bool) -> str:
    if value is None or value != value:
        return ""
    if is_ours and isinstance(value, float):
        return wording.number(value)
    return functions.tables.columns.short_label_of(value)


def _misfits(run: Run, result) -> list[dmc.Paper]:
    """Return what did not fit: nothing where all did."""
    lines = _lines(result)
    parts: list[Any] = []
    if lines:
        parts.append(html.Ul([html.Li(line) for line in lines], className="misfits"))
    if result.similar:
        pairs = [f"“{name}” for “{wanted}”" for wanted, name in result.similar.items()]
        parts.append(
            html.Div(
                [
                    dmc.Text(f"Are these the same columns: {wording.listed(pairs)}?"),
                    _again("renamed", "Yes, score again with them"),
                ],
                className="misfit-offer",
            )
        )
    if result.refused:
        parts.append(_refused(run, result))
    if not parts:
        return []
    return [components.section("What did not fit", dmc.Stack(parts, gap="md"))]


def _lines(result) -> list[str]:
    by_kind: dict[str, list[Any]] = {}
    for problem in result.problems:
        by_kind.setdefault(problem.kind, []).append(problem)
    lines = []
    absent = [p.column for p in by_kind.pop("absent", [])]
    surplus = [p.column for p in by_kind.pop("surplus", [])]
    if absent:
        lines.append(
            f"The table has no {wording.quoted(absent, 8)}: taken as missing in every row."
        )
    cells = [p for problems in by_kind.values() for p in problems]
    cells.sort(key=lambda p: -p.n_rows)
    lines += [_with_rows(p) for p in cells[:_MAX_PROBLEMS]]
    if len(cells) > _MAX_PROBLEMS:
        more = wording.plural(len(cells) - _MAX_PROBLEMS, "further column")
        lines.append(f"{more} with cells that do not fit.")
    if surplus:
        lines.append(f"The model does not use {wording.quoted(surplus, 8)}.")
    return lines


def _with_rows(problem) -> str:
    rows = [wording.number(row) for row in problem.rows[:8]]
    if problem.n_rows > len(rows):
        return f"{problem.sentence} The first are rows {wording.listed(rows)}."
    word = "Row" if len(rows) == 1 else "Rows"
    return f"{problem.sentence} {word} {wording.listed(rows)}."


def _refused(run: Run, result) -> html.Div:
    title = f"{wording.plural(result.n_refused, 'row')} not scored"
    shown = [
        [wording.number(each.row), wording.shortened(each.reason, 200)]
        for each in result.refused
    ]
    parts: list[Any] = [
        dmc.Title(title, order=3, size="h5"),
        components.plain_table(["Row", "Why"], shown, title, 300),
    ]
    if result.n_refused > len(shown):
        parts.append(
            dmc.Text(
                f"These are the first {wording.number(len(shown))}; the file says it of each.",
                size="sm",
                c="dimmed",
            )
        )
    unreadable = any(p.kind == "unreadable" for p in result.problems)
    if unreadable and not run.parameters.get("unreadable_as_missing"):
        label = "Score these too, with such cells as missing"
        parts.append(html.Div(_again("unreadable", label)))
    return html.Div(dmc.Stack(parts, gap="sm"))
