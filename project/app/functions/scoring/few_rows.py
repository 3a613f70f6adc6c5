"""A few rows of a program made to fit a schema: what `conforming.conform` finds, in a fraction of its time for one row.

A value that JSON has typed already, and that the training table had, needs no reading. Only the columns that have
other values are read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from app import wording

from ..tables.columns import label_of
from ..tables.json_rows import table_of_rows
from ..tables.schema import ColumnSchema, TableSchema
from .conforming import Conformed, Problem, conform

# From here on reading whole columns is faster.
MAX_ROWS = 50
MAX_SURPLUS_NAMED = 20
_MAX_NAME = 120
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
    unknown = _surplus(rows, schema)
    whole = (name for name, series in plain.items() if series.notna().all())
    anchor = next(whole, None)
    if anchor is None:
        conformed = conform(table_of_rows(rows, schema)[0], schema)
        return replace(conformed, problems=(*conformed.problems, *unknown))
    read = [c for c in schema.columns if c.name not in plain]
    index = plain[anchor].index
    if not read:
        return Conformed(pd.DataFrame(plain, index=index), unknown)
    # A column that is whole tells that no row is empty.
    part = TableSchema((*read, *(c for c in schema.columns if c.name == anchor)))
    conformed = conform(table_of_rows(rows, part)[0], part)
    columns = {c.name: plain.get(c.name) for c in schema.columns}
    columns |= {c.name: conformed.rows[c.name] for c in read}
    table = pd.DataFrame(columns, index=index)
    return replace(conformed, rows=table, problems=(*conformed.problems, *unknown))


def joined(
    parts: Sequence[tuple[pd.DataFrame, np.ndarray | None]],
) -> list[tuple[pd.DataFrame, np.ndarray | None]]:
    """Join the rows of many requests, of which one table is counted as fast as a single row.

    Parameters
    ----------
    parts : sequence of (DataFrame, ndarray or None)
        Rows, and what was predicted for them.

    Returns
    -------
    list of (DataFrame, ndarray or None)
        One pair, unless something was predicted for some parts only.
    """
    outputs = [output for _, output in parts]
    if len(parts) < 2 or any(output is None for output in outputs):
        return list(parts)
    rows = pd.concat([rows for rows, _ in parts], ignore_index=True)
    return [(rows, np.concatenate(outputs))]


def _surplus(
    rows: Sequence[Mapping[str, Any]], schema: TableSchema
) -> tuple[Problem, ...]:
    """Return what the model does not use: the first names, cut, and how many more there are."""
    names = dict.fromkeys(name for row in rows for name in row)
    for column in schema.columns:
        names.pop(column.name, None)
    named = [str(name) for name in islice(names, MAX_SURPLUS_NAMED)]
    found = [
        Problem(wording.shortened(name, _MAX_NAME), "surplus", len(rows))
        for name in named
    ]
    n_more = len(names) - len(named)
    if n_more:
        columns = wording.plural(n_more, "further column")
        found.append(Problem("", "surplus", len(rows), expected=columns))
    return tuple(found)


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
    try:
        numbers = [float(value) for value in there]
    except OverflowError:  # an integer with hundreds of digits
        return None
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
