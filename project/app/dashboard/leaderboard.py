"""The leaderboard: every model of a run with its scores and times, the baseline among them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from app import functions, wording
from app.storage.runs import TrainingRun
from app.ui import components

if TYPE_CHECKING:
    from app.functions.evaluation.results import LeaderboardRow

# Key in the row, head, and whether the smaller value comes first when sorted. None: as the metric has it.
COLUMNS = (
    ("label", "Model", True),
    ("cv_mean", "Cross-validated", None),
    ("holdout", "Holdout (95 % interval)", None),
    ("fit_seconds", "Fit time", True),
    ("predict_ms", "Predict 1,000 rows", True),
)


def leaderboard(
    training: TrainingRun, chosen: str | None = None, sortable: bool = False
) -> html.Div:
    """Return the leaderboard of a run, the best cross-validated model first.

    Parameters
    ----------
    training : TrainingRun
    chosen : str, optional
        The model that the page shows; its row is marked.
    sortable : bool
        Whether a click on a head sorts.
    """
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    rows = sorted(training.summary.leaderboard, key=lambda row: _order(row, metric))
    head = [_head(i, metric, sortable) for i in range(len(COLUMNS))]
    return components.table(
        head,
        [_row(row, training.summary.best, chosen) for row in rows],
        f"Leaderboard by {metric.label}",
        min_width=680,
        body_id="leaderboard-rows" if sortable else None,
    )


def leaderboard_caption(training: TrainingRun) -> str:
    """Return the sentence below a leaderboard."""
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    better = "higher" if metric.greater_is_better else "lower"
    folds, summary = training.settings.n_splits, training.summary
    return (
        f"Scores are {metric.label} ({better} is better): mean ± standard deviation over {folds} folds of the "
        f"{wording.number(summary.n_train)} training rows, and the score on "
        f"{wording.plural(summary.n_test, 'row')} that no model had seen."
    )


def training_notes(training: TrainingRun) -> list[html.P]:
    """Return what was left out, joined or weighted, and which class is positive: a paragraph, or none."""
    notes = " ".join(training.summary.notes)
    return [html.P(notes, className="caption", id="training-notes")] if notes else []


def _order(row: LeaderboardRow, metric) -> float:
    if not math.isfinite(row.cv_mean):
        return math.inf
    return -row.cv_mean if metric.greater_is_better else row.cv_mean


def _head(i: int, metric, sortable: bool) -> html.Th:
    key, label, ascending = COLUMNS[i]
    number = "number" if i else ""
    if not sortable:
        return html.Th(label, scope="col", className=number)
    if ascending is None:
        ascending = not metric.greater_is_better
    first = "ascending" if ascending else "descending"
    button = html.Button(
        label,
        id={"kind": "sort", "column": key, "first": first},
        className="sort",
        type="button",
    )
    sorted_by = {"aria-sort": first} if key == "cv_mean" else {"aria-sort": "none"}
    return html.Th(
        button,
        id={"kind": "sorted", "column": key},
        scope="col",
        className=number,
        **sorted_by,
    )


def _row(row: LeaderboardRow, best: str | None, chosen: str | None) -> html.Tr:
    name = [html.Span(row.label)]
    if row.model == best:
        name.append(dmc.Badge("best", size="sm", variant="light", ml=6))
    if row.model == chosen:
        name.append(dmc.Badge("shown", size="sm", variant="outline", ml=6))
    if row.parameters:
        name.append(html.Div(_parameters(row.parameters), className="hint"))
    if row.error:
        cells = [html.Td(row.error, colSpan=len(COLUMNS) - 1)]
    else:
        cells = [
            html.Td(value, className="number")
            for value in (
                f"{wording.fixed(row.cv_mean)} ± {wording.fixed(row.cv_std)}",
                f"{wording.fixed(row.holdout)} "
                f"({wording.fixed(row.holdout_low)} to {wording.fixed(row.holdout_high)})",
                wording.seconds(row.fit_seconds),
                wording.milliseconds(row.predict_ms),
            )
        ]
    keys = {
        f"data-{key.replace('_', '-')}": _sort_value(getattr(row, key))
        for key, *_ in COLUMNS
    }
    return html.Tr(
        [html.Th(name, scope="row"), *cells],
        className="chosen" if row.model == chosen else "",
        **keys,
    )


def _sort_value(value: str | float) -> str:
    unknown = isinstance(value, float) and not math.isfinite(value)
    return "None" if unknown else str(value)


def _parameters(parameters: dict[str, Any]) -> str:
    parts = [
        f"{name.split('__')[-1].replace('_', ' ')} {_value(value)}"
        for name, value in parameters.items()
    ]
    return "found: " + ", ".join(parts)


def _value(value: Any) -> str:
    return wording.number(value) if isinstance(value, (int, float)) else str(value)
