"""What speaks for a prediction: how far it moves when one column has its typical value instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..tables.schema import ColumnSchema, TableSchema

N_REASONS = 3


@dataclass(frozen=True)
class Reasons:
    """The columns that move each prediction most.

    Attributes
    ----------
    columns : ndarray of int, of shape (n_rows, n_reasons)
        Positions in the schema, the strongest first; -1 where no further column moves the prediction.
    effects : ndarray of float, of shape (n_rows, n_reasons)
        How much higher the prediction is than with the column's typical value.
    """

    columns: np.ndarray
    effects: np.ndarray


def reasons_of(
    predict: Callable[[pd.DataFrame], np.ndarray],
    rows: pd.DataFrame,
    schema: TableSchema,
    n_reasons: int = N_REASONS,
) -> Reasons:
    """Return which columns move the prediction of each row most, one at a time.

    Parameters
    ----------
    predict : callable
        ``predict(rows)`` returns an array of shape (n_rows,): a probability, or a number.
    rows : DataFrame of shape (n_rows, n_columns)
        As `conforming.conform` returns them.
    schema : TableSchema
        Of the same columns, with their typical values.
    n_reasons : int

    Returns
    -------
    Reasons

    Notes
    -----
    Columns that only matter together are not found: each is replaced while all others stay as they are.
    """
    before = predict(rows)
    effects = np.zeros((len(rows), len(schema.columns)))
    for j, column in enumerate(schema.columns):
        changed = rows.assign(**{column.name: typical_column(column, rows.index)})
        effects[:, j] = before - predict(changed)
    n_reasons = min(n_reasons, len(schema.columns))
    order = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :n_reasons]
    strongest = np.take_along_axis(effects, order, axis=1)
    return Reasons(np.where(strongest == 0, -1, order), strongest)


def typical_column(column: ColumnSchema, index: pd.Index) -> pd.Series:
    """Return a column that holds its typical value in every row: the median, the most frequent label, or nothing.

    Parameters
    ----------
    column : ColumnSchema
    index : Index of length n_rows

    Returns
    -------
    Series of shape (n_rows,)
    """
    value = column.typical
    if value is None:
        return column.nothing(index)
    if column.dtype == "date":
        value = np.datetime64(value, "us")
    elif column.dtype == "boolean":
        value = value == "True"
    elif column.dtype != "text":
        value = float(value)
    return pd.Series(value, index=index, name=column.name)
