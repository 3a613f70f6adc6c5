"""How good predicted numbers are: errors, residuals, and where these are large."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .scoring import METRICS, score

MAX_POINTS = 5_000
_DENSITY_BINS = 60
_HISTOGRAM_BINS = 40
_QUANTILES = 10


def evaluate_regression(y: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """Evaluate predicted numbers.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
    predicted : ndarray of shape (n_rows,)

    Returns
    -------
    dict
        'metrics': R², mean absolute, root mean squared and median absolute error; 'points': actual and
        predicted values, or, above 5,000 rows, 'density' and 'residual_density': counts on a grid;
        'residuals': a histogram of actual minus predicted, with mean and standard deviation; 'quantiles':
        mean absolute error and mean residual by tenth of the target.
    """
    residuals = y - predicted
    result: dict[str, Any] = {
        "metrics": {
            key: score(key, y, predicted)
            for key, metric in METRICS.items()
            if "regression" in metric.tasks
        },
        "range": [
            float(min(y.min(), predicted.min())),
            float(max(y.max(), predicted.max())),
        ],
        "residuals": _histogram(residuals),
        "quantiles": _error_by_quantile(y, residuals),
        "n_rows": len(y),
    }
    if len(y) <= MAX_POINTS:
        result["points"] = {
            "actual": _short(y),
            "predicted": _short(predicted),
        }
    else:
        result["density"] = _density(y, predicted)
        result["residual_density"] = _density(predicted, residuals)
    return result


def _short(values: np.ndarray) -> np.ndarray:
    # Six digits are more than a screen shows, and halve the payload; more if all numbers share their first digits.
    span = float(np.ptp(values))
    largest = float(np.abs(values).max())
    if not (0 < span < largest < np.inf):
        digits = 6
    else:
        digits = min(17, 6 + math.ceil(math.log10(largest) - math.log10(span)))
    return np.array([float(f"{value:.{digits}g}") for value in values])


def _histogram(residuals: np.ndarray) -> dict[str, Any]:
    counts, edges = np.histogram(residuals, _edges(residuals, _HISTOGRAM_BINS))
    return {
        "counts": counts,
        "edges": _short(edges),
        "mean": float(residuals.mean()),
        "std": float(residuals.std()),
    }


def _edges(values: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the edges of bins of equal width; fewer bins if floats are too coarse."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        # Enough to keep the edges distinct, however large the value is.
        margin = max(0.5, 1e-6 * abs(low))
        return np.array([low - margin, high + margin])
    return np.unique(np.linspace(low, high, n_bins + 1))


def _error_by_quantile(y: np.ndarray, residuals: np.ndarray) -> dict[str, Any]:
    order = np.argsort(y, kind="stable")
    parts = np.array_split(order, min(_QUANTILES, max(1, len(y) // 5)))
    return {
        "from": _short(np.array([y[part].min() for part in parts])),
        "to": _short(np.array([y[part].max() for part in parts])),
        "mae": _short(np.array([np.abs(residuals[part]).mean() for part in parts])),
        "bias": _short(np.array([residuals[part].mean() for part in parts])),
        "rows": np.array([len(part) for part in parts]),
    }


def _density(x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    x_edges, y_edges = _edges(x, _DENSITY_BINS), _edges(y, _DENSITY_BINS)
    counts = np.histogram2d(x, y, (x_edges, y_edges))[0]
    return {
        # In C order, the only one that orjson supports.
        "counts": counts.T.astype(int, order="C"),
        "x": _short((x_edges[1:] + x_edges[:-1]) / 2),
        "y": _short((y_edges[1:] + y_edges[:-1]) / 2),
    }
