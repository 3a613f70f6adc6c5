"""How sure a score is: its 95 % interval from the rows that were held out, or why there is none.

Each score is treated as a mean of what each row contributes to it, its influence values. A score from 0 to 1 has
Wilson's interval, for as many rows as would give a share the same variance; an error has Hall's, which allows for
skewness. Both were adjusted until they cover: ``project/bin/benchmark intervals`` prints how often they do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ...wording import number
from .scoring import average_precision, class_counts, predicted_classes, score

MIN_ROWS = 10
MIN_CLASS_ROWS = 5
_LEVEL = 0.95
_TAIL = (1 - _LEVEL) / 2
# A sample shows too little of a long tail, so the upper end of a mean error leaves out less than the lower one.
_LOWER_TAIL, _UPPER_TAIL = 0.04, 0.02


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a score.

    Attributes
    ----------
    low, high : float
        NaN if there is none.
    reason : str
        A sentence that says why there is none.
    """

    low: float = float("nan")
    high: float = float("nan")
    reason: str = ""


@dataclass(frozen=True)
class _Linear:
    """A score, the variance of its estimate, and the degrees of freedom of that variance."""

    score: float
    variance: float
    freedom: float


def score_interval(metric: str, y: np.ndarray, output: np.ndarray) -> Interval:
    """Return the interval in which a score would lie on all rows like these, in 95 of 100 cases.

    Parameters
    ----------
    metric : str
        A key of ``scoring.METRICS``.
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    output : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Class probabilities or predicted numbers.

    Returns
    -------
    Interval
        Without ends, but with a reason, where no method covers: too few rows, or too few of a class.

    References
    ----------
    E. Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    P. Hall (1992), "On the removal of skewness by transformation".
    E. DeLong, D. DeLong, D. Clarke-Pearson (1988), for the variance of an area.
    T. Hettmansperger, S. Sheather (1986), "Confidence intervals based on interpolated order statistics".
    """
    if not math.isfinite(score(metric, y, output)):
        return Interval(reason="The score is not defined on the rows held out.")
    if len(y) < MIN_ROWS:
        return Interval(
            reason=f"No interval: it needs at least {MIN_ROWS} rows held out."
        )
    if metric in _NEEDS_CLASSES:
        rarest = _rarest(y, output.shape[1])
        if rarest < MIN_CLASS_ROWS:
            return Interval(
                reason=f"No interval: it needs at least {MIN_CLASS_ROWS} rows of each class held out, and one class "
                f"has {number(int(rarest))}."
            )
    low, high = _INTERVALS[metric](y, output)
    return Interval(float(low), float(high))


def share_interval(hits: float, n_rows: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share.

    Parameters
    ----------
    hits : float
        The rows of which it is true.
    n_rows : int
        All rows.

    Returns
    -------
    (low, high) : tuple of float
        From 0 to 1; without any rows that is all that is known.
    """
    if not n_rows:
        return 0.0, 1.0
    return _wilson(hits / n_rows, n_rows, stats.norm.ppf(1 - _TAIL))


def balanced_interval(hits: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the balanced accuracy.

    Parameters
    ----------
    hits : ndarray of shape (n_classes,)
        The rows of each class that are predicted correctly.
    rows : ndarray of shape (n_classes,)
        The rows of each class; two at least.

    Returns
    -------
    (low, high) : tuple of float
    """
    # Half a hit and half a miss more, as no class is recognised always or never.
    recall = (hits + 0.5) / (rows + 1)
    parts = recall * (1 - recall) / rows / len(rows) ** 2
    freedom = parts.sum() ** 2 / (parts**2 / (rows - 1)).sum()
    smooth = float(recall.mean())
    n = min(smooth * (1 - smooth) / parts.sum(), _most(rows.min(), len(rows)))
    return _wilson(float((hits / rows).mean()), n, stats.t.ppf(1 - _TAIL, freedom))


# ---- Scores from 0 to 1


def _wilson(share: float, n: float, quantile: float) -> tuple[float, float]:
    z = quantile**2 / n
    middle = (share + z / 2) / (1 + z)
    half = math.sqrt(z * share * (1 - share) + z**2 / 4) / (1 + z)
    return max(0.0, middle - half), min(1.0, middle + half)


def _bounded(linear: _Linear, most: float) -> tuple[float, float]:
    """Return Wilson's interval for the number of rows, at most `most`, that gives a share this variance."""
    share = min(max(linear.score, 0.0), 1.0)
    n = most
    if linear.variance > 0:
        n = min(most, share * (1 - share) / linear.variance) or most
    return _wilson(share, n, stats.t.ppf(1 - _TAIL, max(linear.freedom, 2)))


def _most(rarest: int, n_classes: int) -> float:
    # Nearly perfect predictions hardly vary in a sample; how far they can be trusted depends on the rarest class.
    return 1.5 * n_classes * rarest**1.25


def _rarest(y: np.ndarray, n_classes: int) -> int:
    return np.bincount(y, minlength=n_classes).min()


def _accuracy(y: np.ndarray, output: np.ndarray) -> tuple[float, float]:
    return share_interval(int((y == predicted_classes(output)).sum()), len(y))


def _balanced_accuracy(y: np.ndarray, output: np.ndarray) -> tuple[float, float]:
    rows, _, hits = class_counts(y, output)
    return balanced_interval(hits, rows)


def _f1(y: np.ndarray, output: np.ndarray) -> tuple[float, float]:
    """Return the interval of F1 = 2 J / (1 + J), where J is a share: that of hits in the rows present or predicted."""
    rows, predicted, hits = (counts[1] for counts in class_counts(y, output))
    either = rows + predicted - hits
    ends = _wilson(hits / either, either, stats.norm.ppf(1 - _TAIL))
    return tuple(2 * end / (1 + end) for end in ends)


def _f1_macro(y: np.ndarray, output: np.ndarray) -> tuple[float, float]:
    rows, predicted, hits = class_counts(y, output)
    labels, n_rows, n_classes = predicted_classes(output), len(y), len(rows)
    named = rows + predicted
    f1 = 2 * hits / named
    influence = (2 * (y == labels) - f1[y]) / named[y] - f1[labels] / named[labels]
    variance = (influence / n_classes).var(ddof=1) * n_rows
    # A class with all or no hits has no variance in the sample: half a hit and half a miss more.
    either = rows + predicted - hits
    share, smooth = hits / either, (hits + 0.5) / (either + 1)
    missing = np.maximum(0, smooth * (1 - smooth) - share * (1 - share)) / either
    variance += float((missing * 4 / (1 + share) ** 4).sum()) / n_classes**2
    middle = float((2 * smooth / (1 + smooth)).mean())
    n = min(middle * (1 - middle) / variance, _most(_rarest(y, n_classes), n_classes))
    quantile = stats.t.ppf(1 - _TAIL, n_classes * rows.min())
    return _wilson(float(f1.mean()), n, quantile)


def _placements(positive: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return for each row the share of the other class's rows that it is on the right side of; ties count half."""
    ranks = stats.rankdata(values)
    placed = np.empty(len(values))
    for side, sign in ((positive, 1), (~positive, -1)):
        above = ranks[side] - stats.rankdata(values[side])
        n_other = len(values) - side.sum()
        placed[side] = above / n_other if sign > 0 else 1 - above / n_other
    return placed


def _roc_auc(y: np.ndarray, output: np.ndarray) -> tuple[float, float]:
    positive = y == 1
    placed = _placements(positive, output[:, 1])
    sides = [placed[positive], placed[~positive]]
    parts = np.array([side.var(ddof=1) / len(side) for side in sides])
    weights = np.array([1 / (len(side) - 1) for side in sides])
    total = parts.sum()
    # Welch's degrees of freedom.
    freedom = total**2 / (parts**2 @ weights) if total else min(map(len, sides))
    return _bounded(
        _Linear(float(sides[0].mean()), total, freedom), _most(_rarest(y, 2), 2)
    )


def _roc_auc_ovr(y: np.ndarray, output: np.ndarray) -> tuple[float, float]:
    n, n_classes = output.shape
    influence, areas = np.zeros(n), []
    for k in range(n_classes):
        positive = y == k
        placed = _placements(positive, output[:, k])
        area = placed[positive].mean()
        share = np.where(positive, positive.mean(), 1 - positive.mean())
        influence += (placed - area) / share / n_classes
        areas.append(area)
    freedom = n_classes * _rarest(y, n_classes)
    linear = _Linear(float(np.mean(areas)), influence.var(ddof=1) / n, freedom)
    return _bounded(linear, _most(_rarest(y, n_classes), n_classes))


def _average_precision(y: np.ndarray, output: np.ndarray) -> tuple[float, float]:
    values, n, n_positive = output[:, 1], len(y), int((y == 1).sum())
    order = np.argsort(-values, kind="stable")
    hit = (y[order] == 1).astype(float)
    changes = np.diff(values[order], append=-np.inf) != 0
    last = np.flatnonzero(changes)
    # The rows with equal values, by the position of the first and the last of them.
    group = np.cumsum(np.r_[0, changes[:-1]])
    first, rank = np.r_[0, last[:-1] + 1][group], last[group] + 1
    precision = np.cumsum(hit)[last][group] / rank
    mean = average_precision(y, values)
    # A row changes the precision at its own place, if it is positive, and at every place below.
    below = np.cumsum((hit / rank)[::-1])[::-1][first]
    weighed = np.cumsum((hit * precision / rank)[::-1])[::-1][first]
    influence = n * (hit * (precision - mean) + hit * below - weighed) / n_positive
    linear = _Linear(mean, influence.var(ddof=1) / n, n_positive - 1)
    return _bounded(linear, 3 * n_positive**1.25)


# ---- Scores without an upper bound


def _hall(
    mean: float,
    influence: np.ndarray,
    least_skewness: float,
    lower_tail: float = _LOWER_TAIL,
) -> np.ndarray:
    """Return Hall's interval of a mean whose rows have a skewed distribution.

    A sample shows too little of the skewness that comes from rare large values: for the upper end it is taken for at
    least `least_skewness`.
    """
    n, spread = len(influence), influence.std(ddof=1)
    if spread == 0:
        return np.array([mean, mean])
    skewness = float(stats.skew(influence))
    # Without any, the limit of the formula is Student's interval.
    skewness = np.array([skewness or 1e-6, max(skewness, least_skewness)])
    quantiles = stats.t.ppf([1 - lower_tail, _UPPER_TAIL], n - 1) / math.sqrt(n)
    inner = 1 + skewness * (quantiles - skewness / (6 * n))
    return mean - spread * 3 * (np.cbrt(inner) - 1) / skewness


def _mean_error(errors: np.ndarray) -> np.ndarray:
    return np.maximum(0, _hall(float(errors.mean()), errors, 2.0))


def _least_skewness_of_squares(n: int) -> float:
    return float(np.clip(0.36 * math.sqrt(n), 4.4, 10))


def _mae(y: np.ndarray, output: np.ndarray) -> np.ndarray:
    return _mean_error(np.abs(y - output))


def _rmse(y: np.ndarray, output: np.ndarray) -> np.ndarray:
    squares = (y - output) ** 2
    ends = _hall(float(squares.mean()), squares, _least_skewness_of_squares(len(y)))
    return np.sqrt(np.maximum(0, ends))


def _r2(y: np.ndarray, output: np.ndarray) -> np.ndarray:
    squares, spread = (y - output) ** 2, (y - y.mean()) ** 2
    unexplained = float(squares.mean() / spread.mean())
    influence = (squares - unexplained * spread) / spread.mean()
    least_skewness = _least_skewness_of_squares(len(y))
    ends = _hall(unexplained, influence, least_skewness, 1.25 * _LOWER_TAIL)
    return 1 - np.maximum(0, ends)[::-1]


def _log_loss(y: np.ndarray, output: np.ndarray) -> np.ndarray:
    chosen = output[np.arange(len(y)), y]
    return _mean_error(-np.log(chosen.clip(np.finfo(np.float64).eps, 1)))


def _median_ae(y: np.ndarray, output: np.ndarray) -> tuple[float, float]:
    errors, n = np.sort(np.abs(y - output)), len(y)
    # The widest pair of order statistics that covers too little, and the next one; the interval lies between.
    k = int(stats.binom.ppf(_TAIL, n, 0.5))
    outer = 1 - 2 * stats.binom.cdf(k - 1, n, 0.5)
    inner = 1 - 2 * stats.binom.cdf(k, n, 0.5)
    part = (outer - _LEVEL) / (outer - inner)
    weight = (n - k) * part / (k + (n - 2 * k) * part)
    low = (1 - weight) * errors[k - 1] + weight * errors[k]
    high = (1 - weight) * errors[n - k] + weight * errors[n - k - 1]
    return low, high


_INTERVALS: dict[str, Callable[[np.ndarray, np.ndarray], tuple[float, float]]] = {
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "balanced_accuracy": _balanced_accuracy,
    "accuracy": _accuracy,
    "f1": _f1,
    "f1_macro": _f1_macro,
    "roc_auc_ovr": _roc_auc_ovr,
    "log_loss": _log_loss,
    "r2": _r2,
    "mae": _mae,
    "rmse": _rmse,
    "median_ae": _median_ae,
}
_NEEDS_CLASSES = (
    "roc_auc",
    "average_precision",
    "balanced_accuracy",
    "f1",
    "f1_macro",
    "roc_auc_ovr",
)
