"""Tables of prices: reading them, indexed prices and changes, compared with plain loops."""

from __future__ import annotations

import csv
import gzip
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.statistics import prices
from tests.conftest import PROJECT

DAYS = pd.date_range("2026-01-01", periods=4, freq="D")


@pytest.fixture(scope="module")
def stocks():
    return prices.load_stocks()


@pytest.fixture(scope="module")
def raw() -> dict[str, list]:
    """The sample as the csv module reads it."""
    folder = Path(find_spec("plotly").origin).parent / "package_data" / "datasets"
    with gzip.open(folder / "stocks.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    return {
        name: [row[name] if name == "date" else float(row[name]) for row in rows]
        for name in rows[0]
    }


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame({"date": DAYS, **columns})


def test_the_sample_has_what_the_file_has(stocks, raw):
    assert [f"{date:%Y-%m-%d}" for date in stocks.frame.index] == raw.pop("date")
    assert {n: list(stocks.frame[n]) for n in stocks.frame} == raw
    assert (stocks.step, stocks.unit, stocks.notes) == ("weekly", "week", ())


def test_reading_the_sample_does_not_import_plotly():
    code = (
        "import sys; from app import statistics; statistics.prices.load_stocks();"
        "assert not [m for m in sys.modules if m.startswith('plotly')]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)


def test_indexed_prices_and_changes_are_those_of_a_loop(stocks, raw):
    index, change = prices.indexed(stocks.frame), prices.changes(stocks.frame)
    summary = prices.summary(stocks.frame)
    for name in stocks.frame:
        series = raw[name]
        steps = [b / a - 1 for a, b in zip(series, series[1:])]
        assert list(index[name]) == pytest.approx([100 * p / series[0] for p in series])
        assert np.isnan(change[name].iloc[0])
        assert list(change[name].iloc[1:]) == pytest.approx(steps)
        expected = {
            "first": series[0],
            "last": series[-1],
            "total": series[-1] / series[0] - 1,
            "mean": fmean(steps),
            "std": stdev(steps),
            "worst": min(steps),
            "best": max(steps),
        }
        assert summary.loc[name].to_dict() == pytest.approx(expected)


def test_the_long_table_has_a_row_for_each_price_that_is_known():
    frame = prices.tidy(table(a=[1.0, 2, None, 3], b=[4.0, 4, 4, 5])).frame
    rows = prices.long_table(frame)
    assert len(rows) == 7
    last = rows[(rows["ticker"] == "b") & (rows["date"] == DAYS[3])].iloc[0]
    assert (last["price"], last["indexed"], last["change"]) == (5, 125, 0.25)


def test_a_series_that_begins_later_is_100_at_its_own_start():
    frame = prices.tidy(table(a=[None, 5.0, 10, 20])).frame
    assert list(prices.indexed(frame)["a"])[1:] == [100, 200, 400]


def test_rows_are_sorted_by_date_and_those_without_one_are_left_out_with_a_note():
    mixed = table(a=[1.0, 2, 3, 4]).iloc[[3, 0, 2, 1]]
    mixed.iloc[0, 0] = pd.NaT
    tidied = prices.tidy(mixed)
    assert list(tidied.frame["a"]) == [1, 2, 3]
    assert tidied.notes == ("Rows without a date were left out: 1.",)


def test_columns_that_are_no_prices_are_left_out_with_a_note():
    tidied = prices.tidy(
        table(a=[1.0, 2, 3, 4], b=[1, 0, 2, 3], c=[-1.0, 1, 1, 1], d=list("wxyz"))
    )
    assert list(tidied.frame) == ["a"]
    assert tidied.notes == ("Left out, because prices are numbers above 0: b, c.",)


def test_more_rows_and_columns_than_a_chart_can_show_are_left_out_with_notes():
    n = prices.MAX_ROWS + 10
    dates = pd.date_range("2000-01-01", periods=n, freq="D")
    many = pd.DataFrame(
        {"date": dates} | {f"c{i}": np.arange(1.0, n + 1) for i in range(25)}
    )
    tidied = prices.tidy(many)
    assert tidied.frame.shape == (prices.MAX_ROWS, prices.MAX_SERIES)
    assert tidied.frame.index[-1] == dates[-1] and len(tidied.notes) == 2


@pytest.mark.parametrize(
    "frame, sentence",
    [
        (pd.DataFrame({"a": [1.0, 2], "b": [3.0, 4]}), "no column of dates"),
        (table(a=list("wxyz")), "no column of prices"),
        (table(a=[0.0, 0, 0, 0]), "no column of prices"),
        (table(a=[1.0, None, None, None]), "no column of prices"),
        (
            pd.DataFrame({"date": DAYS[[0, 0, 1]], "a": [1.0, 2, 3]}),
            "2026-01-01 is in the table more than once",
        ),
        (
            pd.DataFrame({"date": pd.DatetimeIndex([None, None]), "a": [1.0, 2]}),
            "no column of prices",
        ),
    ],
)
def test_a_table_that_holds_no_prices_is_refused_with_a_sentence(frame, sentence):
    with pytest.raises(ValueError, match=sentence):
        prices.tidy(frame)


@pytest.mark.parametrize(
    "freq, step", [("D", "daily"), ("B", "daily"), ("W", "weekly"), ("MS", "monthly")]
    + [("QS", "quarterly"), ("YS", "yearly"), ("3h", "row-to-row"), ("28D", "row-to-row")],
)  # fmt: skip
def test_the_step_is_named_after_the_distance_of_the_dates(freq, step):
    dates = pd.date_range("2024-01-01", periods=30, freq=freq)
    assert prices.tidy(pd.DataFrame({"date": dates, "a": 1.0})).step == step


@pytest.mark.parametrize("names", [None, [], "GOOG", 3, {}, [["GOOG"]], [None]])
def test_no_selection_is_answered_with_a_sentence(stocks, names):
    with pytest.raises(ValueError, match="Choose one or more tickers"):
        prices.choose(stocks, names)


def test_an_unknown_name_is_answered_with_those_there_are(stocks):
    with pytest.raises(ValueError, match="'O'Brien' is not in this table.*MSFT"):
        prices.choose(stocks, ["GOOG", "O'Brien"])


VALUES = st.none() | st.floats(allow_nan=False) | st.floats(0.01, 1e6)


@given(
    st.lists(st.tuples(st.none() | st.datetimes(), VALUES, VALUES), max_size=12),
)
def test_whatever_the_table_there_are_prices_or_a_sentence(rows):
    frame = pd.DataFrame(
        {
            "when": pd.Series([r[0] for r in rows], dtype="datetime64[us]"),
            "a": pd.Series([r[1] for r in rows], dtype="float64"),
            "b": pd.Series([r[2] for r in rows], dtype="float64"),
        }
    )
    try:
        tidied = prices.tidy(frame)
    except ValueError as error:
        assert str(error).endswith(".")
        return
    assert tidied.frame.index.is_monotonic_increasing and tidied.frame.index.is_unique
    assert not (tidied.frame <= 0).any(axis=None)
    assert np.isfinite(prices.summary(tidied.frame)[["first", "last", "total"]]).all(
        axis=None
    )
