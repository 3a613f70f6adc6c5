"""House estimators and transformers keep scikit-learn's own rules, and what those checks do not reach."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import (
    estimator_checks_generator,
    parametrize_with_checks,
)

from app.functions.models import encoders, estimators
from app.functions.models.encoders import (
    DateParts,
    FillNearlyEmpty,
    InnerFolds,
    ToCategory,
    ToNumber,
    ToRank,
    ToText,
    WordWeights,
)
from app.functions.models.estimators import (
    FewNeighborsClassifier,
    FewNeighborsRegressor,
    MonotoneBoosting,
    MonotoneExtraTreesClassifier,
    MonotoneExtraTreesRegressor,
    MonotoneForestClassifier,
    MonotoneForestRegressor,
    RareClassBoosting,
    RareClassCalibration,
)

TRANSFORMERS = [ToNumber(), ToRank(), ToCategory(), DateParts(), FillNearlyEmpty()]
ESTIMATORS = [
    FewNeighborsClassifier(),
    FewNeighborsClassifier(n_neighbors=40, weights="distance"),
    FewNeighborsRegressor(),
    MonotoneBoosting(max_iter=5, random_state=0),
    MonotoneExtraTreesClassifier(5, random_state=0),
    MonotoneExtraTreesRegressor(5, random_state=0),
    MonotoneForestClassifier(5, random_state=0),
    MonotoneForestRegressor(5, random_state=0),
    RareClassBoosting(max_iter=5, random_state=0),
    RareClassCalibration(LogisticRegression()),
]
# These take one column, or none at all, so scikit-learn has no checks for them.
WITHOUT_CHECKS = {ToText, WordWeights, InnerFolds}

# What scikit-learn compares as numbers, which the categories of `ToCategory` are not.
COMPARES_NUMBERS = {
    name: "The check subtracts two results; these are text. It is made with their codes instead."
    for name in (
        "check_estimators_pickle",
        "check_fit_idempotent",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
        "check_pipeline_consistency",
        "check_transformer_data_not_an_array",
        "check_transformer_general",
    )
}

# The folds of the calibration are folds of rows: a row of weight 2 is in one of them, two rows may be in two.
FOLDS_ROWS = {
    f"check_sample_weight_equivalence_on_{kind}_data": "Its inner folds count rows, not weights."
    for kind in ("dense", "sparse")
}
DRAWS_ROWS = dict.fromkeys(FOLDS_ROWS, "A forest draws rows; so does scikit-learn's.")


def expected_to_fail(estimator) -> dict[str, str]:
    if isinstance(estimator, RareClassCalibration):
        return FOLDS_ROWS
    if isinstance(estimator, (MonotoneForestClassifier, MonotoneForestRegressor)):
        return DRAWS_ROWS
    return COMPARES_NUMBERS if isinstance(estimator, ToCategory) else {}


def category_codes():
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(ToCategory(), encoder)


def name_of(check) -> str:
    return getattr(check, "func", check).__name__


def checks_of_category_codes() -> list:
    checks = estimator_checks_generator(category_codes())
    return [check for _, check in checks if name_of(check) in COMPARES_NUMBERS]


@pytest.fixture(autouse=True)
def _array_api(monkeypatch):
    """Let scikit-learn check arrays of the array API as well, which it skips without this."""
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")


def test_every_house_estimator_is_checked():
    checked = {type(estimator) for estimator in TRANSFORMERS + ESTIMATORS}
    defined = {
        each
        for module in (encoders, estimators)
        for name, each in vars(module).items()
        if isinstance(each, type)
        and each.__module__ == module.__name__
        and not name.startswith("_")
    }
    assert checked | WITHOUT_CHECKS == defined


@parametrize_with_checks(
    TRANSFORMERS + ESTIMATORS,
    expected_failed_checks=expected_to_fail,
    xfail_strict=True,
)
def test_the_rules_of_scikit_learn_are_kept(estimator, check):
    check(estimator)


@pytest.mark.parametrize("check", checks_of_category_codes(), ids=name_of)
def test_the_codes_of_categories_keep_the_rules_that_text_cannot(check):
    check(category_codes())


def test_no_check_of_categories_is_lost():
    found = {name_of(check) for check in checks_of_category_codes()}
    assert found == set(COMPARES_NUMBERS)


# scikit-learn makes these for its own estimators only, beside `check_estimator`.
@pytest.mark.parametrize("estimator", TRANSFORMERS + ESTIMATORS, ids=repr)
def test_columns_are_checked_by_name(estimator):
    estimator_checks.check_dataframe_column_names_consistency(
        type(estimator).__name__, estimator
    )


@pytest.mark.filterwarnings("ignore:X (has|does not have):UserWarning")
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_transformer_get_feature_names_out,
        estimator_checks.check_transformer_get_feature_names_out_pandas,
        estimator_checks.check_get_feature_names_out_error,
        estimator_checks.check_set_output_transform_pandas,
        estimator_checks.check_global_output_transform_pandas,
    ],
    ids=name_of,
)
@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
def test_columns_of_a_result_are_named(transformer, check):
    check(type(transformer).__name__, transformer)


# ---- Few rows


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("algorithm", ["auto", "brute", "kd_tree"])
@pytest.mark.parametrize("kind", [FewNeighborsClassifier, FewNeighborsRegressor])
def test_with_fewer_rows_than_neighbours_all_rows_are_neighbours(
    kind, algorithm, weights
):
    X, y = np.array([[0.0], [1.0], [3.0]]), np.array([0, 1, 1])
    model = kind(10, weights=weights, algorithm=algorithm).fit(X, y)
    fitting = kind(3, weights=weights, algorithm=algorithm).fit(X, y)
    assert model.n_neighbors == 10
    rows = np.array([[0.4], [2.9], [50.0]])
    assert model.predict(rows).tolist() == fitting.predict(rows).tolist()
    if kind is FewNeighborsClassifier:
        proba = model.predict_proba(rows)
        np.testing.assert_array_equal(proba, fitting.predict_proba(rows))
    assert model.kneighbors(rows, return_distance=False).shape == (3, 3)
    assert model.kneighbors(return_distance=False).shape == (3, 2)
    assert model.kneighbors_graph(rows).sum() == 9
    assert model.kneighbors_graph().sum() == 6


def test_neighbours_are_not_fewer_than_asked_for_when_there_are_more_rows():
    X = np.arange(50.0)[:, None]
    model = FewNeighborsClassifier(40).fit(X[:10], np.arange(10) % 2)
    model.fit(X, np.arange(50) % 2)
    assert model.kneighbors(X[:1], return_distance=False).shape == (1, 40)


# ---- Rare classes


@pytest.mark.parametrize("container", [np.asarray, csr_array, pd.DataFrame, list])
@pytest.mark.parametrize(
    "estimator",
    [
        RareClassBoosting(max_iter=5, early_stopping=True, random_state=0),
        RareClassCalibration(LogisticRegression()),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_a_class_with_a_single_row_is_learned_from_every_kind_of_table(
    estimator, container
):
    if container is csr_array and isinstance(estimator, RareClassBoosting):
        container = np.asarray  # boosting takes no sparse tables
    X = np.arange(60.0).reshape(30, 2)
    y = pd.Series(["often"] * 29 + ["once"], dtype="str")
    model = clone(estimator).fit(container(X), y)
    assert set(model.classes_) == {"often", "once"}
    assert model.predict_proba(container(X)).shape == (30, 2)


@pytest.mark.parametrize(
    "estimator",
    [
        RareClassBoosting(max_iter=5, random_state=0),
        RareClassCalibration(LogisticRegression()),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_weights_decide_what_is_learned_also_where_a_class_has_a_single_row(estimator):
    X = np.tile(np.arange(2.0), 20)[:, None]
    y = np.arange(40) % 4 // 2
    y[0] = 2
    first, second = np.where(y == 0, 50.0, 1.0), np.where(y == 1, 50.0, 1.0)
    shares = [
        clone(estimator).fit(X, y, sample_weight=weights).predict_proba(X)[1, 0]
        for weights in (first, None, second)
    ]
    assert shares[0] > shares[1] > shares[2]


# ---- One column of text


TEXTS = ["red shoes", None, "a hat", ""]


def test_fit_leaves_the_parameters_of_text_transformers_alone():
    for transformer in (ToText(), WordWeights(max_features=2, sublinear_tf=True)):
        before = deepcopy(transformer.get_params())
        transformer.fit([text or "" for text in TEXTS])
        assert transformer.get_params() == before
        assert clone(transformer).get_params() == before


@pytest.mark.parametrize("transformer", [ToText(), WordWeights()], ids=repr)
def test_a_text_transformer_says_that_it_is_not_fitted(transformer):
    with pytest.raises(NotFittedError):
        transformer.transform(["red"])
    with pytest.raises(NotFittedError):
        transformer.get_feature_names_out()


@pytest.mark.parametrize(
    "container", [list, np.array, lambda texts: pd.Series(texts, name="note")]
)
def test_texts_are_the_same_in_every_kind_of_column(container):
    transformer = ToText().fit(container(TEXTS))
    texts = transformer.transform(container(TEXTS)).tolist()
    assert texts == ["red shoes", "", "a hat", ""]
    assert transformer.n_features_in_ == 1


def test_a_text_column_keeps_its_name():
    assert ToText().fit(["a"]).get_feature_names_out().tolist() == ["x0"]
    column = pd.Series(["a"], name="note")
    assert ToText().fit(column).get_feature_names_out().tolist() == ["note"]


def test_two_columns_of_text_are_refused():
    two = pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"]})
    with pytest.raises(ValueError, match="1d array"):
        ToText().fit(two)
    with pytest.raises(ValueError, match="1d array"):
        ToText().fit(two["a"]).transform(two)


def test_words_are_learned_from_an_iterator_as_from_a_list():
    texts = ["red shoes", "a red hat"]
    listed = WordWeights().fit_transform(texts).toarray()
    np.testing.assert_array_equal(
        WordWeights().fit_transform(iter(texts)).toarray(), listed
    )
    np.testing.assert_array_equal(
        WordWeights().fit(iter(texts)).transform(iter(texts)).toarray(), listed
    )


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
@pytest.mark.parametrize("text", ["red shoes", "..."])
def test_a_single_text_in_place_of_a_list_is_refused(method, text):
    with pytest.raises(ValueError, match="Give a list of texts"):
        getattr(WordWeights(), method)(text)


# ---- Folds


def test_folds_for_few_rows_are_counted_and_keep_their_parameters():
    folds = InnerFolds(n_splits=5, random_state=3)
    X = np.zeros((3, 1))
    assert len(list(folds.split(X))) == folds.get_n_splits(X) == 3
    assert folds.get_n_splits() == folds.n_splits == 5
    assert folds.random_state == 3
