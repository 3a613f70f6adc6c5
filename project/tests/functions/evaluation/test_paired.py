"""A difference of two models on the same rows: its sign, its interval, and the rows that both have held out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.evaluation.paired import (
    Judged,
    as_good_as_best,
    fold_difference,
    paired_difference,
    shared_rows,
)
from app.functions.evaluation.results import LeaderboardRow
from app.functions.evaluation.scoring import METRICS, score

N_DRAWS = 300


def two_models(draw, n_rows: int, noises=(0.8, 1.2)):
    """Two models that see the same signal through noise which they share in part."""
    y = (draw.random(n_rows) < 0.4).astype(int)
    common = draw.normal(size=n_rows)
    outputs = []
    for noise in noises:
        logit = 2 * (y - 0.5) + common + noise * draw.normal(size=n_rows)
        share = 1 / (1 + np.exp(-logit))
        outputs.append(np.column_stack([1 - share, share]))
    return y, *outputs


def two_regressions(draw, n_rows: int):
    y = draw.normal(size=n_rows)
    common = draw.normal(size=n_rows)
    return y, *(y + common + noise * draw.normal(size=n_rows) for noise in (0.5, 0.7))


@pytest.mark.parametrize(
    ("metric", "n_rows"),
    [
        ("accuracy", 100),
        ("roc_auc", 120),
        ("balanced_accuracy", 150),
        ("mae", 80),
        ("median_ae", 150),
        ("rmse", 80),
    ],
)
def test_the_interval_covers_the_true_difference_about_as_often_as_it_says(
    metric, n_rows
):
    regression = "regression" in METRICS[metric].tasks
    make = two_regressions if regression else two_models
    y, first, second = make(np.random.default_rng(999), 200_000)
    m = METRICS[metric]
    true = m.lead(score(metric, y, first), score(metric, y, second))
    draw = np.random.default_rng(0)
    covered = 0
    for _ in range(N_DRAWS):
        found = paired_difference(metric, *make(draw, n_rows))
        covered += abs(found.lead - true) <= found.half_width
    assert 0.91 <= covered / N_DRAWS <= 0.985


@given(st.integers(0, 2**32 - 1), st.sampled_from(["accuracy", "log_loss", "roc_auc"]))
def test_who_comes_first_changes_only_the_sign(seed, metric):
    y, first, second = two_models(np.random.default_rng(seed), 60)
    one = paired_difference(metric, y, first, second)
    other = paired_difference(metric, y, second, first)
    assert one.lead == pytest.approx(-other.lead)
    assert one.half_width == pytest.approx(other.half_width, nan_ok=True)
    assert one.may_be_luck == other.may_be_luck


def test_less_is_better_for_an_error():
    y = np.linspace(0, 10, 50)
    wave = np.sin(np.arange(50))
    found = paired_difference("mae", y, y + wave, y + 3 * wave)
    assert found.lead > 0 and not found.may_be_luck


def test_a_model_is_as_good_as_itself_and_two_that_agree_by_chance_are_not_identical():
    y, first, _ = two_models(np.random.default_rng(1), 40)
    assert paired_difference("roc_auc", y, first, first).identical
    near = first * 0.99 + 0.005
    found = paired_difference("accuracy", y, first, near)
    assert found.lead == 0 and found.half_width > 0 and found.may_be_luck


def test_where_nothing_can_be_told_it_says_why():
    y, first, second = two_models(np.random.default_rng(1), 9)
    assert "at least 10" in paired_difference("accuracy", y, first, second).reason
    one = np.ones(30, int)
    y, first, second = two_models(np.random.default_rng(1), 30)
    assert "not defined" in paired_difference("roc_auc", one, first, second).reason
    rare = (np.arange(30) == 0).astype(int)
    found = paired_difference("roc_auc", rare, first, second)
    assert "more rows" in found.reason and found.may_be_luck


def test_a_root_mean_square_that_few_rows_decide_has_no_interval():
    draw = np.random.default_rng(0)
    y = np.exp(2.5 * draw.normal(size=200))
    found = paired_difference("rmse", y, 0.6 * y, np.full(200, y.mean()))
    assert "few rows with very large errors" in found.reason and found.may_be_luck


def judged(positions, labels, classes=("no", "yes")):
    codes = np.array([classes.index(label) for label in labels])
    output = np.eye(len(classes))[codes]
    return Judged(np.array(positions), codes, output, tuple(classes))


def test_rows_are_paired_by_their_position_and_classes_by_their_name():
    labels = {k: "yes" if k % 3 else "no" for k in range(60)}
    one, other = list(range(0, 40)), list(range(59, 19, -1))
    first = judged(one, [labels[k] for k in one])
    second = judged(other, [labels[k] for k in other], ("yes", "no"))
    shared = shared_rows(first, second)
    assert not shared.reason and len(shared.y) == 20
    assert (shared.first == shared.second).all()
    assert paired_difference(
        "accuracy", shared.y, shared.first, shared.second
    ).identical


def test_holdouts_that_hardly_overlap_are_not_compared():
    first = judged(range(20), ["yes", "no"] * 10)
    second = judged(range(15, 35), ["no", "yes"] * 10)
    assert "only 5 rows" in shared_rows(first, second).reason
    third = judged(range(20), ["yes", "no"] * 10, ("no", "yes", "maybe"))
    assert "different classes" in shared_rows(first, third).reason
    changed = judged(range(20), ["no", "yes"] * 10)
    assert "changed" in shared_rows(first, changed).reason


@given(st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_folds_that_agree_have_no_difference(scores):
    found = fold_difference("accuracy", scores, scores)
    assert found.lead == 0 and found.may_be_luck
    better = [score + 0.5 for score in scores]
    assert not fold_difference("accuracy", better, scores).may_be_luck


def test_unknown_scores_of_folds_are_no_difference():
    assert fold_difference("r2", [], []).reason
    assert fold_difference("r2", [0.5, math.nan], [0.4, 0.3]).reason
    assert fold_difference("r2", [0.5, 0.6, 0.7], [0.4, 0.3]).reason


def test_only_what_is_not_surely_worse_is_as_good_as_the_best():
    def row(model, scores):
        return LeaderboardRow(
            model, model, cv_mean=float(np.mean(scores)), cv_scores=tuple(scores)
        )

    rows = [
        row("dummy", [0.5] * 5),
        row("linear", [0.8, 0.82, 0.79, 0.81, 0.8]),
        row("svm", [0.79, 0.83, 0.78, 0.8, 0.81]),
        LeaderboardRow("old", "old", cv_mean=0.79),
        LeaderboardRow("failed", "failed", error="No."),
    ]
    assert as_good_as_best(rows, "accuracy") == ("svm",)
    assert as_good_as_best(rows[-1:], "accuracy") == ()
