"""How good class probabilities are: confusion, ROC, precision-recall, calibration, scores and costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app import wording
from app.ui.figures import (
    PERCENT,
    bars,
    figure,
    in_percent,
    labels,
    line,
    precise,
    reference,
)
from app.ui.theme import MUTED, NEGATIVE, POSITIVE, SEQUENTIAL, SERIES

if TYPE_CHECKING:
    from app.functions.evaluation.classification import (
        Calibration,
        OneAgainstRest,
        PrecisionRecallCurve,
        RocCurve,
        ScoreCounts,
    )

_SHARE = {"range": [0, 100]} | PERCENT
# A ring around the point of the threshold on a curve; the browser moves it.
_RING = {
    "type": "circle",
    "visible": False,
    "xsizemode": "pixel",
    "ysizemode": "pixel",
    "xanchor": 0,
    "yanchor": 0,
    "x0": -7,
    "x1": 7,
    "y0": -7,
    "y1": 7,
    "line": {"color": POSITIVE, "width": 3},
}
_MAX_CELLS_WITH_TEXT = 12


def confusion_figure(counts: list[list[int]], classes: list[str]) -> dict[str, Any]:
    """Return a confusion matrix: counts, and shares of the true class.

    Parameters
    ----------
    counts : list of list of int
        True classes as rows.
    classes : list of str
    """
    names = labels(classes, 18)
    sums = [sum(row) or 1 for row in counts]
    shares = [[n / total for n in row] for row, total in zip(counts, sums)]
    few = len(classes) <= _MAX_CELLS_WITH_TEXT
    pairs = [list(zip(row, part)) for row, part in zip(counts, shares)]
    trace = {
        "type": "heatmap",
        "z": shares,
        "x": names,
        "y": names,
        "text": [
            [_cell(*pair, few=len(classes) <= 5) for pair in row] for row in pairs
        ],
        "customdata": counts,
        "texttemplate": "%{text}" if few else "",
        "hovertext": [[_rows(*pair) for pair in row] for row in pairs],
        "hovertemplate": "%{y} taken for %{x}: %{hovertext}<extra></extra>",
        "zmin": 0,
        "zmax": 1,
        "colorscale": SEQUENTIAL,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    category = {"type": "category", "showgrid": False}
    return figure(
        [trace],
        "predicted class",
        "true class",
        xaxis=category,
        yaxis=category | {"autorange": "reversed"},
    )


def _cell(count: int, share: float, few: bool) -> str:
    if not few:
        return wording.number(count)
    return f"<b>{wording.number(count)}</b><br>{wording.percent(share)}"


def _rows(count: int, share: float) -> str:
    return f"{wording.plural(count, 'row')} ({wording.percent(share)})"


def roc_figure(curves: Mapping[str, RocCurve | None]) -> dict[str, Any]:
    """Return ROC curves by class name; a single curve has a ring at the threshold.

    A curve is None where the holdout has a single class: the browser needs its frame all the same.
    """
    traces = [reference([0, 100], [0, 100], "guessing") | {"showlegend": False}]
    for color, (name, roc) in zip(_colors(curves), curves.items()):
        traces.append(
            line(
                in_percent(roc.false_positive_rate if roc else []),
                in_percent(roc.true_positive_rate if roc else []),
                _with_area(name, roc),
                color,
                "false alarms %{x}, found %{y}",
            )
        )
    return _curves(traces, len(curves), "false alarm rate", "share found (recall)")


def precision_recall_figure(
    curves: Mapping[str, PrecisionRecallCurve | None], shares: dict[str, float]
) -> dict[str, Any]:
    """Return precision-recall curves by class name; `shares` are those of each class among the rows."""
    traces = []
    if len(curves) == 1:
        share = 100 * next(iter(shares.values()))
        traces.append(reference([0, 100], [share, share], "guessing"))
    for color, (name, curve) in zip(_colors(curves), curves.items()):
        traces.append(
            line(
                in_percent(curve.recall if curve else []),
                in_percent(curve.precision if curve else []),
                _with_area(name, curve),
                color,
                "found %{x}, right %{y}",
            )
        )
    return _curves(traces, len(curves), "share found (recall)", "precision")


def _with_area(name: str, curve: RocCurve | PrecisionRecallCurve | None) -> str:
    area = curve.area if curve else None
    return f"{labels([name], 18)[0]} ({wording.fixed(area)})"


def _colors(curves: Mapping[str, Any]) -> tuple[str, ...]:
    return (NEGATIVE,) if len(curves) == 1 else SERIES


def _curves(traces: list[dict[str, Any]], n: int, x: str, y: str) -> dict[str, Any]:
    axes = {"xaxis": _SHARE, "yaxis": _SHARE}
    if n == 1:
        return figure(traces, x, y, shapes=[_RING], **axes)
    legend = {"x": 1.02, "y": 1, "font": {"size": 11}}
    return figure(traces, x, y, showlegend=True, legend=legend, **axes)


def calibration_figure(
    calibration: Calibration, before: Calibration | None = None
) -> dict[str, Any]:
    """Return the observed share by predicted probability; `before` is that of the model itself."""
    traces = [reference([0, 100], [0, 100], "perfect")]
    legend = {}
    if before:
        traces[0]["showlegend"] = False
        traces.append(_calibration_line(before, "before calibration", SERIES[1], "dot"))
        # Good probabilities keep to the diagonal, so that this corner is empty.
        corner = {"x": 1, "xanchor": "right", "y": 0.03, "orientation": "v"}
        legend = {"showlegend": True, "legend": corner | {"yanchor": "bottom"}}
    name = "after calibration" if before else "model"
    traces.append(_calibration_line(calibration, name, NEGATIVE))
    return figure(
        traces,
        "predicted probability",
        "share that came true",
        xaxis=_SHARE,
        yaxis=_SHARE,
        **legend,
    )


def _calibration_line(
    calibration: Calibration, name: str, color: str, dash: str = "solid"
) -> dict[str, Any]:
    trace = line(
        in_percent(calibration.predicted),
        in_percent(calibration.observed),
        name,
        color,
        "predicted %{x}, came true %{y}, %{customdata}",
        mode="lines+markers",
        cliponaxis=False,
        customdata=[wording.plural(rows, "row") for rows in calibration.rows],
    )
    return trace | {"line": trace["line"] | {"dash": dash}}


def calibration_caption(
    result: OneAgainstRest, name: str, before: Calibration | None = None
) -> str:
    """Return the sentence below the calibration; `before` is that of the model itself."""
    groups = wording.plural(len(result.calibration.rows), "group")
    sentence = (
        f"The predicted probability of {name} is off by {wording.points(_gap(result.calibration))} on average over "
        f"{groups} of rows (Brier score {wording.fixed(result.brier)}); on the dashed line, predictions come true as "
        "often as predicted."
    )
    if before:
        sentence += f" Before calibration it was off by {wording.points(_gap(before))}."
    return sentence


def _gap(calibration: Calibration) -> float:
    """Return by how much predicted and observed shares differ in the average row."""
    parts = zip(calibration.predicted, calibration.observed, calibration.rows)
    gaps = [abs(predicted - observed) * rows for predicted, observed, rows in parts]
    return sum(gaps) / max(1, sum(calibration.rows))


def scores_figure(scores: ScoreCounts, names: tuple[str, str]) -> dict[str, Any]:
    """Return the distribution of the predicted probability in both classes, as shares of each.

    Parameters
    ----------
    scores : ScoreCounts
    names : tuple of str
        The classes: negative, positive.
    """
    traces = []
    for counts, name, color in zip(
        (scores.negative, scores.positive), names, (NEGATIVE, POSITIVE)
    ):
        total = sum(counts) or 1
        width = 1 / len(counts)
        centers = [round((k + 0.5) * width, 4) for k in range(len(counts))]
        traces.append(
            bars(
                centers,
                [round(100 * n / total, 2) for n in counts],
                color,
                "%{y} of the rows at %{x}",
                name=labels([name], 24)[0],
                width=width,
                opacity=0.65,
            )
        )
    return figure(
        traces,
        "predicted probability",
        "share of the class",
        barmode="overlay",
        showlegend=True,
        xaxis={"range": [0, 1]} | precise(1),
        yaxis=PERCENT,
        shapes=[threshold_line()],
    )


def scores_caption(scores: ScoreCounts, names: tuple[str, str]) -> str:
    """Return the sentence below the distribution of the scores."""
    half = len(scores.positive) // 2
    found = sum(scores.positive[half:]) / (sum(scores.positive) or 1)
    false = sum(scores.negative[half:]) / (sum(scores.negative) or 1)
    return (
        f"{wording.percent(found)} of the rows of {names[1]} get a probability of at least 0.5, and "
        f"{wording.percent(false)} of {names[0]}; the less the two overlap, the better the model separates them."
    )


def cost_figure() -> dict[str, Any]:
    """Return the empty figure of costs by threshold; the browser fills it with the costs entered there."""
    trace = line([], [], "cost", NEGATIVE, "threshold %{x}: %{y}")
    return figure(
        [trace],
        "threshold",
        "cost of all errors",
        xaxis={"range": [0, 1]},
        yaxis={"rangemode": "tozero"},
        shapes=[threshold_line()],
    )


def threshold_line() -> dict[str, Any]:
    """Return the vertical line that marks the threshold."""
    return {
        "type": "line",
        "x0": 0.5,
        "x1": 0.5,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": MUTED, "width": 2, "dash": "dot"},
    }
