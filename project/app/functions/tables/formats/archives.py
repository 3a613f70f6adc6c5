"""ZIP files: which table or workbook they hold, and whether it may be opened without filling the memory."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np

from ..column_names import listed
from .file_kinds import ADVICE, too_large
from .limits import MAX_CELL_CHARACTERS, MAX_COLUMN_SHARE, long_cell

# A cell of a sheet takes more than this in memory, void ones between others too.
MIN_BYTES_PER_CELL = 16
CHUNK_BYTES = 1024 * 1024
_PLACE = re.compile(rb"""\br=["']([A-Z]{0,3})(\d{1,7})["']""")
_WITHOUT_VALUE = re.compile(
    rb"""<c r=["']([A-Z]{1,3})\d+["'][^<>]*><f[^<>]*(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>"""
)
_ERROR = re.compile(rb"""<c r=["']([A-Z]{1,3})\d+["'][^<>]*\bt=["']e["']""")
_LONGEST_CELL = 16 * 1024
# Where a cell or a shared text ends, whatever the prefix of its namespace.
_END_OF_TEXT = re.compile(rb"</(?:[\w.-]{1,32}:)?(?:c|si)>")
_CELL_OF_SHARED = re.compile(
    rb"""\bt=["']s["'][^<>]*>\s*<(?:[\w.-]{1,32}:)?v>(\d{1,9})</"""
)
# What a member that holds cells, or the texts that they share, begins with, whatever it is called.
_WITH_CELLS = re.compile(rb"<(?:[\w.-]{1,32}:)?(?:worksheet|sst)\b")
_TAG = re.compile(rb"<[^<>]*>")
# A text with the marks of its fonts.
_MAX_MARKED_UP = 16 * MAX_CELL_CHARACTERS
# What a cell is surrounded by in XML.
_MARKUP = 128
_ODS_ROW_OR_CELL = re.compile(
    rb"<table:(table-row|table-cell|covered-table-cell)\b([^<>]*)>"
)
_ODS_SPACES = re.compile(rb"""<text:s\b[^<>]*:c=["'](\d{1,15})["']""")
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
# What opening it raises besides, where its directory lies.
_LYING = (*_BROKEN, NotImplementedError, ValueError, OverflowError, struct.error)
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


@dataclass
class _Looked:
    """What is known of a workbook while its members are looked at.

    Attributes
    ----------
    name : str
        The user's name of the file, for the sentences.
    odd : OddCells
    lengths : list of int
        How many bytes each shared text has.
    n_bytes : int
        How many bytes the long texts of a sheet take, those that are stored once as often as they appear.
    """

    name: str
    odd: OddCells = field(default_factory=OddCells)
    lengths: list[int] = field(default_factory=list)
    n_bytes: int = 0


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


def check_workbook(
    stream: BinaryIO, name: str, max_bytes: int, announce: Callable[[int], None]
) -> OddCells:
    """Refuse a workbook that fills the memory, before it is opened.

    Parameters
    ----------
    stream : binary stream
        Seekable; a ZIP file.
    name : str
        The user's name of the file, for the sentence.
    max_bytes : int
        How large it may be when it is unpacked.
    announce : callable
        As in `reading.read_table`.

    Returns
    -------
    OddCells

    Raises
    ------
    ValueError
        The file is damaged or too large.
    """
    looked, largest = _Looked(name), 0
    try:
        with _opened(stream, name) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > max_bytes:
                raise too_large(name, max_bytes)
            look = _LOOKS[_format_of(set(archive.namelist()))]
            # The texts that cells share come first, so that it is known how long the cells are.
            for entry in sorted(archive.infolist(), key=_is_sheet):
                looked.n_bytes = 0
                with _member(archive, entry, name) as member:
                    rows, columns = look(member, entry.filename, looked)
                n_bytes = rows * columns * MIN_BYTES_PER_CELL
                if n_bytes > max_bytes:
                    raise ValueError(_mostly_void(name, rows, columns))
                if looked.n_bytes > max_bytes // MAX_COLUMN_SHARE:
                    raise too_large(name, max_bytes)
                largest = max(largest, n_bytes, looked.n_bytes)
    except _BROKEN as error:
        raise damaged(name) from error
    announce(max(unpacked, largest))
    return looked.odd


def _is_sheet(entry: zipfile.ZipInfo) -> bool:
    return "sharedstrings" not in entry.filename.lower()


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
    except _LYING as error:
        raise damaged(name) from error


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> BinaryIO:
    try:
        return archive.open(entry)
    except _LYING as error:
        raise damaged(name) from error


def _content(stream: BinaryIO, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    try:
        with _opened(stream, name) as archive, archive.open(entry) as member:
            while chunk := member.read(CHUNK_BYTES):
                yield chunk
    except _LYING:
        raise ValueError(
            f"'{name}' is damaged and cannot be unpacked. Pack it again, or upload the table unpacked."
        ) from None


def _format_of(members: set[str]) -> str:
    if any(re.fullmatch(r"xl/workbook\d*\.xml", member) for member in members):
        return "xlsx"
    if "xl/workbook.bin" in members:
        return "xlsb"
    return "ods" if "content.xml" in members else ""


def _mostly_void(name: str, rows: int, columns: int) -> str:
    return (
        f"'{name}' has a sheet of {rows:,} rows and {columns:,} columns, which is too large. "
        "Delete stray cells far from the table, or save it as Parquet or CSV."
    )


def _look_at_xlsx(member: BinaryIO, _: str, looked: _Looked) -> tuple[int, int]:
    letters, rows, counted = {b"A"}, 1, 0
    rest = text = b""
    with_cells = None
    while chunk := member.read(CHUNK_BYTES):
        if with_cells is None:
            with_cells = _WITH_CELLS.search(chunk)
        found = _PLACE.findall(rest[-32:] + chunk)
        letters.update(column for column, _ in found)
        counted += chunk.count(b"<row")
        rows = max([rows, counted, *(int(row) for _, row in found)])
        rest = _count_odd_cells(rest + chunk, looked.odd)
        text = _measure_texts(text + chunk, looked) if with_cells else b""
    if len(text) > MAX_CELL_CHARACTERS:
        _measure(text, looked)
    return rows, max(_column_number(column) for column in letters)


def _measure_texts(xml: bytes, looked: _Looked) -> bytes:
    """Add up how long cells and shared texts are; return the end of `xml` that is half of one."""
    *whole, rest = _END_OF_TEXT.split(xml)
    if len(rest) > _MAX_MARKED_UP:
        # Without a text these are many cells that are only coloured.
        _measure(rest, looked)
        rest = b""
    if max(map(len, whole), default=0) > MAX_CELL_CHARACTERS:
        for text in whole:
            if len(text) > MAX_CELL_CHARACTERS:
                _measure(text, looked)
    if b"</si>" in xml or b":si>" in xml:
        # Markup counts too, so that this is at least as long as the text.
        looked.lengths += map(len, whole)
    elif looked.lengths and whole:
        shared = np.array(_CELL_OF_SHARED.findall(b"<".join(whole)), dtype="int64")
        lengths = np.array(looked.lengths)
        shared = shared[shared < len(lengths)]
        looked.n_bytes += int(np.maximum(lengths[shared] - _MARKUP, 0).sum())
    return rest


def _measure(text: bytes, looked: _Looked) -> None:
    """Refuse a text that is too long without its tags."""
    if len(_TAG.sub(b"", text)) > MAX_CELL_CHARACTERS:
        raise long_cell(looked.name, "")


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


def _look_at_ods(member: BinaryIO, _: str, looked: _Looked) -> tuple[int, int]:
    """Return how far the cells with a value reach; blank ones that are repeated to the edge do not count."""
    rows = columns = widest = last_row = column = repeated_rows = 0
    has_value = False
    in_row = length = 0
    repeated = 1
    for xml in _tags(member, looked.name):
        end = 0
        for tag in _ODS_ROW_OR_CELL.finditer(xml):
            kind, attributes = tag.groups()
            in_row += repeated * _excess(length, xml[end : tag.start()], looked.name)
            end, length = tag.end(), 0
            times = _ODS_REPEATED.search(attributes)
            repeated = int(times[1]) if times else 1
            if kind == b"table-row":
                rows += repeated_rows
                looked.n_bytes += in_row * repeated_rows
                last_row = rows if has_value else last_row
                column, repeated_rows, has_value, in_row = 0, repeated, False, 0
                repeated = 1
                continue
            column += repeated
            if not attributes.rstrip().endswith(b"/") or b"office:value" in attributes:
                has_value, widest = True, max(widest, column)
        length += _length(xml[end:])
        if length > MAX_CELL_CHARACTERS and repeated_rows:
            raise long_cell(looked.name, "")
    rows += repeated_rows
    looked.n_bytes += (in_row + repeated * max(0, length - _MARKUP)) * repeated_rows
    columns = max(widest, 1)
    return max(last_row, rows if has_value else 0, 1), columns


def _length(xml: bytes) -> int:
    """Return how long the text between some tags is at most."""
    spaces = map(int, _ODS_SPACES.findall(xml))
    return len(_TAG.sub(b"", xml)) + sum(spaces)


def _excess(before: int, xml: bytes, name: str) -> int:
    """Return how much a cell takes beyond what each takes."""
    length = before + _length(xml)
    if length > MAX_CELL_CHARACTERS:
        raise long_cell(name, "")
    return max(0, length - _MARKUP)


def _tags(member: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield XML in parts that end between two tags."""
    rest = b""
    while chunk := member.read(CHUNK_BYTES):
        whole, bracket, rest = (rest + chunk).rpartition(b">")
        if len(rest) > _MAX_MARKED_UP:
            raise long_cell(name, "")
        yield whole + bracket
    yield rest


def _look_at_xlsb(member: BinaryIO, name: str, _: _Looked) -> tuple[int, int]:
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
