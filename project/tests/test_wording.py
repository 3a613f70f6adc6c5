"""Numbers, shares, durations and names as text."""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import wording

finite = st.floats(allow_nan=False, allow_infinity=False)
shares = st.floats(0, 1)
UNITS = {
    "d": 86_400,
    "h": 3600,
    "min": 60,
    "s": 1,
    "ms": 0.001,
}


def read(written: str) -> float:
    """The number that is written; of '< 0.1 %' the 0.1."""
    plain = written.strip("<> %").replace(",", "").replace(wording.MINUS, "-")
    return float(plain)


def read_seconds(written: str) -> float:
    parts = written.removeprefix("< ").split(" ")
    return sum(read(n) * UNITS[unit] for n, unit in zip(parts[::2], parts[1::2]))


# ---- Numbers


@given(st.floats(-1e300, 1e300))
def test_a_number_keeps_three_digits(value):
    assert math.isclose(read(wording.number(value)), value, rel_tol=0.0051)


@given(st.integers(-(10**14), 10**14))
def test_a_whole_number_keeps_all_digits(value):
    assert read(wording.number(value)) == value


@given(finite)
def test_a_number_is_short_and_has_no_hyphen(value):
    assert len(wording.number(value)) <= 20
    assert "-" not in wording.number(value) + wording.fixed(value)


@given(finite)
def test_only_zero_is_written_as_zero(value):
    assert (read(wording.number(value)) == 0) == (value == 0)


@given(finite, finite)
def test_a_larger_number_is_never_written_as_a_smaller_one(a, b):
    small, large = sorted((a, b))
    assert read(wording.number(small)) <= read(wording.number(large))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (0.5, "0.500"),
        (0.0123456, "0.0123"),
        (1.2345, "1.23"),
        (-54.321, "−54.3"),
        (1234.5, "1,235"),
        (12_345_678.5, "12,345,679"),
        (1.5e-7, "1.50e−7"),
        (9.999e15, "1.00e+16"),
    ],
)
def test_a_number_has_three_digits_that_matter(value, text):
    assert wording.number(value) == text


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_fixed_is_off_by_half_of_the_last_digit_at_most(value, decimals):
    assert abs(read(wording.fixed(value, decimals)) - value) <= 0.51 * 10**-decimals


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.98765, "0.988"),
        (1.0, "1.000"),
        (-0.00001, "0.000"),
        (-1234.5, "−1,234.500"),
        (0.0625, "0.063"),
    ],
)
def test_a_score_has_three_decimals_and_no_negative_zero(value, text):
    assert wording.fixed(value) == text


# ---- Shares


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (0.0004, "< 0.1 %"),
        (0.0123, "1.2 %"),
        (0.12, "12 %"),
        (0.1234, "12.3 %"),
        (0.999, "99.9 %"),
        (0.99999, "> 99.9 %"),
        (1, "100 %"),
        (59, "5,900 %"),
        (-0.04, "−4 %"),
        (-0.00001, "> −0.1 %"),
    ],
)
def test_a_share_has_one_decimal_unless_that_is_zero(share, text):
    assert wording.percent(share) == text


@given(st.floats(0, 1, exclude_min=True), st.integers(0, 4))
def test_a_share_above_zero_never_looks_like_zero(share, decimals):
    written = wording.percent(share, decimals)
    assert written.startswith("<") or read(written) > 0


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 4))
def test_a_share_below_one_never_looks_like_all(share, decimals):
    written = wording.percent(share, decimals)
    assert written.startswith(">") or read(written) < 100


@given(shares)
def test_a_share_is_off_by_half_of_its_last_digit_at_most(share):
    assert abs(read(wording.percent(share)) - 100 * share) <= 0.1


@given(shares, shares)
def test_a_larger_share_is_never_written_as_a_smaller_one(a, b):
    small, large = sorted((a, b))
    assert read(wording.percent(small)) <= read(wording.percent(large))


@given(st.floats(-10, 10))
def test_a_change_has_its_sign(change):
    written = wording.percent(change, signed=True)
    assert ("+" in written) == (change > 0)
    assert (wording.MINUS in written) == (change < 0)


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.012, "1.2 percentage points"), (-0.03, "−3 percentage points")],
)
def test_a_difference_of_shares_is_in_percentage_points(difference, text):
    assert wording.points(difference) == text


# ---- Durations


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.000001, "< 0.1 ms"),
        (0.0004, "0.4 ms"),
        (0.05, "50 ms"),
        (0.75, "750 ms"),
        (1, "1 s"),
        (2.345, "2.3 s"),
        (9.97, "10 s"),
        (42.4, "42 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3599.7, "1 h"),
        (7325, "2 h 2 min"),
        (86_399, "1 d"),
        (100_000, "1 d 4 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(value, written):
    assert wording.seconds(value) == written


@given(st.floats(0.0001, 1e9))
def test_a_duration_is_never_far_from_the_truth(value):
    written = read_seconds(wording.seconds(value))
    assert written == pytest.approx(value, rel=0.05, abs=0.00006)


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_longer_duration_is_never_written_as_a_shorter_one(a, b):
    short, long = sorted((a, b))
    assert read_seconds(wording.seconds(short)) <= read_seconds(wording.seconds(long))


@given(st.floats(0, 1e9))
def test_milliseconds_are_written_as_seconds_are(value):
    assert wording.milliseconds(value) == wording.seconds(value / 1000)


# ---- What is not known


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "write",
    [
        wording.number,
        wording.fixed,
        wording.percent,
        wording.points,
        wording.seconds,
        wording.milliseconds,
    ],
)
def test_what_is_not_known_is_a_dash(write, nothing):
    assert write(nothing) == "–"


# ---- Words


@given(st.integers(0, 10**9))
def test_only_one_is_singular(count):
    assert wording.plural(count, "row").endswith("row") == (count == 1)


def test_a_count_has_its_thousands_separated_and_may_have_a_plural_of_its_own():
    assert wording.plural(2_000, "row") == "2,000 rows"
    assert wording.plural(2, "class", "classes") == "2 classes"


def test_many_names_are_cut_short():
    assert wording.quoted(["a"]) == "'a'"
    assert wording.quoted(["a", "b"]) == "'a' and 'b'"
    assert wording.quoted(["a", "b", "c", "d", "e"]) == "'a', 'b', 'c' and 2 more"
    assert len(wording.quoted(["x" * 500])) < 100


def test_a_list_names_all_unless_it_is_told_not_to():
    assert wording.listed([]) == ""
    assert wording.listed(["a", "b", "c", "d"]) == "a, b, c and d"
    assert wording.listed(["a", "b", "c"], most=1) == "a and 2 more"


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


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "about 5 s"),
        (17, "about 15 s"),
        (22, "about 20 s"),
        (55, "about 50 s"),
        (62, "about 1 min"),
        (240, "about 4 min"),
        (7000, "about 2 h"),
        (400_000, "about 5 d"),
        (None, "–"),
    ],
)
def test_a_time_that_is_expected_is_rounded_to_what_one_would_say(seconds, said):
    assert wording.roughly(seconds) == said


# ---- The one place

APP = Path(wording.__file__).parent
ROOMS = (
    "dashboard",
    "functions/checks",
    "functions/evaluation",
    "functions/models",
    "jobs",
    "reporting",
    "reports",
    "statistics",
    "ui",
)
# A drawing, a table that is thinned, a protocol: nobody reads these numbers.
NOT_FOR_PEOPLE = {
    "dashboard/column_table.py",
    "functions/evaluation/regression.py",
    "reports/kit/source.py",
}


def specs_by_hand() -> list[str]:
    found = []
    for path in (path for room in ROOMS for path in (APP / room).rglob("*.py")):
        name = path.relative_to(APP).as_posix()
        if name in NOT_FOR_PEOPLE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FormattedValue) and node.format_spec:
                spec = "".join(
                    str(getattr(part, "value", "")) for part in node.format_spec.values
                )
                if re.search(r"^[^%]*[,.]|[efg%]$", spec) and "%Y" not in spec:
                    found.append(f"{name}:{node.lineno} {spec}")
    return found


def test_no_other_module_writes_numbers_by_hand():
    found = specs_by_hand()
    assert not found, "\n".join(["Use app/wording.py for these:", *found])
