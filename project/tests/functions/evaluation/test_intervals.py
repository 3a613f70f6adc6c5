"""An interval holds its score, covers as often as it says, and is left out where nothing covers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.functions.evaluation.intervals import score_interval
from app.functions.evaluation.scoring import METRICS, metrics_for, score
from tests.benchmarks.intervals import POPULATIONS

PAIRS = [(task, m.key) for task in POPULATIONS for m in metrics_for(task)]


def draw(task: str, n_rows: int, seed: int):
    population = next(iter(next(iter(POPULATIONS[task].values())).values()))
    return population(np.random.default_rng(seed), n_rows)


@pytest.mark.parametrize("task, metric", PAIRS)
def test_an_interval_holds_its_score_narrows_with_rows_and_repeats_itself(task, metric):
    widths = []
    for n_rows in (80, 640):
        y, output = draw(task, n_rows, 3)
        interval = score_interval(metric, y, output)
        assert interval.low <= score(metric, y, output) <= interval.high
        assert not interval.reason
        assert interval == score_interval(metric, y, output)
        widths.append(interval.high - interval.low)
    assert widths[1] < 0.7 * widths[0]


@pytest.mark.parametrize("task, metric", PAIRS)
def test_no_rows_one_row_and_constant_predictions_never_raise(task, metric):
    y, output = draw(task, 24, 0)
    for rows in (slice(0), slice(1), slice(None)):
        constant = np.full_like(
            output[rows], 0.5 if output.ndim == 1 else 1 / output.shape[1]
        )
        for predicted in (output[rows], constant):
            interval = score_interval(metric, y[rows], predicted)
            assert np.isnan(interval.low) == np.isnan(interval.high)
            assert np.isnan(interval.low) == bool(interval.reason)
            assert not interval.low > interval.high


@pytest.mark.parametrize("task, metric", PAIRS)
def test_perfect_predictions_are_not_certain(task, metric):
    y, output = draw(task, 60, 1)
    perfect = np.eye(output.shape[1])[y] if output.ndim == 2 else y.astype(float)
    interval = score_interval(metric, y, perfect)
    best = score(metric, y, perfect)
    assert best in (pytest.approx(interval.low), pytest.approx(interval.high))
    # A share of 1 in 60 rows may be 0.94 in all; that no error is larger than 0 is all a sample of errors can say.
    wide = METRICS[metric].greater_is_better and metric != "r2"
    assert (interval.high - interval.low > 0.02) == wide


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(10, 60))
def test_a_score_between_0_and_1_has_an_interval_between_0_and_1(seed, n_rows):
    for task in ("binary", "multiclass"):
        y, output = draw(task, n_rows, seed)
        for metric in metrics_for(task):
            interval = score_interval(metric.key, y, output)
            if metric.key != "log_loss" and not interval.reason:
                assert 0 <= interval.low <= interval.high <= 1


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "f1"])
def test_too_few_rows_of_a_class_have_a_reason_instead_of_an_interval(metric):
    y, output = draw("binary", 40, 0)
    y[:] = 0
    y[:4] = 1
    interval = score_interval(metric, y, output)
    assert np.isnan(interval.low) and np.isnan(interval.high)
    assert (
        interval.reason
        == "No interval: it needs at least 5 rows of each class held out, and one class has 4."
    )


def test_few_rows_have_a_reason_instead_of_an_interval():
    y, output = draw("regression", 9, 0)
    assert "at least 10 rows" in score_interval("mae", y, output).reason


@pytest.mark.parametrize("n_rows", [30, 100])
@pytest.mark.parametrize(
    "task, metric", [pair for pair in PAIRS if pair[1] != "roc_auc_ovr"]
)
def test_the_interval_covers_the_true_score_as_often_as_it_says(task, metric, n_rows):
    kinds = POPULATIONS[task]
    population = list(next(iter(kinds.values())).values())[1]
    truth = score(metric, *population(np.random.default_rng(0), 200_000))
    covered = []
    for seed in range(150):
        drawn = population(np.random.default_rng([7, seed]), n_rows)
        interval = score_interval(metric, *drawn)
        if not interval.reason:
            covered.append(interval.low <= truth <= interval.high)
    # Of 150 draws, 95 % may be 89 to 100 by chance.
    assert 0.89 <= np.mean(covered)
