"""Rows are split so that no model learns from the rows it is tested on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.functions.models.splitting import (
    Split,
    split_rows,
)

pytestmark = pytest.mark.filterwarnings("ignore:The least populated class")

SHARES = st.sampled_from([0.05, 0.1, 0.2, 1 / 3, 0.5])
FOLDS = st.integers(2, 6)
SEEDS = st.integers(0, 3)


def assert_disjoint_and_complete(parts: Split, n_rows: int) -> None:
    rows = np.concatenate([parts.train, parts.test])
    assert sorted(rows) == list(range(n_rows)) and len(parts.test)
    for fit, validate in parts.folds:
        assert len(fit) and len(validate)
        assert not set(fit) & set(validate)
        assert set(fit) | set(validate) <= set(parts.train)


def is_sentence(error: ValueError) -> bool:
    text = str(error)
    return text[0].isupper() and text.endswith(".") and "_" not in text


def split_or_sentence(*arguments) -> Split | None:
    try:
        return split_rows(*arguments)
    except ValueError as error:
        assert is_sentence(error), error
        return None


def dates(days: list[int]) -> pd.Series:
    first = pd.Timestamp("2020-01-01")
    return pd.Series([first + pd.Timedelta(days=d) for d in days], name="day")


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=80), FOLDS, SHARES, SEEDS)
def test_a_random_split_keeps_the_shares_of_the_classes(codes, n_splits, share, seed):
    y = np.array(codes)
    parts = split_or_sentence(y, True, "random", None, n_splits, share, seed)
    if parts is None:
        return
    assert_disjoint_and_complete(parts, len(y))
    validated = np.concatenate([validate for _, validate in parts.folds])
    assert sorted(validated) == sorted(parts.train)
    for code in np.unique(y):
        held_out = (y[parts.test] == code).sum()
        assert abs(held_out - share * (y == code).sum()) <= 1.5
        in_train = (y[parts.train] == code).sum()
        for _, validate in parts.folds:
            assert abs((y[validate] == code).sum() - in_train / n_splits) <= 1


@settings(max_examples=60)
@given(st.integers(2, 80), FOLDS, SHARES, SEEDS)
def test_a_random_split_of_numbers_covers_all_rows(n_rows, n_splits, share, seed):
    y = np.arange(n_rows, dtype=float)
    parts = split_or_sentence(y, False, "random", None, n_splits, share, seed)
    if parts is not None:
        assert_disjoint_and_complete(parts, n_rows)
        validated = np.concatenate([validate for _, validate in parts.folds])
        assert sorted(validated) == sorted(parts.train)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=80), FOLDS, SHARES)
def test_a_split_by_time_never_learns_from_the_future(days, n_splits, share):
    y = np.arange(len(days), dtype=float)
    by = dates(days)
    parts = split_or_sentence(y, False, "time", by, n_splits, share)
    if parts is None:
        return
    assert_disjoint_and_complete(parts, len(days))
    assert by[parts.train].max() < by[parts.test].min()
    assert len(parts.folds) == n_splits
    for fit, validate in parts.folds:
        assert by[fit].max() < by[validate].min()


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 400), min_size=30, max_size=80, unique=True),
    FOLDS,
    SHARES,
    st.integers(1, 60),
)
def test_a_gap_lies_between_the_training_and_the_tested_rows(
    days, n_splits, share, gap
):
    y, by = np.arange(len(days), dtype=float), dates(days)
    parts = split_or_sentence(y, False, "time", by, n_splits, share, 0, gap)
    if parts is None:
        return
    without = split_rows(y, False, "time", by, n_splits, share)
    assert parts.test.tolist() == without.test.tolist()
    pairs = [(parts.train, parts.test), *parts.folds]
    whole = [without.train, *(fit for fit, _ in without.folds)]
    for (fit, validate), before in zip(pairs, whole):
        last = by[validate].min() - pd.Timedelta(days=gap)
        assert by[fit].max() <= last
        assert set(fit) == {row for row in before if by[row] <= last}


def test_a_gap_longer_than_the_table_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="A gap of 90 days leaves no rows"):
        split_rows(
            np.arange(40.0), False, "time", dates(list(range(40))), 2, 0.2, 0, 90
        )


def test_too_few_dates_for_the_folds_are_refused_with_a_sentence():
    by = dates([0] * 20 + [1] * 20 + [2] * 20)
    with pytest.raises(ValueError, match="There are 3 dates, but 5 folds"):
        split_rows(np.arange(60.0), False, "time", by)


def test_a_date_with_many_rows_stays_together():
    days = [0] * 10 + [1] * 10 + [2] * 10 + [3] * 70
    parts = split_rows(np.arange(100.0), False, "time", dates(days), 2, 0.2)
    assert len(parts.test) == 70


@pytest.mark.parametrize("seed", range(5))
def test_groups_of_very_different_sizes_are_held_out_near_the_share(seed):
    sizes = np.random.default_rng(seed).lognormal(2, 1.5, 40).astype(int) + 1
    by = pd.Series(np.repeat(np.arange(40), sizes), name="store")
    parts = split_rows(np.arange(len(by), dtype=float), False, "group", by, 5, 0.2, 0)
    assert abs(len(parts.test) / len(by) - 0.2) < 0.05


def test_both_parts_of_a_split_by_group_have_all_classes_if_they_can():
    by = pd.Series(np.arange(60) // 3, name="patient")
    y = np.isin(by, [2, 4, 11, 15]).astype(int)
    for seed in range(10):
        parts = split_rows(y, True, "group", by, 2, 0.2, seed)
        assert set(y[parts.train]) == set(y[parts.test]) == {0, 1}


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d", "e", "f", "g", None]), st.booleans()
        ),
        min_size=2,
        max_size=60,
    ),
    FOLDS,
    SHARES,
    SEEDS,
    st.booleans(),
)
def test_a_split_by_group_never_divides_a_group(rows, n_splits, share, seed, classify):
    by = pd.Series([group for group, _ in rows], name="group", dtype=object)
    y = np.array([int(value) for _, value in rows])
    parts = split_or_sentence(y, classify, "group", by, n_splits, share, seed)
    if parts is None:
        return
    assert_disjoint_and_complete(parts, len(rows))
    names = by.fillna("(none)").to_numpy()
    for part, other in [(parts.train, parts.test), *parts.folds]:
        assert not set(names[part]) & set(names[other])


def test_a_missing_group_is_a_group():
    by = pd.Series([None, "a", "b", "c", "d", "e"] * 4)
    parts = split_rows(np.arange(24.0), False, "group", by, 2, 0.2, 0)
    missing = set(np.flatnonzero(by.isna()))
    assert missing <= set(parts.train) or missing <= set(parts.test)


def test_dates_with_a_time_zone_are_ordered():
    by = dates([3, 1, 2, 5, 4, 0, 7, 6]).dt.tz_localize("Asia/Tokyo")
    parts = split_rows(np.arange(8.0), False, "time", by, 2, 0.25)
    assert sorted(parts.test) == [6, 7] and parts.train[0] == 5


@pytest.mark.parametrize("split", ["random", "time", "group"])
def test_the_same_seed_gives_the_same_split_and_another_one_another(split):
    y = np.arange(60) % 2
    by = dates(list(range(60))) if split == "time" else pd.Series(np.arange(60) // 3)
    first, again, other = (
        split_rows(y, True, split, by, 3, 0.2, seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.test, again.test)
    assert (first.test.tolist() == other.test.tolist()) == (split == "time")


@pytest.mark.parametrize(
    "split, by, sentence",
    [
        ("time", None, "A split by time needs a date column: choose one."),
        ("time", pd.Series(["x"] * 20), "A split by time needs a date column"),
        ("group", None, "A split by group needs a column that names the groups."),
        ("group", pd.Series([1, 2] * 10, name="g"), "Column 'g' has 2 groups"),
        ("space", None, "no split 'space': choose random, time or group."),
    ],
)
def test_a_split_without_its_column_is_refused_with_a_sentence(split, by, sentence):
    with pytest.raises(ValueError, match=sentence):
        split_rows(np.arange(20) % 2, True, split, by)


def test_rows_without_a_date_are_counted_in_the_refusal():
    by = dates(list(range(20)))
    by[[2, 5]] = pd.NaT
    with pytest.raises(ValueError, match="Column 'day' has no date in 2 rows"):
        split_rows(np.arange(20.0), False, "time", by)


def test_training_rows_of_a_single_class_are_refused():
    y = np.repeat([0, 1], 50)
    with pytest.raises(ValueError, match="Split by time, one of the training parts"):
        split_rows(y, True, "time", dates(list(range(100))))


def test_a_class_that_appears_later_is_no_obstacle():
    y = np.array([0, 1] * 45 + [2] * 10)
    parts = split_rows(y, True, "time", dates(list(range(100))))
    assert 2 not in y[parts.folds[0][0]] and 2 in y[parts.test]
