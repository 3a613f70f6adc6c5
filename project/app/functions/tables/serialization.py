"""Tables as bytes, and back, in the format of Parquet."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_BATCH_ROWS = 65_536


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
    file = pq.ParquetFile(pa.BufferReader(content))
    every = max(1, -(-file.metadata.num_rows // n_rows))
    parts, passed = [], 0
    for batch in file.iter_batches(_BATCH_ROWS, use_threads=False):
        kept = range(-passed % every, batch.num_rows, every)
        parts.append(batch.take(pa.array(kept, pa.int64())))
        passed += batch.num_rows
    table = pa.Table.from_batches(parts, file.schema_arrow)
    return table.to_pandas(use_threads=False)
