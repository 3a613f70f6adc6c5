"""Tables in Parquet files, with their many types brought down to those of the other formats."""

from __future__ import annotations

import re
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .dates import UNIT
from .excel import MIN_BYTES_PER_CELL
from .names import check_width, clean_names, listed

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")


def read_parquet(
    stream: BinaryIO, name: str, max_bytes: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table of a Parquet file.

    Parameters
    ----------
    stream : binary stream
        Seekable.
    name : str
        The user's name of the file, for the sentences.
    max_bytes : int
        How large the table may be when it is unpacked.

    Returns
    -------
    frame : DataFrame of shape (n_rows, n_columns)
    notes : list of str

    Raises
    ------
    ValueError
        The file is damaged, encrypted or too large.
    """
    try:
        file = pq.ParquetFile(stream)
        check_width(file.schema_arrow.__len__(), name)
        _check_size(file.metadata, name, max_bytes)
        table = file.read()
        table.validate(full=True)
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise ValueError(
            f"'{name}' is damaged, encrypted or cut short and cannot be opened as a Parquet file. Export it again."
        ) from error
    kept = [
        position
        for position, title in enumerate(table.column_names)
        if not _UNNAMED_INDEX.fullmatch(title)
    ]
    names, notes = clean_names(table.column_names[position] for position in kept)
    columns = [table.column(position) for position in kept]
    del table
    typed = {title: _typed(column) for title, column in zip(names, columns)}
    zoned = [
        title
        for title, column in zip(names, columns)
        if pa.types.is_timestamp(column.type) and column.type.tz
    ]
    nested = [
        title
        for title, column in zip(names, columns)
        if pa.types.is_nested(column.type)
    ]
    if zoned:
        notes.append(f"Times with a time zone were turned into UTC: {listed(zoned)}.")
    if nested:
        notes.append(f"Lists and records were turned into text: {listed(nested)}.")
    return pd.DataFrame(typed), notes


def _check_size(metadata: pq.FileMetaData, name: str, max_bytes: int) -> None:
    n_bytes, n_cells = 0, metadata.num_rows * metadata.num_columns
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        n_bytes += group.total_byte_size
        for position in range(group.num_columns):
            # A column of lists has more values than rows.
            n_cells += max(0, group.column(position).num_values - group.num_rows)
    if max(n_bytes, n_cells * MIN_BYTES_PER_CELL) > max_bytes:
        raise ValueError(
            f"'{name}' takes more than {max_bytes / 1024**2:,.0f} MB when it is unpacked. "
            "Leave out rows or columns."
        )


def _typed(column: pa.ChunkedArray) -> np.ndarray | pd.Series:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_boolean(kind):
        return _truths(column)
    if pa.types.is_integer(kind):
        return _whole_numbers(column)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _floats(column)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _moments(column)
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    return _texts(column)


def _truths(column: pa.ChunkedArray) -> np.ndarray | pd.Series:
    if column.null_count:
        return _texts(pc.cast(column, pa.string()))
    return column.to_numpy()


def _whole_numbers(column: pa.ChunkedArray) -> np.ndarray:
    if column.null_count:
        return _floats(column)
    try:
        return column.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return _floats(column)


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.float64(), safe=False).to_numpy().astype("float64")


def _moments(column: pa.ChunkedArray) -> np.ndarray:
    # Without its time zone a timestamp is the moment in UTC.
    return column.cast(pa.timestamp("us"), safe=False).to_numpy().astype(UNIT)


def _texts(column: pa.ChunkedArray) -> pd.Series:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.large_string()).to_pandas().astype("str")
    values = [None if value is None else str(value) for value in column.to_pylist()]
    return pd.Series(values, dtype="str")
