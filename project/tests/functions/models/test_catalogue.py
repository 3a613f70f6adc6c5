"""The catalogue: every model has a description, can be built and searched, and learns from few rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import ParameterSampler

from app.functions.models.catalogue import BASELINE, MODELS, preset_models

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TASKS = ("binary", "multiclass", "regression")
FAST = {
    "n_estimators": 5,
    "max_iter": 20,
    "regressor__max_iter": 20,
}


def build(model: str, task: str, **parameters):
    estimator = MODELS[model].build(task, 0, None)
    known = estimator.get_params()
    fast = {name: value for name, value in FAST.items() if name in known}
    return estimator.set_params(**{**fast, **parameters})


def table(n_rows: int, task: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n_rows, 3))
    if task == "regression":
        return X, X[:, 0]
    names = np.array(["no", "yes", "perhaps"][: 2 if task == "binary" else 3], object)
    return X, names[np.arange(n_rows) % len(names)]


@pytest.mark.parametrize("key", MODELS)
def test_a_model_is_known_by_its_key_and_described_in_a_sentence(key):
    spec = MODELS[key]
    assert spec.key == key and spec.label
    assert spec.description[0].isupper() and spec.description.endswith(".")


def test_quick_is_part_of_thorough_and_the_baseline_of_neither():
    quick, thorough = preset_models("quick"), preset_models("thorough")
    assert set(quick) < set(thorough) == set(MODELS) - {BASELINE}
    assert quick == ("linear", "random_forest", "hist_gradient_boosting")


def test_an_unknown_preset_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="no preset 'slow': choose quick or thorough."):
        preset_models("slow")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("model", MODELS)
def test_every_searched_parameter_exists_and_is_accepted(model, task):
    estimator = build(model, task)
    space = MODELS[model].search_space(task)
    assert bool(space) == (model != BASELINE)
    X, y = table(60, task)
    for candidate in ParameterSampler(space, 3, random_state=0) if space else ():
        clone(estimator).set_params(**candidate).fit(X, y)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("n_rows", [3, 7])
def test_every_model_learns_from_a_handful_of_rows(model, task, n_rows):
    X, y = table(n_rows, task)
    assert len(build(model, task).fit(X, y).predict(X)) == n_rows


@pytest.mark.parametrize("model", MODELS)
def test_every_classifier_learns_a_class_with_a_single_row(model):
    X, y = table(40, "binary")
    y[7] = "once"
    classifier = build(model, "multiclass").fit(X, y)
    assert classifier.classes_.tolist() == ["no", "once", "yes"]
    np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1)


def test_boosting_stops_early_although_a_class_has_a_single_row():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(10_050, 1)), rng.choice(
        np.array(["a", "b"], object), 10_050
    )
    y[3] = "once"
    model = build("hist_gradient_boosting", "multiclass", max_iter=2).fit(X, y)
    assert model.do_early_stopping_ and "once" in model.classes_


def test_neighbours_are_at_most_as_many_as_rows_for_either_way_to_vote():
    X, y = table(4, "binary")
    for weights in ("uniform", "distance"):
        model = build("k_neighbors", "binary", n_neighbors=49, weights=weights)
        assert np.isfinite(model.fit(X, y).predict_proba(X)).all()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_model(model, task):
    X, y = table(50, task)
    first, second = (build(model, task).fit(X, y) for _ in range(2))
    method = "predict" if task == "regression" else "predict_proba"
    np.testing.assert_array_equal(getattr(first, method)(X), getattr(second, method)(X))
