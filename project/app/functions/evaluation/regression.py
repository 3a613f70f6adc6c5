"""How good predicted numbers are: errors, residuals, and where these are large."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .classification import Values
from .intervals import Interval, score_interval
from .scoring import METRICS, score

MAX_POINTS = 5_000
_DENSITY_BINS = 60
_HISTOGRAM_BINS = 40
_QUANTILES = 10
_BAND_STEPS = 20


@dataclass(frozen=True)
class Points:
    """Actual and predicted values, row by row."""

    actual: Values
    predicted: Values


@dataclass(frozen=True)
class Density:
    """Rows on a grid: counts of shape (n_y, n_x), and the centres of the cells."""

    counts: Sequence[Values]
    x: Values
    y: Values


@dataclass(frozen=True)
class ResidualHistogram:
    """Counts of actual minus predicted between `edges`, with mean and standard deviation of all residuals."""

    counts: Values
    edges: Values
    mean: float
    std: float


@dataclass(frozen=True)
class ErrorsByQuantile:
    """Errors by tenth of the target: its range, mean absolute error, mean residual and number of rows."""

    from_: Values
    to_: Values
    mae: Values
    bias: Values
    rows: Values


@dataclass(frozen=True)
class ErrorBand:
    """How far off predictions are: the size of the error that a share of them stays within.

    Attributes
    ----------
    shares : sequence of float
        From 0 to 1, rising.
    errors : sequence of float
        By share, in the unit of the target.
    median_low, median_high : float
        The 95 % interval of the error that half of the predictions stay within; NaN if there is none.
    r2_low, r2_high : float
        The 95 % interval of R².
    """

    shares: Values
    errors: Values
    median_low: float = float("nan")
    median_high: float = float("nan")
    r2_low: float = float("nan")
    r2_high: float = float("nan")

    def within(self, share: float) -> float:
        """Return the error that a share of the predictions stays within."""
        return float(np.interp(share, self.shares, self.errors))


@dataclass(frozen=True)
class RegressionResult:
    """What the Evaluate page shows of a model for numbers.

    Attributes
    ----------
    metrics : mapping of str to float
        By the keys of ``scoring.METRICS``.
    range : tuple of float
        The smallest and largest of actual and predicted values.
    residuals : ResidualHistogram
    quantiles : ErrorsByQuantile
    n_rows : int
    points : Points or None
        Up to 5,000 rows.
    density, residual_density : Density or None
        Above 5,000 rows: actual against predicted, and predicted against residual.
    band : ErrorBand or None
        Runs of earlier versions have none.
    """

    metrics: Mapping[str, float]
    range: tuple[float, float]
    residuals: ResidualHistogram
    quantiles: ErrorsByQuantile
    n_rows: int
    points: Points | None = None
    density: Density | None = None
    residual_density: Density | None = None
    band: ErrorBand | None = None


def evaluate_regression(y: np.ndarray, predicted: np.ndarray) -> RegressionResult:
    """Evaluate predicted numbers.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
    predicted : ndarray of shape (n_rows,)

    Returns
    -------
    RegressionResult
    """
    residuals, few = y - predicted, len(y) <= MAX_POINTS
    return RegressionResult(
        metrics={
            key: score(key, y, predicted)
            for key, metric in METRICS.items()
            if "regression" in metric.tasks
        },
        range=(
            float(min(y.min(), predicted.min())),
            float(max(y.max(), predicted.max())),
        ),
        residuals=_histogram(residuals),
        quantiles=_errors_by_quantile(y, residuals),
        n_rows=len(y),
        points=Points(_short(y), _short(predicted)) if few else None,
        density=None if few else _density(y, predicted),
        residual_density=None if few else _density(predicted, residuals),
        band=error_band(y, predicted),
    )


def error_band(y: np.ndarray, predicted: np.ndarray) -> ErrorBand:
    """Return the errors that 0, 5, 10 … 100 % of the predictions stay within.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
    predicted : ndarray of shape (n_rows,)

    Returns
    -------
    ErrorBand
    """
    shares = np.linspace(0, 1, _BAND_STEPS + 1).round(4)
    # The error of a row that exists, so that a share of the rows is really within it.
    errors = np.quantile(np.abs(y - predicted), shares, method="inverted_cdf")
    # The squares of the largest floats are infinite, and have no interval.
    with np.errstate(over="ignore", invalid="ignore"):
        median = score_interval("median_ae", y, predicted)
        r2 = score_interval("r2", y, predicted) if y.var() > 0 else Interval()
    return ErrorBand(shares, _short(errors), median.low, median.high, r2.low, r2.high)


def band_of(result: RegressionResult) -> ErrorBand | None:
    """Return the band of errors of a result, also of one of an earlier version.

    Parameters
    ----------
    result : RegressionResult

    Returns
    -------
    ErrorBand or None
        None where an earlier version kept neither the band nor the rows.
    """
    if result.band or not result.points:
        return result.band
    points = result.points
    return error_band(np.array(points.actual, float), np.array(points.predicted, float))


def _short(values: np.ndarray) -> np.ndarray:
    # Six digits are more than a screen shows, and halve the payload; more if all numbers share their first digits.
    span = float(np.ptp(values))
    largest = float(np.abs(values).max())
    if not (0 < span < largest < np.inf):
        digits = 6
    else:
        digits = min(17, 6 + math.ceil(math.log10(largest) - math.log10(span)))
    return np.array([float(f"{value:.{digits}g}") for value in values])


def _histogram(residuals: np.ndarray) -> ResidualHistogram:
    counts, edges = np.histogram(residuals, _edges(residuals, _n_bins(residuals)))
    return ResidualHistogram(
        counts, _short(edges), float(residuals.mean()), float(residuals.std())
    )


def _n_bins(values: np.ndarray) -> int:
    """Return how many bins suit the values: as wide as D. Freedman, P. Diaconis (1981) have it, within limits."""
    fewest = math.ceil(math.log2(len(values))) + 1  # H. Sturges (1926)
    low, high = np.quantile(values, [0.25, 0.75])
    width = 2 * float(high - low) / len(values) ** (1 / 3)
    if not width > 0:
        return fewest
    wanted = min(float(np.ptp(values)) / width, _HISTOGRAM_BINS)
    return max(fewest, math.ceil(wanted))


def _edges(values: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the edges of bins of equal width; fewer bins if floats are too coarse."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        # Enough to keep the edges distinct, however large the value is.
        margin = max(0.5, 1e-6 * abs(low))
        return np.array([low - margin, high + margin])
    return np.unique(np.linspace(low, high, n_bins + 1))


def _errors_by_quantile(y: np.ndarray, residuals: np.ndarray) -> ErrorsByQuantile:
    order = np.argsort(y, kind="stable")
    parts = np.array_split(order, min(_QUANTILES, max(1, len(y) // 5)))

    def of_parts(summary) -> np.ndarray:
        return _short(np.array([summary(part) for part in parts]))

    return ErrorsByQuantile(
        from_=of_parts(lambda part: y[part].min()),
        to_=of_parts(lambda part: y[part].max()),
        mae=of_parts(lambda part: np.abs(residuals[part]).mean()),
        bias=of_parts(lambda part: residuals[part].mean()),
        rows=np.array([len(part) for part in parts]),
    )


def _density(x: np.ndarray, y: np.ndarray) -> Density:
    x_edges, y_edges = _edges(x, _DENSITY_BINS), _edges(y, _DENSITY_BINS)
    counts = np.histogram2d(x, y, (x_edges, y_edges))[0]
    return Density(
        # In C order, the only one that orjson supports.
        counts=counts.T.astype(int, order="C"),
        x=_short((x_edges[1:] + x_edges[:-1]) / 2),
        y=_short((y_edges[1:] + y_edges[:-1]) / 2),
    )
