"""Learning curves: growing shares of each fold, scored on rows seen and unseen."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.functions.evaluation.learning_curves import (
    SHARES,
    LearningStep,
    learning_steps,
    n_steps,
    summarise_steps,
)
from app.functions.models.fitting import prepare
from app.functions.models.settings import TrainingSettings

SETTINGS = TrainingSettings(
    target="y",
    task="regression",
    roles={"a": "number", "b": "category", "day": "date"},
    models=("linear",),
    scoring="r2",
    n_splits=4,
)


def table(n_rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    a = rng.normal(size=n_rows)
    return pd.DataFrame(
        {
            "a": a,
            "b": [f"v{i}" for i in rng.integers(0, 30, n_rows)],
            "day": pd.date_range("2020-01-01", periods=n_rows),
            "y": a + 0.5 * rng.normal(size=n_rows),
            "class": np.where(np.arange(n_rows) % 10, "often", "rarely"),
        }
    )


def steps_of(settings=SETTINGS, n_rows=200, model="linear") -> list[LearningStep]:
    return list(learning_steps(model, settings, prepare(table(n_rows), settings)))


def test_every_share_of_at_most_three_folds_is_one_step():
    steps = steps_of()
    assert len(steps) == n_steps(prepare(table(200), SETTINGS)) == 3 * len(SHARES)
    assert {step.fold for step in steps} == {0, 1, 2}
    for fold in range(3):
        sizes = [step.n_rows for step in steps if step.fold == fold]
        assert sizes == [12, 30, 60, 90, 120]


def test_more_rows_predict_unseen_ones_better():
    curve = summarise_steps(steps_of())
    assert curve.rows == [12, 30, 60, 90, 120]
    assert curve.validation_mean[-1] > curve.validation_mean[0]
    assert np.isfinite(curve.train_mean).all()


def test_the_same_seed_gives_the_same_curve():
    first = steps_of(n_rows=60)
    assert first == steps_of(n_rows=60)
    assert first != steps_of(replace(SETTINGS, random_state=1), n_rows=60)


def test_in_time_order_a_share_is_the_latest_past_of_the_last_folds(monkeypatch):
    settings = replace(SETTINGS, split="time", split_by="day")
    data = prepare(table(200), settings)
    fitted = []
    monkeypatch.setattr(
        "app.functions.models.fitting.fit",
        lambda pipeline, data, rows: fitted.append(rows),
    )
    monkeypatch.setattr(
        "app.functions.models.fitting.predict",
        lambda pipeline, data, rows: np.zeros(len(rows)),
    )
    list(learning_steps("linear", settings, data))
    last = fitted[-1]
    np.testing.assert_array_equal(last, data.split.folds[-1][0])
    for part, whole in zip(fitted[-5:], [last] * 5):
        np.testing.assert_array_equal(part, whole[-len(part) :])


def test_folds_that_grow_are_averaged_share_by_share():
    settings = replace(SETTINGS, split="time", split_by="day")
    curve = summarise_steps(steps_of(settings))
    assert len(curve.rows) == len(SHARES)
    assert curve.rows == sorted(curve.rows)


def test_a_share_with_a_single_class_is_left_out():
    settings = replace(SETTINGS, task="binary", target="class", scoring="roc_auc")
    steps = steps_of(settings, n_rows=80)
    assert 0 < len(steps) < 3 * len(SHARES)
    assert max(step.share for step in steps) == 1.0


@pytest.mark.parametrize(
    "model", ["linear", "hist_gradient_boosting", "k_neighbors", "svm"]
)
def test_a_model_learns_from_the_few_rows_of_the_first_share(model):
    steps = steps_of(replace(SETTINGS, n_splits=2), 22, model)
    assert steps[0].n_rows == 2 and np.isfinite(steps[-1].validation_score)


def test_a_score_that_is_not_defined_is_left_out_without_a_warning():
    nan = float("nan")
    steps = [
        LearningStep(0.5, 10, 0, 1.0, nan),
        LearningStep(0.5, 11, 1, 0.5, nan),
        LearningStep(1.0, 20, 0, 1.0, nan),
        LearningStep(1.0, 22, 1, 0.0, 0.25),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve = summarise_steps(steps)
    assert curve.rows == [10, 21]
    assert curve.train_mean == [0.75, 0.5] and curve.train_std == [0.25, 0.5]
    assert np.isnan(curve.validation_mean[0]) and curve.validation_mean[1] == 0.25


def test_no_steps_make_an_empty_curve():
    assert summarise_steps([]).rows == []
