"""How numbers and names are written in the sentences of the checks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.checks.findings import (
    count,
    decimals,
    level_of,
    number,
    percent,
    quoted,
)


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0"),
        (0.5, "0.500"),
        (0.0123456, "0.0123"),
        (1.2345, "1.23"),
        (54.321, "54.3"),
        (-54.321, "-54.3"),
        (1234.5, "1,234"),
        (12_345_678.0, "12,345,678"),
        (1.5e-7, "1.5e-07"),
        (float("nan"), "unknown"),
        (float("inf"), "unknown"),
    ],
)
def test_a_number_has_three_digits_that_matter(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    "value, text",
    [(0.98765, "0.988"), (1.0, "1.000"), (-0.00001, "0.000"), (-25.123, "-25.1")],
)
def test_a_score_has_three_decimals_and_no_negative_zero(value, text):
    assert decimals(value) == text


@pytest.mark.parametrize(
    "share, text",
    [
        (0, "0 %"),
        (0.0001, "less than 0.1 %"),
        (0.0123, "1.2 %"),
        (0.02, "2 %"),
        (0.0996, "10 %"),
        (0.256, "26 %"),
        (1, "100 %"),
    ],
)
def test_a_share_is_written_in_percent(share, text):
    assert percent(share) == text


@given(st.floats())
def test_every_number_can_be_written(value):
    assert number(value) and decimals(value)


def test_many_names_are_cut_short():
    assert quoted(["a"]) == "'a'"
    assert quoted(["a", "b"]) == "'a' and 'b'"
    assert quoted(["a", "b", "c", "d", "e"]) == "'a', 'b', 'c' and 2 more"
    assert len(quoted(["x" * 500])) < 100


def test_one_is_not_plural():
    assert count(1, "row") == "1 row"
    assert count(2_000, "row") == "2,000 rows"


def test_the_worse_level_needs_the_larger_number():
    assert [level_of(value, 1, 2) for value in (0.9, 1, 2)] == [
        "good",
        "warning",
        "bad",
    ]
