"""Columns of text become columns of numbers, dates, truth values or text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from . import dates, numbers
from .column_names import listed
from .numbers import Convention, Notation

# What pandas takes for missing, and the question mark and dash of many public data sets.
MISSING = (
    "",
    *("NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "#N/A N/A", "None", "null", "NULL"),
    *("nan", "NaN", "-nan", "-NaN", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    *("?", "-"),
)
FIRST_INEXACT = 2**53


@dataclass(frozen=True)
class _Coded:
    """A column of text as its distinct values and, for each row, which one it has (-1: none)."""

    values: pa.Array
    codes: np.ndarray
    notation: Notation

    @property
    def complete(self) -> bool:
        return not (self.codes < 0).any()


def mark_missing(texts: pd.DataFrame) -> None:
    """Strip the spaces around texts and mark the spellings of 'missing' as missing.

    Parameters
    ----------
    texts : DataFrame of str, of shape (n_rows, n_columns)
        Changed in place, column by column: a second copy of a large table might not fit in memory.
    """
    for position in range(texts.shape[1]):
        texts.isetitem(position, _without_missing(texts.iloc[:, position]))


def _without_missing(texts: pd.Series) -> pd.Series:
    stripped = pc.utf8_trim_whitespace(pa.array(texts, type=pa.large_string()))
    is_missing = pc.is_in(stripped, value_set=pa.array(MISSING, pa.large_string()))
    kept = pc.if_else(is_missing, pa.scalar(None, pa.large_string()), stripped)
    return kept.to_pandas().astype("str")


def drop_empty_rows(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows that have at least one value, and a note if others were dropped.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)

    Returns
    -------
    frame : DataFrame of shape (at most n_rows, n_columns)
    notes : list of str
    """
    filled = np.zeros(len(frame), dtype=bool)
    for position in range(frame.shape[1]):
        filled |= frame.iloc[:, position].notna().to_numpy()
        if filled.all():
            return frame, []
    dropped = int((~filled).sum())
    note = (
        "1 row without any value was left out."
        if dropped == 1
        else f"{dropped:,} rows without any value were left out."
    )
    return frame[filled].reset_index(drop=True), [note]


def type_texts(
    texts: pd.DataFrame, semicolons: bool = False
) -> tuple[pd.DataFrame, list[str]]:
    """Return columns of text as the types that all their values fit.

    A column becomes int64 (whole numbers, none missing), float64 (numbers), bool (true and false, none missing),
    datetime64[us] (dates, in UTC where they carry a time zone) or stays str. Truth values with missing ones
    stay text, in lower case.

    Parameters
    ----------
    texts : DataFrame of str, of shape (n_rows, n_columns)
        Missing values marked.
    semicolons : bool
        Whether semicolons separate the cells: a hint that commas mark decimals and days come before months.

    Returns
    -------
    frame : DataFrame of the same shape
    notes : list of str
    """
    coded = {name: _coded(texts[name]) for name in texts}
    convention = numbers.convention_of(
        (column.notation for column in coded.values()), semicolons
    )
    typed, assumed = {}, {}
    for name in texts:
        typed[name], assumption = _typed(texts[name], coded.pop(name), convention)
        if assumption:
            assumed.setdefault(assumption, []).append(name)
    frame = pd.DataFrame(typed, index=texts.index, columns=texts.columns)
    return frame, [_ASSUMPTIONS[key].format(listed(assumed[key])) for key in assumed]


_ASSUMPTIONS = {
    "UTC": "Times with a time zone were turned into UTC: {}.",
    "day first": "It is not certain whether day or month comes first; "
    "the day was taken to come first: {}. Write dates as 2024-12-31 to be safe.",
    "month first": "It is not certain whether day or month comes first; "
    "the month was taken to come first: {}. Write dates as 2024-12-31 to be safe.",
    "either": "Values such as 1,234 may have a decimal comma or a comma between thousands; "
    "they were left as text: {}. Write numbers without separators between thousands.",
    "decimal comma": "The comma in values such as 1,234 was taken for a decimal comma, as in the rest of the file: {}.",
    "thousands comma": "The comma in values such as 1,234 was taken to stand between thousands, "
    "because the rest of the file has decimal points: {}.",
    "thousands dot": "The dot in values such as 1.234 was taken to stand between thousands, "
    "because the rest of the file has decimal commas: {}.",
}


def _coded(texts: pd.Series) -> _Coded:
    codes, values = texts.factorize()
    values = pa.array(values, type=pa.large_string())
    return _Coded(values, codes.astype("int32"), numbers.notation_of(values))


def _typed(
    texts: pd.Series, column: _Coded, convention: Convention
) -> tuple[np.ndarray | pd.Series, str]:
    if not len(column.values):
        return np.full(len(texts), np.nan), ""
    truths = _truths(column)
    if truths is not None:
        return truths, ""
    found = numbers.to_numbers(column.values, column.notation, convention)
    if found is not None and _kept_exactly(found, column):
        return _spread(found, column), _number_assumption(column.notation, convention)
    if column.notation is Notation.EITHER:
        return texts, "either"
    day_first = convention in (Convention.COMMA, Convention.LIKELY_COMMA)
    moments = dates.to_dates(column.values, day_first)
    if moments is not None:
        return _spread(moments.moments, column), moments.assumed
    return texts, ""


def _number_assumption(notation: Notation, convention: Convention) -> str:
    settled = numbers.settled(notation, convention)
    if settled is notation:
        return ""
    if notation is Notation.DOTTED:
        return "thousands dot"
    is_comma = settled is Notation.DECIMAL_COMMA
    return "decimal comma" if is_comma else "thousands comma"


def _truths(column: _Coded) -> np.ndarray | pd.Series | None:
    if len(column.values) > 6:
        return None
    words = [value.lower() for value in column.values.to_pylist()]
    if not set(words) <= {"true", "false"}:
        return None
    if column.complete:
        return np.array([word == "true" for word in words])[column.codes]
    return (
        pd.Series(words, dtype="str")
        .take(column.codes.clip(0))
        .reset_index(drop=True)
        .mask(column.codes < 0)
    )


def _kept_exactly(found: np.ndarray, column: _Coded) -> bool:
    # Whole numbers beside missing values become floats, which cannot tell long identifiers apart.
    if found.dtype.kind != "i" or column.complete:
        return True
    return bool(np.abs(found.astype("float64")).max() < FIRST_INEXACT)


def _spread(found: np.ndarray, column: _Coded) -> np.ndarray:
    if column.complete:
        return found[column.codes]
    missing = np.datetime64("NaT") if found.dtype.kind == "M" else np.nan
    if found.dtype.kind == "i":
        found = found.astype("float64")
    return np.append(found, missing)[column.codes]
