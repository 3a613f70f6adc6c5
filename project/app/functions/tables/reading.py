"""A file that somebody uploads becomes a table, or a sentence that says why not."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

import numpy as np
import pandas as pd

from .column_names import MAX_COLUMNS, check_width, listed
from .formats.delimited import read_delimited
from .formats.excel import read_workbook
from .formats.file_kinds import kind_of, too_large
from .formats.parquet import read_parquet

__all__ = ["MAX_COLUMNS", "MIN_COLUMNS", "MIN_ROWS", "ReadTable", "read_table"]

MIN_ROWS = 2
MIN_COLUMNS = 2
CHUNK_BYTES = 1024 * 1024
SPOOL_BYTES = 16 * CHUNK_BYTES

_READERS = {
    "text": read_delimited,
    "zip": read_workbook,
    "excel": read_workbook,
    "parquet": read_parquet,
}
# What a file's name may claim while it is text: many a '.xls' is a table as text, and read as such.
_CLAIMS = {
    ".xlsx": "an Excel workbook",
    ".xlsm": "an Excel workbook",
    ".xls": "an Excel workbook",
    ".parquet": "a Parquet file",
}


@dataclass(frozen=True)
class ReadTable:
    """A table and what the user should know about how it was read.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        At least 2 rows and 2 columns. The names are different, not empty and str; the types are int64, float64,
        bool, datetime64[us] (without time zone) and str.
    notes : tuple of str
        Sentences that tell what was mended or assumed.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]


def read_table(content: BinaryIO, name: str, max_bytes: int) -> ReadTable:
    """Return the table that a file holds: delimited text, Parquet or Excel, packed by gzip or not.

    Parameters
    ----------
    content : binary stream
        Seekable.
    name : str
        The user's name of the file. It only appears in sentences: what the file is, its content tells.
    max_bytes : int
        How large the file may be when it is unpacked.

    Returns
    -------
    ReadTable

    Raises
    ------
    ValueError
        The file holds no usable table; the sentence says why and what to do.
    """
    if content.seek(0, 2) > max_bytes:
        raise too_large(name, max_bytes)
    kind = kind_of(content, name)
    if kind != "gzip":
        return _read(content, kind, name, max_bytes)
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as unpacked:
        _unpack(content, unpacked, name, max_bytes)
        kind = kind_of(unpacked, name)
        if kind == "gzip":
            raise ValueError(
                f"'{name}' is packed more than once. Unpack it and upload the table that is inside."
            )
        return _read(unpacked, kind, name, max_bytes)


def _read(stream: BinaryIO, kind: str, name: str, max_bytes: int) -> ReadTable:
    try:
        frame, notes = _READERS[kind](stream, name, max_bytes)
    except ValueError as error:
        claim = _CLAIMS.get(PurePath(name).suffix.lower())
        if kind == "text" and claim:
            raise ValueError(f"{error} {_doubt(claim)}") from None
        raise
    check_width(frame.shape[1], name)
    _check_shape(frame, name)
    infinite = _remove_infinities(frame)
    if infinite:
        notes.append(f"Infinite values were taken as missing: {listed(infinite)}.")
    return ReadTable(frame, tuple(notes))


def _doubt(claim: str) -> str:
    return (
        f"Its name says that it is {claim}, but its content is none: it may have been damaged on its way. "
        "Save it again where it comes from, and upload that."
    )


def _unpack(packed: BinaryIO, unpacked: BinaryIO, name: str, max_bytes: int) -> None:
    """Unpack in parts and stop at the limit, so that a small file cannot fill the memory."""
    try:
        with gzip.GzipFile(fileobj=packed) as source:
            while chunk := source.read(CHUNK_BYTES):
                if unpacked.tell() + len(chunk) > max_bytes:
                    raise too_large(name, max_bytes)
                unpacked.write(chunk)
    except EOFError:
        raise ValueError(
            f"'{name}' is cut short: the end of the packed file is missing. Upload it again, or pack it again."
        ) from None
    except (OSError, zlib.error):
        raise ValueError(
            f"'{name}' is damaged and cannot be unpacked. Pack it again, or upload the table unpacked."
        ) from None


def _check_shape(frame: pd.DataFrame, name: str) -> None:
    n_rows, n_columns = frame.shape
    if n_columns < MIN_COLUMNS:
        raise ValueError(
            f"'{name}' has fewer than {MIN_COLUMNS} columns that can be used; at least {MIN_COLUMNS} are needed: "
            "one to predict and one to predict it from."
        )
    if n_rows == 0:
        raise ValueError(
            f"'{name}' has a header row, but no rows of data below it. Add at least {MIN_ROWS} rows."
        )
    if n_rows < MIN_ROWS:
        raise ValueError(
            f"'{name}' has only one row of data; at least {MIN_ROWS} are needed to learn from."
        )


def _remove_infinities(frame: pd.DataFrame) -> list[str]:
    names = []
    for column in frame.select_dtypes("float64"):
        values = frame[column].to_numpy()
        infinite = np.isinf(values)
        if infinite.any():
            frame[column] = np.where(infinite, np.nan, values)
            names.append(column)
    return names
