"""The schema of a table that a model has learned from, and how the columns of another are read by it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from .column_types import retype
from .columns import Facts, as_plain, facts_of, iso_date, label_of
from .corrections import READINGS
from .labels import known_labels
from .missing import always_missing, missing_among_numbers
from .numbers import Convention

MAX_CATEGORIES = 1_000
_DAY_AND_MONTH = r"^(\d{1,2})([./-])(\d{1,2})[./-]\d"
# So many texts are read one by one.
_FEW_TEXTS = 200
# How many digits a group of thousands does not have tells nothing.
_LONG = r"0{4,}"
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
    typical : float, str or None
        The median of numbers and dates, the most frequent label; None of texts, and where a version kept none.
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
    typical: float | str | None = None

    def present(self, values: pd.Series) -> pd.Series:
        """Return the values of another table with those missing that counted as missing in the training table.

        Parameters
        ----------
        values : Series of shape (n_rows,)
            Best as text, as it stands in the file: of a column that was read as numbers, leading zeros are gone.

        Returns
        -------
        Series of shape (n_rows,)
        """
        return _without_missing(values, self)

    def read(self, present: pd.Series) -> pd.Series:
        """Type what `present` returned as this column was typed, whatever it looks like there.

        Parameters
        ----------
        present : Series of shape (n_rows,)

        Returns
        -------
        Series of shape (n_rows,)
            What cannot be read is missing.
        """
        read = _AS[self.dtype](present, READINGS.get(self.written))
        if self.dtype == "text" and self.categories:
            return known_labels(read, self.categories)
        return read

    def nothing(self, index: pd.Index) -> pd.Series:
        """Return the column of a table that does not have it."""
        dtype = _DTYPES.get(self.dtype, "float64")
        return pd.Series(None, index=index, dtype=dtype, name=self.name)


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
        typical=_typical(facts, labelled),
    )


def _typical(facts: Facts, labelled: bool) -> float | str | None:
    if not facts.distinct:
        return None
    if labelled:
        return label_of(facts.levels[facts.most_frequent(1)[0]])
    if facts.kind == "date":
        median = np.median(facts.numbers()).astype("int64")
        return iso_date(median.astype(facts.levels.dtype))
    return float(np.median(facts.numbers())) if facts.is_numeric else None


def _without_missing(values: pd.Series, column: ColumnSchema) -> pd.Series:
    values = as_plain(values)
    if not isinstance(values.dtype, pd.StringDtype):
        numbers = pd.to_numeric(pd.Series(column.missing_values), errors="coerce")
        return values.mask(values.isin(numbers.dropna())) if len(numbers) else values
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
    if values.dtype.kind == "b":
        # Truth values of which some are missing are text in lower case.
        texts = [text.lower() for text in texts]
    return pd.Series(texts, index=values.index, dtype="str")


def _as_numbers(values: pd.Series, convention: Convention | None) -> pd.Series:
    if values.dtype.kind == "M":
        return pd.Series(np.nan, index=values.index)
    if values.dtype.kind in "biuf":
        return values
    numbers = _read(values, "number", convention)
    return numbers.mask(np.isinf(numbers))


def _as_dates(values: pd.Series, convention: Convention | None) -> pd.Series:
    if values.dtype.kind in "biuf":
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]")
    if values.dtype.kind == "M":
        return values
    return _read(_in_order(values, convention), "date", convention)


def _in_order(texts: pd.Series, convention: Convention | None) -> pd.Series:
    """Return texts without the dates of which it is not known that they have day and month as the training table did.

    With points the day comes first everywhere.
    """
    parts = texts.str.extract(_DAY_AND_MONTH)
    first, other = (parts[k].astype("float64").to_numpy() for k in (0, 2))
    if convention is None:
        wrong = (first <= 12) & (other <= 12) & (first != other)
    else:
        wrong = (other if convention is Convention.COMMA else first) > 12
    wrong = np.where(
        (parts[1] == ".").to_numpy(dtype=bool, na_value=False), other > 12, wrong
    )
    return texts.mask(wrong.astype(bool))


def _read(texts: pd.Series, kind: str, convention: Convention | None) -> pd.Series:
    """Read each text whatever the others are: the same cell gives the same value in every table."""
    codes, distinct = pd.factorize(texts)
    distinct = pd.Series(distinct, dtype="str")
    read = pd.Series(None, index=distinct.index, dtype=_DTYPES[kind])
    for _, alike in distinct.groupby(_forms(distinct)):
        with suppress(ValueError):  # none of them fits
            read[alike.index] = retype(alike, kind, convention=convention)[0]
    found = pd.Series([*read, None], dtype=read.dtype).to_numpy()[codes]
    return pd.Series(found, index=texts.index, name=texts.name)


def _forms(texts: pd.Series) -> pd.Series:
    """Return by what texts are read together: themselves while they are few, else how they are written."""
    if len(texts) <= _FEW_TEXTS:
        return texts
    return texts.str.replace(r"\d", "0", regex=True).str.replace(
        _LONG, "0000", regex=True
    )


def _as_truths(values: pd.Series, convention: Convention | None) -> pd.Series:
    truths = _as_texts(values).str.lower().map({"true": True, "false": False})
    # Beside missing ones they stay objects: as text they would be other categories than those of the training.
    return truths.astype(bool if truths.notna().all() else object)


# How the values of a column become its type.
_AS = {
    "integer": _as_numbers,
    "decimal": _as_numbers,
    "boolean": _as_truths,
    "date": _as_dates,
    "text": _as_texts,
}
