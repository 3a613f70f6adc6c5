"""Every model learns from the most awkward table of every task, and predicts any row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import Pipeline

from app.functions.models.catalogue import BASELINE, MODELS
from app.functions.models.pipelines import (
    FEW_ROWS,
    MAX_NATIVE_LEVELS,
    MAX_ONE_HOT_LEVELS,
    make_pipeline,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:Could not infer format:UserWarning"),
    pytest.mark.filterwarnings("error::FutureWarning"),
    pytest.mark.filterwarnings("error::DeprecationWarning"),
]

TASKS = ("binary", "multiclass", "regression")
N_ROWS = 90
FAST = {
    "model__n_estimators": 5,
    "model__max_iter": 8,
    "model__regressor__max_iter": 8,
}


def fast_pipeline(model: str, task: str, roles: dict, X: pd.DataFrame):
    pipeline = make_pipeline(model, task, roles, X)
    known = pipeline.get_params()
    return pipeline.set_params(**{k: v for k, v in FAST.items() if k in known})


def target(task: str, n_rows: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if task == "regression":
        return rng.normal(size=n_rows)
    names = np.array(["no", "yes", "perhaps"][: 2 if task == "binary" else 3], object)
    return names[np.arange(n_rows) % len(names)]


def assert_sound(pipeline, task: str, X: pd.DataFrame) -> None:
    if task == "regression":
        assert np.isfinite(pipeline.predict(X)).all()
        return
    output = pipeline.predict_proba(X)
    assert output.shape == (len(X), len(pipeline.classes_))
    assert (output >= 0).all()
    np.testing.assert_allclose(output.sum(axis=1), 1, atol=1e-6)


def nasty_table() -> tuple[pd.DataFrame, dict[str, str]]:
    """Return every kind of column that has ever made a fit fail, with its role."""
    rng = np.random.default_rng(0)

    def any_of(*cells, dtype=object) -> pd.Series:
        drawn = rng.integers(0, len(cells), N_ROWS)
        return pd.Series([cells[i] for i in drawn], dtype=dtype)

    days = pd.Series(pd.date_range("2020-01-01", periods=N_ROWS))
    columns = {
        "with gaps": ("number", any_of(np.nan, 1.5, 2.5, -3.0, dtype=float)),
        "huge": ("number", any_of(np.inf, -np.inf, 1e300, -1e300, 1, dtype=float)),
        "nothing known": ("number", any_of(np.nan, dtype=float)),
        "constant": ("number", any_of(1.0, dtype=float)),
        "numbers as text": ("number", any_of("12", "x", None, dtype="str")),
        "few": ("category", any_of("a", "b", "c", dtype="str")),
        "many": ("category", any_of(*[f"id {i}" for i in range(60)], dtype="str")),
        "mixed": ("category", any_of(1, 1.0, "1", None, True, "a")),
        "many mixed": ("category", any_of(*range(20), *map(float, range(20)), "1")),
        "no category": ("category", any_of(None)),
        "one level": ("category", any_of("x", dtype="str")),
        "yes or no": ("boolean", any_of(True, False, None)),
        "nullable": ("boolean", any_of(True, False, None, dtype="boolean")),
        "day": ("date", days.where(rng.random(N_ROWS) > 0.2)),
        "moment": ("date", days.dt.tz_localize("Europe/Berlin")),
        "no day": ("date", any_of(pd.NaT, dtype="datetime64[us]")),
        "note": ("text", any_of("hello world", "", None, "hello, you")),
        "reply": ("text", any_of("hello", "the", dtype="str")),
        "no__words": ("text", any_of("...", "!", None, "")),
        # Names that have a meaning in scikit-learn, or are nearly equal.
        "model": ("number", any_of(1.0, 2.0, dtype=float)),
        "columns": ("category", any_of("a", "b", dtype="str")),
        "remainder": ("number", any_of(1.0, 2.0, dtype=float)),
        "few_a": ("number", any_of(1.0, 2.0, dtype=float)),
        "few ": ("category", any_of("a", "b", dtype="str")),
        "day (days)": ("number", any_of(1.0, 2.0, dtype=float)),
        "": ("number", any_of(1.0, 2.0, dtype=float)),
    }
    X = pd.DataFrame({name: column for name, (_, column) in columns.items()})
    return X, {name: role for name, (role, _) in columns.items()}


def strange_rows(columns) -> list[pd.DataFrame]:
    """Return rows with the same value in every column: missing, or never seen in training."""
    cells = [
        pd.Series([None, None], dtype=object),
        pd.Series(["unseen", "-5"], dtype="str"),
        pd.Series(["", "..."], dtype=object),
        pd.Series([1e300, -np.inf, np.nan]),
        pd.Series([10**30, -1], dtype=object),
        pd.Series([True, False]),
        pd.Series(pd.to_datetime(["1677-01-01", "2900-01-01", None])),
        pd.Series([1, "a", None, True, pd.Timestamp("2020-01-01")], dtype=object),
    ]
    return [pd.DataFrame({name: cell for name in columns}) for cell in cells]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("model", MODELS)
def test_the_nastiest_table_is_learned_and_any_row_predicted(model, task):
    X, roles = nasty_table()
    y = target(task, N_ROWS)
    pipeline = fast_pipeline(model, task, roles, X).fit(X, y)
    for rows in (X, X.iloc[:1], *strange_rows(X.columns)):
        assert_sound(pipeline, task, rows)
    assert_sound(pipeline, task, X.iloc[:3, ::-1].assign(more="x"))
    again = fast_pipeline(model, task, roles, X).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), pipeline.predict(X))


@pytest.mark.parametrize("role", ["number", "category", "boolean", "date", "text"])
@pytest.mark.parametrize("model", MODELS)
def test_a_table_of_nothing_but_missing_values_is_learned(model, role):
    X = pd.DataFrame({"a": pd.Series([None] * 12, dtype=object)})
    pipeline = fast_pipeline(model, "binary", {"a": role}, X)
    assert_sound(pipeline.fit(X, target("binary", 12)), "binary", X)


CELLS = {
    "number": st.one_of(st.none(), st.floats(), st.integers(-5, 5)),
    "category": st.one_of(st.none(), st.integers(0, 30), st.text("ab1", max_size=3)),
    "boolean": st.sampled_from([True, False, None]),
    "date": st.one_of(st.none(), st.datetimes().map(pd.Timestamp)),
    "text": st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["a the", "é"])),
}
ANY_CELL = st.one_of(*CELLS.values())
# Tables that were read have no names that are empty or have control characters.
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=6)


@st.composite
def tables(draw):
    """Draw a table with matching roles, and rows to predict that need not match."""
    roles = draw(
        st.dictionaries(NAMES, st.sampled_from(list(CELLS)), min_size=1, max_size=5)
    )
    n_rows = draw(st.integers(6, 25))

    def column(cells, size):
        drawn = st.lists(cells, min_size=size, max_size=size)
        return pd.Series(draw(drawn), dtype=object)

    X = pd.DataFrame({name: column(CELLS[r], n_rows) for name, r in roles.items()})
    if draw(st.booleans()):
        X = X.infer_objects()
    rows = pd.DataFrame({name: column(ANY_CELL, 4) for name in roles})
    return X, roles, rows


@settings(max_examples=35)
@given(tables(), st.sampled_from(list(MODELS)), st.sampled_from(TASKS))
def test_any_table_is_learned_and_any_row_predicted(table, model, task):
    X, roles, rows = table
    pipeline = fast_pipeline(model, task, roles, X)
    pipeline.fit(X, target(task, len(X)))
    assert_sound(pipeline, task, X)
    assert_sound(pipeline, task, rows)


@pytest.mark.parametrize("model", [key for key in MODELS if key != BASELINE])
def test_an_unseen_category_differs_from_both_levels_of_a_pair(model):
    X = pd.DataFrame({"a": ["no", "yes"] * 20})
    pipeline = make_pipeline(model, "binary", {"a": "category"}, X)
    encoded = (
        pipeline.named_steps["columns"]
        .fit(X)
        .transform(pd.DataFrame({"a": ["no", "yes", "never seen", None]}))
    )
    no, yes, unseen, missing = map(str, np.asarray(encoded).tolist())
    assert unseen == missing and unseen not in (no, yes)


@pytest.mark.parametrize("n_levels", [MAX_ONE_HOT_LEVELS, MAX_ONE_HOT_LEVELS + 1])
def test_few_levels_have_a_column_each_and_many_become_one_number(n_levels):
    X = pd.DataFrame({"a": [f"v{i % n_levels}" for i in range(4 * n_levels)]})
    pipeline = make_pipeline("linear", "binary", {"a": "category"}, X)
    pipeline.fit(X, target("binary", len(X)))
    width = pipeline[:-1].transform(X).shape[1]
    assert width == (n_levels if n_levels <= MAX_ONE_HOT_LEVELS else 1)


@pytest.mark.parametrize("n_levels", [2, 200, 254, 255, 256, 700])
def test_boosting_takes_categories_as_they_are_up_to_what_it_can_tell_apart(n_levels):
    levels = np.array([f"v{i}" for i in range(n_levels)], object)
    a = levels[np.arange(3 * n_levels) % n_levels]
    X = pd.DataFrame({"number": np.arange(len(a), dtype=float), "a": a, "b": "x"})
    X.loc[0, "a"] = None
    roles = {"a": "category", "number": "number", "b": "category"}
    pipeline = fast_pipeline("hist_gradient_boosting", "regression", roles, X)
    pipeline.fit(X, target("regression", len(X)))
    native = 2 if n_levels <= MAX_NATIVE_LEVELS else 1
    names = pipeline[:-1].get_feature_names_out()[pipeline[-1].is_categorical_]
    assert list(names) == (["a", "b"] if native == 2 else ["b"])
    for rows in strange_rows(X.columns):
        assert np.isfinite(pipeline.predict(rows)).all()


GRADES = ("clarity", "colour", "cut")


def graded_table(n_rows: int = 1_500) -> tuple[pd.DataFrame, np.ndarray]:
    """Return stones and their prices: each of 15 grades of a kind is a little dearer than the one before."""
    rng = np.random.default_rng(0)
    carat = rng.lognormal(0, 0.5, n_rows)
    log_price = 2 * np.log(carat) + rng.normal(0, 0.1, n_rows)
    X = pd.DataFrame({"carat": carat})
    for kind in GRADES:
        grade = rng.integers(0, 15, n_rows)
        log_price += grade / 15
        # The names say nothing about the order.
        X[kind] = np.array([f"{kind} {i}" for i in rng.permutation(15)])[grade]
    return X, np.exp(log_price)


def test_boosting_is_better_with_graded_categories_as_they_are_on_every_fold():
    X, y = graded_table()
    roles = {"carat": "number"} | dict.fromkeys(GRADES, "category")
    native = make_pipeline("hist_gradient_boosting", "regression", roles, X)
    # One column for each level, as before: the encoder of a model that knows no categories.
    one_hot = Pipeline(
        [
            ("columns", make_pipeline("random_forest", "regression", roles, X)[0]),
            ("model", HistGradientBoostingRegressor(random_state=0)),
        ]
    )
    folds = KFold(5, shuffle=True, random_state=0)
    scores = [cross_val_score(p, X, y, cv=folds) for p in (native, one_hot)]
    assert (scores[0] > scores[1]).sum() == 5


@pytest.mark.parametrize("task", TASKS)
def test_boosting_grows_smaller_trees_from_few_rows(task):
    X = pd.DataFrame({"a": np.zeros(FEW_ROWS)})
    few, many = (
        make_pipeline("hist_gradient_boosting", task, {"a": "number"}, rows)[-1]
        for rows in (X[1:], X)
    )
    assert few.max_leaf_nodes < many.max_leaf_nodes
    assert few.max_features < many.max_features == 1
    # A search may still choose otherwise.
    pipeline = make_pipeline("hist_gradient_boosting", task, {"a": "number"}, X[1:])
    assert pipeline.set_params(model__max_leaf_nodes=63)[-1].max_leaf_nodes == 63


def test_target_encoding_of_a_training_row_does_not_know_its_own_target():
    X = pd.DataFrame({"a": [f"v{i}" for i in range(200)]})
    y = target("regression", 200)
    encode = make_pipeline("linear", "regression", {"a": "category"}, X)[:-1]
    assert abs(np.corrcoef(encode.fit_transform(X, y)[:, 0], y)[0, 1]) < 0.3
    assert np.corrcoef(encode.transform(X)[:, 0], y)[0, 1] > 0.9


def test_target_encoding_follows_the_classes_that_are_there():
    X = pd.DataFrame({"a": [f"v{i % 40}" for i in range(80)]})
    pipeline = fast_pipeline("random_forest", "multiclass", {"a": "category"}, X)
    assert_sound(pipeline.fit(X, target("binary", 80)), "multiclass", X)


@pytest.mark.parametrize("model", ["linear", "hist_gradient_boosting"])
def test_every_encoded_column_has_a_name_of_its_own(model):
    X, roles = nasty_table()
    # A numeric column that is named like an encoded level would clash with it.
    roles = {
        name: role
        for name, role in roles.items()
        if name not in ("few_a", "day (days)")
    }
    columns = make_pipeline(model, "binary", roles, X).named_steps["columns"]
    width = columns.fit_transform(X, target("binary", N_ROWS)).shape[1]
    names = columns.get_feature_names_out()
    assert len(names) == len(set(names)) == width
    assert {"note: hello", "reply: hello", "day (month)"} <= set(names)
    # Boosting has the column itself.
    assert {"few", "few_a"} & set(names) == (
        {"few"} if model == "hist_gradient_boosting" else {"few_a"}
    )


def test_a_column_that_is_not_in_the_roles_is_not_looked_at():
    X = pd.DataFrame({"a": [1.0, 2.0] * 10, "b": [object()] * 20})
    pipeline = make_pipeline("linear", "binary", {"a": "number"}, X)
    pipeline.fit(X, target("binary", 20))
    assert_sound(pipeline, "binary", X[["a"]])


def test_the_baseline_prepares_no_column():
    X, roles = nasty_table()
    pipeline = make_pipeline(BASELINE, "binary", roles, X)
    pipeline.fit(X, target("binary", N_ROWS))
    assert pipeline[:-1].transform(X).shape == (N_ROWS, 0)
