"""Whether a model can be trusted: its scores against the baseline, the training rows, chance, and across folds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...wording import fixed, number, percent, plural
from ..evaluation.results import LeaderboardRow
from ..evaluation.scoring import METRICS
from .data_checks import check_data
from .findings import LEVELS, Check, level_of

__all__ = ["LEVELS", "Check", "check_data", "check_model"]

# The share of the lead over the baseline on training rows that is lost on new rows.
_LOST, _MOSTLY_LOST = 0.3, 0.6
# Width of the interval of a score with maximum 1; for an error, relative to the error.
_WIDE, _VERY_WIDE = 0.2, 0.5
_FEW_ROWS, _VERY_FEW_ROWS = 30, 10
# Standard deviation of the folds as a share of the lead over the baseline.
_UNEVEN, _VERY_UNEVEN = 0.35, 1.0


def check_model(
    row: LeaderboardRow,
    baseline: LeaderboardRow | None,
    metric: str,
    task: str,
    n_test: int,
) -> tuple[Check, ...]:
    """Check whether the scores of a trained model can be believed.

    Parameters
    ----------
    row : LeaderboardRow
    baseline : LeaderboardRow or None
        The row of the model that ignores the columns; None if it could not be trained.
    metric : str
        A key of ``scoring.METRICS``.
    task : {"binary", "multiclass", "regression"}
    n_test : int
        Rows in the holdout.

    Returns
    -------
    tuple of Check
        Empty for a model that could not be trained; for the baseline only the checks that apply to it.
    """
    if row.error is not None:
        return ()
    size = _check_holdout_size(row, metric, n_test)
    if baseline is not None and row.model == baseline.model:
        return (size,)
    if baseline is not None and baseline.error is not None:
        baseline = None
    checks = [
        _check_baseline(row, baseline, metric, task) if baseline else None,
        _check_gap(row, baseline, metric),
        size,
        _check_folds(row, baseline, metric),
    ]
    return tuple(check for check in checks if check is not None)


def _check_baseline(
    row: LeaderboardRow, baseline: LeaderboardRow, metric: str, task: str
) -> Check:
    label = METRICS[metric].label
    if not _known(row.holdout, baseline.holdout):
        return Check(
            "baseline",
            "warning",
            "Not compared with the baseline",
            f"{label} is not defined on this holdout, which may have a single class.",
            "Hold out more rows, split in another way, or choose another metric.",
        )
    write = _writer(metric)
    guess = "the mean" if task == "regression" else "what is most common"
    finding = (
        f"{label} on the holdout is {write(row.holdout)} ({_interval(row, metric)}); the baseline, which always "
        f"predicts {guess}, has {write(baseline.holdout)}."
    )
    if METRICS[metric].lead(row.holdout, baseline.holdout) <= 0:
        return Check(
            "baseline",
            "bad",
            "No better than the baseline",
            finding,
            "Do not use this model. Add columns that are related to the target, collect more rows, or try another "
            "model.",
        )
    # The end of the interval that is nearer to the baseline.
    better = METRICS[metric].greater_is_better
    nearest = row.holdout_low if better else row.holdout_high
    if not _known(nearest) or METRICS[metric].lead(nearest, baseline.holdout) <= 0:
        return Check(
            "baseline",
            "warning",
            "Possibly no better than the baseline",
            finding,
            "The lead may be chance. Hold out a larger share, or collect more rows, before relying on this model.",
        )
    return Check("baseline", "good", "Better than the baseline", finding)


def _check_gap(
    row: LeaderboardRow, baseline: LeaderboardRow | None, metric: str
) -> Check:
    label = METRICS[metric].label
    if not _known(row.train_score, row.holdout):
        return Check(
            "gap",
            "warning",
            "Not compared with the training rows",
            f"{label} is not defined on the training rows or on the holdout.",
            "Hold out more rows, split in another way, or choose another metric.",
        )
    write, lost = _writer(metric), _share_lost(row, baseline, metric)
    finding = (
        f"{label} is {write(row.train_score)} on rows that the model learned from and {write(row.holdout)} on new "
        f"ones: {percent(lost) if lost else 'nothing'} of {'its lead over the baseline' if baseline else 'it'} is "
        "lost."
    )
    # A difference within the interval may be due to chance.
    by_chance = _known(row.holdout_low, row.holdout_high) and (
        row.holdout_low <= row.train_score <= row.holdout_high
    )
    level = "good" if by_chance else level_of(lost, _LOST, _MOSTLY_LOST)
    if level == "good":
        return Check("gap", "good", "Nearly as good on new rows", finding)
    title = {
        "warning": "Weaker on new rows",
        "bad": "Overfits",
    }[level]
    return Check(
        "gap",
        level,
        title,
        finding,
        "Trust the score on the holdout. More training rows, fewer columns or a simpler model make the gap smaller.",
    )


def _share_lost(
    row: LeaderboardRow, baseline: LeaderboardRow | None, metric: str
) -> float:
    """Return the share of the lead on training rows that is lost on new rows, from 0 to 1.

    Relative to the baseline it means the same for bounded scores and for unbounded errors.
    """
    drop = METRICS[metric].lead(row.train_score, row.holdout)
    if drop <= 0:
        return 0.0
    gain = 0.0
    if baseline is not None and _known(baseline.holdout):
        gain = METRICS[metric].lead(row.train_score, baseline.holdout)
    if gain <= 0:
        gain = max(abs(row.train_score), abs(row.holdout))
    return min(1.0, drop / gain)


def _check_holdout_size(row: LeaderboardRow, metric: str, n_test: int) -> Check:
    label, rows = METRICS[metric].label, plural(n_test, "row")
    write = _writer(metric)
    if not _known(row.holdout, row.holdout_low, row.holdout_high):
        return Check(
            "holdout_size",
            "bad",
            "No score on the holdout",
            f"{label} is not defined on the {rows} of the holdout.",
            "Hold out more rows, split in another way, or choose another metric.",
        )
    width = row.holdout_high - row.holdout_low
    if METRICS[metric].greater_is_better:
        relative = width
    else:
        relative = width / abs(row.holdout) if row.holdout else 0.0
    # With few rows the interval itself is uncertain: it has no width if all of them happen to be right.
    level = max(
        level_of(relative, _WIDE, _VERY_WIDE),
        level_of(-n_test, 1 - _FEW_ROWS, 1 - _VERY_FEW_ROWS),
        key=LEVELS.index,
    )
    varies = write(row.holdout_low) != write(row.holdout_high)
    finding = (
        f"{label} is {write(row.holdout)} on the {rows} of the holdout; on other rows like these it "
        f"{f'could be anywhere {_interval(row, metric)}' if varies else 'would hardly differ'}."
    )
    if level == "good":
        return Check("holdout_size", "good", "Enough rows to judge", finding)
    title = {"warning": "Few rows to judge", "bad": "Too few rows to judge"}[level]
    return Check(
        "holdout_size",
        level,
        title,
        finding,
        "Do not compare models by small differences. Hold out a larger share, or collect more rows.",
    )


def _check_folds(
    row: LeaderboardRow, baseline: LeaderboardRow | None, metric: str
) -> Check:
    label = METRICS[metric].label
    scores = np.asarray(row.cv_scores, dtype=float)
    known = scores[np.isfinite(scores)]
    if len(known) < max(2, len(scores)):
        return Check(
            "folds_disagree",
            "warning",
            "Folds without a score",
            f"{label} is defined in {number(len(known))} of {plural(len(scores), 'fold')}.",
            "Choose fewer folds, split in another way, or choose another metric, so that each fold can be judged.",
        )
    write = _writer(metric)
    finding = (
        f"{label} lies between {write(known.min())} and {write(known.max())} in the {number(len(known))} folds, on "
        f"average {write(row.cv_mean)} ± {write(row.cv_std)}"
    )
    scale = abs(row.cv_mean)
    if baseline is not None and _known(baseline.cv_mean):
        finding += f"; the baseline's average is {write(baseline.cv_mean)}"
        scale = METRICS[metric].lead(row.cv_mean, baseline.cv_mean)
    spread = row.cv_std / scale if scale > 0 else math.inf
    level = level_of(spread, _UNEVEN, _VERY_UNEVEN)
    if level == "good":
        return Check("folds_disagree", "good", "Folds agree", f"{finding}.")
    title = {
        "warning": "Folds differ",
        "bad": "Folds disagree",
    }[level]
    return Check(
        "folds_disagree",
        level,
        title,
        f"{finding}.",
        "The score depends on which rows it is computed on. Collect more rows, and look for groups of rows that are "
        "harder than others.",
    )


def _writer(metric: str) -> Callable[[float], str]:
    return fixed if METRICS[metric].greater_is_better else number


def _interval(row: LeaderboardRow, metric: str) -> str:
    write = _writer(metric)
    return f"from {write(row.holdout_low)} to {write(row.holdout_high)}"


def _known(*values: float) -> bool:
    return all(math.isfinite(value) for value in values)
