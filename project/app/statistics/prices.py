"""Prices over time: tidied, indexed to 100, and their changes from row to row."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..wording import number, plural

MAX_ROWS = 5_000
MAX_SERIES = 20
MIN_PRICES = 2
# Growth cannot be computed outside these limits.
_SMALLEST, _LARGEST = 1e-9, 1e15
# The usual distance of two rows in days, and the name of a change between them.
_STEPS = (
    (0.9, 1.6, "daily", "day"),
    (6.5, 7.5, "weekly", "week"),
    (29, 31, "monthly", "month"),
    (89, 92, "quarterly", "quarter"),
    (365, 366, "yearly", "year"),
)


@dataclass(frozen=True)
class Prices:
    """Prices of several things at the same times.

    Attributes
    ----------
    frame : DataFrame of shape (n_dates, n_series)
        Float64, above 0 or missing; the index has the dates, ascending and different.
    step, unit : str
        What the change from one row to the next is called and how far apart they are: 'daily' and 'day', or
        'row-to-row' and 'row' if there is no rule.
    notes : tuple of str
        Sentences about what was left out.
    """

    frame: pd.DataFrame
    step: str
    unit: str
    notes: tuple[str, ...] = ()


def load_stocks() -> Prices:
    """Return weekly prices of six stocks in 2018 and 2019, each 1 at the start.

    Returns
    -------
    Prices
        Of 105 dates and 6 series.

    References
    ----------
    The data set 'stocks' that ships with plotly; its file is read, plotly is not imported.
    """
    return tidy(stocks_table())


def stocks_table() -> pd.DataFrame:
    """Return the table that `load_stocks` reads.

    Returns
    -------
    DataFrame of shape (105, 7)
    """
    folder = Path(find_spec("plotly").origin).parent / "package_data" / "datasets"
    return pd.read_csv(folder / "stocks.csv.gz", parse_dates=["date"])


def guess_dates(table: pd.DataFrame) -> str | None:
    """Return the first column of dates; None if there is none.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)

    Returns
    -------
    str or None
    """
    return next(iter(table.select_dtypes("datetime")), None)


def tidy(table: pd.DataFrame, dates: str | None = None) -> Prices:
    """Return the prices in a table: its numeric columns.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    dates : str, optional
        The column of dates; by default the first one that has some.

    Returns
    -------
    Prices

    Raises
    ------
    ValueError
        The table has no dates, duplicate dates, or no column of prices.
    """
    notes: list[str] = []
    dates = dates or guess_dates(table)
    if dates is None:
        raise ValueError(
            "The table has no column of dates. Add one, such as 2026-01-31, and one column of prices per thing."
        )
    if dates not in list(table.select_dtypes("datetime")):
        raise ValueError(
            f"Column '{str(dates)[:60]}' does not hold dates. Choose another one."
        )
    frame = table.select_dtypes("number").astype("float64")
    frame.index = pd.DatetimeIndex(table[dates], name=dates)
    frame = _with_dates(frame, notes)
    frame = _above_zero(frame, notes)
    frame = _bounded(frame, notes)
    return Prices(frame, *_step(frame.index), tuple(notes))


def choose(prices: Prices, names: Any) -> pd.DataFrame:
    """Return the prices of some things, in the order of the table.

    Parameters
    ----------
    prices : Prices
    names : object
        A list of names, or anything else that a browser may send.

    Returns
    -------
    DataFrame of shape (n_dates, n_names)

    Raises
    ------
    ValueError
        Nothing is chosen, or a name is unknown.
    """
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        names = []
    if not names:
        raise ValueError("Nothing is chosen. Choose one or more tickers.")
    unknown = [name for name in names if name not in prices.frame]
    if unknown:
        raise ValueError(
            f"'{unknown[0][:60]}' is not in this table. Choose among: {', '.join(prices.frame.columns)}."
        )
    return prices.frame[[name for name in prices.frame if name in names]]


def indexed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return prices as a percentage of the first one: 100 at the start of each series.

    Parameters
    ----------
    frame : DataFrame of shape (n_dates, n_series)

    Returns
    -------
    DataFrame of the same shape
    """
    return frame / frame.bfill().iloc[0] * 100


def changes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the relative change from each price to the next: 0.01 is one percent.

    Parameters
    ----------
    frame : DataFrame of shape (n_dates, n_series)

    Returns
    -------
    DataFrame of the same shape
        Missing in the first row, and where either price is missing.
    """
    return frame / frame.shift(1) - 1


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return, for each series, its first and last price and how it changed.

    Parameters
    ----------
    frame : DataFrame of shape (n_dates, n_series)

    Returns
    -------
    DataFrame of shape (n_series, 7)
        The columns first, last, total (relative change), mean, std (standard deviation), worst and best (relative
        change from row to row).
    """
    change = changes(frame)
    first, last = frame.bfill().iloc[0], frame.ffill().iloc[-1]
    columns = {
        "first": first,
        "last": last,
        "total": last / first - 1,
        "mean": change.mean(),
        "std": change.std(),
        "worst": change.min(),
        "best": change.max(),
    }
    return pd.DataFrame(columns)


def long_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each price, with its index and change.

    Parameters
    ----------
    frame : DataFrame of shape (n_dates, n_series)

    Returns
    -------
    DataFrame of shape (n_prices, 5)
        The columns date, ticker, price, indexed and change.
    """
    parts = {"price": frame, "indexed": indexed(frame), "change": changes(frame)}
    stacked = {
        name: part.rename_axis(index="date", columns="ticker").unstack()
        for name, part in parts.items()
    }
    table = pd.DataFrame(stacked).dropna(subset="price").reset_index()
    return table[["date", "ticker", "price", "indexed", "change"]]


def _with_dates(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    known = frame.index.notna()
    if not known.all():
        notes.append(f"Rows without a date were left out: {number((~known).sum())}.")
    frame = frame[known].sort_index()
    twice = frame.index[frame.index.duplicated()]
    if len(twice):
        raise ValueError(
            f"The date {twice[0]:%Y-%m-%d} is in the table more than once. Keep one row per date, and one column "
            "per thing."
        )
    return frame


def _above_zero(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    outside = (frame < _SMALLEST) | (frame > _LARGEST)
    is_price = (frame.notna().sum() >= MIN_PRICES) & ~outside.any()
    left_out = [str(name) for name in frame.columns[~is_price]]
    if is_price.sum() == 0:
        raise ValueError(
            "The table has no column of prices besides the dates. Add one with at least two numbers above 0."
        )
    if left_out:
        notes.append(
            f"Left out, because prices are numbers above 0: {', '.join(left_out[:10])}."
        )
    return frame.loc[:, is_price]


def _bounded(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    n_rows, n_series = frame.shape
    if n_series > MAX_SERIES:
        notes.append(
            f"Only the first {MAX_SERIES} of {plural(n_series, 'column')} are shown."
        )
    if n_rows > MAX_ROWS:
        notes.append(
            f"Only the last {number(MAX_ROWS)} of {plural(n_rows, 'row')} are shown."
        )
    frame = frame.iloc[-MAX_ROWS:, :MAX_SERIES]
    return frame.loc[:, frame.notna().sum() >= MIN_PRICES]


def _step(dates: pd.DatetimeIndex) -> tuple[str, str]:
    days = np.median(np.diff(dates.to_numpy()) / np.timedelta64(1, "D"))
    for low, high, step, unit in _STEPS:
        if low <= days <= high:
            return step, unit
    return "row-to-row", "row"
