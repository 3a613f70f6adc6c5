"""Words with an order are put in it, all others are left alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.tables.ordinals import SCALES, in_order, rank, scale_of
from app.functions.tables.profiling import possible_roles, profile_table


@pytest.mark.parametrize(
    "words",
    [
        ("low", "medium", "high"),
        ("Low", "Medium", "High", "Very High"),
        ("S", "M", "L", "XL"),
        ("small", "medium", "large"),
        ("Mon", "Tue", "Wed", "Sat", "Sun"),
        ("January", "May", "December"),
        ("Po", "Fa", "TA", "Gd", "Ex"),
        ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"),
        ("never", "sometimes", "often", "always"),
        ("niedrig", "mittel", "hoch"),
        ("Fair", "Good", "Very Good", "Premium", "Ideal"),
    ],
)
def test_words_are_put_in_their_order_whatever_the_order_they_come_in(words):
    assert in_order(words) == words
    assert in_order(tuple(reversed(words))) == words
    assert in_order(sorted(words)) == words


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("low", "high"),
        ("low", "medium", "high", "unknown"),
        ("red", "green", "blue"),
        ("low", "LOW ", "high"),
        ("a", "b", "c"),
    ],
)
def test_words_without_an_order_have_none(words):
    assert in_order(words) == ()


def test_no_word_stands_twice_in_a_scale():
    assert all(len(set(scale.values())) > 2 for scale in SCALES)
    assert all(word == word.lower() for scale in SCALES for word in scale)


@given(st.lists(st.text(max_size=12), max_size=5))
def test_any_words_are_taken(words):
    scale = scale_of(words)
    assert not scale or all(np.isfinite(rank(word, scale)) for word in words)
    assert set(in_order(set(words))) <= set(words)


def test_a_column_of_such_words_is_an_ordered_category_and_may_be_a_plain_one():
    frame = pd.DataFrame({"risk": ["high", "low", "medium", None] * 10, "n": range(40)})
    column = profile_table(frame).column("risk")
    assert column.role == "ordered"
    assert column.reason == "Words in an order: low, medium, high."
    assert column.order == ("low", "medium", "high")
    assert {"ordered", "category"} <= set(possible_roles(column))
    assert "ordered" not in possible_roles(profile_table(frame).column("n"))


def test_the_bars_of_an_ordered_category_stand_in_its_order():
    frame = pd.DataFrame({"risk": ["high"] * 3 + ["low"] * 2 + ["medium"], "n": 1})
    assert profile_table(frame).column("risk").histogram == (2, 1, 3)
