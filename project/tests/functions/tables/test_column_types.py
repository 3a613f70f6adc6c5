"""Text becomes numbers, dates and truth values only where every value of a column says so."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.tables.column_types import mark_missing, type_texts


def typed(values: list[str], semicolons: bool = False, **others: list[str]):
    texts = pd.DataFrame({"x": values} | others, dtype="str")
    mark_missing(texts)
    frame, notes = type_texts(texts, semicolons)
    return frame["x"], notes


@pytest.mark.parametrize(
    "values, kind, numbers",
    [
        (["1", "-2", "+3"], "int64", [1, -2, 3]),
        (["1", "?", "3"], "float64", [1, None, 3]),
        ([" 1.5", "2.", ".5 "], "float64", [1.5, 2, 0.5]),
        (["1e3", "-2.5E-1"], "float64", [1000, -0.25]),
        (["1,5", "2"], "float64", [1.5, 2]),
        (["0,125", "7,250"], "float64", [0.125, 7.25]),
        (["1.234,56", "7"], "float64", [1234.56, 7]),
        (["1,234.50", "7"], "float64", [1234.5, 7]),
        (["1,234,567", "1,000"], "int64", [1234567, 1000]),
        (["2019", "2020"], "int64", [2019, 2020]),
        (["9007199254740993", "1"], "int64", [9007199254740993, 1]),
    ],
)
def test_numbers_are_recognised(values, kind, numbers):
    column, notes = typed(values)
    assert str(column.dtype) == kind
    assert [None if pd.isna(value) else value for value in column] == numbers
    assert notes == []


@pytest.mark.parametrize(
    "values",
    [
        ["00123", "45678"],
        ["1.2.3", "1.10.0"],
        ["1.234.567", "2.345.678"],
        ["+491701234567", "+441632960000"],
        ["030/1234", "555-1234"],
        ["12345678901234567890", "1"],
        ["9007199254740993", ""],
        ["1", "2", "three"],
        ["1_000", "2"],
        ["0x1F", "2"],
        ["12%", "$5"],
        ["2020-13-01", "2020-01-01"],
        ["13/13/2020", "01/01/2020"],
        ["31.02.2020", "01.01.2020"],
        ["yes", "no"],
    ],
)
def test_what_is_not_surely_a_number_or_date_stays_text(values):
    column, _ = typed(values)
    assert column.dtype == "str"
    assert column.dropna().tolist() == [value for value in values if value]


def test_one_comma_before_three_digits_is_read_as_the_rest_of_the_file_tells():
    ambiguous = ["1,234", "56,789"]
    alone, notes = typed(ambiguous)
    assert alone.dtype == "str" and "left as text" in notes[0]
    with_commas, notes = typed(ambiguous, y=["0,5", "1,25"])
    assert with_commas.tolist() == [1.234, 56.789] and "decimal comma" in notes[0]
    with_points, notes = typed(ambiguous, y=["0.5", "1.25"])
    assert with_points.tolist() == [1234, 56789] and "thousands" in notes[0]
    with_both, notes = typed(ambiguous, y=["0.5", "1"], z=["0,5", "1"])
    assert with_both.dtype == "str" and "left as text" in notes[0]
    with_semicolons, notes = typed(ambiguous, semicolons=True)
    assert with_semicolons.tolist() == [1.234, 56.789] and len(notes) == 1


def test_a_dot_before_three_digits_is_a_decimal_point_unless_other_columns_have_decimal_commas():
    assert typed(["1.234", "2.345"], semicolons=True)[0].tolist() == [1.234, 2.345]
    column, notes = typed(["1.234", "2.345"], y=["0,5", "1,25"])
    assert column.tolist() == [1234, 2345]
    assert "between thousands" in notes[0]


@pytest.mark.parametrize(
    "values, first",
    [
        (["2020-12-31", "2020-01-01"], "2020-12-31"),
        (["2020-12-31 23:59", "2020-01-01"], "2020-12-31 23:59"),
        (["2020-12-31T23:59:58.5", "?"], "2020-12-31 23:59:58.5"),
        (["2020/12/31", "2020/1/1"], "2020-12-31"),
        (["31.12.2020", "1.1.2020"], "2020-12-31"),
        (["3.2.2020 4:05", "1.1.2020 10:00"], "2020-02-03 04:05"),
        (["3/2/2020", "13/1/2020"], "2020-02-03"),
        (["3/2/2020", "1/13/2020"], "2020-03-02"),
        (["3-2-2020", "13-1-2020"], "2020-02-03"),
        (["12/31/2020 11:30 PM", "1/1/2020 1:00 AM"], "2020-12-31 23:30"),
        (["1066-10-14", "9999-12-31"], "1066-10-14"),
    ],
)
def test_dates_are_recognised(values, first):
    column, notes = typed(values)
    assert column.dtype == "datetime64[us]"
    assert column[0] == pd.Timestamp(first)
    assert notes == []


@pytest.mark.parametrize(
    "semicolons, month, word", [(True, 2, "day"), (False, 3, "month")]
)
def test_an_ambiguous_order_of_day_and_month_is_decided_and_noted(
    semicolons, month, word
):
    column, notes = typed(["03/02/2020", "04/05/2020"], semicolons)
    assert column[0].month == month
    assert f"the {word} was taken to come first" in notes[0]


def test_times_with_a_zone_become_utc_and_a_note_says_so():
    column, notes = typed(["2020-01-01T12:00:00+02:00", "2020-01-01T12:00:00Z"])
    assert column.tolist() == [
        pd.Timestamp(2020, 1, 1, 10),
        pd.Timestamp(2020, 1, 1, 12),
    ]
    assert notes == ['Times with a time zone were turned into UTC: "x".']


def test_truth_values_are_recognised_and_stay_text_beside_missing_ones():
    assert typed(["True", "false", "TRUE"])[0].tolist() == [True, False, True]
    column, _ = typed(["True", "", "FALSE"])
    assert column.dtype == "str"
    assert column.dropna().tolist() == ["true", "false"]


def test_spellings_of_missing_are_missing_and_other_words_are_not():
    column, _ = typed(["NA", " ?", "-", "null", "", "missing", "none"])
    assert column.isna().tolist() == [True] * 5 + [False] * 2


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_floats_come_back_exactly(values):
    column, _ = typed([repr(value) for value in values])
    if any(abs(value) != float("inf") for value in values):
        assert column.tolist() == values


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_whole_numbers_come_back_exactly(values):
    column, _ = typed([str(value) for value in values])
    assert column.dtype == "int64"
    assert column.tolist() == values
