"""Checks of a model: each one triggered, each one satisfied, and none ever raises."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.checks.findings import LEVELS
from app.functions.checks.registry import check_model
from app.functions.evaluation.results import LeaderboardRow
from app.functions.evaluation.scoring import METRICS

NAN = float("nan")


def make_row(model="linear", holdout=0.9, cv=(0.88, 0.9, 0.92), train=0.92, width=0.08):
    return LeaderboardRow(
        model=model,
        label=model,
        cv_mean=sum(cv) / len(cv),
        cv_std=(max(cv) - min(cv)) / 2,
        cv_scores=tuple(cv),
        train_score=train,
        holdout=holdout,
        holdout_low=holdout - width / 2,
        holdout_high=holdout + width / 2,
    )


def make_baseline(score=0.5):
    return make_row("dummy", score, (score,) * 3, score, 0.0)


def check(key, row, baseline=make_baseline(), metric="roc_auc", n_test=200):
    task = METRICS[metric].tasks[0]
    checks = check_model(row, baseline, metric, task, n_test)
    return next(check for check in checks if check.key == key)


def test_a_good_model_passes_every_check_and_needs_no_advice():
    checks = check_model(make_row(), make_baseline(), "roc_auc", "binary", 200)
    assert [check.key for check in checks] == [
        "baseline",
        "gap",
        "holdout_size",
        "folds_disagree",
    ]
    assert {check.level for check in checks} == {"good"}
    assert all(check.advice == "" for check in checks)


def test_a_model_below_the_baseline_is_bad_and_the_sentence_has_both_scores():
    found = check("baseline", make_row(holdout=0.45))
    assert found.level == "bad"
    assert found.title == "No better than the baseline"
    assert "ROC AUC on the holdout is 0.450 (from 0.410 to 0.490)" in found.finding
    assert "has 0.500" in found.finding
    assert found.advice


def test_a_lead_within_the_interval_may_be_chance():
    assert check("baseline", make_row(holdout=0.53)).level == "warning"
    assert check("baseline", make_row(holdout=0.55)).level == "good"


def test_of_an_error_the_smaller_one_is_better():
    baseline = make_baseline(77.0)
    better = make_row(holdout=55.0, cv=(50, 55, 60), train=50.0, width=10)
    worse = make_row(holdout=80.0, cv=(80, 80, 80), train=70.0, width=1)
    chance = make_row(holdout=75.0, cv=(70, 75, 80), train=70.0, width=10)
    assert check("baseline", better, baseline, "rmse").level == "good"
    assert check("baseline", worse, baseline, "rmse").level == "bad"
    assert check("baseline", chance, baseline, "rmse").level == "warning"
    assert "the mean" in check("baseline", better, baseline, "rmse").finding


@pytest.mark.parametrize(
    "train, level", [(0.92, "good"), (0.99, "good"), (1.0, "warning")]
)
def test_what_is_lost_on_new_rows_is_measured_against_the_baseline(train, level):
    row = make_row(holdout=0.8 if level == "warning" else 0.9, train=train)
    assert check("gap", row).level == level


def test_a_model_that_learned_by_heart_is_bad():
    found = check("gap", make_row(holdout=0.6, train=1.0))
    assert found.level == "bad"
    assert "1.000 on rows that the model learned from and 0.600" in found.finding
    assert "80 % of its lead over the baseline" in found.finding


def test_the_gap_of_an_error_does_not_depend_on_its_unit():
    def gap(unit):
        row = make_row(holdout=55 * unit, train=20 * unit, width=10 * unit)
        return check("gap", row, make_baseline(77 * unit), "rmse")

    assert gap(1).level == gap(1e-6).level == gap(1e6).level == "bad"
    assert "61.4 %" in gap(1).finding and "61.4 %" in gap(1e6).finding


def test_a_gap_that_other_rows_could_close_is_none():
    assert check("gap", make_row(holdout=0.7, train=0.95, width=0.6)).level == "good"


def test_without_a_baseline_the_gap_is_a_share_of_the_score_itself():
    assert check("gap", make_row(holdout=0.3, train=1.0), None).level == "bad"
    assert check("gap", make_row(holdout=0.9, train=0.95), None).level == "good"


def test_a_wide_interval_means_too_few_rows():
    found = check("holdout_size", make_row(holdout=0.7, width=0.6))
    assert found.level == "bad"
    assert "200 rows" in found.finding
    assert "from 0.400 to 1.000" in found.finding
    assert check("holdout_size", make_row(width=0.3)).level == "warning"
    assert check("holdout_size", make_row(width=0.1)).level == "good"


def test_few_rows_that_are_all_right_prove_little():
    perfect = make_row(holdout=1.0, width=0.0)
    levels = [check("holdout_size", perfect, n_test=n).level for n in (5, 20, 100)]
    assert levels == ["bad", "warning", "good"]


def test_the_interval_of_an_error_is_judged_relative_to_it():
    narrow = make_row(holdout=5500.0, width=500.0)
    wide = make_row(holdout=0.0055, width=0.004)
    assert check("holdout_size", narrow, metric="mae").level == "good"
    assert check("holdout_size", wide, metric="mae").level == "bad"


def test_folds_that_differ_by_more_than_the_lead_disagree():
    found = check("folds_disagree", make_row(cv=(0.4, 0.55, 0.7)))
    assert found.level == "bad"
    assert "between 0.400 and 0.700 in the 3 folds" in found.finding
    assert check("folds_disagree", make_row(cv=(0.6, 0.7, 0.8))).level == "warning"
    assert check("folds_disagree", make_row(cv=(0.88, 0.9, 0.92))).level == "good"


def test_a_model_behind_the_baseline_on_the_folds_is_bad_however_much_they_agree():
    assert check("folds_disagree", make_row(cv=(0.5, 0.5, 0.5))).level == "bad"


def test_a_fold_without_a_score_is_told():
    found = check("folds_disagree", make_row(cv=(0.9, NAN, 0.9)))
    assert found.level == "warning"
    assert "2 of 3 folds" in found.finding


def test_scores_that_are_not_defined_are_no_good_news():
    row = make_row(holdout=NAN, cv=(NAN, NAN), train=NAN)
    checks = check_model(row, make_baseline(), "roc_auc", "binary", 1)
    assert all(check.level != "good" and check.advice for check in checks)


def test_the_baseline_is_not_compared_with_itself():
    baseline = make_baseline()
    checks = check_model(baseline, baseline, "roc_auc", "binary", 200)
    assert [check.key for check in checks] == ["holdout_size"]
    assert "would hardly differ" in checks[0].finding


def test_a_model_that_could_not_be_trained_has_nothing_to_check():
    failed = LeaderboardRow("svm", "SVM", error="It failed.")
    assert check_model(failed, make_baseline(), "roc_auc", "binary", 200) == ()


def test_a_baseline_that_could_not_be_trained_is_left_aside():
    failed = LeaderboardRow("dummy", "Baseline", error="It failed.")
    checks = check_model(make_row(), failed, "roc_auc", "binary", 200)
    assert "baseline" not in [check.key for check in checks]


def test_titles_tell_good_from_bad():
    good = make_row()
    bad = make_row(holdout=0.3, cv=(0.2, 0.5, 0.8), train=1.0, width=0.7)
    for key in ("baseline", "gap", "holdout_size", "folds_disagree"):
        assert check(key, good).title != check(key, bad, n_test=5).title


score = st.one_of(
    st.just(NAN),
    st.sampled_from([0.0, 0.5, 1.0, -1e300, 1e300, 1e-300]),
    st.floats(-10, 10),
)
leaderboard_rows = st.builds(
    LeaderboardRow,
    model=st.sampled_from(["linear", "dummy"]),
    label=st.just("A model"),
    cv_mean=score,
    cv_std=score.map(abs),
    cv_scores=st.lists(score, max_size=5).map(tuple),
    train_score=score,
    holdout=score,
    holdout_low=score,
    holdout_high=score,
)


@given(
    row=leaderboard_rows,
    baseline=st.none() | leaderboard_rows,
    metric=st.sampled_from(sorted(METRICS)),
    n_test=st.integers(1, 10**6),
)
def test_whatever_the_scores_every_check_is_a_sentence(row, baseline, metric, n_test):
    checks = check_model(row, baseline, metric, METRICS[metric].tasks[0], n_test)
    assert checks
    for found in checks:
        assert found.level in LEVELS
        assert found.title and found.finding.endswith(".")
        assert bool(found.advice) == (found.level != "good")
        assert "nan" not in found.finding and "inf" not in found.finding
    undefined = not math.isfinite(row.holdout)
    assert not undefined or checks[0].level != "good"
