"""The metrics that the project computes for speed equal those of scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from app.functions.evaluation import scoring


@st.composite
def predictions(draw, n_classes: int):
    """Class codes and probabilities in steps of an eighth, so that many rows tie."""
    n_rows = draw(st.integers(1, 40))
    codes = draw(
        st.lists(st.integers(0, n_classes - 1), min_size=n_rows, max_size=n_rows)
    )
    weights = draw(
        st.lists(
            st.lists(st.integers(1, 8), min_size=n_classes, max_size=n_classes),
            min_size=n_rows,
            max_size=n_rows,
        )
    )
    output = np.asarray(weights, dtype=float)
    return np.asarray(codes), output / output.sum(axis=1, keepdims=True)


def _quietly(compute):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compute()


def classes(output: np.ndarray) -> np.ndarray:
    """Of two classes, a tie is positive."""
    if output.shape[1] > 2:
        return output.argmax(axis=1)
    return (output[:, 1] >= 0.5).astype(int)


BINARY = {
    "roc_auc": lambda y, output: metrics.roc_auc_score(y, output[:, 1]),
    "average_precision": lambda y, output: (
        # Without positive rows scikit-learn returns 0; the metric is not defined.
        metrics.average_precision_score(y, output[:, 1])
        if y.any()
        else np.nan
    ),
    "f1": lambda y, output: metrics.f1_score(y, classes(output), zero_division=0),
    "balanced_accuracy": lambda y, output: metrics.balanced_accuracy_score(
        y, classes(output)
    ),
}
MULTICLASS = {
    "balanced_accuracy": BINARY["balanced_accuracy"],
    "f1_macro": lambda y, output: metrics.f1_score(
        y, classes(output), average="macro", zero_division=0
    ),
}


@pytest.mark.parametrize("metric", BINARY)
@given(case=predictions(2))
def test_a_metric_for_two_classes_has_the_value_of_scikit_learn(metric, case):
    expected = _quietly(lambda: BINARY[metric](*case))
    assert scoring.score(metric, *case) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("metric", MULTICLASS)
@given(case=predictions(4))
def test_a_metric_for_many_classes_has_the_value_of_scikit_learn(metric, case):
    expected = _quietly(lambda: MULTICLASS[metric](*case))
    assert scoring.score(metric, *case) == pytest.approx(expected, nan_ok=True)


@given(case=predictions(3))
def test_the_area_of_one_against_the_rest_is_the_mean_over_classes_that_are_there(case):
    y, output = case
    areas = [
        metrics.roc_auc_score(y == k, output[:, k])
        for k in range(3)
        if 0 < (y == k).sum() < len(y)
    ]
    expected = np.mean(areas) if areas else float("nan")
    assert scoring.score("roc_auc_ovr", y, output) == pytest.approx(
        expected, nan_ok=True
    )
