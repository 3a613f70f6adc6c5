"""Whatever the style, the numbers and dates of a column come back; a clean table gets no sentence."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from app.functions.tables.reading import read_table

# A column has enough numbers, one of them with two decimals and one above a thousand: its style shows.
CENTS = st.lists(st.integers(-(10**9), 10**9), min_size=3, max_size=20).map(
    lambda cents: [Decimal(c) / 100 for c in cents] + [Decimal("1234.56")]
)
DAYS = st.lists(
    st.datetimes(datetime(1970, 1, 1), datetime(2060, 12, 31)), min_size=3, max_size=20
).map(lambda days: [day.replace(microsecond=0) for day in days] + [datetime(2021, 1, 31)])  # fmt: skip


def english(number: Decimal) -> str:
    return f"{number:,.2f}"


def german(number: Decimal) -> str:
    return english(number).translate(str.maketrans(",.", ".,"))


def french(number: Decimal) -> str:
    return english(number).replace(",", "\u202f").replace(".", ",")


def swiss(number: Decimal) -> str:
    return english(number).replace(",", "'")


def accounting(number: Decimal) -> str:
    return f"({english(-number)})" if number < 0 else english(number)


NUMBER_STYLES = {
    "plain": lambda n: f"{n:.2f}",
    "english": english,
    "german": german,
    "french": french,
    "swiss": swiss,
    "accounting": accounting,
    "minus sign": lambda n: english(n).replace("-", "−"),
    "trailing minus": lambda n: english(n).lstrip("-") + "-" * (n < 0),
    "dollars": lambda n: ("-" if n < 0 else "") + "$" + english(abs(n)),
    "euros": lambda n: german(n) + " €",
    "kilograms": lambda n: english(n) + " kg",
}
DATE_STYLES = (
    *("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y.%m.%d %H:%M:%S"),
    *("%d.%m.%Y %H:%M:%S", "%d-%b-%Y %H:%M:%S", "%B %d, %Y %I:%M:%S %p"),
    *("%a, %d %b %Y %H:%M:%S +0000", "%Y-%m-%dT%H:%M:%SZ", "%a %b %d %H:%M:%S %Y"),
    *("%Y%m%d%H%M%S", "%m/%d/%Y, %I:%M:%S%p", "%d/%m/%Y %H:%M:%S"),
)


def read(cells: list[str], delimiter: str):
    lines = [f'"{cell}"{delimiter}label{i % 3}' for i, cell in enumerate(cells)]
    text = "\n".join([f"x{delimiter}kind", *lines]) + "\n"
    return read_table(io.BytesIO(text.encode()), "table.csv", 10**6)


@settings(deadline=None, max_examples=40)
@given(CENTS, st.sampled_from(sorted(NUMBER_STYLES)), st.sampled_from(",;\t|"))
def test_numbers_come_back_from_every_style(numbers, style, delimiter):
    cells = [NUMBER_STYLES[style](number) for number in numbers]
    found = read(cells, delimiter).frame["x"]
    assert found.tolist() == [float(number) for number in numbers]


@settings(deadline=None, max_examples=40)
@given(CENTS, st.sampled_from(",;\t|"))
def test_percentages_come_back_as_exact_shares(numbers, delimiter):
    found = read([f"{number:.2f} %" for number in numbers], delimiter).frame["x"]
    assert found.tolist() == [float(number / 100) for number in numbers]


@settings(deadline=None, max_examples=40)
@given(DAYS, st.sampled_from(DATE_STYLES), st.sampled_from(",;\t|"))
def test_dates_come_back_from_every_style(moments, style, delimiter):
    found = read([moment.strftime(style) for moment in moments], delimiter).frame["x"]
    assert found.tolist() == [pd.Timestamp(moment) for moment in moments]


@settings(deadline=None, max_examples=40)
@given(CENTS, DAYS, st.sampled_from(",;\t|"))
def test_a_clean_table_gets_no_sentence(numbers, moments, delimiter):
    n = min(len(numbers), len(moments))
    rows = [
        delimiter.join([f"{numbers[-1 - i]:.2f}", str(moments[i]), f"label {i % 3}", str(i)])
        for i in range(n)
    ]  # fmt: skip
    text = "\n".join([delimiter.join(["price", "day", "kind", "n"]), *rows])
    result = read_table(io.BytesIO(text.encode()), "table.csv", 10**6)
    assert result.notes == () and result.texts == {}
    assert result.frame.shape == (n, 4)
