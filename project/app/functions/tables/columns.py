"""What one column holds: its kind, its distinct values, how a value is written, how numbers are binned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

MAX_BINS = 20
MAX_LABEL_LENGTH = 80
# Whole numbers in this range may be years.
YEARS = (1700, 2100)


@dataclass(frozen=True)
class Facts:
    """What is counted in one column, once, for roles, profiles and tasks."""

    name: str
    kind: str
    """``integer``, ``decimal``, ``boolean``, ``date`` or ``text``."""
    codes: np.ndarray
    """For each row the position of its value in `levels`, or -1 where it is missing."""
    levels: pd.Index
    """The distinct values in order of appearance."""
    counts: np.ndarray
    """How often each of `levels` occurs."""

    @property
    def rows(self) -> int:
        """All rows, missing or not."""
        return len(self.codes)

    @cached_property
    def present(self) -> int:
        """The rows with a value."""
        return int(self.counts.sum())

    @property
    def missing(self) -> int:
        """The rows without a value."""
        return self.rows - self.present

    @property
    def distinct(self) -> int:
        """The number of distinct values."""
        return len(self.levels)

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers."""
        return self.kind in ("integer", "decimal")

    def numbers(self) -> np.ndarray:
        """Return the values that are there as floats, in order of rows; dates count their own unit."""
        levels = self.levels.to_numpy()
        if self.kind == "date":
            levels = levels.astype("int64")
        return levels.astype(np.float64)[self.codes[self.codes >= 0]]

    def most_frequent(self, n: int) -> np.ndarray:
        """Return the positions in `levels` of the `n` most frequent values; ties in order of appearance."""
        return np.argsort(-self.counts, kind="stable")[:n]


def facts_of(column: pd.Series) -> Facts:
    """Count what a column holds.

    Parameters
    ----------
    column : Series of shape (n_rows,)
        Of any dtype; values that are no number, date or truth value are taken as text.

    Returns
    -------
    Facts
    """
    column = as_plain(column)
    codes, levels = pd.factorize(column)
    levels = pd.Index(levels)
    present = codes[codes >= 0]
    return Facts(
        name=str(column.name),
        kind=_kind(levels, has_missing=len(present) < len(codes)),
        codes=codes,
        levels=levels,
        counts=np.bincount(present, minlength=len(levels)),
    )


def as_plain(column: pd.Series) -> pd.Series:
    """Return a column as one of the dtypes that a table has here: numpy's numbers and bool, datetime64, str.

    Parameters
    ----------
    column : Series of shape (n_rows,)

    Returns
    -------
    Series of shape (n_rows,)
    """
    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype):
        return column
    if isinstance(dtype, np.dtype) and dtype.kind in "biufM":
        return column
    if isinstance(dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert(None)
    if pd.api.types.is_numeric_dtype(dtype) and dtype.kind in "iuf":
        return column.astype(np.float64)
    texts = [
        None if missing else _encodable(str(value))
        for value, missing in zip(column, column.isna())
    ]
    return pd.Series(texts, index=column.index, name=column.name, dtype="str")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _kind(levels: pd.Index, has_missing: bool) -> str:
    kind = levels.dtype.kind
    if kind == "f":
        # A missing value makes pandas turn whole numbers into decimals.
        return "integer" if has_missing and are_whole(levels) else "decimal"
    return {"b": "boolean", "i": "integer", "u": "integer", "M": "date"}.get(
        kind, "text"
    )


def years_to_dates(years: pd.Series) -> pd.Series:
    """Return the first day of each year.

    Parameters
    ----------
    years : Series of shape (n_rows,)
        Numbers.

    Returns
    -------
    Series of datetime64[us], of shape (n_rows,)
        Missing where a number is no year from 1700 to 2100.
    """
    numbers = years.to_numpy(dtype=np.float64, na_value=np.nan)
    are_years = (
        (numbers >= YEARS[0]) & (numbers <= YEARS[1]) & (numbers == np.round(numbers))
    )
    dates = np.full(len(numbers), np.datetime64("NaT", "us"))
    since_1970 = numbers[are_years].astype(np.int64) - 1970
    dates[are_years] = since_1970.astype("datetime64[Y]").astype("datetime64[us]")
    return pd.Series(dates, index=years.index, name=years.name)


def are_whole(levels: pd.Index) -> bool:
    """Tell whether all numbers are whole.

    Parameters
    ----------
    levels : Index of int or float

    Returns
    -------
    bool
    """
    numbers = levels.to_numpy()
    return bool(np.all(np.isfinite(numbers)) and np.all(numbers == np.round(numbers)))


def label_of(value) -> str:
    """Write one value so that equal values are written alike and different ones differently.

    Parameters
    ----------
    value : int, float, bool, datetime64, Timestamp or str
        Not missing.

    Returns
    -------
    str
        Whole numbers without a decimal point; dates in ISO 8601, without a time at midnight.
    """
    if isinstance(value, (pd.Timestamp, np.datetime64)):
        return iso_date(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        # From 1e15 on not every whole number is a float: digits would be made up.
        whole = number.is_integer() and abs(number) < 1e15
        return str(int(number)) if whole else repr(number)
    return str(value)


def short_label_of(value) -> str:
    """Write one value for a narrow place: decimals to 10 digits, text cut at 80 characters.

    Parameters
    ----------
    value : int, float, bool, datetime64, Timestamp or str
        Not missing.

    Returns
    -------
    str
    """
    if isinstance(value, (float, np.floating)):
        return f"{value:.10g}"
    text = label_of(value)
    if len(text) > MAX_LABEL_LENGTH:
        return text[: MAX_LABEL_LENGTH - 1] + "…"
    return text


def iso_date(value: pd.Timestamp | np.datetime64) -> str:
    """Write a date in ISO 8601, to the second; without a time at midnight.

    Parameters
    ----------
    value : Timestamp or datetime64

    Returns
    -------
    str
    """
    # numpy also writes the years that Python's own dates do not reach.
    moment = value.to_datetime64() if isinstance(value, pd.Timestamp) else value
    day = moment.astype("datetime64[D]")
    return str(np.datetime_as_string(moment, unit="D" if day == moment else "s"))


def equal_width_counts(
    numbers: np.ndarray, whole: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Count numbers in at most 20 bins of equal width; infinities are left out.

    Parameters
    ----------
    numbers : ndarray of shape (n,)
    whole : bool
        The numbers are whole: every bin holds equally many of them, and the edges lie between them.

    Returns
    -------
    counts : ndarray of shape (n_bins,)
    edges : ndarray of shape (n_bins + 1,)
        Both are empty if there is no finite number.
    """
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    low, high, bins = _bins(numbers.min(), numbers.max(), whole)
    # Halves, because the difference of the largest floats overflows.
    half_span = high / 2 - low / 2
    if half_span == 0:
        return np.array([len(numbers)]), np.array([low, high])
    position = ((numbers / 2 - low / 2) / half_span * bins).astype(np.int64)
    counts = np.bincount(np.minimum(position, bins - 1), minlength=bins)
    share = np.arange(bins + 1) / bins
    return counts, low * (1 - share) + high * share


def _bins(low: float, high: float, whole: bool) -> tuple[float, float, int]:
    span = high / 2 - low / 2
    if not whole or span > 2**50:
        return low, high, MAX_BINS
    # Bins that hold 3 and 4 whole numbers in turn would show a comb that is not there.
    width = math.ceil((high - low + 1) / MAX_BINS)
    bins = math.ceil((high - low + 1) / width)
    return low - 0.5, low - 0.5 + width * bins, bins
