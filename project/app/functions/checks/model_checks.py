"""Whether a model can be trusted: its scores against the baseline, the training rows, chance, and across folds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...wording import fixed, number, percent, plural
from ..evaluation.results import LeaderboardRow
from ..evaluation.scoring import METRICS
from .findings import LEVELS, Check, Finding, level_of
from .subjects import ModelSubject

# The share of the lead over the baseline on training rows that is lost on new rows.
_LOST, _MOSTLY_LOST = 0.3, 0.6
# Width of the interval of a score with maximum 1; for an error, relative to the error.
_WIDE, _VERY_WIDE = 0.2, 0.5
_FEW_ROWS, _VERY_FEW_ROWS = 30, 10
# Standard deviation of the folds as a share of the lead over the baseline.
_UNEVEN, _VERY_UNEVEN = 0.35, 1.0


class Baseline(Check):
    """Whether a model beats the one that ignores the columns."""

    code = "baseline"
    title = "Baseline"
    severity = "bad"
    measures = (
        "The score on the holdout, with its 95 % interval, beside that of the baseline, which always predicts what is "
        "most common, or the mean."
    )
    levels = "A caution if the interval reaches the baseline, a problem if the score does not exceed it."
    advice = (
        "Add columns that are related to the target, collect more rows, hold out a larger share, or try another "
        "model."
    )

    def run(self, subject: ModelSubject) -> Finding | None:
        """Compare the score with that of the baseline."""
        row, baseline, metric = subject.row, subject.baseline, subject.metric
        if baseline is None or row.model == baseline.model:
            return None
        label = METRICS[metric].label
        if not _known(row.holdout, baseline.holdout):
            return self.open(
                "warning",
                "Not compared with the baseline",
                f"{label} is not defined on this holdout, which may have a single class.",
                "Hold out more rows, split in another way, or choose another metric.",
            )
        write = _writer(metric)
        guess = "the mean" if subject.task == "regression" else "what is most common"
        finding = (
            f"{label} on the holdout is {write(row.holdout)}{_in_brackets(row, metric)}; the baseline, which always "
            f"predicts {guess}, has {write(baseline.holdout)}."
        )
        if METRICS[metric].lead(row.holdout, baseline.holdout) <= 0:
            return self.open(
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
            return self.open(
                "warning",
                "Possibly no better than the baseline",
                finding,
                "The lead may be chance. Hold out a larger share, or collect more rows, before relying on this model.",
            )
        return self.good("Better than the baseline", finding)


class Gap(Check):
    """Whether a model overfits."""

    code = "gap"
    title = "Training rows and new rows"
    severity = "bad"
    measures = "The share of the lead over the baseline on the training rows that is lost on the holdout."
    levels = (
        f"A caution from {percent(_LOST)} on, a problem from {percent(_MOSTLY_LOST)} on, unless the score on the "
        "training rows lies in the 95 % interval of the score on the holdout."
    )
    advice = (
        "Trust the score on the holdout. More training rows, fewer columns or a simpler model make the gap "
        "smaller."
    )

    def run(self, subject: ModelSubject) -> Finding | None:
        """Compare the scores on training rows and on the holdout."""
        row, baseline, metric = subject.row, subject.baseline, subject.metric
        if baseline is not None and row.model == baseline.model:
            return None
        label = METRICS[metric].label
        if not _known(row.train_score, row.holdout):
            return self.open(
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
            return self.good("Nearly as good on new rows", finding)
        title = {
            "warning": "Weaker on new rows",
            "bad": "Overfits",
        }[level]
        return self.open(
            level,
            title,
            finding,
            "Trust the score on the holdout. More training rows, fewer columns or a simpler model make the gap "
            "smaller.",
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


class HoldoutSize(Check):
    """Whether the holdout is large enough to judge."""

    code = "holdout_size"
    title = "Rows to judge"
    severity = "bad"
    measures = (
        "The width of the 95 % interval of the score on the holdout, of an error relative to it, and the rows "
        "held out."
    )
    levels = (
        f"A caution if the interval is wider than {fixed(_WIDE, 1)} or there are less than {number(_FEW_ROWS)} rows, a "
        f"problem if it is wider than {fixed(_VERY_WIDE, 1)}, there are less than {number(_VERY_FEW_ROWS)} rows, or no "
        "score at all."
    )
    advice = "Do not compare models by small differences. Hold out a larger share, or collect more rows."

    def run(self, subject: ModelSubject) -> Finding | None:
        """Judge the interval of the score and the rows behind it."""
        row, metric, n_test = subject.row, subject.metric, subject.n_test
        label, rows = METRICS[metric].label, plural(n_test, "row")
        write = _writer(metric)
        if row.no_interval and _known(row.holdout):
            return self.open(
                "warning",
                "Too few rows for an interval",
                f"{label} is {write(row.holdout)} on the {rows} of the holdout, and nobody can say how far it is off. "
                + row.no_interval,
                "Hold out a larger share, or collect more rows.",
            )
        if not _known(row.holdout, row.holdout_low, row.holdout_high):
            return self.open(
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
            return self.good("Enough rows to judge", finding)
        title = {"warning": "Few rows to judge", "bad": "Too few rows to judge"}[level]
        return self.open(
            level,
            title,
            finding,
            "Do not compare models by small differences. Hold out a larger share, or collect more rows.",
        )


class FoldsDisagree(Check):
    """Whether the score depends on which rows it is computed on."""

    code = "folds_disagree"
    title = "Folds"
    severity = "bad"
    measures = "The standard deviation of the scores on the folds, as a share of their lead over the baseline."
    levels = (
        f"A caution from {percent(_UNEVEN)} on, or if a fold has no score; a problem from {percent(_VERY_UNEVEN)} "
        "on."
    )
    advice = (
        "Collect more rows, and look for groups of rows that are harder than others."
    )

    def run(self, subject: ModelSubject) -> Finding | None:
        """Compare the scores on the folds."""
        row, baseline, metric = subject.row, subject.baseline, subject.metric
        if baseline is not None and row.model == baseline.model:
            return None
        label = METRICS[metric].label
        scores = np.asarray(row.cv_scores, dtype=float)
        known = scores[np.isfinite(scores)]
        if len(known) < max(2, len(scores)):
            return self.open(
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
            return self.good("Folds agree", f"{finding}.")
        title = {
            "warning": "Folds differ",
            "bad": "Folds disagree",
        }[level]
        return self.open(
            level,
            title,
            f"{finding}.",
            "The score depends on which rows it is computed on. Collect more rows, and look for groups of rows "
            "that are "
            "harder than others.",
        )


def _writer(metric: str) -> Callable[[float], str]:
    return fixed if METRICS[metric].greater_is_better else number


def _in_brackets(row: LeaderboardRow, metric: str) -> str:
    known = _known(row.holdout_low, row.holdout_high)
    return f" ({_interval(row, metric)})" if known else ""


def _interval(row: LeaderboardRow, metric: str) -> str:
    write = _writer(metric)
    return f"from {write(row.holdout_low)} to {write(row.holdout_high)}"


def _known(*values: float) -> bool:
    return all(math.isfinite(value) for value in values)
