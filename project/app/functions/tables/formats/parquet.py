"""Tables in Parquet files, with their many types brought down to those of the other formats."""

from __future__ import annotations

import re
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..column_names import check_width, clean_names, listed
from ..dates import UNIT
from .excel import MIN_BYTES_PER_CELL
from .file_kinds import too_large

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
        table, nested = _read(stream, name, max_bytes)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise ValueError(
            f"'{name}' is damaged, encrypted or cut short and cannot be opened as a Parquet file. Export it again."
        ) from error
    kept = [
        position
        for position, field in enumerate(table.schema)
        if not _UNNAMED_INDEX.fullmatch(field.name)
    ]
    names, notes = clean_names(table.column_names[position] for position in kept)
    columns = [table.column(position) for position in kept]
    del table
    typed = {
        title: _typed_or_refused(column, title) for title, column in zip(names, columns)
    }
    zoned = [
        title
        for title, column in zip(names, columns)
        if pa.types.is_timestamp(column.type) and column.type.tz
    ]
    if zoned:
        notes.append(f"Times with a time zone were turned into UTC: {listed(zoned)}.")
    if nested:
        notes.append(f"Columns of lists or records were left out: {listed(nested)}.")
    return pd.DataFrame(typed), notes


def _read(stream: BinaryIO, name: str, max_bytes: int) -> tuple[pa.Table, list[str]]:
    """Return the flat columns and the names of the others, which could unpack to any size."""
    schema = pq.read_schema(stream)
    check_width(len(schema), name)
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    flat = [field for field in schema if not pa.types.is_nested(field.type)]
    texts = [field.name for field in flat if pa.types.is_string(field.type)]
    stream.seek(0)
    file = pq.ParquetFile(stream, read_dictionary=texts)
    _check_size(file.metadata, len(flat), name, max_bytes)
    table = file.read(columns=[field.name for field in flat])
    table.validate(full=True)
    if sum(_text_bytes(column) for column in table.columns) > max_bytes:
        raise too_large(name, max_bytes)
    return table, nested


def _text_bytes(column: pa.ChunkedArray) -> int:
    """Return how long the texts of a column are together, where the file stores each different one once."""
    kind = column.type
    if not pa.types.is_dictionary(kind) or not pa.types.is_string(kind.value_type):
        return 0
    lengths = (
        pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py()
        for chunk in column.chunks
    )
    return sum(length or 0 for length in lengths)


def _check_size(
    metadata: pq.FileMetaData, n_columns: int, name: str, max_bytes: int
) -> None:
    # The metadata of single columns stay untouched: damaged ones end the process.
    row_groups = map(metadata.row_group, range(metadata.num_row_groups))
    n_bytes = sum(group.total_byte_size for group in row_groups)
    n_cells = metadata.num_rows * n_columns
    if max(n_bytes, n_cells * MIN_BYTES_PER_CELL) > max_bytes:
        raise too_large(name, max_bytes)


def _typed_or_refused(column: pa.ChunkedArray, title: str) -> np.ndarray | pd.Series:
    try:
        return _typed(column)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(
            f'Column "{title}" has values of type {column.type} that cannot be read. Leave it out, or save it as text.'
        ) from error


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
