"""The schema of a table that a model has learned from, and how another table is made to fit it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from app import wording

from .column_types import retype
from .columns import Facts, as_plain, facts_of, iso_date, label_of
from .corrections import READINGS
from .missing import always_missing, missing_among_numbers
from .numbers import Convention

MAX_CATEGORIES = 1_000
_DTYPES = {
    "date": "datetime64[us]",
    "text": "str",
    "boolean": "str",
    "number": "float64",
}


@dataclass(frozen=True)
class ColumnSchema:
    """How one column of the training table was typed, and what it held.

    Attributes
    ----------
    name, role : str
    dtype : {"integer", "decimal", "boolean", "date", "text"}
    missing_share : float
    missing_values : tuple of str
        The spellings that counted as missing; the usual ones count beside them, unless they are categories.
    written : str
        How values such as 1.234 or 3/2/2024 were taken, a key of ``corrections.READINGS``; empty if it is not known.
    categories : tuple of str
        The distinct values of a category, at most 1,000; empty for other roles.
    minimum, maximum : float, str or None
        Of numbers floats, of dates ISO 8601.
    """

    name: str
    role: str
    dtype: str
    missing_share: float = 0.0
    missing_values: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    minimum: float | str | None = None
    maximum: float | str | None = None
    written: str = ""


@dataclass(frozen=True)
class TableSchema:
    """The columns that a model takes, in their order."""

    columns: tuple[ColumnSchema, ...]

    @classmethod
    def of(
        cls,
        data: pd.DataFrame,
        roles: Mapping[str, str],
        missing: Mapping[str, Mapping[str, int]] | None = None,
        written: Mapping[str, str] | None = None,
    ) -> TableSchema:
        """Describe the columns of a table that have a role.

        Parameters
        ----------
        data : DataFrame of shape (n_rows, n_columns)
        roles : mapping of str to str
            Role by name of column.
        missing : mapping of str to mapping of str to int, optional
            By column, the spellings that counted as missing when the table was read, and their rows.
        written : mapping of str to str, optional
            By column, how values such as 1.234 or 3/2/2024 were taken.

        Returns
        -------
        TableSchema
        """
        spellings, ways = missing or {}, written or {}
        described = (
            _describe(facts_of(data[name]), role, tuple(spellings.get(name, ())))
            for name, role in roles.items()
        )
        return cls(
            tuple(replace(each, written=ways.get(each.name, "")) for each in described)
        )

    def conform(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Type a table as the training table was typed, whatever its own values look like.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, any)
            Best with all cells as text, as they stand in the file: of a column that was read as numbers, leading
            zeros are gone.

        Returns
        -------
        frame : DataFrame of shape (n_rows, n_columns)
            The columns of the schema, in its order. What cannot be read is missing.
        notes : tuple of str
            Sentences on columns that are missing or surplus, and on cells that could not be read.
        """
        names = [column.name for column in self.columns]
        absent = [name for name in names if name not in frame]
        surplus = [str(name) for name in frame if name not in names]
        notes, typed = _notes_on_columns(absent, surplus), {}
        for column in self.columns:
            if column.name in absent:
                dtype = _DTYPES.get(column.dtype, "float64")
                typed[column.name] = pd.Series(None, index=frame.index, dtype=dtype)
                continue
            values = _without_missing(frame[column.name], column)
            convention = READINGS.get(column.written)
            typed[column.name] = _AS[column.dtype](values, convention)
            unread = values[values.notna() & typed[column.name].isna()]
            if len(unread):
                notes.append(_note_on_cells(column, unread))
        return pd.DataFrame(typed, index=frame.index, columns=names), tuple(notes)


def _describe(facts: Facts, role: str, missing_values: tuple[str, ...]) -> ColumnSchema:
    low = high = None
    if facts.distinct and facts.kind == "date":
        low, high = iso_date(facts.levels.min()), iso_date(facts.levels.max())
    elif facts.distinct and facts.is_numeric:
        numbers = facts.numbers()
        low, high = float(numbers.min()), float(numbers.max())
    labelled = role in ("category", "ordered", "boolean")
    few = labelled and facts.distinct <= MAX_CATEGORIES
    return ColumnSchema(
        facts.name,
        role,
        facts.kind,
        missing_share=facts.missing / max(1, facts.rows),
        missing_values=missing_values,
        categories=tuple(sorted(map(label_of, facts.levels))) if few else (),
        minimum=low,
        maximum=high,
    )


def _without_missing(values: pd.Series, column: ColumnSchema) -> pd.Series:
    values = as_plain(values)
    if not isinstance(values.dtype, pd.StringDtype):
        return values
    stripped = values.str.strip()
    texts = pa.array(stripped.fillna(""), pa.large_string())
    usual = always_missing if column.dtype == "text" else missing_among_numbers
    spelled = usual(texts).to_numpy(zero_copy_only=False)
    spelled &= ~stripped.isin(column.categories).to_numpy()
    return stripped.mask(
        spelled | (stripped == "") | stripped.isin(column.missing_values)
    )


def _as_texts(values: pd.Series, convention: Convention | None = None) -> pd.Series:
    if isinstance(values.dtype, pd.StringDtype):
        return values
    texts = [None if gone else label_of(v) for v, gone in zip(values, values.isna())]
    return pd.Series(texts, index=values.index, dtype="str")


def _as_numbers(values: pd.Series, convention: Convention | None) -> pd.Series:
    if values.dtype.kind == "M":
        return pd.Series(np.nan, index=values.index)
    return (
        values if values.dtype.kind in "biuf" else _read(values, "number", convention)
    )


def _as_dates(values: pd.Series, convention: Convention | None) -> pd.Series:
    if values.dtype.kind in "biuf":
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]")
    return values if values.dtype.kind == "M" else _read(values, "date", convention)


def _read(texts: pd.Series, kind: str, convention: Convention | None) -> pd.Series:
    try:
        return retype(texts, kind, convention=convention)[0]
    except ValueError:  # none of them fits
        return pd.Series(None, index=texts.index, dtype=_DTYPES[kind])


def _as_truths(values: pd.Series, convention: Convention | None) -> pd.Series:
    texts = _as_texts(values).str.lower()
    known = texts.where(texts.isin(("true", "false")))
    return known == "true" if known.notna().all() else known


# How the values of a column become its type.
_AS = {
    "integer": _as_numbers,
    "decimal": _as_numbers,
    "boolean": _as_truths,
    "date": _as_dates,
    "text": _as_texts,
}
_NOUNS = {"integer": "numbers", "decimal": "numbers", "date": "dates"}


def _notes_on_columns(absent: list[str], surplus: list[str]) -> list[str]:
    notes = []
    if absent:
        notes.append(
            f"The table has no {wording.quoted(absent)}: taken as missing in every row."
        )
    if surplus:
        notes.append(f"The model does not know {wording.quoted(surplus)}: left out.")
    return notes


def _note_on_cells(column: ColumnSchema, unread: pd.Series) -> str:
    counts = _as_texts(unread).value_counts()
    examples = ", ".join(
        f'"{value}" ({wording.number(n)})' for value, n in counts.head(3).items()
    )
    noun = _NOUNS.get(column.dtype, "true or false")
    return (
        f"{wording.plural(len(unread), 'cell')} of {wording.quoted([column.name])} are not {noun} and were taken as "
        f"missing: {examples}{', …' if len(counts) > 3 else ''}."
    )
