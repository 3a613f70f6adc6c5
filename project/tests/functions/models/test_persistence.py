"""Models as bytes and back: the same predictions, and no untrusted code."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import FunctionTransformer

from app.functions.models.catalogue import MODELS
from app.functions.models.persistence import model_from_bytes, model_to_bytes
from app.functions.models.pipelines import make_pipeline

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_ROWS = 60
ROLES = {
    "number": "number",
    "few": "category",
    "many": "category",
    "flag": "boolean",
    "day": "date",
    "note": "text",
}
STORED = Path(__file__).resolve().parents[2] / "stored/first_schema"
FAST = {"model__n_estimators": 5, "model__max_iter": 5, "model__regressor__max_iter": 5}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": np.where(
                rng.random(N_ROWS) < 0.2, np.nan, rng.normal(size=N_ROWS)
            ),
            "few": rng.choice(["a", "b", None], N_ROWS),
            "many": [f"v{i % 30}" for i in range(N_ROWS)],
            "flag": rng.choice([True, False], N_ROWS),
            "day": pd.date_range("2020-01-01", periods=N_ROWS),
            "note": rng.choice(["red shoes", "", "a hat"], N_ROWS),
        }
    )


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_was_stored_predicts_the_same(model, task):
    X = table()
    classes = np.array(
        ["no", "yes", "perhaps"][: 3 if task == "multiclass" else 2], object
    )
    y = np.arange(N_ROWS) % len(classes)
    pipeline = make_pipeline(model, task, ROLES, X)
    known = pipeline.get_params()
    pipeline.set_params(**{name: v for name, v in FAST.items() if name in known})
    pipeline.fit(X, y.astype(float) if task == "regression" else classes[y])
    restored = model_from_bytes(model_to_bytes(pipeline))
    method = "predict" if task == "regression" else "predict_proba"
    rows = pd.concat([X, X.iloc[:1].assign(few="unseen", many="unseen", note=None)])
    np.testing.assert_array_equal(
        getattr(restored, method)(rows), getattr(pipeline, method)(rows)
    )
    assert restored[:-1].transform(rows).shape == pipeline[:-1].transform(rows).shape


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("model", MODELS)
def test_a_model_of_few_numbers_is_stored_too(model, task):
    """Of few columns, nearest neighbours keep a tree of the rows."""
    X = table()[["number"]]
    y = np.arange(N_ROWS) % 2
    pipeline = make_pipeline(model, task, {"number": "number"}, X)
    known = pipeline.get_params()
    pipeline.set_params(**{name: v for name, v in FAST.items() if name in known})
    for p in (1, 2) if "model__p" in known else (2,):
        if "model__p" in known:
            pipeline.set_params(model__p=p)
        pipeline.fit(X, y)
        restored = model_from_bytes(model_to_bytes(pipeline))
        np.testing.assert_array_equal(restored.predict(X), pipeline.predict(X))


def columns_of_stored_models() -> pd.DataFrame:
    (path,) = STORED.glob("datasets/*/table.parquet")
    return pd.read_parquet(path).drop(columns=["code", "churned", "spent"])


@pytest.mark.parametrize(
    "path", sorted(STORED.glob("pipelines/*.skops")), ids=lambda path: path.stem
)
def test_a_model_of_an_earlier_version_predicts_as_it_did(path):
    model, rows = model_from_bytes(path.read_bytes()), columns_of_stored_models()
    regression = path.stem.startswith("regression")
    predict = model.predict if regression else model.predict_proba
    # Written beside the model by the version that fitted it.
    np.testing.assert_array_equal(predict(rows), np.load(path.with_suffix(".npy")))
    names = model[:-1].get_feature_names_out()
    assert len(names) == model[:-1].transform(rows).shape[1]


def test_models_of_earlier_versions_are_there():
    assert len(list(STORED.glob("pipelines/*.skops"))) >= 4


@pytest.mark.parametrize(
    "function", [pd.read_pickle, np.load, pd.eval, exec, open, np.testing.assert_equal]
)
def test_a_function_in_a_model_file_is_refused_by_name(function):
    content = skops.io.dumps(FunctionTransformer(function))
    with pytest.raises(ValueError, match=function.__name__) as refusal:
        model_from_bytes(content)
    assert str(refusal.value).startswith(
        "The model file contains types that are not trusted"
    )


@pytest.mark.parametrize("function", [pd.read_pickle, open])
def test_a_function_with_some_arguments_is_refused_by_name_too(function):
    content = skops.io.dumps(FunctionTransformer(partial(function, "a file")))
    with pytest.raises(ValueError, match=function.__name__):
        model_from_bytes(content)


class Unknown:
    """A type that is not trusted."""


def test_a_type_of_somebody_else_is_refused_by_name():
    with pytest.raises(ValueError, match="Unknown"):
        model_from_bytes(skops.io.dumps(Unknown()))


def test_a_forest_is_stored_compressed():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)), rng.integers(0, 2, 300)
    content = model_to_bytes(RandomForestClassifier(20).fit(X, y))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    assert len(content) < unpacked / 2
