"""Tables as bytes, and back, in the format of Parquet."""

from __future__ import annotations

import io

import pandas as pd


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
    frame.to_parquet(buffer, engine="pyarrow", index=False)
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
    return pd.read_parquet(io.BytesIO(content), engine="pyarrow", columns=columns)
