"""A few rows of a program made to fit a schema: what `conforming.conform` finds, in a fraction of its time for one row.

A value that JSON has typed already, and that the training table had, needs no reading. Only the columns that have
other values are read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..tables.columns import label_of
from ..tables.json_rows import table_of_rows
from ..tables.schema import ColumnSchema, TableSchema
from .conforming import Conformed, Problem, conform

# From here on reading whole columns is faster.
MAX_ROWS = 50
_ISO_DATE = re.compile(r"[12]\d{3}-\d{2}-\d{2}")


def conform_rows(rows: Sequence[Mapping[str, Any]], schema: TableSchema) -> Conformed:
    """Type rows as the training table was typed, and say what does not fit.

    Parameters
    ----------
    rows : sequence of mapping of str
        None of which `table_of_rows` refuses.
    schema : TableSchema

    Returns
    -------
    Conformed
        As `conform` returns it.
    """
    plain = {}
    if len(rows) <= MAX_ROWS:
        found = ((c.name, _plain(rows, c)) for c in schema.columns)
        plain = {name: series for name, series in found if series is not None}
    whole = (name for name, series in plain.items() if series.notna().all())
    anchor = next(whole, None)
    if anchor is None:
        return conform(table_of_rows(rows, schema)[0], schema)
    read = [c for c in schema.columns if c.name not in plain]
    surplus = dict.fromkeys(
        name for row in rows for name in row if name not in _names(schema)
    )
    unknown = tuple(Problem(str(n), "surplus", len(rows)) for n in surplus)
    index = plain[anchor].index
    if not read:
        return Conformed(pd.DataFrame(plain, index=index), unknown)
    # A column that is whole tells that no row is empty.
    part = TableSchema((*read, *(c for c in schema.columns if c.name == anchor)))
    wanted = _names(part)
    few = [{n: v for n, v in row.items() if n in wanted} for row in rows]
    conformed = conform(table_of_rows(few, part)[0], part)
    columns = {c.name: plain.get(c.name) for c in schema.columns}
    columns |= {c.name: conformed.rows[c.name] for c in read}
    table = pd.DataFrame(columns, index=index)
    return replace(conformed, rows=table, problems=(*conformed.problems, *unknown))


def _names(schema: TableSchema) -> set[str]:
    return {column.name for column in schema.columns}


def _plain(rows: Sequence[Mapping[str, Any]], column: ColumnSchema) -> pd.Series | None:
    """Return the values of a column if all of them are as the training table had them; None if they must be read."""
    if not all(column.name in row for row in rows):
        return None
    values = [row[column.name] for row in rows]
    if column.dtype in ("integer", "decimal"):
        return _numbers(values, column)
    if column.dtype == "text" and column.categories:
        return _labels(values, column)
    return _dates(values, column) if column.dtype == "date" else None


def _numbers(values: list[Any], column: ColumnSchema) -> pd.Series | None:
    there = [value for value in values if value is not None]
    if column.missing_values or not all(type(v) in (int, float) for v in there):
        return None
    numbers = [float(value) for value in there]
    if column.categories:
        fits = all(label_of(number) in column.categories for number in numbers)
    else:
        low, high = column.minimum, column.maximum
        known = isinstance(low, float) and isinstance(high, float)
        fits = known and all(low <= number <= high for number in numbers)
    fits = fits and all(map(math.isfinite, numbers))
    return pd.Series(values, name=column.name, dtype=float) if fits else None


def _dates(values: list[Any], column: ColumnSchema) -> pd.Series | None:
    low, high = column.minimum, column.maximum
    there = [value for value in values if value is not None]
    if column.missing_values or column.categories or not there or not low or not high:
        return None
    if not all(
        isinstance(value, str) and _ISO_DATE.fullmatch(value) for value in there
    ):
        return None
    try:
        dates = np.array([value or "NaT" for value in values], "datetime64[us]")
        fits = (np.datetime64(low) <= dates) & (dates <= np.datetime64(high))
    except ValueError:  # such as 30 February
        return None
    if not (fits | np.isnat(dates)).all():
        return None
    return pd.Series(dates, name=column.name)


def _labels(values: list[Any], column: ColumnSchema) -> pd.Series | None:
    usable = set(column.categories) - set(column.missing_values) - {""}
    there = [value for value in values if value is not None]
    if not all(isinstance(value, str) and value in usable for value in there):
        return None
    if any(value != value.strip() for value in there):
        return None
    return pd.Series(values, name=column.name, dtype="str")
