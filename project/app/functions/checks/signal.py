"""Whether the columns say anything about the target: does any model beat the baseline by more than luck?"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from ...wording import fixed, number, percent
from ..evaluation.results import LeaderboardRow, best_model
from ..evaluation.scoring import METRICS, Metric
from .findings import Check, Finding
from .subjects import RunSubject

# One table of pure noise in forty passes either test.
_P = 0.025
_ADVICE = (
    "Do not use these models: what they predict is as good as a guess. Look for columns that have to do with the "
    "target, or collect more rows."
)
_ADVICE_IF_AHEAD = (
    "The best model is ahead, but with so few rows that may be luck. Collect more rows, or hold out more, before you "
    "use it."
)


class Signal(Check):
    """Whether any model beats the baseline by more than luck.

    References
    ----------
    C. Nadeau, Y. Bengio (2003), "Inference for the generalization error", for the corrected variance of the folds.
    """

    code = "no_signal"
    title = "Signal"
    severity = "bad"
    measures = (
        "Whether the best model beats the baseline by more than luck: the whole 95 % interval of its score on the "
        "holdout does, or its scores on the folds do, by a t-test that knows that folds share training rows and that "
        "the best of several models was chosen."
    )
    levels = f"A problem if neither does; the t-test has a level of {percent(_P)}, divided by the number of models."
    advice = "Look for columns that have to do with the target, or collect more rows."
    errors = (
        "Up to 8 % of tables of pure noise are said to have a signal, and up to 5 % of tables with one to have none: "
        "see the benchmark *signal*."
    )

    def run(self, subject: RunSubject) -> Finding | None:
        """Compare the best model with the baseline; None where there is nothing to compare."""
        metric = subject.metric
        baseline, *others = subject.leaderboard
        trained = [row for row in others if row.error is None]
        key = best_model(trained, metric)
        if baseline.error is not None or key is None:
            return None
        best = next(row for row in trained if row.model == key)
        scoring = METRICS[metric]
        holdout = scoring.lead(best.holdout, baseline.holdout)
        lead = scoring.lead(best.cv_mean, baseline.cv_mean)
        p = _p_of_folds(best, baseline, scoring) * len(trained)
        if _beats_on_holdout(best, baseline, scoring) or (p < _P and holdout > 0):
            return self.good(
                "The columns say something about the target",
                f"{best.label} beats the baseline, which ignores the columns, by more than luck would.",
            )
        return self.open(
            "bad",
            "No model beats the baseline by more than luck",
            _finding(best, baseline, scoring),
            _ADVICE_IF_AHEAD if lead > 0 and holdout > 0 else _ADVICE,
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
    interval = ""
    if math.isfinite(best.holdout_low):
        interval = f" ({write(best.holdout_low)} to {write(best.holdout_high)})"
    return (
        f"{metric.label} of the best model, {best.label}, is {write(best.cv_mean)} ± {write(best.cv_std)} in "
        f"cross-validation and {write(best.holdout)} on the "
        f"holdout{interval}; the baseline, which ignores the columns, has {write(baseline.cv_mean)} and "
        f"{write(baseline.holdout)}."
    )
