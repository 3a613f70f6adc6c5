"""Rare classes are left out or joined, and what is left can be learned."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.tables.rare_classes import OTHER, common_classes
from app.functions.tables.tasks import check_target, encode_target


def column(**counts: int) -> pd.Series:
    labels = [label for label, count in counts.items() for _ in range(count)]
    return pd.Series(labels, name="outcome", dtype="str")


@given(
    st.lists(st.integers(1, 40), min_size=2, max_size=12),
    st.sampled_from(["leave_out", "join"]),
    st.integers(0, 12),
    st.integers(2, 6),
    st.sampled_from([0.1, 0.2, 0.5]),
)
def test_what_is_left_is_of_the_frequent_classes_and_can_be_learned(
    sizes, way, fewest, n_splits, test_size
):
    target = column(**{f"c{i}": size for i, size in enumerate(sizes)})
    counts = target.value_counts()
    common = common_classes(target, way, fewest, n_splits, test_size)
    if len(sizes) == 2:
        assert common.kept.all() and common.target.equals(target)
        return
    rare = dict(common.rare)
    assert rare == {label: counts[label] for label in rare}
    kept = target[common.kept]
    assert common.target.index.equals(kept.index)
    if way == "leave_out":
        assert common.target.equals(kept) and not set(kept) & set(rare)
        assert len(kept) + common.n_rare == len(target)
    else:
        assert common.kept.all()
        expected = target.where(~target.isin(list(rare)), OTHER)
        assert common.target.tolist() == expected.tolist()
    left = common.target.value_counts().drop(OTHER, errors="ignore")
    assert (left >= max(fewest, 2)).all()
    if way == "leave_out" and len(left) > 1 and len(kept) * (1 - test_size) > 30:
        task = "binary" if len(left) == 2 else "multiclass"
        check_target(common.target, task, n_splits, test_size)


def test_two_classes_and_frequent_ones_are_never_touched():
    two = column(a=100, b=1)
    assert common_classes(two).target is two
    three = column(a=50, b=50, c=50)
    assert common_classes(three).target is three
    rare = column(a=50, b=50, c=1)
    assert common_classes(rare, "keep").target is rare


def test_a_class_that_is_rare_only_once_others_are_gone_is_left_out_too():
    for common_size in range(20, 60):
        common = common_classes(column(a=common_size, b=8, c=7, d=1, e=1))
        counts = common.target.value_counts()
        assert (counts >= common.needed).all()
        if len(counts) > 1:
            task = "binary" if len(counts) == 2 else "multiclass"
            check_target(common.target, task)


def test_joined_classes_become_one_that_comes_after_numbers():
    numbers = pd.Series([3] * 4 + [5] * 50 + [10] * 50 + [9] * 5, name="quality")
    common = common_classes(numbers, "join")
    assert common.rare == (("9", 5), ("3", 4))
    y, classes = encode_target(common.target, "multiclass")
    assert classes == ("5", "10", OTHER)
    assert (y == 2).sum() == 9


def test_a_class_that_is_called_other_already_takes_the_rare_ones():
    common = common_classes(column(Other=40, a=50, b=50, c=2), "join")
    assert common.target.value_counts()[OTHER] == 42
    assert common.rare == (("c", 2),)


@pytest.mark.parametrize("way", ["leave_out", "join"])
def test_where_all_classes_are_rare_nothing_fails(way):
    common = common_classes(column(a=1, b=1, c=1), way)
    assert common.n_rare == 3
