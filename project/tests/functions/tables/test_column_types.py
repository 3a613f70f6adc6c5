"""Text becomes numbers, dates and truth values only where every value of a column says so."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.tables.column_readings import notes_of
from app.functions.tables.column_types import type_texts


def typed(values: list[str], delimiter: str = "", **others: list[str]):
    texts = {
        name: pa.array(column, pa.large_string())
        for name, column in ({"x": values} | others).items()
    }
    result = type_texts(texts, delimiter, drop_empty_rows=False)
    return result.frame["x"], notes_of(result.readings)


@pytest.mark.parametrize(
    "values, kind, numbers",
    [
        (["1", "-2", "+3"], "int64", [1, -2, 3]),
        (["1", "", "3"], "float64", [1, None, 3]),
        ([" 1.5", "2.", ".5 "], "float64", [1.5, 2, 0.5]),
        (["1e3", "-2.5E-1"], "float64", [1000, -0.25]),
        (["1,5", "2"], "float64", [1.5, 2]),
        (["0,125", "7,250"], "float64", [0.125, 7.25]),
        (["1.234,56", "7"], "float64", [1234.56, 7]),
        (["1,234.50", "7"], "float64", [1234.5, 7]),
        (["1,234,567", "1,000"], "int64", [1234567, 1000]),
        (["1.234.567", "2.345.678"], "int64", [1234567, 2345678]),
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
    with_semicolons, notes = typed(ambiguous, ";")
    assert with_semicolons.tolist() == [1.234, 56.789]
    assert "may stand between thousands instead" in notes[0]
    with_commas, notes = typed(ambiguous, ",")
    assert with_commas.tolist() == [1234, 56789]
    assert "may be a decimal comma instead" in notes[0]
    with_commas, notes = typed(["900", *ambiguous], ",")
    assert with_commas.tolist() == [900, 1234, 56789] and notes == []


def test_a_dot_before_three_digits_is_a_decimal_point_unless_something_speaks_for_thousands():
    dots = ["1.234", "2.345"]
    assert typed(dots, ",")[0].tolist() == [1.234, 2.345] and typed(dots, ",")[1] == []
    column, notes = typed(dots, ";")
    assert column.tolist() == [1.234, 2.345]
    assert "may stand between thousands instead" in notes[0]
    column, notes = typed(dots, y=["0,5", "1,25"])
    assert column.tolist() == [1234, 2345]
    assert "between thousands" in notes[0]
    for delimiter in ";\t":
        column, notes = typed(["900", "1.631", "44.029"], delimiter)
        assert column.tolist() == [900, 1631, 44029]
        assert "may be a decimal point instead" in notes[0]


@pytest.mark.parametrize(
    "values, first",
    [
        (["2020-12-31", "2020-01-01"], "2020-12-31"),
        (["2020-12-31 23:59", "2020-01-01"], "2020-12-31 23:59"),
        (["2020-12-31T23:59:58.5", ""], "2020-12-31 23:59:58.5"),
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


@pytest.mark.parametrize("delimiter, month, word", [(";", 2, "day"), (",", 3, "month")])
def test_an_ambiguous_order_of_day_and_month_is_decided_and_noted(
    delimiter, month, word
):
    column, notes = typed(["03/02/2020", "04/05/2020"], delimiter)
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


def test_among_labels_only_what_can_be_no_label_is_missing():
    column, notes = typed(["NA", " ?", "-", "null", "", "missing", "none", "#N/A"])
    assert column.isna().tolist() == [
        False,
        True,
        False,
        True,
        True,
        False,
        False,
        True,
    ]
    assert notes[0] == (
        'Taken as missing: "?" in 1 row of "x"; "null" in 1 row of "x"; "#N/A" in 1 row of "x".'
    )
    assert '"NA" in 1 row of "x"' in notes[1] and '"none"' in notes[1]


@pytest.mark.parametrize(
    "spelling",
    "NA na N/A n.a. None NULL nan NaN . .. - – ? \\N #N/A #DIV/0! <NA> k.A.".split(),
)
def test_among_numbers_and_dates_every_spelling_of_missing_is_missing_and_said(
    spelling,
):
    for others in (["1.5", "2.5", "4"], ["2020-01-01", "2020-02-29", "2020-03-01"]):
        column, notes = typed([*others, spelling])
        assert column.isna().tolist() == [False, False, False, True]
        assert notes == [f'Taken as missing: "{spelling}" in 1 row of "x".']


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
