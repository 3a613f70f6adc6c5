"""Numbers and times as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import wording

finite = st.floats(allow_nan=False, allow_infinity=False)


def read(written: str) -> float:
    return float(written.replace(",", ""))


@given(st.floats(-1e300, 1e300))
def test_a_number_keeps_three_digits(value):
    assert math.isclose(read(wording.number(value)), value, rel_tol=0.0051)


@given(st.integers(-(10**14), 10**14))
def test_a_whole_number_keeps_all_digits(value):
    assert int(wording.number(value).replace(",", "")) == value


@given(finite)
def test_a_number_is_short(value):
    assert len(wording.number(value)) <= 20


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_fixed_is_off_by_half_of_the_last_digit_at_most(value, decimals):
    assert abs(read(wording.fixed(value, decimals)) - value) <= 0.51 * 10**-decimals


@given(st.floats(0, 1, exclude_min=True), st.integers(0, 3))
def test_a_share_above_zero_never_looks_like_zero(share, decimals):
    written = wording.percent(share, decimals)
    assert written.startswith("<") or float(written.removesuffix(" %")) > 0


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "write",
    [
        wording.number,
        wording.fixed,
        wording.percent,
        wording.seconds,
        wording.milliseconds,
    ],
)
def test_what_is_not_known_is_a_dash(write, nothing):
    assert write(nothing) == "–"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0004, "1 ms"),
        (0.05, "50 ms"),
        (2.345, "2.3 s"),
        (42.4, "42 s"),
        (61, "1 min 01 s"),
        (3599.7, "1 h 00 min"),
        (7325, "2 h 02 min"),
    ],
)
def test_a_time_is_written_as_people_say_it(value, written):
    assert wording.seconds(value) == written


@given(st.integers(0, 10**9))
def test_only_one_is_singular(count):
    assert wording.plural(count, "row").endswith("row") == (count == 1)


@given(st.text(), st.integers(1, 50))
def test_a_shortened_name_fits_and_keeps_its_beginning(name, length):
    short = wording.shortened(name, length)
    assert len(short) <= length
    assert name.startswith(short.removesuffix("…")) or name == short


@given(st.lists(st.text(max_size=60), unique=True), st.integers(8, 40))
def test_names_that_differ_still_differ_when_they_are_shortened(names, length):
    short = wording.shortened_apart(names, length)
    assert len(set(short)) == len(names)
    assert all(len(each) <= length for each in short)
