"""The script of the zip reads cells as the app does, and answers as its scoring does."""

from __future__ import annotations

import itertools
import runpy

import numpy as np
import pandas as pd
import pytest

from app.exports import model_zip
from app.functions.tables.schema import ColumnSchema

NUMBERS = """
0 5 -5 +5 12.5 0.5 .5 -.5 5. ,5 0,5 1,5 1.5 1795.05 1795,05 1.795 1,795 1.795,05 1,795.05 0.795 0,795 33.700 33,700
1.234.567 1,234,567 1.234.567,8 1,234,567.8 1234,567 1234.567 12.34.56 1.2345 1,2345 1.23,4 1,23.4 1.234.56 1,234,56 1.2.3
1e5 1.5e-3 1,5e3 1.234e3 1,234e3 -1.795,05 007 0123.5 00 +491234567 1_000 0x10 e5 . , - 44,9% 44.9% 57% -7% 1.234% 1e5%
3:29 10:17 1:02:03 -1:30 1:02:03.5 3:61 25:00 1:2 €5 5€ $1,795.05 5kg 12A wide 2024-08-05
""".split()
SPACED = ["44,9 %", "57 %", "5 kg", "1 795,05", "1 234 567", "1'795.05", "1\u202f795,5", "−5", "1 795 05", "12 34"]  # fmt: skip
DATES = """
2024-08-05 2024-12-31 2024-8-5 2024/08/05 2024-02-30 2024-13-01 05.08.2024 31.08.2024 5.8.2024 05.08.24 1.1.69 1.1.68
20240805 2024-08 2024 2024-08-05T14:30 2024-08-05T14:30:05Z 2024-08-05T14:30:05.25+02:00 foo 12 5 2024-08-05x 0000-00-00
""".split()
DATES += ["2024-08-05 14:30", "2024-08-05 9:30", "05.08.2024 14:30", "5 Aug 2024", "Aug 5, 2024", "05-Aug-2024"]  # fmt: skip
SLASHED = ["05/08/2024", "5/8/24", "05-08-2024", "1/2/2024 14:30", "1/2/2024 2:30 pm", "31/31/2024", "0/1/2024"]  # fmt: skip


@pytest.fixture(scope="module")
def script():
    """The functions of the script."""
    return runpy.run_path(str(model_zip._TEMPLATE))


def in_the_app(column: ColumnSchema, texts: list[str]) -> pd.Series:
    """What the app reads of each text, whatever the others are."""
    read = [column.read(pd.Series([text], dtype="str", name="x")) for text in texts]
    return pd.concat(read, ignore_index=True)


def read(script, column: ColumnSchema, texts: list[str]) -> pd.Series:
    """What the script reads."""
    kind = "dates" if column.dtype == "date" else "numbers"
    about = {"written": column.written}
    return script[kind](pd.Series(texts, dtype="str"), about)


@pytest.mark.parametrize("written", ["decimal point", "decimal comma"])
def test_a_number_is_what_it_is_in_the_app(script, written):
    column = ColumnSchema("x", "number", "decimal", written=written)
    texts = [*NUMBERS, *SPACED]
    expected = in_the_app(column, texts).astype("float64")
    found = read(script, column, texts)
    differ = ~((found == expected) | (found.isna() & expected.isna()))
    assert not list(zip(np.array(texts)[differ], found[differ], expected[differ]))


@pytest.mark.parametrize("written", ["day first", "month first"])
def test_a_date_is_what_it_is_in_the_app(script, written):
    column = ColumnSchema("x", "date", "date", written=written)
    texts = [*DATES, *SLASHED]
    expected = in_the_app(column, texts)
    found = read(script, column, texts)
    differ = ~((found == expected) | (found.isna() & expected.isna()))
    assert not list(zip(np.array(texts)[differ], found[differ], expected[differ]))


def test_no_date_is_read_in_another_order_than_the_training_tables(script):
    texts = ["13/08/2024", "08/13/2024", "05/08/2024", "08.13.2024"]
    for written, wanted in {
        "day first": ["2024-08-13", None, "2024-08-05", None],
        "month first": [None, "2024-08-13", "2024-05-08", None],
        "": [None] * 4,
    }.items():
        column = ColumnSchema("x", "date", "date", written=written)
        found = read(script, column, texts)
        expected = pd.Series(pd.to_datetime(wanted)).astype("datetime64[us]")
        pd.testing.assert_series_equal(found, expected, check_names=False)
