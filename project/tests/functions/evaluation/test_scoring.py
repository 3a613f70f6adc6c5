"""The metrics equal scikit-learn's, and a tie counts as it does on the page."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference
from sklearn.metrics import get_scorer_names

from app.functions.evaluation.classification import N_THRESHOLDS, threshold_counts
from app.functions.evaluation.scoring import (
    DEFAULT_METRIC,
    METRICS,
    metrics_for,
    score,
)

TASKS = ("binary", "multiclass", "regression")


def classes(p: np.ndarray) -> np.ndarray:
    """Of two classes, a tie is positive: as with scikit-learn's FixedThresholdClassifier, not as with predict."""
    return p.argmax(1) if p.shape[1] > 2 else (p[:, 1] >= 0.5).astype(int)


REFERENCE = {
    "roc_auc": lambda y, p: reference.roc_auc_score(y, p[:, 1]),
    "average_precision": lambda y, p: reference.average_precision_score(y, p[:, 1]),
    "balanced_accuracy": lambda y, p: reference.balanced_accuracy_score(y, classes(p)),
    "accuracy": lambda y, p: reference.accuracy_score(y, classes(p)),
    "f1": lambda y, p: reference.f1_score(y, classes(p), zero_division=0),
    "f1_macro": lambda y, p: reference.f1_score(
        y, classes(p), average="macro", zero_division=0
    ),
    "roc_auc_ovr": lambda y, p: reference.roc_auc_score(y, p, multi_class="ovr"),
    "log_loss": lambda y, p: reference.log_loss(y, p),
    "r2": reference.r2_score,
    "mae": reference.mean_absolute_error,
    "rmse": reference.root_mean_squared_error,
    "median_ae": reference.median_absolute_error,
}


def example(task: str, n_rows: int, seed: int, n_levels: int = 1000):
    """Return targets and partly right predictions; few levels make many equal scores."""
    rng = np.random.default_rng(seed)
    if task == "regression":
        y = rng.normal(size=n_rows)
        return y, y + rng.normal(size=n_rows)
    n_classes = 2 if task == "binary" else 4
    y = np.arange(n_rows) % n_classes
    output = rng.integers(0, n_levels + 1, (n_rows, n_classes)) + 1e-9
    output[np.arange(n_rows), y] += n_levels / 3
    return y, output / output.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    "task, metric", [(task, m.key) for task in TASKS for m in metrics_for(task)]
)
@settings(max_examples=25)
@given(n_rows=st.integers(8, 60), seed=st.integers(0, 99), levels=st.integers(1, 9))
def test_a_metric_equals_that_of_scikit_learn(task, metric, n_rows, seed, levels):
    y, output = example(task, n_rows, seed, levels)
    assert score(metric, y, output) == pytest.approx(REFERENCE[metric](y, output))


def test_a_certain_mistake_costs_what_it_costs_in_scikit_learn():
    y, output = np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]])
    assert score("log_loss", y, output) == pytest.approx(reference.log_loss(y, output))


@pytest.mark.parametrize("task", TASKS)
def test_the_default_metric_comes_first_and_all_fit_the_task(task):
    offered = metrics_for(task)
    assert offered[0].key == DEFAULT_METRIC[task]
    assert all(task in metric.tasks for metric in offered)


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_names_a_scorer_and_explains_itself(metric):
    assert metric.scorer in get_scorer_names()
    assert metric.scorer.startswith("neg_") != metric.greater_is_better
    assert metric.explanation.endswith(".")
    better, worse = (2.0, 1.0) if metric.greater_is_better else (1.0, 2.0)
    assert metric.is_better(better, worse) and not metric.is_better(worse, better)


@pytest.mark.parametrize("metric", ["roc_auc", "roc_auc_ovr", "average_precision"])
def test_a_ranking_without_positive_rows_is_not_a_number(metric):
    y, output = np.zeros(5, dtype=int), np.full((5, 2), 0.5)
    assert np.isnan(score(metric, y, output))


@pytest.mark.parametrize(
    "task, metric", [(task, m.key) for task in TASKS for m in metrics_for(task)]
)
def test_no_rows_one_row_and_constant_predictions_never_raise(task, metric):
    y, output = example(task, 12, 0)
    for rows in (slice(0), slice(1), slice(None)):
        constant = np.full_like(
            output[rows], 0.5 if output.ndim == 1 else 1 / output.shape[1]
        )
        for predicted in (output[rows], constant):
            assert isinstance(score(metric, y[rows], predicted), float)


def test_a_class_that_is_missing_from_the_rows_is_left_out_of_the_average():
    y, output = example("multiclass", 40, 0)
    rows = y != 3
    assert np.isfinite(score("roc_auc_ovr", y[rows], output[rows]))
    assert score("f1_macro", y[rows], output[rows]) <= 1


def test_a_tie_of_two_classes_counts_as_positive_as_on_the_threshold_page():
    y, output = np.array([0, 1, 1, 0]), np.full((4, 2), 0.5)
    counts = threshold_counts(y, output[:, 1])
    at_half = N_THRESHOLDS // 2
    hits = counts.true_positives[at_half] + (2 - counts.false_positives[at_half])
    assert score("accuracy", y, output) == hits / 4
    assert score("f1", y, output) == pytest.approx(2 / 3)
