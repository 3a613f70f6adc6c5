"""Whether it pays to act on a model: its net benefit at each threshold, beside acting on all rows and on none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# A threshold of 1 would give a false alarm an infinite weight.
_STEPS = np.arange(10, 991, 10)
_N = 1000
# So many standard errors are beyond luck, also for the best of many thresholds.
_STANDARD_ERRORS = 3.0


@dataclass(frozen=True)
class DecisionCurve:
    """The net benefit of acting on the rows that reach a threshold, in rows found per row.

    Attributes
    ----------
    threshold, model, all_rows : ndarray of shape (n_thresholds,)
        `all_rows` is the net benefit of acting on every row; that of acting on none is 0.
    better : ndarray of bool, of shape (n_thresholds,)
        Where the model gains more than both, beyond luck.
    share : float
        The share of positive rows, which is the most that can be gained.
    """

    threshold: np.ndarray
    model: np.ndarray
    all_rows: np.ndarray
    better: np.ndarray
    share: float

    @property
    def useful(self) -> tuple[float, float] | None:
        """The widest range of thresholds at which the model gains more; None if there is none."""
        ends = np.flatnonzero(np.diff(self.better, prepend=False, append=False))
        if not ends.size:
            return None
        starts, stops = ends[::2], ends[1::2] - 1
        widest = np.argmax(stops - starts)
        return (
            float(self.threshold[starts[widest]]),
            float(self.threshold[stops[widest]]),
        )


def decision_curve(
    true_positives: Sequence[int], false_positives: Sequence[int]
) -> DecisionCurve:
    """Return the net benefit by threshold.

    A threshold t says what somebody finds worth it: to act on (1 - t) / t rows in vain for one that is found. So a
    false alarm weighs t / (1 - t) of a row that is found.

    Parameters
    ----------
    true_positives, false_positives : sequence of int, of length 1001
        The rows of either class with a score of at least k / 1000; at 0 these are all.

    Returns
    -------
    DecisionCurve

    References
    ----------
    A. Vickers, E. Elkin (2006), "Decision curve analysis: a novel method for evaluating prediction models".
    """
    positives, negatives = true_positives[0], false_positives[0]
    n = positives + negatives
    threshold = _STEPS / _N
    weight = threshold / (1 - threshold)
    tp, fp = np.asarray(true_positives)[_STEPS], np.asarray(false_positives)[_STEPS]
    model = (tp - weight * fp) / n
    all_rows = (positives - weight * negatives) / n
    fn, tn = positives - tp, negatives - fp
    return DecisionCurve(
        threshold,
        model,
        all_rows,
        _beyond_luck(tp, fp, weight, n) & _beyond_luck(tn, fn, 1 / weight, n),
        positives / n,
    )


def _beyond_luck(
    gained: np.ndarray, lost: np.ndarray, weight: np.ndarray, n: int
) -> np.ndarray:
    """Return where the mean of +1 for each row gained and -weight for each row lost exceeds 0 by several errors."""
    mean = (gained - weight * lost) / n
    # One more row of each: a few rows without a loss do not show that there is none.
    squares = gained + 1 + weight**2 * (lost + 1)
    variance = (squares / n - mean**2) / n
    return mean > _STANDARD_ERRORS * np.sqrt(variance)
