"""From a table and settings to fitted pipelines whose predictions line up with the classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pandas as pd
import pytest

from app.functions.models.catalogue import BASELINE, MODELS
from app.functions.models.fitting import build, fit, models_to_train, predict, prepare
from app.functions.models.settings import TrainingSettings

N_ROWS = 120
SETTINGS = TrainingSettings(
    target="bought",
    task="binary",
    roles={"age": "number", "city": "category", "day": "date"},
    models=("linear",),
    scoring="roc_auc",
    n_splits=3,
)


def visits() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, N_ROWS).astype(float)
    return pd.DataFrame(
        {
            "age": np.where(rng.random(N_ROWS) < 0.1, np.nan, age),
            "city": rng.choice(["Bern", "Basel", "Chur"], N_ROWS),
            "day": pd.date_range("2024-01-01", periods=N_ROWS),
            "shop": np.arange(N_ROWS) // 6,
            "bought": np.where(age + rng.normal(0, 8, N_ROWS) > 45, "yes", "no"),
            "size": rng.permutation(["S", "M", "L"] * (N_ROWS // 3)),
            "price": age * 3 + rng.normal(size=N_ROWS),
        }
    )


def settings_for(task: str, **changes) -> TrainingSettings:
    target, scoring = {
        "binary": ("bought", "roc_auc"),
        "multiclass": ("size", "balanced_accuracy"),
        "regression": ("price", "r2"),
    }[task]
    return replace(SETTINGS, task=task, target=target, scoring=scoring, **changes)


def test_rows_without_a_target_are_left_out_and_counted():
    frame = visits()
    frame.loc[[3, 50], "bought"] = None
    data = prepare(frame, SETTINGS)
    assert len(data.X) == len(data.y) == N_ROWS - 2
    assert data.notes == (
        "118 of 120 rows are used. Left out: 2 without a value in 'bought'.",
        "The positive class is 'yes': it means yes.",
    )
    assert data.classes == ("no", "yes")
    names = np.array(data.classes)[data.y]
    assert names.tolist() == frame["bought"].dropna().tolist()


def test_the_target_is_never_a_feature():
    roles = {**SETTINGS.roles, "bought": "category"}
    data = prepare(visits(), replace(SETTINGS, roles=roles))
    assert list(data.X.columns) == ["age", "city", "day"]
    with pytest.raises(ValueError, match="No column is left"):
        prepare(visits(), replace(SETTINGS, roles={"bought": "category"}))


def test_the_column_of_the_groups_is_no_feature_but_that_of_the_time_is():
    roles = {**SETTINGS.roles, "shop": "category"}
    settings = replace(SETTINGS, roles=roles, split="group", split_by="shop")
    data = prepare(visits(), settings)
    assert "shop" not in data.X and data.by.name == "shop"
    shops = data.by.to_numpy()
    assert not set(shops[data.split.train]) & set(shops[data.split.test])
    data = prepare(visits(), replace(SETTINGS, split="time", split_by="day"))
    assert "day" in data.X


def test_a_target_that_cannot_be_predicted_is_refused():
    with pytest.raises(ValueError, match="Column 'bought' is always 'yes'"):
        prepare(visits().assign(bought="yes"), SETTINGS)


def test_the_baseline_comes_first_and_slow_models_are_left_out_with_a_sentence():
    settings = replace(SETTINGS, models=("svm", BASELINE, "linear"))
    assert models_to_train(settings, 100) == ((BASELINE, "svm", "linear"), ())
    models, notes = models_to_train(settings, 6_000)
    assert models == (BASELINE, "linear")
    assert (
        notes[0].startswith("Support vector machine was left out")
        and "6,000" in notes[0]
    )


@pytest.mark.parametrize(
    "split, by", [("random", None), ("time", "day"), ("group", "shop")]
)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_fold_and_the_holdout_are_predicted_in_the_order_of_the_classes(
    task, split, by
):
    settings = settings_for(task, split=split, split_by=by)
    data = prepare(visits(), settings)
    parts = [*data.split.folds, (data.split.train, data.split.test)]
    for fit_rows, rows in parts:
        pipeline = fit(build("linear", settings, data), data, fit_rows)
        output = predict(pipeline, data, rows)
        assert np.isfinite(output).all()
        if task == "regression":
            assert (
                output.shape == (len(rows),)
                and pipeline.predict(data.X).dtype.kind == "f"
            )
        else:
            assert output.shape == (len(rows), len(data.classes))
            names = np.array(data.classes)[output.argmax(axis=1)]
            assert names.tolist() == pipeline.predict(data.X.iloc[rows]).tolist()


@pytest.mark.parametrize("model", MODELS)
def test_a_class_that_comes_later_has_probability_zero_before(model):
    frame = visits()
    # In the order of classes the late one is in the middle.
    frame["size"] = ["a", "c"] * 45 + ["b"] * 30
    settings = settings_for("multiclass", split="time", split_by="day")
    data = prepare(frame, settings)
    fit_rows, rows = data.split.folds[0]
    pipeline = build(model, settings, data)
    known = pipeline.get_params()
    fast = {"model__n_estimators": 5, "model__max_iter": 20}
    pipeline.set_params(**{name: v for name, v in fast.items() if name in known})
    output = predict(fit(pipeline, data, fit_rows), data, rows)
    assert data.classes == ("a", "b", "c") and list(pipeline.classes_) == ["a", "c"]
    assert (output[:, 1] == 0).all()
    np.testing.assert_allclose(output.sum(axis=1), 1)


@pytest.mark.parametrize("labels", [(0, 1), (1.5, 2.5), (True, False), ("ä", "")])
def test_a_classifier_answers_with_the_names_of_the_classes(labels):
    frame = visits()
    first, second = labels
    frame["bought"] = [
        first if bought == "yes" else second for bought in frame["bought"]
    ]
    data = prepare(frame, SETTINGS)
    pipeline = fit(build("random_forest", SETTINGS, data), data, data.split.train)
    assert (
        set(pipeline.predict(data.X)) == set(data.classes) == {str(v) for v in labels}
    )


def test_hyperparameters_of_a_stored_run_can_be_set():
    data = prepare(visits(), SETTINGS)
    stored = orjson.loads(
        orjson.dumps({"model__hidden_layer_sizes": (64, 32), "model__max_iter": 5})
    )
    pipeline = build("neural_network", SETTINGS, data, stored)
    fit(pipeline, data, data.split.train)
    assert [len(w) for w in pipeline.named_steps["model"].intercepts_] == [64, 32, 1]


def test_a_gap_before_the_holdout_is_kept_and_said():
    settings = replace(SETTINGS, split="time", split_by="day", gap_days=10)
    data = prepare(visits(), settings)
    first = data.by.iloc[data.split.test].min()
    assert data.by.iloc[data.split.train].max() == first - pd.Timedelta(days=10)
    assert data.notes[-1] == "9 rows in the 10 days before the holdout were left out."


def test_a_share_that_groups_do_not_allow_is_said():
    frame = visits().assign(shop=[0] * 80 + list(range(1, 41)))
    settings = replace(SETTINGS, split="group", split_by="shop", test_size=0.5)
    data = prepare(frame, settings)
    assert len(data.split.test) in (40 - SETTINGS.n_splits, 40, 80)
    assert "instead of 50 %, because the rows of one group stay together." in "".join(
        data.notes
    )
    even = visits().assign(shop=np.arange(N_ROWS) // 2)
    assert "held out" not in "".join(prepare(even, settings).notes)


def test_a_split_by_time_takes_whole_years():
    frame = pd.DataFrame(
        {
            "year": [2000 + i % 20 for i in range(200)],
            "x": np.random.default_rng(0).normal(size=200),
        }
    ).assign(y=lambda table: table["x"] * 2)
    settings = TrainingSettings(
        target="y",
        task="regression",
        roles={"x": "number", "year": "date"},
        models=("linear",),
        scoring="r2",
        split="time",
        split_by="year",
    )
    data = prepare(frame, settings)
    assert data.by.dtype.kind == "M"
    years = data.X["year"]
    assert years.iloc[data.split.train].max() <= years.iloc[data.split.test].min()
    pipeline = fit(build("linear", settings, data), data, data.split.train)
    assert np.isfinite(predict(pipeline, data, data.split.test)).all()
    codes = frame.assign(year=range(200))
    with pytest.raises(ValueError, match="no date"):
        prepare(codes, settings)


@pytest.mark.parametrize("model", ["random_forest", "extra_trees"])
def test_a_forest_that_was_fitted_in_threads_predicts_the_same_digits_each_time(model):
    data = prepare(visits(), settings_for("regression"))
    pipeline = build(model, settings_for("regression"), data, n_jobs=2)
    fit(pipeline, data, data.split.train)
    assert pipeline.named_steps["model"].n_jobs is None
    first = predict(pipeline, data, data.split.train)
    for _ in range(3):
        np.testing.assert_array_equal(predict(pipeline, data, data.split.train), first)
