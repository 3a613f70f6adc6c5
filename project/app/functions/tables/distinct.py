"""A column of text as its distinct values and, for each row, which one it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Distinct:
    """A column, so that what is decided on its distinct values is decided once.

    Attributes
    ----------
    values : pyarrow.Array of large_string, of length n
        Distinct, without nulls.
    codes : ndarray of shape (n_rows,) of int
        The position in `values` of each row's value; -1 where it is missing.
    """

    values: pa.Array
    codes: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """How many rows have each value, of shape (n,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))

    def without(self, dropped: np.ndarray) -> Distinct:
        """Return the column with some values as missing; `dropped` is a mask of shape (n,)."""
        if not dropped.any():
            return self
        new = np.where(dropped, -1, np.cumsum(~dropped) - 1)
        return Distinct(
            self.values.filter(pa.array(~dropped)), np.append(new, -1)[self.codes]
        )

    def spellings(self, which: np.ndarray) -> dict[str, int]:
        """Return some values with their rows; `which` is a mask of shape (n,)."""
        if not which.any():
            return {}
        chosen = self.values.filter(pa.array(which)).to_pylist()
        return dict(zip(chosen, self.counts[which].tolist()))


def distinct_texts(column: pa.Array | pa.ChunkedArray) -> Distinct:
    """Return the distinct texts of a column, without the spaces around them; blank cells are missing.

    Parameters
    ----------
    column : pyarrow array of string, or of a dictionary of strings, of length n_rows

    Returns
    -------
    Distinct
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    is_encoded = pa.types.is_dictionary(column.type)
    if not is_encoded:
        column = column.dictionary_encode()
    codes = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
    values = pc.fill_null(column.dictionary.cast(pa.large_string()), "")
    # A dictionary that a stranger's file brings along may hold a text twice.
    trimmed = pc.utf8_trim_whitespace(values)
    if not pc.all(pc.equal(trimmed, values)).as_py() or is_encoded:
        again = trimmed.dictionary_encode()
        values = again.dictionary
        codes = np.append(again.indices.to_numpy(zero_copy_only=False), -1)[codes]
    blank = pc.equal(values, "").to_numpy(zero_copy_only=False)
    return Distinct(values, codes).without(blank)


def spread(found: np.ndarray | pa.Array, codes: np.ndarray) -> np.ndarray | pd.Series:
    """Return the value of each row.

    Parameters
    ----------
    found : ndarray or pyarrow.Array of large_string, of length n
        The values that `codes` point to.
    codes : ndarray of shape (n_rows,) of int
        -1 where a row has none.

    Returns
    -------
    ndarray, or Series of str, of shape (n_rows,)
        Whole numbers beside missing ones are floats.
    """
    complete = not (codes < 0).any()
    if not isinstance(found, np.ndarray):
        indices = pa.array(codes, mask=None if complete else codes < 0)
        return found.take(indices).to_pandas().astype("str")
    if complete:
        return found[codes]
    missing = np.datetime64("NaT") if found.dtype.kind == "M" else np.nan
    if found.dtype.kind == "i":
        found = found.astype("float64")
    return np.append(found, missing)[codes]
