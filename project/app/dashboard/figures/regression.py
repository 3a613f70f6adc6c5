"""How good predicted numbers are: predicted against actual, residuals, and where the errors are large."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from app import wording
from app.ui.figures import bars, figure, histogram, precise, reference
from app.ui.theme import SEQUENTIAL, SERIES

if TYPE_CHECKING:
    from app.functions.evaluation.regression import Density, RegressionResult


def predicted_figure(result: RegressionResult) -> dict[str, Any]:
    """Return predicted against actual values: points, or a density where there are many."""
    low, high = result.range
    diagonal = reference([low, high], [low, high], "perfect")
    if result.points:
        points = result.points
        trace = _points(points.actual, points.predicted, "actual", "predicted")
    else:
        trace = _density(result.density)
    axis = precise(max(abs(low), abs(high)))
    return figure([trace, diagonal], "actual", "predicted", xaxis=axis, yaxis=axis)


def residual_figure(result: RegressionResult) -> dict[str, Any]:
    """Return residuals (actual minus predicted) against predicted values."""
    low, high = result.range
    zero = reference([low, high], [0, 0], "no error")
    if result.points:
        actual, predicted = result.points.actual, result.points.predicted
        residuals = [a - p for a, p in zip(actual, predicted)]
        trace = _points(predicted, residuals, "predicted", "residual")
    else:
        trace = _density(result.residual_density)
    axis = precise(max(abs(low), abs(high)))
    return figure(
        [trace, zero], "predicted", "actual − predicted", xaxis=axis, yaxis=axis
    )


def residual_histogram_figure(result: RegressionResult) -> dict[str, Any]:
    """Return the distribution of the residuals."""
    residuals = result.residuals
    trace = histogram(residuals.edges, residuals.counts)
    axis = precise(max(map(abs, residuals.edges), default=0))
    return figure([trace], "actual − predicted", "rows", xaxis=axis)


def quantile_figure(result: RegressionResult) -> dict[str, Any]:
    """Return the mean absolute error by tenth of the target."""
    parts = result.quantiles
    labels = [
        f"{wording.number(a)} to {wording.number(b)}"
        for a, b in zip(parts.from_, parts.to_)
    ]
    positions = [f"{k}." for k in range(1, len(labels) + 1)]
    trace = bars(
        positions,
        parts.mae,
        hover="actual %{customdata}: %{y}",
        customdata=labels,
    )
    return figure(
        [trace],
        "tenths of the rows, by actual value",
        "mean absolute error",
        xaxis={"type": "category"},
        yaxis=precise(max(parts.mae, default=0)),
    )


def regression_captions(result: RegressionResult) -> dict[str, str]:
    """Return the sentences below the four figures, by name."""
    metrics, residuals = result.metrics, result.residuals
    parts = result.quantiles
    worst = max(range(len(parts.mae)), key=parts.mae.__getitem__)
    best = min(range(len(parts.mae)), key=parts.mae.__getitem__)
    return {
        "predicted": (
            f"{_explained(metrics['r2'])} of the {wording.plural(result.n_rows, 'row')} held out; on the dashed "
            "line predictions would be perfect."
        ),
        "residual": (
            f"Predictions are off by {wording.number(metrics['mae'])} on average; a pattern around the dashed line "
            "would mean that the model missed something."
        ),
        "histogram": (
            f"Errors have a mean of {wording.number(residuals.mean)} ({_tendency(result)}) and a standard deviation of "
            f"{wording.number(residuals.std)}; half are off by less than "
            f"{wording.number(metrics['median_ae'])}."
        ),
        "quantile": (
            f"Errors are largest where the actual value is {wording.number(parts.from_[worst])} to "
            f"{wording.number(parts.to_[worst])} ({wording.number(parts.mae[worst])} on average) and smallest "
            f"from {wording.number(parts.from_[best])} to {wording.number(parts.to_[best])} "
            f"({wording.number(parts.mae[best])})."
        ),
    }


def _tendency(result: RegressionResult) -> str:
    mean, std = result.residuals.mean, result.residuals.std
    # Within its standard error the mean may as well be zero.
    if abs(mean) * math.sqrt(result.n_rows) <= std:
        return "predictions have no tendency to be too high or too low"
    return f"predictions are too {'low' if mean > 0 else 'high'} on average"


def _explained(r2: float | None) -> str:
    if r2 is not None and r2 < 0:
        return f"Predictions are worse than always predicting the mean (R² is {wording.fixed(r2)})"
    return f"Predictions explain {wording.percent(r2)} of the variation"


def _points(x: list[float], y: list[float], x_name: str, y_name: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "marker": {"color": SERIES[0], "size": 6, "opacity": 0.5},
        "hovertemplate": f"{x_name} %{{x}}, {y_name} %{{y}}<extra></extra>",
    }


def _density(density: Density) -> dict[str, Any]:
    # Cells without rows have no colour, so that the grid stays visible.
    counts = [[n or None for n in row] for row in density.counts]
    return {
        "type": "heatmap",
        "x": density.x,
        "y": density.y,
        "z": counts,
        "colorscale": SEQUENTIAL,
        "showscale": False,
        "zhoverformat": ",",
        "hovertemplate": "%{z} rows at %{x}, %{y}<extra></extra>",
    }
