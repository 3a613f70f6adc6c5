"""The leaderboard: every model of a run with its scores and times, the baseline among them."""

from __future__ import annotations

import math
from typing import Any

import dash_mantine_components as dmc
from dash import html

from app import functions, wording
from app.ui import components

# Key in the row, head, and whether the smaller value comes first when sorted. None: as the metric has it.
COLUMNS = (
    ("label", "Model", True),
    ("cv_mean", "Cross-validated", None),
    ("holdout", "Holdout (95 % interval)", None),
    ("fit_seconds", "Fit time", True),
    ("predict_ms", "Predict 1,000 rows", True),
)


def leaderboard(
    run: dict[str, Any], chosen: str | None = None, sortable: bool = False
) -> html.Div:
    """Return the leaderboard of a run, the best cross-validated model first.

    Parameters
    ----------
    run : dict
        The run's record.
    chosen : str, optional
        The model that the page shows; its row is marked.
    sortable : bool
        Whether a click on a head sorts.
    """
    metric = functions.evaluation.scoring.METRICS[run["settings"]["scoring"]]
    rows = sorted(run.get("leaderboard", []), key=lambda row: _order(row, metric))
    head = [_head(i, metric, sortable) for i in range(len(COLUMNS))]
    return components.table(
        head,
        [_row(row, run, chosen) for row in rows],
        f"Leaderboard by {metric.label}",
        min_width=680,
        body_id="leaderboard-rows" if sortable else None,
    )


def leaderboard_caption(run: dict[str, Any]) -> str:
    """Return the sentence below a leaderboard."""
    metric = functions.evaluation.scoring.METRICS[run["settings"]["scoring"]]
    better = "higher" if metric.greater_is_better else "lower"
    folds = run["settings"]["n_splits"]
    return (
        f"Scores are {metric.label} ({better} is better): mean ± standard deviation over {folds} folds of the "
        f"{wording.number(run.get('n_train', 0))} training rows, and the score on "
        f"{wording.plural(run.get('n_test', 0), 'row')} that no model had seen."
    )


def _order(row: dict[str, Any], metric) -> float:
    score = row.get("cv_mean")
    if score is None or not math.isfinite(score):
        return math.inf
    return -score if metric.greater_is_better else score


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


def _row(row: dict[str, Any], run: dict[str, Any], chosen: str | None) -> html.Tr:
    name = [html.Span(row["label"])]
    if row["model"] == run.get("best"):
        name.append(dmc.Badge("best", size="sm", variant="light", ml=6))
    if row["model"] == chosen:
        name.append(dmc.Badge("shown", size="sm", variant="outline", ml=6))
    if row.get("parameters"):
        name.append(html.Div(_parameters(row["parameters"]), className="hint"))
    if row.get("error"):
        cells = [html.Td(row["error"], colSpan=len(COLUMNS) - 1)]
    else:
        cells = [
            html.Td(value, className="number")
            for value in (
                f"{wording.fixed(row['cv_mean'])} ± {wording.fixed(row['cv_std'])}",
                f"{wording.fixed(row['holdout'])} "
                f"({wording.fixed(row['holdout_low'])} to {wording.fixed(row['holdout_high'])})",
                wording.seconds(row["fit_seconds"]),
                wording.milliseconds(row["predict_ms"]),
            )
        ]
    keys = {f"data-{key.replace('_', '-')}": str(row.get(key)) for key, *_ in COLUMNS}
    return html.Tr(
        [html.Th(name, scope="row"), *cells],
        className="chosen" if row["model"] == chosen else "",
        **keys,
    )


def _parameters(parameters: dict[str, Any]) -> str:
    parts = [
        f"{name.split('__')[-1].replace('_', ' ')} {_value(value)}"
        for name, value in parameters.items()
    ]
    return "found: " + ", ".join(parts)


def _value(value: Any) -> str:
    return wording.number(value) if isinstance(value, (int, float)) else str(value)
