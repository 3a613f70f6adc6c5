"""Learning curves: the score by number of training rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from app import wording
from app.ui.figures import figure, line, precise
from app.ui.theme import MUTED, NEGATIVE

if TYPE_CHECKING:
    from app.functions.evaluation.learning_curves import LearningCurve
    from app.functions.evaluation.scoring import Metric


def learning_figure(curve: LearningCurve, metric: Metric) -> dict[str, Any]:
    """Return training and validation scores by number of rows, with a standard deviation either way."""
    traces = []
    for mean, std, name, color in (
        (curve.train_mean, curve.train_std, "on training rows", MUTED),
        (curve.validation_mean, curve.validation_std, "on new rows", NEGATIVE),
    ):
        trace = line(
            curve.rows,
            mean,
            name,
            color,
            "%{x} rows: %{y}",
            mode="lines+markers",
            cliponaxis=False,
        )
        trace["error_y"] = {
            "type": "data",
            "array": std,
            "color": color,
            "thickness": 1,
        }
        traces.append(trace)
    largest = max((abs(y) for each in traces for y in each["y"] if y), default=0)
    least, most = metric.bounds
    axis = {
        name: bound
        for name, bound in (("minallowed", least), ("maxallowed", most))
        if math.isfinite(bound)
    }
    return figure(
        traces,
        "training rows",
        metric.label,
        showlegend=True,
        yaxis=precise(largest) | axis,
    )


def learning_caption(curve: LearningCurve, metric) -> str:
    """Return the sentence below a learning curve: whether more rows would help."""
    scores, rows = curve.validation_mean, curve.rows
    if len(scores) < 2 or None in (scores[0], *scores[-2:]):
        return f"There are too few rows for a curve of {metric.label}."
    gain = scores[-1] - scores[-2]
    if not metric.greater_is_better:
        gain = -gain
    noise = max(std or 0 for std in curve.validation_std[-2:])
    verdict = (
        "it still rises: more rows would probably help"
        if gain > noise / 2 and gain > 0
        else "it has levelled off: more rows like these would hardly help"
    )
    return (
        f"With {wording.plural(rows[0], 'row')} {metric.label} on new rows is {wording.fixed(scores[0])}, with "
        f"{wording.number(rows[-1])} it is {wording.fixed(scores[-1])}; from {wording.number(rows[-2])} to "
        f"{wording.number(rows[-1])} rows it {'gains' if gain >= 0 else 'loses'} "
        f"{wording.fixed(abs(gain))}, so {verdict}."
    )
