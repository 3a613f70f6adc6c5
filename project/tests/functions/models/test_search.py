"""Hyperparameter search: its result can be set, it stops when it should, and no failure ends it."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from app.functions.evaluation.scoring import METRICS, metrics_for
from app.functions.models.catalogue import BASELINE, MODELS
from app.functions.models.pipelines import make_pipeline
from app.functions.models.search import (
    search_parameters,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TASKS = ("binary", "multiclass", "regression")
N_ROWS = 320  # enough for successive halving
N_CANDIDATES = 9  # on three rungs: 9, 3 and 1
ROLES = {"a": "number", "b": "number", "c": "category"}
FAST = {
    "model__n_estimators": 3,
    "model__max_iter": 5,
    "model__regressor__max_iter": 5,
}


class StopAfter:
    """Stops after a number of candidates; counts its calls."""

    def __init__(self, n_candidates: int):
        self.left = n_candidates - 1
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        self.left -= 1
        return self.left < 0


@pytest.fixture(autouse=True)
def _few_candidates(monkeypatch):
    monkeypatch.setattr("app.functions.models.search._N_CANDIDATES", N_CANDIDATES)


def never() -> bool:
    return False


def table(task: str, n_rows: int = N_ROWS) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "a": rng.normal(size=n_rows),
            "b": rng.normal(size=n_rows),
            "c": rng.choice(list("xyz"), n_rows),
        }
    )
    y = X["a"].to_numpy() + 0.3 * rng.normal(size=n_rows)
    if task == "regression":
        return X, y
    n_classes = 2 if task == "binary" else 4
    return X, np.argsort(np.argsort(y)) * n_classes // n_rows


def fast_pipeline(model: str, task: str, X: pd.DataFrame):
    pipeline = make_pipeline(model, task, ROLES, X)
    known = pipeline.get_params()
    return pipeline.set_params(**{k: v for k, v in FAST.items() if k in known})


def search(
    model, task, strategy, should_stop=never, metric=None, n_rows=N_ROWS, seed=0
):
    X, y = table(task, n_rows)
    pipeline = fast_pipeline(model, task, X)
    metric = metric or metrics_for(task)[0].key
    found = search_parameters(
        pipeline, model, task, X, y, metric, strategy, should_stop, seed
    )
    return pipeline, found


@pytest.mark.parametrize("strategy", ["halving", "random"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("model", [key for key in MODELS if key != BASELINE])
def test_what_is_found_for_any_model_can_be_set_and_fitted(model, task, strategy):
    pipeline, found = search(model, task, strategy, StopAfter(1))
    space = MODELS[model].search_space(task)
    assert set(found) == {f"model__{name}" for name in space}
    X, y = table(task)
    pipeline.set_params(**found).fit(X, y)


@pytest.mark.parametrize("strategy", ["halving", "random"])
@pytest.mark.parametrize(
    "task, metric", [(task, m.key) for task in TASKS for m in metrics_for(task)]
)
def test_every_metric_can_lead_the_search(task, metric, strategy):
    assert METRICS[metric].scorer
    assert search("linear", task, strategy, StopAfter(1), metric)[1]


def test_the_baseline_has_nothing_to_search():
    assert search(BASELINE, "binary", "random")[1] == {}


@pytest.mark.parametrize("strategy", ["halving", "random"])
@pytest.mark.parametrize("n_candidates", [1, 3])
def test_the_search_stops_when_told_to_and_keeps_what_it_has(
    monkeypatch, strategy, n_candidates
):
    tried = []
    fit = LogisticRegression.fit
    monkeypatch.setattr(
        LogisticRegression, "fit", lambda s, *a: (tried.append(s.C), fit(s, *a))[1]
    )
    stop = StopAfter(n_candidates)
    _, found = search("linear", "binary", strategy, stop)
    assert len(dict.fromkeys(tried)) == n_candidates and stop.asked == n_candidates
    assert found["model__C"] in tried


@pytest.mark.parametrize("strategy", ["halving", "random"])
def test_the_search_finds_the_better_of_extreme_parameters(strategy):
    _, found = search("linear", "regression", strategy, metric="rmse")
    assert found["model__alpha"] < 50


def test_the_last_rung_of_halving_learns_from_as_many_rows_as_the_folds_have(
    monkeypatch,
):
    sizes = []
    fit = LogisticRegression.fit
    monkeypatch.setattr(
        LogisticRegression,
        "fit",
        lambda s, X, y: (sizes.append(len(y)), fit(s, X, y))[1],
    )
    search("linear", "binary", "halving")
    assert sizes[0] < N_ROWS / 6 and sizes[-1] > 0.9 * N_ROWS * 2 / 3
    assert len(sizes) == 3 * (9 + 3 + 1)


@pytest.mark.parametrize("strategy", ["halving", "random"])
def test_candidates_that_fail_are_passed_over(monkeypatch, strategy):
    fit = LogisticRegression.fit

    def fit_or_fail(self, X, y):
        if self.C < 1:
            raise ValueError("not with so little")
        return fit(self, X, y)

    monkeypatch.setattr(LogisticRegression, "fit", fit_or_fail)
    assert search("linear", "binary", strategy)[1]["model__C"] >= 1


@pytest.mark.parametrize("strategy", ["halving", "random"])
def test_defaults_are_kept_where_every_candidate_fails(monkeypatch, strategy):
    def fail(self, X, y):
        raise ValueError("never")

    monkeypatch.setattr(LogisticRegression, "fit", fail)
    assert search("linear", "binary", strategy)[1] == {}


@pytest.mark.parametrize("strategy", ["halving", "random"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("n_rows", [2, 5, 12])
def test_a_table_too_small_to_search_gives_something_that_fits_or_the_defaults(
    n_rows, task, strategy
):
    _, found = search("k_neighbors", task, strategy, StopAfter(2), n_rows=n_rows)
    assert set(found) <= {"model__n_neighbors", "model__weights", "model__p"}


@pytest.mark.parametrize("strategy", ["halving", "random"])
def test_the_same_seed_finds_the_same_and_silently(strategy):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = (
            search("neural_network", "binary", strategy, StopAfter(3))[1]
            for _ in range(2)
        )
    assert first == second
