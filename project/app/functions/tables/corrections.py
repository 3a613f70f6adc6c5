"""How a user wants columns to be read, and the table that is read so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from .column_readings import DATES, DURATIONS, NUMBERS, ColumnReading, notes_of
from .column_types import always_missing, as_labels, retype
from .numbers import Convention
from .results import ReadTable

TYPES = ("number", "date", "text")
# What can be meant by 1.234 or 3/2/2024, and the convention that says so.
READINGS = {
    "decimal point": Convention.POINT,
    "decimal comma": Convention.COMMA,
    "month first": Convention.POINT,
    "day first": Convention.COMMA,
}


@dataclass(frozen=True)
class ColumnCorrection:
    """How one column is to be read instead; what is empty stays as it was read.

    Attributes
    ----------
    type : {"", "number", "date", "text"}
    read : str
        A key of `READINGS`, or empty.
    keep : tuple of str
        Spellings that are values although they were taken as missing.
    missing : tuple of str
        Texts that are missing although they were taken as values.
    apart : bool
        Whether labels that differ only by case, Unicode form or spaces stay apart.
    """

    type: str = ""
    read: str = ""
    keep: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    apart: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be changed."""
        return self == ColumnCorrection()


def apply(table: ReadTable, corrections: Mapping[str, ColumnCorrection]) -> ReadTable:
    """Return a table as a user wants it to be read.

    Parameters
    ----------
    table : ReadTable
        As it was read at first.
    corrections : mapping of str to ColumnCorrection
        By column.

    Returns
    -------
    ReadTable
        With new columns and readings; only the notes about the file are left, `remarks.remarks_after` has the others.

    Raises
    ------
    ValueError
        A column is not there, its texts are not known, or no value of it can be read so.
    """
    frame, readings = table.frame.copy(deep=False), dict(table.columns)
    for name, correction in corrections.items():
        if name not in table.texts or name not in readings:
            raise ValueError(f"Column '{name}' cannot be read in another way.")
        if not correction.is_empty:
            texts = table.texts[name].rename(name)
            frame[name], readings[name] = read_again(texts, readings[name], correction)
    return replace(
        table,
        frame=frame,
        columns=readings,
        notes=file_notes(table),
    )


def file_notes(table: ReadTable) -> tuple[str, ...]:
    """Return the notes of a table that are not about how its columns were read.

    Parameters
    ----------
    table : ReadTable

    Returns
    -------
    tuple of str
    """
    about_columns = set(notes_of(table.columns))
    return tuple(note for note in table.notes if note not in about_columns)


def read_again(
    texts: pd.Series, reading: ColumnReading, correction: ColumnCorrection
) -> tuple[pd.Series, ColumnReading]:
    """Return a column as a user wants it to be read.

    Parameters
    ----------
    texts : Series of str, of shape (n_rows,)
    reading : ColumnReading
        How it was read at first.
    correction : ColumnCorrection

    Returns
    -------
    column : Series of shape (n_rows,)
    reading : ColumnReading

    Raises
    ------
    ValueError
        No value can be read so, or the correction is none.
    """
    _check(correction)
    kind = kind_of(reading, correction)
    if kind not in ("number", "date"):
        gone = (always_missing(texts) | set(correction.missing)) - set(correction.keep)
        column, labels = as_labels(texts, gone, correction.apart)
        kept = {s: n for s, n in labels.kept.items() if s not in correction.keep}
        return column, replace(labels, kept=kept)
    convention = READINGS.get(correction.read)
    column, lost = retype(texts, kind, convention=convention)
    if column.dtype.kind == "f":
        column = column.mask(np.isinf(column))
    is_duration = reading.looks_like == DURATIONS and kind == "number"
    looks_like = DATES if kind == "date" else DURATIONS if is_duration else NUMBERS
    spelled = {**reading.missing, **reading.kept}
    return column, ColumnReading(
        kind,
        missing=spelled,
        misfits=lost,
        looks_like=looks_like,
        written=correction.read,
    )


def kind_of(reading: ColumnReading, correction: ColumnCorrection) -> str:
    """Return the type that a column gets; a spelling of 'missing' that is kept makes it text.

    Parameters
    ----------
    reading : ColumnReading
        How it was read at first.
    correction : ColumnCorrection

    Returns
    -------
    str
        A `ColumnReading.kind`.
    """
    if correction.type:
        return correction.type
    if correction.keep or reading.kind not in ("number", "date"):
        return "text"
    return reading.kind


def _check(correction: ColumnCorrection) -> None:
    if correction.type not in ("", *TYPES):
        raise ValueError(
            f"'{correction.type}' is no type of column. Choose number, date or text."
        )
    if correction.read not in ("", *READINGS):
        raise ValueError(
            f"'{correction.read}' is no way to read values. Choose another."
        )


def without(correction: ColumnCorrection, *names: str) -> ColumnCorrection:
    """Return a correction with some of its fields empty.

    Parameters
    ----------
    correction : ColumnCorrection
    *names : str

    Returns
    -------
    ColumnCorrection
    """
    defaults = {field.name: field.default for field in fields(ColumnCorrection)}
    return replace(correction, **{name: defaults[name] for name in names})
