"""How good predicted numbers are: predicted against actual, residuals, and where the errors are large."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from app import wording
from app.ui.figures import (
    PERCENT,
    bars,
    figure,
    histogram,
    in_percent,
    line,
    precise,
    reference,
)
from app.ui.theme import NEGATIVE, SEQUENTIAL, SERIES

if TYPE_CHECKING:
    from app.functions.evaluation.regression import (
        Density,
        ErrorBand,
        RegressionResult,
    )

_BANDS = (0.5, 0.8, 0.9)
_SHOWN = 0.95


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


def band_figure(band: ErrorBand, guess: ErrorBand | None = None) -> dict[str, Any]:
    """Return the share of the predictions by how far off they are at most, beside guessing."""
    traces = []
    if guess:
        traces.append(
            reference(list(guess.errors), in_percent(guess.shares), "guessing")
        )
    traces.append(
        line(
            list(band.errors),
            in_percent(band.shares),
            "model",
            NEGATIVE,
            "off by at most %{x}: %{y} of the rows",
        )
    )
    errors = [band.within(share) for share in _BANDS]
    traces.append(
        _points(errors, in_percent(_BANDS), "", "")
        | {
            "marker": {"color": NEGATIVE, "size": 9},
            "hovertemplate": "off by at most %{x}: %{y} of the rows<extra></extra>",
            "showlegend": False,
            "cliponaxis": False,
        }
    )
    # The few largest errors would squeeze all others.
    reach = max(b.within(_SHOWN) for b in (band, guess) if b) or 1
    return figure(
        traces,
        "off by at most",
        "share of the rows",
        xaxis={"range": [0, 1.04 * reach]} | precise(reach),
        yaxis={"range": [0, 100]} | PERCENT,
        showlegend=bool(guess),
    )


def band_caption(band: ErrorBand, guess: ErrorBand | None = None) -> str:
    """Return the sentence below the band of errors."""
    half, most, nearly = (wording.number(band.within(share)) for share in _BANDS)
    sentence = (
        f"Half of the predictions are within ± {half} of the actual value, 80 of 100 within ± {most}, "
        f"90 of 100 within ± {nearly}"
    )
    if not guess:
        return f"{sentence}."
    guessed = wording.number(guess.within(_BANDS[-1]))
    return f"{sentence}; guessing without the columns (dashed) needs ± {guessed} for 90 of 100."


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
        xaxis={"type": "category", "showgrid": False},
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
