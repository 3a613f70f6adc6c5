"""ZIP files: which table or workbook they hold, and whether it may be opened without filling the memory."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

from ..column_names import listed
from .file_kinds import ADVICE, too_large

# A cell that exists takes more than this in memory; a sheet of fewer bytes is mostly void.
MIN_BYTES_PER_CELL = 4
CHUNK_BYTES = 1024 * 1024
_PLACE = re.compile(rb"""\br=["']([A-Z]{0,3})(\d{1,7})["']""")
_WITHOUT_VALUE = re.compile(
    rb"""<c r=["']([A-Z]{1,3})\d+["'][^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>"""
)
_ERROR = re.compile(rb"""<c r=["']([A-Z]{1,3})\d+["'][^>]*\bt=["']e["']""")
_LONGEST_CELL = 16 * 1024
_ODS_ROW_OR_CELL = re.compile(
    rb"<table:(table-row|table-cell|covered-table-cell)\b([^>]*)>"
)
_ODS_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated=["'](\d{1,15})["']""")
_OFFICE = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "META-INF/MANIFEST.MF": "a Java archive",
}
_TABLES = {
    ".csv",
    ".tsv",
    ".tab",
    ".xlsx",
    ".xlsm",
    ".xls",
    ".xlsb",
    ".ods",
    ".parquet",
}
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
_NO_FILES = ("__MACOSX/", ".DS_Store", "Thumbs.db")


@dataclass
class OddCells:
    """By the letters of a column, how many cells look blank for a reason that their reader cannot tell.

    Attributes
    ----------
    without_value : Counter
        Formulas whose value is not stored.
    errors : Counter
        Formulas whose value is an error, such as #DIV/0!.
    """

    without_value: Counter = field(default_factory=Counter)
    errors: Counter = field(default_factory=Counter)


def is_workbook(stream: BinaryIO, name: str) -> bool:
    """Tell whether a ZIP file is a workbook, not a file that somebody packed.

    Parameters
    ----------
    stream : binary stream
        Seekable; a ZIP file.
    name : str
        The user's name of the file, for the sentence.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        It is damaged, or another document.
    """
    with _opened(stream, name) as archive:
        members = set(archive.namelist())
    for member, kind in _OFFICE.items():
        if member in members:
            raise ValueError(f"'{name}' looks like {kind}. {ADVICE}")
    return bool(_format_of(members))


def check_workbook(stream: BinaryIO, name: str, max_bytes: int) -> OddCells:
    """Refuse a workbook that fills the memory, before it is opened.

    Parameters
    ----------
    stream : binary stream
        Seekable; a ZIP file.
    name : str
        The user's name of the file, for the sentence.
    max_bytes : int
        How large it may be when it is unpacked.

    Returns
    -------
    OddCells

    Raises
    ------
    ValueError
        The file is damaged or too large.
    """
    odd = OddCells()
    try:
        with _opened(stream, name) as archive:
            _check_sizes(archive, name, max_bytes)
            look = _LOOKS[_format_of(set(archive.namelist()))]
            for entry in archive.infolist():
                with archive.open(entry) as member:
                    rows, columns = look(member, entry.filename, odd)
                if rows * columns * MIN_BYTES_PER_CELL > max_bytes:
                    raise ValueError(_mostly_void(name, rows, columns))
    except _BROKEN as error:
        raise damaged(name) from error
    return odd


def only_table_in(stream: BinaryIO, name: str) -> tuple[str, Iterator[bytes]]:
    """Return the one table that a ZIP file holds.

    Parameters
    ----------
    stream : binary stream
        Seekable; a ZIP file.
    name : str
        The user's name of the file, for the sentence.

    Returns
    -------
    name : str
        The name of the table inside.
    content : iterator of bytes
        In parts, for its size is not to be believed.

    Raises
    ------
    ValueError
        It holds none, or several, or needs a password.
    """
    with _opened(stream, name) as archive:
        files = [
            entry
            for entry in archive.infolist()
            if not entry.is_dir()
            and not any(part in entry.filename for part in _NO_FILES)
        ]
    tables = [e for e in files if PurePosixPath(e.filename).suffix.lower() in _TABLES]
    found = tables or files
    if len(found) != 1:
        inside = [PurePosixPath(entry.filename).name for entry in found]
        raise ValueError(
            f"'{name}' is a ZIP archive of {len(found):,} files, and it is not clear which one to read"
            f"{': ' + listed(inside) if inside else ''}. Unpack it and upload one table from it."
        )
    if found[0].flag_bits & 1:
        raise ValueError(
            f"'{name}' is protected by a password. Unpack it and upload the table that is inside."
        )
    return PurePosixPath(found[0].filename).name, _content(stream, found[0], name)


def damaged(name: str) -> ValueError:
    """Return what to raise for a workbook that cannot be opened.

    Parameters
    ----------
    name : str
        The user's name of the file.

    Returns
    -------
    ValueError
    """
    return ValueError(
        f"'{name}' is damaged or cut short and cannot be opened as an Excel workbook. "
        "Open and save it again, or export the table as CSV."
    )


def _opened(stream: BinaryIO, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except _BROKEN as error:
        raise damaged(name) from error


def _content(stream: BinaryIO, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    try:
        with _opened(stream, name) as archive, archive.open(entry) as member:
            while chunk := member.read(CHUNK_BYTES):
                yield chunk
    except (*_BROKEN, NotImplementedError):
        raise ValueError(
            f"'{name}' is damaged and cannot be unpacked. Pack it again, or upload the table unpacked."
        ) from None


def _format_of(members: set[str]) -> str:
    if any(re.fullmatch(r"xl/workbook\d*\.xml", member) for member in members):
        return "xlsx"
    if "xl/workbook.bin" in members:
        return "xlsb"
    return "ods" if "content.xml" in members else ""


def _check_sizes(archive: zipfile.ZipFile, name: str, max_bytes: int) -> None:
    unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > max_bytes:
        raise too_large(name, max_bytes)


def _mostly_void(name: str, rows: int, columns: int) -> str:
    return (
        f"'{name}' has a sheet of {rows:,} rows and {columns:,} columns, which is too large. "
        "Delete stray cells far from the table, or save it as Parquet or CSV."
    )


def _look_at_xlsx(member: BinaryIO, name: str, odd: OddCells) -> tuple[int, int]:
    letters, rows, counted = {b"A"}, 1, 0
    rest = b""
    while chunk := member.read(CHUNK_BYTES):
        found = _PLACE.findall(rest[-32:] + chunk)
        letters.update(column for column, _ in found)
        counted += chunk.count(b"<row")
        rows = max([rows, counted, *(int(row) for _, row in found)])
        rest = _count_odd_cells(rest + chunk, odd)
    return rows, max(_column_number(column) for column in letters)


def _count_odd_cells(xml: bytes, odd: OddCells) -> bytes:
    """Count cells that look blank and are not; return the end of `xml` that may hold half of one."""
    end = 0
    for pattern, counter in ((_WITHOUT_VALUE, odd.without_value), (_ERROR, odd.errors)):
        for cell in pattern.finditer(xml):
            counter[cell[1].decode()] += 1
            end = max(end, cell.end())
    begins = xml.rfind(b"<c ")
    return xml[max(end, begins, len(xml) - _LONGEST_CELL) :]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _look_at_ods(member: BinaryIO, name: str, _: OddCells) -> tuple[int, int]:
    """Return how far the cells with a value reach; blank ones that are repeated to the edge do not count."""
    rows = columns = widest = last_row = column = repeated_rows = 0
    has_value = False
    for xml in _tags(member):
        for tag in _ODS_ROW_OR_CELL.finditer(xml):
            kind, attributes = tag.groups()
            times = _ODS_REPEATED.search(attributes)
            repeated = int(times[1]) if times else 1
            if kind == b"table-row":
                rows += repeated_rows
                last_row = rows if has_value else last_row
                column, repeated_rows, has_value = 0, repeated, False
                continue
            column += repeated
            if not attributes.rstrip().endswith(b"/") or b"office:value" in attributes:
                has_value, widest = True, max(widest, column)
    rows += repeated_rows
    columns = max(widest, 1)
    return max(last_row, rows if has_value else 0, 1), columns


def _tags(member: BinaryIO) -> Iterator[bytes]:
    """Yield XML in parts that end between two tags."""
    rest = b""
    while chunk := member.read(CHUNK_BYTES):
        whole, bracket, rest = (rest + chunk).rpartition(b">")
        yield whole + bracket
    yield rest


def _look_at_xlsb(member: BinaryIO, name: str, _: OddCells) -> tuple[int, int]:
    """Walk the records of a binary sheet: one a row, one a cell."""
    content = member.read()
    if not name.startswith("xl/worksheets/"):
        return 1, 1
    position, row, column = 0, 0, 0
    while position + 2 < len(content):
        kind, position = _variable_number(content, position, 2)
        size, position = _variable_number(content, position, 4)
        if size >= 4 and kind <= 11 and position + 4 <= len(content):
            (number,) = struct.unpack_from("<I", content, position)
            if kind == 0:
                row = max(row, number + 1)
            else:
                column = max(column, number + 1)
        position += size
    return max(row, 1), max(column, 1)


def _variable_number(content: bytes, position: int, longest: int) -> tuple[int, int]:
    number = 0
    for step in range(longest):
        if position >= len(content):
            break
        byte = content[position]
        position += 1
        number |= (byte & 0x7F) << (7 * step)
        if byte < 0x80:
            break
    return number, position


_LOOKS = {"xlsx": _look_at_xlsx, "xlsb": _look_at_xlsb, "ods": _look_at_ods}
