"""Whether the columns say anything about the target: does any model beat the baseline by more than luck?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from ...wording import fixed, number
from ..evaluation.results import LeaderboardRow, best_model
from ..evaluation.scoring import METRICS, Metric
from .findings import Check

# One table of pure noise in forty passes either test.
_P = 0.025


def check_signal(leaderboard: Sequence[LeaderboardRow], metric: str) -> Check | None:
    """Check whether the best model beats the baseline by more than luck.

    It does if the whole 95 % interval of its holdout score does, or if its scores on the folds do, by a test that knows
    that folds share training rows and that the best of several models was chosen.

    Parameters
    ----------
    leaderboard : sequence of LeaderboardRow
        The baseline first.
    metric : str
        A key of ``scoring.METRICS``.

    Returns
    -------
    Check or None
        With level 'good' or 'bad'; None where there is nothing to compare, such as the baseline alone.

    References
    ----------
    C. Nadeau, Y. Bengio (2003), "Inference for the generalization error", for the corrected variance of the folds.
    """
    baseline, *others = leaderboard
    trained = [row for row in others if row.error is None]
    key = best_model(trained, metric)
    if baseline.error is not None or key is None:
        return None
    best = next(row for row in trained if row.model == key)
    scoring = METRICS[metric]
    holdout = scoring.lead(best.holdout, baseline.holdout)
    p = _p_of_folds(best, baseline, scoring) * len(trained)
    if _beats_on_holdout(best, baseline, scoring) or (p < _P and holdout > 0):
        return Check(
            "no_signal",
            "good",
            "The columns say something about the target",
            f"{best.label} beats the baseline, which ignores the columns, by more than luck would.",
        )
    return Check(
        "no_signal",
        "bad",
        "No model beats the baseline by more than luck",
        _finding(best, baseline, scoring),
        "Do not use these models: what they predict is as good as a guess. Look for columns that have to do with the "
        "target, or collect more rows.",
    )


def _beats_on_holdout(
    best: LeaderboardRow, baseline: LeaderboardRow, metric: Metric
) -> bool:
    nearest = best.holdout_low if metric.greater_is_better else best.holdout_high
    # NaN, where a score is not defined, beats nothing.
    return metric.lead(nearest, baseline.holdout) > 0


def _p_of_folds(
    best: LeaderboardRow, baseline: LeaderboardRow, metric: Metric
) -> float:
    """Return how probable such a lead over the folds is by luck alone; 1 where that cannot be told."""
    leads = np.array(
        [metric.lead(a, b) for a, b in zip(best.cv_scores, baseline.cv_scores)]
    )
    n_folds = len(leads)
    if n_folds < 2 or not np.isfinite(leads).all():
        return 1.0
    variance = leads.var(ddof=1) * (1 / n_folds + 1 / (n_folds - 1))
    if variance == 0:
        return 0.0 if leads.mean() > 0 else 1.0
    return float(stats.t.sf(leads.mean() / math.sqrt(variance), n_folds - 1))


def _finding(best: LeaderboardRow, baseline: LeaderboardRow, metric: Metric) -> str:
    write = fixed if metric.greater_is_better else number
    return (
        f"{metric.label} of the best model, {best.label}, is {write(best.cv_mean)} ± {write(best.cv_std)} in "
        f"cross-validation and {write(best.holdout)} on the holdout ({write(best.holdout_low)} to "
        f"{write(best.holdout_high)}); the baseline, which ignores the columns, has {write(baseline.cv_mean)} and "
        f"{write(baseline.holdout)}."
    )
