"""Reads an uploaded file as a table, or raises a sentence that says why that is not possible."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from app import wording

from .column_names import MAX_COLUMNS, check_width, listed
from .formats.archives import is_workbook, only_table_in
from .formats.delimited import read_delimited
from .formats.excel import read_workbook
from .formats.file_kinds import kind_of, too_large
from .formats.limits import check_table
from .formats.parquet import read_parquet
from .reading_choices import ReadingChoices
from .results import ReadTable

__all__ = ["MAX_COLUMNS", "MIN_COLUMNS", "MIN_ROWS", "ReadTable", "read_table"]

MIN_ROWS = 2
MIN_COLUMNS = 2
CHUNK_BYTES = 1024 * 1024
SPOOL_BYTES = 16 * CHUNK_BYTES

_READERS = {
    "text": read_delimited,
    "excel": read_workbook,
    "parquet": read_parquet,
}
_PACKED = ("gzip", "zip")
# What a file's name may claim while it is text: many a '.xls' is a table as text, and read as such.
_CLAIMS = {
    ".xlsx": "an Excel workbook",
    ".xlsm": "an Excel workbook",
    ".xls": "an Excel workbook",
    ".xlsb": "an Excel workbook",
    ".ods": "an OpenDocument spreadsheet",
    ".parquet": "a Parquet file",
}


def read_table(
    content: BinaryIO,
    name: str,
    max_bytes: int,
    sheet: str | None = None,
    choices: ReadingChoices | None = None,
    announce: Callable[[int], None] = lambda n_bytes: None,
    to_learn: bool = True,
) -> ReadTable:
    """Return the table that a file holds: delimited text, Parquet or a workbook, packed by gzip or ZIP or not.

    Parameters
    ----------
    content : binary stream
        Seekable.
    name : str
        The user's name of the file. It only appears in sentences: what the file is, its content tells.
    max_bytes : int
        How large the file may be when it is unpacked.
    sheet : str, optional
        Which sheet of a workbook; the first visible one that holds a table if it is not given.
    choices : ReadingChoices, optional
        How a text file is to be read, where its content does not tell it rightly.
    announce : callable
        ``announce(n_bytes)`` is called before memory is taken, with how large the table is as far as is known by then:
        who bounds this process may bound it more tightly.
    to_learn : bool
        Whether a model is to learn from the table; one that is only to be predicted may have a single row and column.

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
    kind = _kind(content, name)
    if kind not in _PACKED:
        table = _read(
            content, kind, name, max_bytes, sheet, choices, announce, to_learn
        )
        return _checked(table, name, to_learn)
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as unpacked:
        inside = _unpack(content, kind, unpacked, name, max_bytes)
        kind = _kind(unpacked, inside or name)
        if kind in _PACKED:
            raise ValueError(
                f"'{name}' is packed more than once. Unpack it and upload the table that is inside."
            )
        name = inside or name
        table = _read(
            unpacked, kind, name, max_bytes, sheet, choices, announce, to_learn
        )
    return _checked(table, name, to_learn)


def _checked(table: ReadTable, name: str, to_learn: bool) -> ReadTable:
    _check_shape(table.frame, name, to_learn)
    infinite = _remove_infinities(table.frame)
    if not infinite:
        return table
    note = f"Infinite values were taken as missing: {listed(infinite)}."
    return replace(table, notes=(*table.notes, note))


def _kind(stream: BinaryIO, name: str) -> str:
    kind = kind_of(stream, name)
    return "excel" if kind == "zip" and is_workbook(stream, name) else kind


def _read(
    stream: BinaryIO,
    kind: str,
    name: str,
    max_bytes: int,
    sheet: str | None,
    choices: ReadingChoices | None,
    announce: Callable[[int], None],
    to_learn: bool,
) -> ReadTable:
    announce(stream.seek(0, 2))
    stream.seek(0)
    options: dict[str, Any] = {"sheet": sheet} if kind == "excel" else {}
    if kind == "text":
        options = {"choices": choices or ReadingChoices(), "to_learn": to_learn}
    try:
        table = _READERS[kind](stream, name, max_bytes, announce, **options)
    except ValueError as error:
        claim = _CLAIMS.get(PurePath(name).suffix.lower())
        if kind == "text" and claim:
            raise ValueError(f"{error} {_doubt(claim)}") from None
        raise
    check_width(table.frame.shape[1], name)
    check_table(table.frame, name, max_bytes)
    return table


def _doubt(claim: str) -> str:
    return (
        f"Its name says that it is {claim}, but its content is not: it may have been damaged on its way. "
        "Save it again in the program that made it, and upload that."
    )


def _unpack(
    packed: BinaryIO, kind: str, unpacked: BinaryIO, name: str, max_bytes: int
) -> str:
    """Unpack in parts and stop at the limit, so that a small file cannot fill the memory.

    Return what the file is called inside; '' if it has no name there.
    """
    inside, chunks = "", _gzip_chunks(packed, name)
    if kind == "zip":
        inside, chunks = only_table_in(packed, name)
    for chunk in chunks:
        if unpacked.tell() + len(chunk) > max_bytes:
            raise too_large(name, max_bytes)
        unpacked.write(chunk)
    return inside


def _gzip_chunks(packed: BinaryIO, name: str) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=packed) as source:
            while chunk := source.read(CHUNK_BYTES):
                yield chunk
    except EOFError:
        raise ValueError(
            f"'{name}' is cut short: the end of the packed file is missing. Upload it again, or pack it again."
        ) from None
    except (OSError, zlib.error):
        raise ValueError(
            f"'{name}' is damaged and cannot be unpacked. Pack it again, or upload the table unpacked."
        ) from None


def _check_shape(frame: pd.DataFrame, name: str, to_learn: bool) -> None:
    n_rows, n_columns = frame.shape
    if n_rows == 0:
        least = wording.plural(MIN_ROWS if to_learn else 1, "row")
        raise ValueError(
            f"'{name}' has a header row, but no rows of data below it. Add at least {least}."
        )
    if not to_learn:
        return
    if n_columns < MIN_COLUMNS:
        raise ValueError(
            f"'{name}' has fewer than {MIN_COLUMNS} columns that can be used; at least {MIN_COLUMNS} are needed: "
            "one to predict and one to predict it from."
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
