"""Tables as bytes, and back, in the format of Parquet."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_BATCH_ROWS = 65_536
_BATCH_BYTES = 64 * 1024 * 1024
_BYTES_PER_CELL = 8


def table_to_bytes(frame: pd.DataFrame) -> bytes:
    """Return `frame` as the bytes of a Parquet file.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)

    Returns
    -------
    bytes
    """
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), buffer)
    return buffer.getvalue()


def table_of_texts(texts: Mapping[str, pd.Series]) -> bytes:
    """Return columns of text as the bytes of a Parquet file, compressed well: they are hardly ever read.

    Parameters
    ----------
    texts : mapping of str to Series of str, each of shape (n_rows,)

    Returns
    -------
    bytes
    """
    buffer = io.BytesIO()
    table = pa.table(
        {name: pa.array(t, pa.large_string()) for name, t in texts.items()}
    )
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def table_from_bytes(content: bytes, columns: list[str] | None = None) -> pd.DataFrame:
    """Return the table that `table_to_bytes` wrote.

    Parameters
    ----------
    content : bytes
    columns : list of str, optional
        Only these columns are read.

    Returns
    -------
    DataFrame
    """
    # Not by pandas.read_parquet: it loads pyarrow's dataset library besides, which a server keeps in memory for good.
    file = pq.ParquetFile(pa.BufferReader(content))
    return file.read(columns, use_threads=False).to_pandas(use_threads=False)


def decoded_bytes(content: bytes, columns: list[str] | None = None) -> int:
    """Return how much memory the table takes that `table_to_bytes` wrote: a text that is repeated is stored once.

    Parameters
    ----------
    content : bytes
    columns : list of str, optional
        Only these columns.

    Returns
    -------
    int
    """
    schema = pq.read_schema(pa.BufferReader(content))
    names = schema.names if columns is None else columns
    texts = [n for n in names if _is_text(schema.field(n).type)]
    file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts)
    n_bytes = file.metadata.num_rows * len(names) * _BYTES_PER_CELL
    for name in texts:
        for chunk in file.read([name], use_threads=False).column(0).chunks:
            lengths = pc.binary_length(chunk.dictionary).take(chunk.indices)
            n_bytes += pc.sum(lengths).as_py() or 0
    return n_bytes


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def thinned_from_bytes(content: bytes, n_rows: int) -> pd.DataFrame:
    """Return rows spread evenly over the table that `table_to_bytes` wrote, without holding all of it in memory.

    Parameters
    ----------
    content : bytes
    n_rows : int
        At most so many.

    Returns
    -------
    DataFrame of shape (at most n_rows, n_columns)
    """
    n_stored = pq.read_metadata(pa.BufferReader(content)).num_rows
    every = max(1, -(-n_stored // n_rows))
    return rows_from_bytes(content, np.arange(0, n_stored, every))


def rows_from_bytes(
    content: bytes, positions: np.ndarray, columns: list[str] | None = None
) -> pd.DataFrame:
    """Return some rows of the table that `table_to_bytes` wrote, without holding all of it in memory.

    Parameters
    ----------
    content : bytes
    positions : ndarray of int
        Of the rows, ascending.
    columns : list of str, optional
        Only these columns are read.

    Returns
    -------
    DataFrame of shape (len(positions), n_columns)
    """
    file = pq.ParquetFile(pa.BufferReader(content))
    row_bytes = decoded_bytes(content, columns) // max(1, file.metadata.num_rows)
    batch_rows = min(_BATCH_ROWS, max(1, _BATCH_BYTES // max(1, row_bytes)))
    parts, passed = [], 0
    for batch in file.iter_batches(batch_rows, columns=columns, use_threads=False):
        first, last = np.searchsorted(positions, [passed, passed + batch.num_rows])
        parts.append(batch.take(pa.array(positions[first:last] - passed, pa.int64())))
        passed += batch.num_rows
    schema = parts[0].schema if parts else file.schema_arrow
    table = pa.Table.from_batches(parts, schema)
    if columns is not None and parts:
        table = table.select(columns)
    return table.to_pandas(use_threads=False)


def batches_of(source: BinaryIO | Path, n_rows: int) -> Iterator[pd.DataFrame]:
    """Yield the table of a Parquet file in parts, without holding all of it in memory.

    Parameters
    ----------
    source : pathlib.Path or binary stream
    n_rows : int
        How many rows a part has; the last one may have fewer.

    Yields
    ------
    DataFrame of shape (n_rows, n_columns)
    """
    file = pq.ParquetFile(source)
    for batch in file.iter_batches(n_rows, use_threads=False):
        yield batch.to_pandas(use_threads=False)


class TableWriter:
    """Writes a table in parts, as Parquet.

    Parameters
    ----------
    target : binary stream
    """

    def __init__(self, target: BinaryIO):
        self._target = target
        self._writer: pq.ParquetWriter | None = None

    def write(self, part: pd.DataFrame) -> None:
        """Write some rows; the first part decides the types."""
        if self._writer is None:
            fields = [
                pa.field(str(name), _arrow_type(part[name].dtype)) for name in part
            ]
            self._writer = pq.ParquetWriter(self._target, pa.schema(fields))
        schema = self._writer.schema
        self._writer.write_table(
            pa.Table.from_pandas(part, schema=schema, preserve_index=False)
        )

    def close(self) -> None:
        """Write what comes last in the file."""
        if self._writer is not None:
            self._writer.close()


def _arrow_type(dtype: Any) -> pa.DataType:
    if isinstance(dtype, np.dtype) and dtype.kind in "biufM":
        return pa.from_numpy_dtype(dtype)
    return pa.large_string()
