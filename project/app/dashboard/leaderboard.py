"""The leaderboard: every model of a run with its scores, their intervals on one axis, and times."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dash import html

from app import functions, wording
from app.storage.brought import is_brought
from app.storage.runs import TrainingRun
from app.ui import components

from .score_axis import ScoreAxis, axis_head, axis_of, interval_cell

if TYPE_CHECKING:
    from app.functions.evaluation.results import LeaderboardRow
    from app.functions.evaluation.scoring import Metric

# Key in the row, head, and whether the smaller value comes first when sorted. None: as the metric has it.
COLUMNS = (
    ("label", "Model", True),
    ("cv_mean", "Cross-validated", None),
    ("holdout", "Holdout (95 % interval)", None),
    ("fit_seconds", "Fit time", True),
    ("predict_ms", "Predict 1,000 rows", True),
)
_AFTER_HOLDOUT = 3


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
        Whether a click on a head sorts, and a click on a row chooses its model.
    """
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    rows = sorted(training.summary.leaderboard, key=lambda row: _order(row, metric))
    standings, axis = _standings(rows, training.summary.best, metric), axis_of(
        rows, metric
    )
    head = [_head(i, metric, sortable) for i in range(len(COLUMNS))]
    head.insert(_AFTER_HOLDOUT, axis_head(axis))
    table = components.table(
        head,
        [
            _row(row, standings.get(row.model, ""), chosen, axis, sortable)
            for row in rows
        ],
        f"Leaderboard by {metric.label}",
        min_width=900,
        body_id="leaderboard-rows" if sortable else None,
    )
    return html.Div(table, className="leaderboard")


def leaderboard_caption(training: TrainingRun) -> list[Any]:
    """Return the sentences below a leaderboard, as texts and words with their explanation."""
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    better = "higher" if metric.greater_is_better else "lower"
    folds, summary = training.settings.n_splits, training.summary
    if is_brought(training.run):
        return [
            "Scores are ",
            components.explained(metric.label),
            f" ({better} is better) on the rows that came with the model; it was not cross-validated here.",
        ]
    reasons = dict.fromkeys(row.no_interval for row in summary.trained)
    axis = (
        " that no model had seen. On the axis, ● is the holdout with its interval, ○ the cross-validation, and the "
        "dotted line the baseline on the holdout."
    )
    return [
        "Scores are ",
        components.explained(metric.label),
        f" ({better} is better): mean ± ",
        components.term("Standard deviation", "standard deviation"),
        f" over {folds} ",
        components.term("Fold", "folds"),
        f" of the {wording.number(summary.n_train)} training rows, and the score on ",
        components.term("Holdout", wording.plural(summary.n_test, "row")),
        " ".join([axis, *filter(None, reasons)]),
    ]


def training_notes(training: TrainingRun) -> list[html.P]:
    """Return what was left out, joined or weighted, and which class is positive: a paragraph, or none."""
    notes = " ".join(training.summary.notes)
    return [html.P(notes, className="caption mb", id="training-notes")] if notes else []


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


def _standings(
    rows: list[LeaderboardRow], best: str | None, metric: Metric
) -> dict[str, str]:
    """Return what is said beside some models: which is best, and which may be just as good."""
    results, paired = functions.evaluation.results, functions.evaluation.paired
    exact = results.tied_models(rows, metric.key)
    said = {}
    if best:
        luck = paired.as_good_as_best(rows, metric.key)
        said = dict.fromkeys(luck, "tied with the best: may be luck")
        said[best] = "best"
    for model in exact:
        others = [r.label for r in rows if r.model in exact and r.model != model]
        said[model] = f"as good as {wording.listed(others)}"
    return said


def _row(
    row: LeaderboardRow,
    standing: str,
    chosen: str | None,
    axis: ScoreAxis,
    selectable: bool,
) -> html.Tr:
    selectable = selectable and not row.error
    name = [_name(row, chosen) if selectable else html.Span(row.label)]
    if standing:
        short = standing == "best"
        name.append(
            html.Span(
                standing, className="label standing" if short else "standing-long"
            )
        )
    if row.model == chosen:
        name.append(html.Span("shown", className="label standing"))
    if row.parameters:
        name.append(html.Div(_parameters(row.parameters), className="hint"))
    if row.error:
        cells = [html.Td(row.error, colSpan=len(COLUMNS))]
    else:
        values = (
            _cross_validated(row),
            _holdout(row),
            wording.seconds(row.fit_seconds),
            wording.milliseconds(row.predict_ms),
        )
        cells = [
            html.Td(value, className="number", **{"data-head": head})
            for value, (_, head, _) in zip(values, COLUMNS[1:])
        ]
        cells.insert(_AFTER_HOLDOUT - 1, interval_cell(row, axis))
    keys = {
        f"data-{key.replace('_', '-')}": _sort_value(getattr(row, key))
        for key, *_ in COLUMNS
    }
    if selectable:
        keys["id"] = {"kind": "choose-model", "model": row.model}
    classes = {"chosen": row.model == chosen, "selectable": selectable}
    return html.Tr(
        [html.Th(name, scope="row"), *cells],
        className=" ".join(name for name, holds in classes.items() if holds),
        **keys,
    )


def _name(row: LeaderboardRow, chosen: str | None) -> html.Button:
    # A click reaches its row, which is what the page listens to.
    pressed = "true" if row.model == chosen else "false"
    return html.Button(
        row.label,
        type="button",
        className="choose-model",
        **{"aria-pressed": pressed},
    )


def _cross_validated(row: LeaderboardRow) -> str:
    if not math.isfinite(row.cv_std):  # of a model that was trained elsewhere
        return wording.fixed(row.cv_mean)
    return f"{wording.fixed(row.cv_mean)} ± {wording.fixed(row.cv_std)}"


def _holdout(row: LeaderboardRow) -> str:
    score = wording.fixed(row.holdout)
    if not math.isfinite(row.holdout_low):
        return f"{score} (no interval)" if row.no_interval else score
    return f"{score} ({wording.fixed(row.holdout_low)} to {wording.fixed(row.holdout_high)})"


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
