"""No signal: said where no model beats the baseline by more than luck, and not where one does."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from app.functions.checks.registry import check_run
from app.functions.evaluation.results import LeaderboardRow

BASELINE = LeaderboardRow(
    "dummy",
    "Baseline",
    cv_mean=0.5,
    cv_std=0.0,
    cv_scores=(0.5,) * 5,
    holdout=0.5,
    holdout_low=0.5,
    holdout_high=0.5,
)


def finding_of(leaderboard, metric):
    (finding,) = check_run(leaderboard, metric)
    return finding


def model(scores, holdout, low, high, key="linear") -> LeaderboardRow:
    return replace(
        BASELINE,
        model=key,
        label=key,
        cv_mean=float(np.mean(scores)),
        cv_std=float(np.std(scores)),
        cv_scores=tuple(scores),
        holdout=holdout,
        holdout_low=low,
        holdout_high=high,
    )


NOISE = model([0.52, 0.47, 0.55, 0.5, 0.51], 0.53, 0.44, 0.61)


def test_noise_is_a_problem_with_the_numbers_of_both():
    check = finding_of([BASELINE, NOISE], "roc_auc")
    assert (check.key, check.level) == ("no_signal", "bad")
    assert "0.530 on the holdout (0.440 to 0.610)" in check.finding
    assert "has 0.500 and 0.500" in check.finding


def test_a_holdout_that_is_better_as_a_whole_is_a_signal():
    clear = replace(NOISE, holdout=0.7, holdout_low=0.6, holdout_high=0.8)
    assert finding_of([BASELINE, clear], "roc_auc").level == "good"


def test_folds_that_agree_are_a_signal_where_the_holdout_is_small():
    weak = model([0.61, 0.63, 0.62, 0.6, 0.62], 0.6, 0.4, 0.8)
    assert finding_of([BASELINE, weak], "roc_auc").level == "good"
    # But not against the holdout.
    against = replace(weak, holdout=0.49)
    assert finding_of([BASELINE, against], "roc_auc").level == "bad"


def test_the_best_of_many_models_must_lead_by_more():
    lucky = model([0.56, 0.52, 0.55, 0.57, 0.54], 0.53, 0.44, 0.61, "lucky")
    others = [replace(NOISE, model=f"m{i}", label=f"m{i}") for i in range(40)]
    assert finding_of([BASELINE, lucky], "roc_auc").level == "good"
    assert finding_of([BASELINE, lucky, *others], "roc_auc").level == "bad"


def test_of_an_error_less_is_better():
    def error(row: LeaderboardRow) -> LeaderboardRow:
        flipped = tuple(1 - score for score in row.cv_scores)
        return replace(
            row,
            cv_scores=flipped,
            cv_mean=1 - row.cv_mean,
            holdout=1 - row.holdout,
            holdout_low=1 - row.holdout_high,
            holdout_high=1 - row.holdout_low,
        )

    clear = replace(NOISE, holdout=0.7, holdout_low=0.6, holdout_high=0.8)
    assert finding_of([error(BASELINE), error(clear)], "mae").level == "good"
    assert finding_of([error(BASELINE), error(NOISE)], "mae").level == "bad"


@pytest.mark.parametrize(
    "changes",
    [
        {"holdout": math.nan, "holdout_low": math.nan, "holdout_high": math.nan},
        {"cv_scores": (0.9, math.nan, 0.9, 0.9, 0.9)},
    ],
)
def test_a_score_that_is_not_defined_is_no_signal(changes):
    check = finding_of([BASELINE, replace(NOISE, **changes)], "roc_auc")
    assert check.level == "bad" and check.finding.endswith(".")


def test_where_there_is_nothing_to_compare_nothing_is_said():
    failed = LeaderboardRow("svm", "SVM", error="No.")
    assert check_run([BASELINE], "roc_auc") == ()
    assert check_run([BASELINE, failed], "roc_auc") == ()
    assert check_run([failed, NOISE], "roc_auc") == ()


def test_a_lead_that_few_rows_cannot_confirm_is_not_called_a_guess():
    few = {"holdout_low": np.nan, "holdout_high": np.nan, "no_interval": "Few rows."}
    rows = [
        LeaderboardRow(
            "dummy", "Baseline", cv_mean=0.5, cv_scores=(0.5, 0.5), holdout=0.5
        ),
        LeaderboardRow(
            "linear",
            "Linear model",
            cv_mean=0.85,
            cv_scores=(0.95, 0.75),
            holdout=0.9,
            **few,
        ),
    ]
    (found,) = check_run(rows, "roc_auc")
    assert found.level == "bad"
    assert "may be luck" in found.advice and "guess" not in found.advice
