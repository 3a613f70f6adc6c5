"""Curves and counts of class probabilities: right for any holdout, and small."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from app.functions.evaluation.classification import (
    MAX_CURVES,
    evaluate_binary,
    evaluate_multiclass,
    one_against_rest,
)

# With few levels many rows have equal scores, and scores fall on thresholds.
HOLDOUTS = st.builds(
    lambda rows, levels: (
        np.array([y for y, _ in rows]),
        np.array([(score % (levels + 1)) / levels for _, score in rows]),
    ),
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 1000)), min_size=1, max_size=60
    ),
    st.sampled_from([1, 3, 10, 1000]),
)


def large(n_rows: int = 20_000, n_classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, n_classes, n_rows)
    output = rng.gamma(1.0, size=(n_rows, n_classes))
    output[np.arange(n_rows), y] += rng.gamma(0.7, size=n_rows)
    return y, output / output.sum(axis=1, keepdims=True)


def size_of(result) -> int:
    return len(orjson.dumps(result, option=orjson.OPT_SERIALIZE_NUMPY))


@given(HOLDOUTS)
def test_counts_at_every_threshold_are_those_of_a_loop(holdout):
    y, scores = holdout
    result = evaluate_binary(y, scores)
    for k in range(0, 1001, 7):
        called = scores >= k / 1000
        assert result.true_positives[k] == (called & (y == 1)).sum()
        assert result.false_positives[k] == (called & (y == 0)).sum()
    assert result.true_positives[0] == result.n_positive == y.sum()
    assert result.false_positives[0] == result.n_negative == len(y) - y.sum()


@given(HOLDOUTS)
def test_areas_are_those_of_scikit_learn_or_none_with_one_class(holdout):
    y, scores = holdout
    result = one_against_rest(y, scores, 300)
    assert result.brier == pytest.approx(((scores - y) ** 2).mean(), abs=1e-5)
    if len(set(y)) == 1:
        assert result.roc is None and result.precision_recall is None
        return
    assert result.roc.area == pytest.approx(metrics.roc_auc_score(y, scores), abs=1e-5)
    assert result.precision_recall.area == pytest.approx(
        metrics.average_precision_score(y, scores), abs=1e-5
    )


@given(HOLDOUTS)
def test_calibration_and_scores_count_every_row_once(holdout):
    y, scores = holdout
    result = one_against_rest(y, scores, 300)
    bins = result.calibration
    assert bins.rows.sum() == len(y) and (bins.rows > 0).all()
    assert (np.diff(bins.predicted) >= 0).all() and len(bins.rows) <= 10
    assert bins.rows @ bins.observed == pytest.approx(y.sum(), abs=0.01)
    assert result.scores.positive.sum() == y.sum()
    assert result.scores.negative.sum() == len(y) - y.sum()


def test_equal_probabilities_are_one_bin_of_the_calibration():
    y = np.repeat([0, 1], 50)
    bins = one_against_rest(y, np.full(100, 0.5), 300).calibration
    assert [
        values.tolist() for values in (bins.predicted, bins.observed, bins.rows)
    ] == [
        [0.5],
        [0.5],
        [100],
    ]


def test_a_score_a_hair_above_one_is_counted():
    scores = np.array([1 + 1e-12, -1e-12, 0.5])
    counted = one_against_rest(np.array([1, 0, 1]), scores, 300).scores
    assert counted.positive[-1] == counted.negative[0] == 1


@pytest.mark.parametrize("n_points", [80, 300])
@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0])
def test_thinned_curves_keep_their_ends_and_their_area(n_points, noise):
    rng = np.random.default_rng(1)
    y = (rng.random(20_000) < 0.1).astype(int)
    scores = (1 - noise) * y + rng.random(20_000)
    result = one_against_rest(y, scores / 2, n_points)
    roc, curve = result.roc, result.precision_recall
    x, height = roc.false_positive_rate, roc.true_positive_rate
    assert (x[0], height[0], x[-1], height[-1]) == (0, 0, 1, 1)
    assert len(x) <= n_points + 2 and (np.diff(x) >= 0).all()
    assert np.trapezoid(height, x) == pytest.approx(roc.area, abs=0.005)
    recall, precision = curve.recall, curve.precision
    assert (recall[0], recall[-1], precision[-1]) == (1, 0, 1)
    assert precision[0] == pytest.approx(y.mean(), abs=1e-3)
    assert len(recall) <= n_points + 2
    assert -np.trapezoid(precision, recall) == pytest.approx(curve.area, abs=0.005)


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(3, 6), st.integers(0, 9))
def test_the_confusion_and_report_are_those_of_scikit_learn(n_rows, n_classes, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_rows)
    output = rng.dirichlet(np.ones(n_classes), n_rows)
    result = evaluate_multiclass(y, output)
    assert result.confusion.sum() == n_rows
    assert np.trace(result.confusion) == (output.argmax(axis=1) == y).sum()
    expected = metrics.precision_recall_fscore_support(
        y, output.argmax(axis=1), labels=range(n_classes), zero_division=0
    )
    for name, values in zip(("precision", "recall", "f1", "rows"), expected):
        np.testing.assert_allclose(getattr(result.report, name), values, atol=1e-4)
    assert set(result.curves) == {str(k) for k in set(y) if len(set(y)) > 1}


def test_only_the_most_frequent_classes_have_curves():
    y = np.repeat(np.arange(20), np.arange(1, 21))
    output = np.full((len(y), 20), 0.05)
    curves = evaluate_multiclass(y, output).curves
    assert list(curves) == [str(k) for k in range(20 - MAX_CURVES, 20)]


@pytest.mark.parametrize("n_rows", [1, 2, 5])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_tiny_holdout_with_constant_predictions_is_evaluated(n_rows, value):
    y = np.arange(n_rows) % 2
    assert size_of(evaluate_binary(y, np.full(n_rows, value)))
    assert size_of(evaluate_multiclass(y, np.full((n_rows, 3), 1 / 3)))


def test_what_a_page_gets_does_not_grow_with_the_rows():
    y, output = large()
    assert size_of(evaluate_binary(y, output[:, 1])) < 40_000
    y, output = large(n_classes=10)
    assert size_of(evaluate_multiclass(y, output)) < 60_000
    y, output = large(n_classes=100)
    assert size_of(evaluate_multiclass(y, output)) < 120_000
