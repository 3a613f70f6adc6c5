"""The task that a target makes, what is refused, and the target as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.functions.tables.tasks import (
    TASK_LABELS,
    TASKS,
    check_target,
    encode_target,
    possible_tasks,
    recognise_task,
    target_distribution,
)


def column(values, **options) -> pd.Series:
    return pd.Series(values, name="outcome", **options)


targets = st.one_of(
    st.lists(st.booleans(), max_size=40).map(lambda v: column(v, dtype="bool")),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=40).map(
        lambda v: column(v, dtype="int64")
    ),
    st.lists(st.integers(0, 3), max_size=40).map(lambda v: column(v, dtype="int64")),
    st.lists(st.one_of(st.none(), st.floats()), max_size=40).map(
        lambda v: column(v, dtype="float64")
    ),
    st.lists(st.one_of(st.none(), st.sampled_from("abc"), st.text()), max_size=40).map(
        lambda v: column(v, dtype="str")
    ),
    st.lists(st.sampled_from(["1", "2", "10", "nan", "inf"]), max_size=40).map(
        lambda v: column(v, dtype="str")
    ),
    st.lists(st.one_of(st.none(), st.datetimes()), max_size=40).map(
        lambda v: column(v, dtype="datetime64[us]")
    ),
    st.lists(st.one_of(st.none(), st.integers(), st.text()), max_size=40).map(
        lambda v: column(v, dtype=object)
    ),
)


def refusal(call) -> str | None:
    """The sentence of a ValueError; any other error fails the test."""
    try:
        call()
    except ValueError as error:
        return str(error)
    return None


@settings(max_examples=150)
@given(targets, st.sampled_from(TASKS))
def test_any_target_gives_a_result_or_a_sentence(target, task):
    found = recognise_task(target)
    assert found.kind in possible_tasks(target) and found.reason.endswith(".")

    for call in (
        lambda: check_target(target, task),
        lambda: encode_target(target, task),
    ):
        sentence = refusal(call)
        assert sentence is None or sentence.endswith(".")

    distribution = target_distribution(target, task)
    assert distribution.present + distribution.missing <= len(target)


@settings(max_examples=100)
@given(targets, st.integers(2, 5), st.sampled_from([0.0, 0.1, 0.2, 0.5]))
def test_what_passes_the_check_can_be_encoded(target, n_splits, test_size):
    task = recognise_task(target).kind
    if refusal(lambda: check_target(target, task, n_splits, test_size)):
        return
    present = target.dropna()
    y, classes = encode_target(present, task)
    assert y.shape == (len(present),)
    if task == "regression":
        assert classes == () and np.array_equal(y, present.astype(float))
    else:
        assert set(y) == set(range(len(classes)))
        assert len(set(classes)) == present.nunique()


@pytest.mark.parametrize(
    ("values", "kind", "reason"),
    [
        (["a", "b"] * 50, "binary", "The target has 2 distinct values."),
        ([True, False] * 50, "binary", "The target has 2 distinct values."),
        ([1, 2] * 50, "binary", "The target has 2 distinct values."),
        (list("abc") * 50, "multiclass", "The target is text with 3 distinct values."),
        (
            [1, 2, 3] * 50,
            "multiclass",
            "The target has whole numbers with 3 distinct values.",
        ),
        (
            [1.0, 2.0, 3.0, np.nan] * 50,
            "multiclass",
            "The target has whole numbers with 3 distinct values.",
        ),
        (
            list(range(21)) * 50,
            "regression",
            "The target has numbers with 21 distinct values.",
        ),
        (
            [1, 2, 3, 4],
            "regression",
            "The target has numbers with 4 distinct values.",
        ),
        (
            [0.5, 1.5, 2.5] * 50,
            "regression",
            "The target has numbers with 3 distinct values.",
        ),
    ],
)
def test_the_task_is_recognised_with_its_reason(values, kind, reason):
    task = recognise_task(column(values))
    assert (task.kind, task.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("values", "tasks"),
    [
        ([0, 1] * 50, ("binary", "regression")),
        ([1, 2, 3] * 50, ("multiclass", "regression")),
        (list(range(101)) * 5, ("regression",)),
        (["a", "b"] * 50, ("binary",)),
        (list("abc") * 50, ("multiclass",)),
    ],
)
def test_only_tasks_that_fit_the_values_are_offered(values, tasks):
    assert possible_tasks(column(values)) == tasks


NUMBERS = np.linspace(0.5, 9.5, 100)


@pytest.mark.parametrize(
    ("values", "task", "sentence"),
    [
        ([None] * 30, "binary", "has no values: all 30 are missing"),
        (["same"] * 30, "multiclass", "is always 'same'"),
        ([f"R-{i}" for i in range(50)], "multiclass", "like an identifier"),
        (np.arange(50), "regression", "only numbers the 50 rows"),
        (["a"] * 29 + ["b"], "binary", "Class 'b' of column 'outcome' has 1 row,"),
        (
            ["a"] * 94 + ["b"] * 6,
            "binary",
            "has 6 rows, but 5 folds with 20 % held out need 7",
        ),
        (["a", "b", "a", "b"], "binary", "5 folds with 20 % held out need"),
        ([1.5, 2.5, 4.0, 3.5], "regression", "leaves 3 for training, but 5 folds need"),
        (["a", "b"] * 30, "regression", "no numbers, such as 'a'"),
        ([True, False] * 30, "regression", "no numbers, such as 'True'"),
        (list(range(101)) * 9, "multiclass", "has 101 classes, but at most 100"),
        (list("abc") * 30, "binary", "has 3 classes, but this task needs exactly 2"),
        (list("ab") * 30, "multiclass", "has 2 classes"),
        (pd.date_range("2024", periods=60), "regression", "has dates"),
        (
            [*NUMBERS, np.inf, 1e200],
            "regression",
            "infinite or beyond 1e.100 in 2 rows",
        ),
        (NUMBERS, "ranking", "'ranking' is no task"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused_with_a_sentence(
    values, task, sentence
):
    with pytest.raises(ValueError, match=sentence) as refused:
        check_target(column(values), task)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("n_splits", "test_size", "sentence"),
    [(1, 0.2, "1 folds are too few"), (5, 1.0, "share of 1 "), (5, -0.1, "share of")],
)
def test_settings_that_cannot_work_are_refused(n_splits, test_size, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_target(column(NUMBERS), "regression", n_splits, test_size)


def test_a_class_that_the_held_out_part_may_miss_is_refused():
    target = column(["a"] * 192 + ["b"] * 8)
    check_target(target, "binary", n_splits=5, test_size=0.2)
    with pytest.raises(ValueError, match="20 are needed to test it"):
        check_target(target, "binary", n_splits=5, test_size=0.05)


@pytest.mark.parametrize("rare", [7, 8, 12])
def test_a_class_that_passes_is_in_every_fold_and_in_the_held_out_part(rare):
    from sklearn.model_selection import StratifiedKFold, train_test_split

    target = column(["a"] * (100 - rare) + ["b"] * rare)
    check_target(target, "binary", n_splits=5, test_size=0.2)
    train, test = train_test_split(
        target, test_size=0.2, stratify=target, random_state=0
    )
    assert "b" in set(test)
    for _, fold in StratifiedKFold(5).split(train, train):
        assert "b" in set(train.iloc[fold])


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["yes", "no", "yes"], ("no", "yes")),
        (["malignant", "benign", "malignant"], ("benign", "malignant")),
        (["No", "Churned", "Churned"], ("No", "Churned")),
        ([1, 0, 1], ("0", "1")),
        ([1.0, 0.0, 1.0], ("0", "1")),
        ([-1, 1, 1], ("-1", "1")),
        ([True, False, True], ("False", "True")),
        (["y", "n", "y"], ("n", "y")),
        (["m", "f", "f"], ("f", "m")),
        (["f", "m", "m"], ("m", "f")),
        (["benign", "odd", "odd"], ("benign", "odd")),
        ([1, 2, 1], ("1", "2")),
        ([1, 2, 2], ("2", "1")),
        (["a", "b"], ("a", "b")),
    ],
)
def test_the_positive_class_is_the_event_else_the_rarer_one(values, classes):
    y, found = encode_target(column(values), "binary")
    assert found == classes
    written = [classes[code] for code in y]
    same = [written[0] == label for label in written]
    assert same == [values[0] == value for value in values]


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([10, 9, 100], ("9", "10", "100")),
        (["10", "9", "100"], ("9", "10", "100")),
        (["pear", "Apple", "fig"], ("Apple", "fig", "pear")),
        ([0.5, 10.0, 2.0], ("0.5", "2", "10")),
    ],
)
def test_classes_are_in_an_order_that_people_expect(values, classes):
    y, found = encode_target(column(values + values), "multiclass")
    assert found == classes
    assert y.dtype == np.int64


def test_a_regression_target_stays_as_it_is():
    y, classes = encode_target(column([3, 1, 2]), "regression")
    assert y.tolist() == [3.0, 1.0, 2.0] and y.dtype == np.float64
    assert classes == ()


def test_missing_values_cannot_be_encoded():
    with pytest.raises(ValueError, match="has no value in 1 row\\."):
        encode_target(column(["a", "b", None]), "binary")


def test_the_distribution_of_classes_shows_20_and_counts_the_others():
    values = [f"c{i:02d}" for i in range(25) for _ in range(25 - i)] + [None]
    distribution = target_distribution(column(values), "multiclass")
    assert list(distribution.labels) == [f"c{i:02d}" for i in range(20)]
    assert list(distribution.counts) == list(range(25, 5, -1))
    assert distribution.other == 5 + 4 + 3 + 2 + 1
    assert distribution.missing == 1


def test_the_distribution_of_numbers_has_an_edge_more_than_counts():
    distribution = target_distribution(column([*NUMBERS, np.nan]), "regression")
    assert distribution.labels == ()
    assert len(distribution.edges) == len(distribution.counts) + 1
    assert (distribution.edges[0], distribution.edges[-1]) == (0.5, 9.5)
    assert sum(distribution.counts) == 100 and distribution.missing == 1


def test_every_task_has_a_label():
    assert set(TASK_LABELS) == set(TASKS)
