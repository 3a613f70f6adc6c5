"""Tables in spreadsheets: the first sheet that holds one."""

from __future__ import annotations

import re
import zipfile
import zlib
from datetime import date, datetime
from typing import BinaryIO

import numpy as np
import pandas as pd

from ..column_names import check_width, clean_names, listed
from ..column_types import drop_empty_rows, mark_missing, type_texts
from ..dates import UNIT
from .file_kinds import ADVICE, too_large

# A cell that exists takes more than this in memory; a sheet of fewer bytes is mostly void.
MIN_BYTES_PER_CELL = 4
CHUNK_BYTES = 1024 * 1024
_PLACE = re.compile(rb"""\br=["']([A-Z]{0,3})(\d{1,7})["']""")
_OFFICE = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "xl/workbook.bin": "a binary Excel workbook (.xlsb), which has to be saved as .xlsx",
    "content.xml": "an OpenDocument file, which has to be saved as .xlsx",
    "META-INF/MANIFEST.MF": "a Java archive",
}


def read_workbook(
    stream: BinaryIO, name: str, max_bytes: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return the first table of an Excel file.

    Parameters
    ----------
    stream : binary stream
        Seekable.
    name : str
        The user's name of the file, for the sentences.
    max_bytes : int
        How large the file may be when it is unpacked.

    Returns
    -------
    frame : DataFrame of shape (n_rows, n_columns)
    notes : list of str

    Raises
    ------
    ValueError
        The file is damaged, protected, too large, no workbook or holds no table.
    """
    if zipfile.is_zipfile(stream):
        _check_archive(stream, name, max_bytes)
    stream.seek(0)
    sheets, chosen, cells = _first_table(stream, name)
    notes = []
    if len(sheets) > 1:
        notes.append(
            f"The file has {len(sheets)} sheets; the first that holds a table was read: {listed([chosen])}."
        )
    header, cells, header_notes = _split_header(cells)
    check_width(len(header), name)
    cells.columns, name_notes = clean_names(header)
    frame, type_notes = _typed(cells)
    return frame, notes + header_notes + name_notes + type_notes


def _check_archive(stream: BinaryIO, name: str, max_bytes: int) -> None:
    try:
        with zipfile.ZipFile(stream) as archive:
            members = set(archive.namelist())
            _check_members(members, name)
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > max_bytes:
                raise too_large(name, max_bytes)
            for entry in archive.infolist():
                _check_entry(archive, entry, name, max_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise _damaged(name) from error


def _check_members(members: set[str], name: str) -> None:
    if any(re.fullmatch(r"xl/workbook\d*\.xml", member) for member in members):
        return
    for member, kind in _OFFICE.items():
        if member in members:
            raise ValueError(f"'{name}' looks like {kind}. {ADVICE}")
    raise ValueError(
        f"'{name}' is a ZIP archive that is no Excel workbook. Unpack it and upload one table from it."
    )


def _check_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, max_bytes: int
) -> None:
    """Read one member to its end, so that false sizes and sheets that are mostly void are found."""
    letters, rows, counted, rest = {b"A"}, 1, 0, b""
    with archive.open(entry) as member:
        while chunk := member.read(CHUNK_BYTES):
            found = _PLACE.findall(rest + chunk)
            rest = chunk[-32:]
            letters.update(column for column, _ in found)
            counted += chunk.count(b"<row")
            rows = max([rows, counted, *(int(row) for _, row in found)])
    columns = max(_column_number(column) for column in letters)
    if rows * columns * MIN_BYTES_PER_CELL > max_bytes:
        raise ValueError(
            f"'{name}' has a sheet of {rows:,} rows and {columns:,} columns, which is too large. "
            "Delete stray cells far from the table, or save it as Parquet or CSV."
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _first_table(stream: BinaryIO, name: str) -> tuple[list[str], str, pd.DataFrame]:
    try:
        with pd.ExcelFile(stream, engine="calamine") as book:
            for sheet in book.sheet_names:
                cells = _trimmed(
                    pd.read_excel(
                        book,
                        sheet_name=sheet,
                        header=None,
                        dtype=object,
                        na_filter=False,
                    )
                )
                if len(cells) > 1 and cells.shape[1] > 1:
                    return book.sheet_names, sheet, cells
    except BaseException as error:
        if not _is_of_the_parser(error):
            raise
        raise _unopened(error, name) from error
    raise ValueError(
        f"'{name}' has no sheet with a table. Put the table on a sheet of its own: "
        "a header row, at least 2 columns and at least 2 rows below it."
    )


def _is_of_the_parser(error: BaseException) -> bool:
    # A damaged file can make the parser panic, and its panics are no Exception.
    is_panic = type(error).__name__ == "PanicException"
    return (
        is_panic or isinstance(error, Exception) and not isinstance(error, MemoryError)
    )


def _unopened(error: BaseException, name: str) -> ValueError:
    if "password" in str(error).lower():
        return ValueError(
            f"'{name}' is protected by a password. Save it without one, or export the table as CSV."
        )
    return _damaged(name)


def _trimmed(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the part from the first row with two filled cells on, without empty columns."""
    filled = np.array([_filled(cells[column]) for column in cells], dtype=bool).T
    if not filled.size:
        return pd.DataFrame()
    wide = np.flatnonzero(filled.sum(axis=1) > 1)
    if not len(wide):
        return pd.DataFrame()
    rows = filled.any(axis=1) & (np.arange(len(filled)) >= wide[0])
    columns = filled[rows].any(axis=0)
    cells = cells.where(filled, np.nan).loc[rows, columns]
    return cells.reset_index(drop=True)


def _filled(cells: pd.Series) -> np.ndarray:
    blank = [isinstance(cell, str) and not cell.strip() for cell in cells]
    return cells.notna().to_numpy() & ~np.array(blank, dtype=bool)


def _split_header(
    cells: pd.DataFrame,
) -> tuple[list[object], pd.DataFrame, list[str]]:
    first = cells.iloc[0].tolist()
    if all(isinstance(cell, (int, float)) for cell in first):
        names = [f"column {number}" for number in range(1, len(first) + 1)]
        note = (
            'The first row holds only numbers, so it was read as data and the columns were named "column 1", '
            '"column 2" and so on.'
        )
        return names, cells, [note]
    return first, cells.iloc[1:].reset_index(drop=True), []


def _typed(cells: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    typed = {name: _from_objects(cells[name]) for name in cells}
    names = [name for name, column in typed.items() if column is None]
    if not names:
        return pd.DataFrame(typed), []
    texts = pd.DataFrame({name: _texts(cells[name]) for name in names})
    mark_missing(texts)
    texts, notes = type_texts(texts)
    typed |= {name: texts[name] for name in names}
    frame, row_notes = drop_empty_rows(pd.DataFrame(typed))
    return frame, notes + row_notes


def _from_objects(cells: pd.Series) -> np.ndarray | None:
    """Return numbers, truth values or dates where the cells hold nothing else, otherwise None."""
    filled = cells[cells.notna()]
    kinds = set(map(type, filled))
    complete = len(filled) == len(cells)
    if kinds == {bool} and complete:
        return cells.to_numpy(dtype=bool)
    if kinds == {int} and complete and filled.abs().max() < 2**63:
        return cells.to_numpy(dtype="int64")
    if kinds and kinds <= {int, float}:
        return cells.to_numpy(dtype="float64")
    if kinds and kinds <= {date, datetime, pd.Timestamp}:
        return cells.where(cells.notna(), None).to_numpy().astype(UNIT)
    return None


def _texts(cells: pd.Series) -> pd.Series:
    return cells.map(_text, na_action="ignore").astype("str")


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return str(cell)


def _damaged(name: str) -> ValueError:
    return ValueError(
        f"'{name}' is damaged or cut short and cannot be opened as an Excel workbook. "
        "Open and save it again, or export the table as CSV."
    )
