"""Columns of text become columns of numbers, dates, truth values or text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from . import column_kinds, dates, labels, missing, numbers
from .column_kinds import Candidate, Verdict
from .column_names import words_of
from .column_readings import ColumnReading
from .distinct import Distinct, distinct_texts, spread
from .numbers import Convention, Notation, Numerals

__all__ = ["TypedTexts", "always_missing", "as_labels", "retype", "type_texts"]

_MONTH_WORDS = set("month months monat mois mes mese yyyymm ym yearmonth".split())
_MAX_TRUTHS = 6
# So few leading zeros among numbers may be slips, so they are said; more are codes.
_MAX_SHARE_OF_CODES = 0.02


@dataclass(frozen=True)
class TypedTexts:
    """Columns of text that were read.

    Attributes
    ----------
    frame : DataFrame of shape (n_kept_rows, n_columns)
    readings : dict of str to ColumnReading
        How each column was read.
    texts : dict of str to Series of str, each of shape (n_kept_rows,)
        The texts of those columns that may be read otherwise, too.
    rows : ndarray of shape (n_kept_rows,) of int, or None
        The rows that have a value; None if all have.
    """

    frame: pd.DataFrame
    readings: dict[str, ColumnReading]
    texts: dict[str, pd.Series]
    rows: np.ndarray | None


@dataclass(frozen=True)
class _Column:
    """A column that is about to be read: its texts, and those that do not stand for a missing value."""

    name: str
    all: Distinct
    spelled_missing: np.ndarray
    rest: Distinct
    numerals: Numerals

    @classmethod
    def of(cls, name: str, texts: pa.Array | pa.ChunkedArray) -> _Column:
        everything = distinct_texts(texts)
        numerals = numbers.plain_numerals_of(everything.values)
        if numerals:
            nothing = np.zeros(len(everything.values), dtype=bool)
            return cls(name, everything, nothing, everything, numerals)
        spelled = _spelled_missing(everything.values)
        rest = everything.without(spelled)
        numerals = numbers.numerals_of(rest.values)
        return cls(name, everything, spelled, rest, numerals)

    @property
    def notation(self) -> Notation:
        """How the numbers are written, if the column has enough."""
        fits = column_kinds.verdict_of(self.numerals.fits, self.rest)
        return self.numerals.notation if fits is Verdict.FITS else Notation.NONE


@dataclass(frozen=True)
class _Decided:
    """What a column becomes: the values of its distinct texts, and how they were read."""

    found: np.ndarray | pa.Array
    codes: np.ndarray
    reading: ColumnReading


def type_texts(
    texts: dict[str, pa.Array | pa.ChunkedArray],
    delimiter: str = "",
    drop_empty_rows: bool = True,
    convention: Convention | None = None,
) -> TypedTexts:
    """Return columns of text as the types that their values fit.

    A column becomes int64 (whole numbers, none missing), float64 (numbers, also the seconds of durations), bool (true
    and false, none missing), datetime64[us] (dates, in UTC where they carry a time zone) or stays str. Truth values
    with missing ones stay text, in lower case. Where nearly all distinct texts are numbers or dates, the others become
    missing.

    Parameters
    ----------
    texts : dict of str to pyarrow array of string, each of length n_rows
    delimiter : str
        What separates the cells in the file: a hint at how it writes numbers and dates.
    drop_empty_rows : bool
        Whether rows without any value are left out.
    convention : Convention, optional
        How decimals are written, whatever the texts and `delimiter` tell.

    Returns
    -------
    TypedTexts
    """
    columns = {name: _Column.of(name, column) for name, column in texts.items()}
    if convention is None:
        convention = numbers.convention_of(
            (column.notation for column in columns.values()), delimiter
        )
    originals = {name: column.all for name, column in columns.items()}
    decided = {name: _decide(columns.pop(name), convention) for name in texts}
    rows = None
    if drop_empty_rows:
        rows = _rows_with_values([column.codes for column in decided.values()])
    typed = {
        name: spread(column.found, _at(column.codes, rows))
        for name, column in decided.items()
    }
    doubtful = {
        name: spread(originals[name].values, _at(originals[name].codes, rows))
        for name, column in decided.items()
        if column.reading.is_doubtful
    }
    readings = {name: column.reading for name, column in decided.items()}
    return TypedTexts(pd.DataFrame(typed), readings, doubtful, rows)


def retype(
    texts: pd.Series,
    kind: str,
    delimiter: str = "",
    convention: Convention | None = None,
) -> tuple[pd.Series, dict[str, int]]:
    """Return a column of texts as numbers or dates, whatever does not fit as missing.

    Parameters
    ----------
    texts : Series of str, of shape (n_rows,)
    kind : {"number", "date"}
        Durations are numbers: of seconds. Whole years are dates, if asked for.
    delimiter : str
        As in `type_texts`.
    convention : Convention, optional
        How decimals are written, and with them dates, whatever the texts and `delimiter` tell: with a decimal comma
        the day comes first.

    Returns
    -------
    column : Series of shape (n_rows,)
        int64, float64 or datetime64[us].
    lost : dict of str to int
        The texts that become missing, with their rows; neither blank cells nor spellings of 'missing'.

    Raises
    ------
    ValueError
        `kind` is another, or no text fits.
    """
    column = _Column.of(str(texts.name), pa.array(texts, pa.large_string()))
    if convention is None:
        convention = numbers.convention_of([column.numerals.notation], delimiter)
    if kind == "number":
        numerals = replace(column.numerals, has_codes=False)
        candidates = [
            column_kinds.as_numbers(numerals, convention, column.rest),
            column_kinds.as_durations(column.rest),
        ]
    elif kind == "date":
        candidates = [
            column_kinds.as_digits(column.rest, column.numerals, True, True),
            column_kinds.as_dates(column.rest, convention),
        ]
    else:
        raise ValueError(f"'{kind}' is no type of column. Choose number or date.")
    found = [each for each in candidates if each is not None and each.fits.any()]
    if not found:
        raise ValueError(
            f"No value of column '{texts.name}' can be read as a {kind}. Leave it as text."
        )
    best = max(found, key=lambda candidate: int(candidate.fits.sum()))
    kept = column.rest.without(~best.fits)
    values = spread(best.found[best.fits], kept.codes)
    lost = column.rest.spellings(~best.fits)
    return pd.Series(values, index=texts.index, name=texts.name), lost


def as_labels(
    texts: pd.Series, gone: Collection[str], apart: bool = False
) -> tuple[pd.Series, ColumnReading]:
    """Return a column of texts as labels.

    Parameters
    ----------
    texts : Series of str, of shape (n_rows,)
    gone : collection of str
        The texts that become missing.
    apart : bool
        Whether labels that differ only by case, Unicode form or spaces stay apart.

    Returns
    -------
    column : Series of str, of shape (n_rows,)
    reading : ColumnReading
        Its `kept` are the spellings of 'missing' that are labels now.
    """
    column = distinct_texts(pa.array(texts, pa.large_string()))
    dropped = pc.is_in(column.values, value_set=pa.array(gone, pa.large_string()))
    dropped = dropped.to_numpy(zero_copy_only=False)
    decided = _labels(column, dropped, _spelled_missing(column.values), apart)
    values = spread(decided.found, decided.codes)
    return pd.Series(values, index=texts.index, name=texts.name), decided.reading


def always_missing(texts: pd.Series) -> set[str]:
    """Return the texts that stand for a missing value whatever a column holds.

    Parameters
    ----------
    texts : Series of str, of shape (n_rows,)

    Returns
    -------
    set of str
    """
    values = distinct_texts(pa.array(texts, pa.large_string())).values
    return set(values.filter(missing.always_missing(values)).to_pylist())


def _spelled_missing(values: pa.Array) -> np.ndarray:
    spelled = pc.or_(missing.missing_among_numbers(values), missing.zero_dates(values))
    return spelled.to_numpy(zero_copy_only=False)


def _at(codes: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    return codes if rows is None else codes[rows]


def _rows_with_values(all_codes: list[np.ndarray]) -> np.ndarray | None:
    filled = np.zeros(len(all_codes[0]) if all_codes else 0, dtype=bool)
    for codes in all_codes:
        filled |= codes >= 0
        if filled.all():
            return None
    return np.flatnonzero(filled)


def _decide(column: _Column, convention: Convention) -> _Decided:
    if not len(column.rest.values):
        reading = ColumnReading(
            "empty", missing=column.all.spellings(column.spelled_missing)
        )
        return _Decided(np.zeros(0), column.rest.codes, reading)
    truths = _truths(column)
    if truths is not None:
        return truths
    months = not _MONTH_WORDS.isdisjoint(words_of(column.name))
    unclear: list[Candidate] = []
    for candidate in column_kinds.candidates_of(
        column.rest, column.numerals, convention, months
    ):
        verdict = candidate.verdict(column.rest)
        if verdict is Verdict.FITS:
            return _typed(column, candidate)
        if verdict is Verdict.UNCLEAR:
            unclear.append(candidate)
    best = max(unclear, key=lambda each: int(each.fits.sum()), default=None)
    return _text(column, _doubts(column, best, convention))


def _typed(column: _Column, candidate: Candidate) -> _Decided:
    kept = column.rest.without(~candidate.fits)
    reading = ColumnReading(
        "date" if candidate.found.dtype.kind == "M" else "number",
        missing=column.all.spellings(column.spelled_missing),
        misfits=column.rest.spellings(~candidate.fits),
        looks_like=candidate.looks_like,
        unit=candidate.unit,
        written=candidate.written,
        assumptions=tuple(key for key in candidate.assumptions if key != "both orders"),
    )
    return _Decided(candidate.found[candidate.fits], kept.codes, reading)


def _truths(column: _Column) -> _Decided | None:
    rest = column.rest
    if len(rest.values) > _MAX_TRUTHS:
        return None
    words = [value.lower() for value in rest.values.to_pylist()]
    if not set(words) <= {"true", "false"}:
        return None
    spelled = column.all.spellings(column.spelled_missing)
    reading = ColumnReading("boolean", missing=spelled)
    if (rest.codes < 0).any():
        return _Decided(pa.array(words, pa.large_string()), rest.codes, reading)
    return _Decided(np.array([word == "true" for word in words]), rest.codes, reading)


def _doubts(
    column: _Column, unclear: Candidate | None, convention: Convention
) -> ColumnReading:
    """Return what speaks for numbers or dates in a column that stays text."""
    numerals = column.numerals
    if numbers.settled(numerals.notation, convention)[1] == "either":
        return ColumnReading(assumptions=("either",))
    if numerals.several_units:
        return ColumnReading(assumptions=("several units",))
    odd = len(numerals.fits) - int(numerals.fits.sum())
    if numerals.has_codes and odd <= _MAX_SHARE_OF_CODES * len(numerals.fits):
        return ColumnReading(assumptions=("leading zeros",))
    if unclear is not None and "both orders" in unclear.assumptions:
        return ColumnReading(assumptions=("both orders",))
    if dates.have_several_forms(column.rest.values):
        return ColumnReading(assumptions=("several forms",))
    if unclear is None:
        return ColumnReading()
    return ColumnReading(
        misfits=column.rest.spellings(~unclear.fits), looks_like=unclear.looks_like
    )


def _text(column: _Column, reading: ColumnReading) -> _Decided:
    always = missing.always_missing(column.all.values).to_numpy(zero_copy_only=False)
    decided = _labels(column.all, always, column.spelled_missing)
    labelled = decided.reading
    reading = replace(
        reading,
        missing=labelled.missing,
        kept=labelled.kept,
        joined=labelled.joined,
    )
    return replace(decided, reading=reading)


def _labels(
    column: Distinct, dropped: np.ndarray, spelled: np.ndarray, apart: bool = False
) -> _Decided:
    """Return labels, of which `dropped` are missing, and `spelled` may mean that a value is."""
    kept = column.without(dropped)
    joined = {} if apart else labels.joined_labels(kept.values, kept.counts)
    reading = ColumnReading(
        missing=column.spellings(dropped),
        kept=column.spellings(spelled & ~dropped),
        joined=joined,
    )
    values = labels.join(kept.values, joined) if joined else kept.values
    return _Decided(values, kept.codes, reading)
