"""Monotone constraints: what shall rise or fall does so, whatever the rows; models that cannot promise it are named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.functions.models import fitting
from app.functions.models.catalogue import MODELS
from app.functions.models.persistence import model_from_bytes, model_to_bytes
from app.functions.models.settings import TrainingSettings, check_settings

AWARE = ("hist_gradient_boosting", "random_forest", "extra_trees")
ROLES = {
    "town": "category",
    "age": "number",
    "day": "date",
    "note": "text",
    "size": "number",
}
FAST = {"model__n_estimators": 15, "model__max_iter": 25}


def table(n_rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Return rows in which the target wriggles with the age: without a constraint, so does the prediction."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(0, 10, n_rows)
    size = rng.normal(size=n_rows)
    value = np.sin(2 * age) + 0.1 * age + size + rng.normal(0, 0.3, n_rows)
    return pd.DataFrame(
        {
            "town": rng.choice(["Ash", "Elm", None], n_rows),
            "age": np.where(rng.random(n_rows) < 0.1, np.nan, age),
            "day": pd.date_range("2020-01-01", periods=n_rows),
            "note": rng.choice(["good", "not so good", ""], n_rows),
            "size": size,
            "value": value,
            "sold": np.where(value > value.mean(), "yes", "no"),
            # The positive class comes first in the alphabet.
            "kept": np.where(value > value.mean(), "a yes", "no"),
        }
    )


def settings_for(target: str, **changes) -> TrainingSettings:
    task = "regression" if target == "value" else "binary"
    scoring = "r2" if task == "regression" else "roc_auc"
    given = TrainingSettings(target, task, ROLES, AWARE, scoring, n_splits=2)
    return replace(given, **changes)


def fitted(model: str, chosen: TrainingSettings, frame: pd.DataFrame):
    data = fitting.prepare(frame, chosen)
    pipeline = fitting.build(model, chosen, data)
    known = pipeline.get_params()
    pipeline.set_params(**{k: v for k, v in FAST.items() if k in known})
    return data, fitting.fit(pipeline, data, data.split.train)


def along(pipeline, data, name: str, row: int) -> np.ndarray:
    """Return the predictions for one row with a growing number in a column."""
    grid = np.linspace(-2, 12, 120)
    rows = data.X.iloc[[row] * len(grid)].assign(**{name: grid})
    if not data.classes:
        return pipeline.predict(rows)
    positive = list(pipeline.classes_).index(data.classes[1])
    return pipeline.predict_proba(rows)[:, positive]


@pytest.mark.parametrize("target", ["value", "sold", "kept"])
@pytest.mark.parametrize("model", AWARE)
def test_the_prediction_goes_the_way_it_was_told(model, target):
    frame = table()
    chosen = settings_for(target, rises_with=("age",), falls_with=("size",))
    data, pipeline = fitted(model, chosen, frame)
    pipeline = model_from_bytes(model_to_bytes(pipeline))
    _, free = fitted(model, settings_for(target), frame)
    wriggles = 0
    for row in range(8):
        assert (np.diff(along(pipeline, data, "age", row)) >= -1e-9).all()
        assert (np.diff(along(pipeline, data, "size", row)) <= 1e-9).all()
        wriggles += (np.diff(along(free, data, "age", row)) < -1e-9).any()
    assert wriggles


@settings(max_examples=12)
@given(
    st.sampled_from(AWARE),
    st.sampled_from(["value", "sold", "kept"]),
    st.permutations(list(ROLES)).flatmap(
        lambda names: st.integers(1, 5).map(lambda n: names[:n])
    ),
    st.sampled_from(["rises_with", "falls_with"]),
    st.integers(0, 5),
)
def test_it_does_so_whichever_columns_there_are(model, target, names, way, seed):
    names = [*names, *({"age"} - set(names))]
    roles = {name: ROLES[name] for name in names}
    chosen = settings_for(target, roles=roles, **{way: ("age",)})
    data, pipeline = fitted(model, chosen, table(60, seed))
    sign = 1 if way == "rises_with" else -1
    for row in range(4):
        assert (sign * np.diff(along(pipeline, data, "age", row)) >= -1e-9).all()


def test_what_cannot_be_told_is_named_and_trained_all_the_same():
    chosen = settings_for("sold", models=tuple(MODELS), rises_with=("age",))
    _, (told, free) = fitting.models_to_train(chosen, 100)
    assert told == (
        "Random forest, Gradient boosting and Extra trees: the prediction only rises with 'age', as you chose."
    )
    assert free == (
        "Linear model, Nearest neighbours, Support vector machine and Neural network: such a direction cannot be set, "
        "so the prediction may go either way."
    )
    both = replace(chosen, models=AWARE, falls_with=("size",))
    _, (told,) = fitting.models_to_train(both, 100)
    assert "only rises with 'age' and only falls with 'size'" in told
    for model in set(MODELS) - set(AWARE):
        fitted(model, chosen, table(60))
    assert fitting.models_to_train(replace(chosen, rises_with=()), 100)[1] == ()


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"rises_with": ("town",)}, "is a category here"),
        ({"falls_with": ("shoe size",)}, "which is not learned from"),
        ({"rises_with": ("age", "age")}, "twice"),
        ({"rises_with": ("age",), "falls_with": ("age",)}, "both rise and fall"),
        ({"rises_with": "age"}, "must be a list of columns"),
        ({"rises_with": ("age",), "task": "multiclass"}, "does not work"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(changes, sentence):
    chosen = settings_for("sold", **changes)
    if chosen.task == "multiclass":
        chosen = replace(chosen, scoring="balanced_accuracy")
    with pytest.raises(ValueError, match=sentence):
        check_settings(chosen, list(table(10).columns))


def test_a_column_that_is_not_learned_from_in_the_end_is_no_fault():
    """The column of groups is left out of the features by the split itself."""
    frame = table().assign(age=lambda t: t["age"].fillna(1).round())
    chosen = settings_for(
        "value", split="group", split_by="age", rises_with=("age", "size")
    )
    data, pipeline = fitted("hist_gradient_boosting", chosen, frame)
    assert (np.diff(along(pipeline, data, "size", 0)) >= -1e-9).all()
