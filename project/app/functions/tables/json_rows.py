"""Rows as programs send them: objects of JSON, of which a table is made."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from app import wording

from .schema import ColumnSchema, TableSchema

_DECIMAL_COMMAS = ("decimal comma", "day first")
_MANY_DIGITS = 1e15
_NO_OBJECT = "It is no object: send the values of a row by the names of their columns."
_EMPTY = "It has none of the columns that the model knows."


def table_of_rows(
    rows: Sequence[Any], schema: TableSchema
) -> tuple[pd.DataFrame, dict[int, str]]:
    """Make a table of rows, each an object with a text, a number, true, false or null by the name of its column.

    Parameters
    ----------
    rows : sequence of object
        As JSON has them; they may be anything.
    schema : TableSchema
        Of the table that the model has learned from.

    Returns
    -------
    frame : DataFrame of shape (n_good_rows, n_known_columns)
        Its index holds the positions in `rows`. What the schema does not have is left out, however much it is.
    refused : dict of int to str
        Why a row is none, by its position.
    """
    refused = unusable(rows, schema)
    kept = [i for i in range(len(rows)) if i not in refused]
    columns = {
        column.name: _column([rows[i].get(column.name) for i in kept], column)
        for column in schema.columns
        if any(column.name in rows[i] for i in kept)
    }
    frame = pd.DataFrame(columns, columns=list(columns))
    return frame.set_axis(pd.Index(kept, dtype="int64"), axis=0), refused


def unusable(rows: Sequence[Any], schema: TableSchema) -> dict[int, str]:
    """Return why a row is none, by its position.

    Parameters
    ----------
    rows : sequence of object
        As JSON has them; they may be anything.
    schema : TableSchema

    Returns
    -------
    dict of int to str
    """
    return {i: why for i, row in enumerate(rows) if (why := _problem(row, schema))}


def _problem(row: Any, schema: TableSchema) -> str:
    if not isinstance(row, Mapping):
        return _NO_OBJECT
    nested = [name for name, value in row.items() if isinstance(value, (list, dict))]
    if nested:
        return f"{wording.quoted(nested)} holds no single value."
    known = (row.get(column.name) is not None for column in schema.columns)
    return "" if any(known) else _EMPTY


def _column(values: list[Any], column: ColumnSchema) -> pd.Series:
    """Return numbers as they are; beside texts they are written as the table's own texts were."""
    is_number = column.dtype in ("integer", "decimal")
    kinds = {_kind(value) for value in values if value is not None}
    if kinds == {float}:
        return pd.Series([None if v is None else float(v) for v in values], dtype=float)
    # Neither true nor false is a number, although Python takes them for 1 and 0.
    if kinds == {bool} and None not in values and not is_number:
        return pd.Series(values, dtype=bool)
    return pd.Series([_text(value, column.written) for value in values], dtype="str")


def _kind(value: Any) -> type:
    if isinstance(value, bool):
        return bool
    return float if _is_number(value) else str


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number that a column can hold; JSON's integers may be larger."""
    return isinstance(value, (int, float)) and abs(value) <= sys.float_info.max


def _text(value: Any, written: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if not _is_number(value):
        # Digits that go on for ever would be read as infinity.
        return value if isinstance(value, str) else wording.shortened(str(value))
    # From 1e15 on a run of digits would be taken for a code.
    text = repr(float(value) if abs(value) >= _MANY_DIGITS else value)
    text = text.removesuffix(".0")
    return text.replace(".", ",") if written in _DECIMAL_COMMAS else text
