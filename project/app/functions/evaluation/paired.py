"""Two models on the same rows or folds: how much better one is, and whether that may be luck."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from ...wording import plural
from .intervals import MIN_ROWS
from .results import LeaderboardRow, best_model
from .scoring import METRICS, predicted_classes, score

_LEVEL = 0.95
_GROUPS = 40
# The jackknife of a median needs larger groups to leave out.
_GROUPS_OF_MEDIAN = 10
# Of squared errors the largest twentieth holds about a quarter if errors are normal. Where it holds most of them, a
# sample knows too little of the rest: an interval would cover 50 to 75 of 100 times.
_FEW, _MOST = 0.05, 0.6
# What floats leave of a difference of nothing.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Difference:
    """By how much the first of two models is better, which is positive where it is, whatever the metric.

    Attributes
    ----------
    lead : float
        In the unit of the metric; NaN if it is not defined.
    half_width : float
        Half of the 95 % interval, which is centred on `lead`; NaN if there is none.
    n : int
        Rows or folds that both were judged on.
    reason : str
        A sentence that says why there is no interval.
    """

    lead: float
    half_width: float = float("nan")
    n: int = 0
    reason: str = ""

    @property
    def may_be_luck(self) -> bool:
        """Whether the interval holds no difference, or there is none."""
        return not abs(self.lead) > self.half_width

    @property
    def identical(self) -> bool:
        """Whether the two do not differ at all."""
        return abs(self.lead) <= _NOTHING and self.half_width <= _NOTHING


@dataclass(frozen=True)
class Judged:
    """What a run keeps of one model on the rows that it held out.

    Attributes
    ----------
    positions : ndarray of shape (n_rows,)
        Of the rows in the whole table.
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    output : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Class probabilities or predicted numbers.
    classes : tuple of str
        By class code; empty for numbers.
    """

    positions: np.ndarray
    y: np.ndarray
    output: np.ndarray
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SharedRows:
    """The rows that two models were both judged on, in the same order, with the class codes of the first.

    Attributes
    ----------
    y : ndarray of shape (n_rows,)
    first, second : ndarray of shape (n_rows, n_classes) or (n_rows,)
    reason : str
        A sentence that says why the two cannot be compared on them; empty if they can.
    """

    y: np.ndarray
    first: np.ndarray
    second: np.ndarray
    reason: str = ""


def shared_rows(first: Judged, second: Judged) -> SharedRows:
    """Return the rows of one table that both of two models have held out: neither has seen them.

    Parameters
    ----------
    first, second : Judged

    Returns
    -------
    SharedRows
    """
    positions, left, right = np.intersect1d(
        first.positions, second.positions, return_indices=True
    )
    none = SharedRows(first.y[:0], first.output[:0], second.output[:0])
    if set(first.classes) != set(second.classes):
        reason = "The two predict different classes, so no row is right or wrong for both in the same way."
        return replace(none, reason=reason)
    if len(positions) < MIN_ROWS:
        rows = plural(len(positions), "row")
        reason = (
            f"The two have only {rows} in common that neither has seen; a comparison needs at least {MIN_ROWS}. "
            "Train both with the same share held out, the same seed and the same rows."
        )
        return replace(none, reason=reason)
    y, other, output = first.y[left], second.y[right], second.output[right]
    if first.classes:
        order = [second.classes.index(name) for name in first.classes]
        output = output[:, order]
        other = np.argsort(order)[other]
    if not np.array_equal(y, other):
        reason = "The same rows have other values in the two runs: the table was changed in between."
        return replace(none, reason=reason)
    return SharedRows(y, first.output[left], output)


def paired_difference(
    metric: str,
    y: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    random_state: int = 0,
) -> Difference:
    """Return how much better the first of two models is on the same rows, with a 95 % interval.

    That both are judged on the same rows takes out what makes a row easy or hard for either, so the interval is
    narrower than those of the two scores suggest.

    Parameters
    ----------
    metric : str
        A key of ``scoring.METRICS``.
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    first, second : ndarray of shape (n_rows, n_classes) or (n_rows,)
        What either predicts for these rows, which neither has seen.
    random_state : int
        Draws the groups of rows that are left out in turn.

    Returns
    -------
    Difference

    References
    ----------
    A. Agresti, Y. Min (2005), "Simple improved confidence intervals for comparing matched proportions": the accuracy.
    P. Kott (2001), "The delete-a-group jackknife", and B. Efron, C. Stein (1981), "The jackknife estimate of
    variance": all other metrics.
    """
    n = len(y)
    lead = _lead(metric, y, first, second)
    if not math.isfinite(lead):
        return Difference(lead, n=n, reason="The score is not defined on these rows.")
    if n < MIN_ROWS:
        return Difference(
            lead, n=n, reason=f"No interval: it needs at least {MIN_ROWS} rows."
        )
    if np.array_equal(first, second):
        return Difference(0.0, 0.0, n)
    if metric == "accuracy":
        return Difference(lead, _accuracy_half_width(y, first, second), n)
    if metric == "rmse" and _few_rows_decide(y, first, second):
        reason = "No interval: a few rows with very large errors decide this score."
        return Difference(lead, n=n, reason=reason)
    half = _jackknife_half_width(metric, y, first, second, random_state)
    if not math.isfinite(half):
        reason = "No interval: it needs more rows of each class."
        return Difference(lead, n=n, reason=reason)
    return Difference(lead, half, n)


def _lead(metric: str, y: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    return METRICS[metric].lead(score(metric, y, first), score(metric, y, second))


def _accuracy_half_width(y: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Half a row more in each cell of the table that McNemar's test looks at: right and wrong by either model."""
    right, other = (predicted_classes(output) == y for output in (first, second))
    n = len(y) + 2
    b, c = int((right & ~other).sum()) + 0.5, int((other & ~right).sum()) + 0.5
    variance = ((b + c) - (b - c) ** 2 / n) / n**2
    return float(stats.norm.ppf((1 + _LEVEL) / 2) * math.sqrt(variance))


def _few_rows_decide(y: np.ndarray, first: np.ndarray, second: np.ndarray) -> bool:
    sizes = np.sort(np.abs((y - first) ** 2 - (y - second) ** 2))
    few = max(1, round(_FEW * len(sizes)))
    return sizes[-few:].sum() > _MOST * sizes.sum()


def _jackknife_half_width(
    metric: str,
    y: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    random_state: int,
) -> float:
    n_groups = _GROUPS_OF_MEDIAN if metric == "median_ae" else _GROUPS
    groups = _groups(y, first.ndim == 2, n_groups, random_state)
    leads = []
    for group in range(groups.max() + 1):
        kept = groups != group
        leads.append(_lead(metric, y[kept], first[kept], second[kept]))
    leads, n_groups = np.array(leads), len(leads)
    if not np.isfinite(leads).all():
        return float("nan")
    variance = (n_groups - 1) / n_groups * ((leads - leads.mean()) ** 2).sum()
    quantile = stats.t.ppf((1 + _LEVEL) / 2, n_groups - 1)
    return float(quantile * math.sqrt(variance))


def _groups(
    y: np.ndarray, classes: bool, n_groups: int, random_state: int
) -> np.ndarray:
    """Deal the rows out to groups at random; each class evenly."""
    order = np.random.default_rng(random_state).permutation(len(y))
    if classes:
        order = order[np.argsort(y[order], kind="stable")]
    groups = np.empty(len(y), dtype=int)
    groups[order] = np.arange(len(y)) % min(n_groups, len(y))
    return groups


def fold_difference(
    metric: str, first: Sequence[float], second: Sequence[float]
) -> Difference:
    """Return how much better the first of two models is on the same folds of a cross-validation.

    Parameters
    ----------
    metric : str
        A key of ``scoring.METRICS``.
    first, second : sequence of float
        The scores of either on the folds, in the same order.

    Returns
    -------
    Difference
        The interval allows for folds that share their training rows.

    References
    ----------
    C. Nadeau, Y. Bengio (2003), "Inference for the generalization error".
    """
    leads = np.array([METRICS[metric].lead(a, b) for a, b in zip(first, second)])
    n = len(leads)
    if n < 2 or n != len(first) or n != len(second) or not np.isfinite(leads).all():
        lead = float(leads.mean()) if n else float("nan")
        return Difference(lead, n=n, reason="The folds cannot be compared.")
    variance = leads.var(ddof=1) * (1 / n + 1 / (n - 1))
    half = stats.t.ppf((1 + _LEVEL) / 2, n - 1) * math.sqrt(variance)
    return Difference(float(leads.mean()), float(half), n)


def as_good_as_best(
    leaderboard: Sequence[LeaderboardRow], metric: str
) -> tuple[str, ...]:
    """Return the models that the best one beats by no more than luck, as far as the folds tell.

    Parameters
    ----------
    leaderboard : sequence of LeaderboardRow
    metric : str

    Returns
    -------
    tuple of str
        Without the best itself, and without models that have no scores of folds.
    """
    best = best_model(list(leaderboard), metric)
    scores = {row.model: row.cv_scores for row in leaderboard if row.error is None}
    return tuple(
        model
        for model, folds in scores.items()
        if best and model != best and folds and scores[best]
        if fold_difference(metric, scores[best], folds).may_be_luck
    )
