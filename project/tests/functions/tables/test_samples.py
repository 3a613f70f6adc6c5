"""The sample tables: their shapes and targets, and that the generated one tells its story."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from app.functions.tables.profiling import profile_table
from app.functions.tables.samples import DEFAULT_SAMPLE, SAMPLES
from app.functions.tables.tasks import (
    check_target,
    encode_target,
    recognise_task,
)

SHAPES = {
    "breast-cancer": (569, 31),
    "wine": (178, 14),
    "iris": (150, 5),
    "diabetes": (442, 11),
    "digits": (1797, 65),
    "orders": (2000, 16),
}


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return SAMPLES["orders"].load()


def test_the_samples_are_the_known_ones_and_the_default_is_among_them():
    assert list(SAMPLES) == list(SHAPES)
    assert all(key == sample.key for key, sample in SAMPLES.items())
    assert DEFAULT_SAMPLE == "breast-cancer"


@pytest.mark.parametrize("key", SHAPES)
def test_a_sample_is_ready_to_train(key):
    sample = SAMPLES[key]
    table = sample.load()
    assert table.shape == SHAPES[key]
    assert profile_table(table).suggested_target == sample.target
    target = table[sample.target]
    check_target(target, recognise_task(target).kind)


@pytest.mark.parametrize("key", SHAPES)
def test_a_sample_is_the_same_each_time(key):
    load = SAMPLES[key].load
    pd.testing.assert_frame_equal(load(), load(), check_exact=True)


@pytest.mark.parametrize("key", SHAPES)
def test_a_sample_has_the_dtypes_of_an_uploaded_table(key):
    table = SAMPLES[key].load()
    assert len(table) == SAMPLES[key].rows
    assert {dtype.kind for dtype in table.dtypes if dtype != "str"} <= set("bifM")
    assert all(isinstance(name, str) and "_" not in name for name in table.columns)


@pytest.mark.parametrize(
    ("key", "task", "classes"),
    [
        ("breast-cancer", "binary", ("benign", "malignant")),
        ("wine", "multiclass", ("first", "second", "third")),
        ("iris", "multiclass", ("setosa", "versicolor", "virginica")),
        ("diabetes", "regression", ()),
        ("digits", "multiclass", tuple("0123456789")),
        ("orders", "binary", ("no", "yes")),
    ],
)
def test_classes_have_names_for_people(key, task, classes):
    sample = SAMPLES[key]
    target = sample.load()[sample.target]
    assert recognise_task(target).kind == task
    assert encode_target(target, task)[1] == classes


def test_listing_the_samples_loads_neither_pandas_nor_scikit_learn():
    code = (
        "import sys; from app.functions.tables.samples import SAMPLES; "
        "print(len(SAMPLES), 'pandas.core' in sys.modules, 'sklearn.base' in sys.modules)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
    ).stdout
    assert printed.split() == ["6", "False", "False"]


def test_orders_have_every_role(orders):
    roles = {column.name: column.role for column in profile_table(orders).columns}
    assert roles == {
        "order id": "identifier",
        "order date": "date",
        "customer id": "identifier",
        "customer age": "number",
        "town": "category",
        "newsletter": "boolean",
        "product": "category",
        "items": "number",
        "price": "number",
        "discount": "number",
        "payment": "category",
        "delivery days": "number",
        "comment": "text",
        "refund amount": "number",
        "currency": "constant",
        "returned": "boolean",
    }


def test_orders_have_what_real_tables_have(orders):
    profile = profile_table(orders)
    assert profile.duplicate_rows == 15
    assert profile.column("town").distinct > 100
    for name in ("customer age", "delivery days", "comment"):
        assert 0.02 < profile.column(name).missing_share < 0.5
    assert orders["order date"].is_monotonic_increasing
    assert orders["order date"].max() - orders["order date"].min() > pd.Timedelta(
        days=700
    )
    assert 1 < len(orders) / orders["customer id"].nunique() < 5


def test_more_orders_come_back_in_the_second_year(orders):
    returned = orders["returned"] == "yes"
    half = len(orders) // 2
    assert 0.03 < returned[half:].mean() - returned[:half].mean() < 0.2


def auc_of(model, X, y) -> float:
    return float(np.mean(cross_val_score(model, X, y, cv=5, scoring="roc_auc")))


def test_returns_can_be_predicted_about_as_well_as_in_real_life(orders):
    numbers = ["customer age", "items", "price", "discount", "delivery days"]
    X = orders.assign(comment=orders["comment"].fillna(""))
    X[numbers] = X[numbers].fillna(X[numbers].median())
    columns = make_column_transformer(
        (StandardScaler(), numbers),
        (OneHotEncoder(handle_unknown="ignore"), ["product", "payment", "town"]),
        (CountVectorizer(), "comment"),
    )
    model = make_pipeline(columns, LogisticRegression(C=0.2, max_iter=500))
    assert 0.75 < auc_of(model, X, orders["returned"] == "yes") < 0.85


def test_the_refund_gives_the_answer_away(orders):
    stump = DecisionTreeClassifier(max_depth=1)
    assert auc_of(stump, orders[["refund amount"]], orders["returned"] == "yes") > 0.99


def test_comments_hint_at_the_answer(orders):
    written = orders.dropna(subset="comment")
    model = make_pipeline(CountVectorizer(), LogisticRegression())
    auc = auc_of(model, written["comment"], written["returned"] == "yes")
    assert 0.55 < auc < 0.75
