"""Tables in text files: lines of uneven length, comments, and the cells."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import BinaryIO, TextIO

import pyarrow as pa
import pyarrow.compute as pc

from ..column_names import check_width, clean_names
from ..column_types import type_texts
from ..numbers import Convention
from ..reading_choices import NO_HEADER, ReadingChoices
from ..results import ReadTable, table_of
from .dialect import Dialect, declared_delimiter, dialect_of, first_rows
from .encoding import chosen_encoding, encoding_of
from .footers import MAX_FOOTER_ROWS, count_footer_rows
from .layout import (
    Head,
    chosen_head,
    find_head_below_comments,
    layout_notes,
    usual_width,
)
from .limits import MAX_CELL_CHARACTERS, check_cells

SAMPLE_CHARACTERS = 256 * 1024
LINES_NAMED = 5
# As many as the widest table of long texts needs; what follows is no line of a table.
MAX_LINE_CHARACTERS = 2**24
MAX_BLANK_LINES = 1_000_000
_CONVENTIONS = {".": Convention.POINT, ",": Convention.COMMA}
# So many rows are cells of Python at a time.
BLOCK_ROWS = 1024
_CTRL_Z = "\x1a"
# A line of our own at the end: where it ends up in a cell, a quotation has swallowed it.
_END = "\ue000end of the file\ue000"
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def read_delimited(
    stream: BinaryIO,
    name: str,
    max_bytes: int,
    announce: Callable[[int], None],
    choices: ReadingChoices = ReadingChoices(),
    to_learn: bool = True,
) -> ReadTable:
    """Return the table of a text file.

    Parameters
    ----------
    stream : binary stream
        Seekable.
    name : str
        The user's name of the file, for the sentences.
    max_bytes : int
        How large the table may be when it is unpacked.
    announce : callable
        Not used: how large the stream is, is known already.
    choices : ReadingChoices
        How it is to be read, where somebody said so.
    to_learn : bool
        Whether one column is too few.

    Returns
    -------
    ReadTable

    Raises
    ------
    ValueError
        The file is no text or holds no table.
    """
    encoding = (
        chosen_encoding(stream, name, choices.encoding)
        if choices.encoding
        else encoding_of(stream, name)
    )
    with _text(stream, encoding.name) as text:
        has_nuls = bool(encoding.n_nuls)
        dialect, head, comment, start = _look(text, name, has_nuls, choices, to_learn)
        text.seek(start)
        reader = _TableReader(dialect, head, comment, name, max_bytes)
        columns = reader.read(text)
    notes = [*encoding.notes, *reader.notes()]
    kept = [
        position
        for position, title in enumerate(head.names)
        if title or _has_text(columns[position])
    ]
    names, name_notes = clean_names(head.names[position] for position in kept)
    texts = {title: columns[position] for title, position in zip(names, kept)}
    n_rows = len(columns[0])
    del columns
    convention = _CONVENTIONS.get(choices.decimal)
    typed = type_texts(texts, dialect.delimiter, convention=convention)
    how = {
        "encoding": encoding.name.removesuffix("-sig"),
        "delimiter": dialect.delimiter,
        "decimal": choices.decimal,
        "header": _header(head),
    }
    return replace(table_of(typed, n_rows, notes + name_notes), how=how)


def _header(head: Head) -> str:
    if not head.has_header:
        return NO_HEADER
    return str(len(head.above) + head.n_header_rows)


@contextlib.contextmanager
def _text(stream: BinaryIO, encoding: str) -> Iterator[TextIO]:
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _look(
    text: TextIO, name: str, has_nuls: bool, choices: ReadingChoices, to_learn: bool
) -> tuple[Dialect, Head, str, int]:
    """Return the dialect, the header, the mark of comments and where the first row begins."""
    start = 0
    declared, n_characters = declared_delimiter(text.read(16))
    text.seek(0)
    if declared:
        text.read(n_characters)
        start = text.tell()
    sample = text.read(SAMPLE_CHARACTERS)
    if not sample.strip().strip(_CTRL_Z):
        raise ValueError(
            f"'{name}' holds nothing but blank lines. Choose a file that holds a table with a header row."
        )
    dialect = dialect_of(
        sample, choices.delimiter or declared, name, has_nuls, to_learn
    )
    rows = first_rows(sample, dialect)
    if len(sample) == SAMPLE_CHARACTERS and len(rows) > 1:
        # The last row may be cut by the end of the sample.
        rows.pop()
    if choices.header:
        head, comment = chosen_head(rows, choices.header_row), ""
        if head is None:
            raise ValueError(
                f"'{name}' has no row {choices.header} with rows of data below it. Choose another row."
            )
    else:
        head, comment = find_head_below_comments(rows)
    if head is None:
        raise ValueError(
            f"In '{name}' line 1 has {len(rows[0])} cells, most lines have {usual_width(rows)}. "
            "Give each column a name in the first line, or remove the lines above the header."
        )
    check_width(head.width, name)
    return dialect, head, comment, start


class _TableReader:
    """Reads the rows of data once, and keeps account of those that are odd."""

    def __init__(
        self, dialect: Dialect, head: Head, comment: str, name: str, max_bytes: int
    ):
        self.dialect = dialect
        self.head = head
        self.comment = comment
        self.name = name
        self.max_bytes = max_bytes
        self.n_blank = 0
        self.n_short = self.n_long = self.n_comments = self.n_repeated = 0
        self.short_lines: list[int] = []
        self.long_lines: list[tuple[int, int]] = []
        self.last_short: deque = deque(maxlen=2 * MAX_FOOTER_ROWS)
        self.footer: list[list[str]] = []

    def read(self, text: TextIO) -> list[pa.ChunkedArray]:
        """Return the columns of the table.

        Parameters
        ----------
        text : text stream
            At its first row.

        Returns
        -------
        list of pyarrow.ChunkedArray of large_string, each of length n_rows

        Raises
        ------
        ValueError
            Lines have too many cells, a quotation has no end, or the table takes too much memory.
        """
        blocks: list[list[pa.Array]] = []
        block: list[list[str]] = []
        width = self.head.width
        first_name = self.head.raw[0] if self.head.raw else None
        rows = self.dialect.rows(chain(self._lines(text), [_END]))
        try:
            _skip(rows, self.head.n_rows)
            for row in rows:
                if len(row) == width and not row[0].endswith(_END):
                    if row[0].strip() != first_name or not self._is_header(row):
                        block.append(row)
                elif row == [_END]:
                    break
                else:
                    block += self._mended(row, rows.line_num)
                if len(block) > BLOCK_ROWS + 2 * MAX_FOOTER_ROWS:
                    blocks.append(_columns_of(block[:BLOCK_ROWS]))
                    del block[:BLOCK_ROWS]
                    n_rows = len(blocks) * BLOCK_ROWS
                    check_cells(n_rows, width, self.name, self.max_bytes)
        except csv.Error:
            raise ValueError(
                f"'{self.name}' has a cell of more than {MAX_CELL_CHARACTERS:,} characters before line "
                f"{rows.line_num:,}. Look there for a quotation mark that is not closed."
            ) from None
        if self.n_long:
            raise ValueError(self._too_long())
        blocks.append(self._last_block(block))
        return [pa.chunked_array(chunks) for chunks in zip(*blocks)]

    def _lines(self, text: TextIO) -> Iterator[str]:
        number = 0
        while line := text.readline(MAX_LINE_CHARACTERS):
            number += 1
            if len(line) == MAX_LINE_CHARACTERS and line[-1] not in "\r\n":
                raise ValueError(
                    f"Line {number:,} of '{self.name}' has more than {MAX_LINE_CHARACTERS:,} characters. "
                    "Write each row of the table on a line of its own."
                )
            yield line

    def _mended(self, row: list[str], line: int) -> list[list[str]]:
        """Return the row that ends in a line with the right number of cells; nothing if it is to be left out."""
        width = self.head.width
        if not any(cell.strip(" " + _CTRL_Z) for cell in row):
            self.n_blank += 1
            if self.n_blank > MAX_BLANK_LINES:
                raise ValueError(
                    f"'{self.name}' has more than {MAX_BLANK_LINES:,} blank lines. Remove them."
                )
            return []
        begins = line - sum(len(_LINE_BREAK.findall(cell)) for cell in row)
        if _END in row[-1]:
            raise ValueError(
                f"'{self.name}' has a quotation mark in line {begins:,}, or below it, that is not closed. "
                "Close it, or write a quotation mark inside of a cell twice."
            )
        if self.comment and row[0].lstrip().startswith(self.comment):
            self.n_comments += 1
            return []
        if len(row) < width:
            filled_up = row + [""] * (width - len(row))
            self._note_short(begins, filled_up)
            return [filled_up]
        if not any(cell.strip() for cell in row[width:]):
            return [row[:width]]
        self.n_long += 1
        if len(self.long_lines) < LINES_NAMED:
            self.long_lines.append((begins, len(row)))
        return []

    def _is_header(self, row: list[str]) -> bool:
        is_header = tuple(" ".join(cell.split()) for cell in row) == self.head.raw
        self.n_repeated += is_header
        return is_header

    def _last_block(self, block: list[list[str]]) -> list[pa.Array]:
        """Return the last columns, without what stands below the table."""
        filled = [i for i, row in enumerate(block) if any(cell.strip() for cell in row)]
        last_rows = [[" ".join(cell.split()) for cell in block[i]] for i in filled]
        n_footer = count_footer_rows(last_rows, self.head)
        if n_footer:
            self.footer = last_rows[-n_footer:]
            self._forget_short(block[filled[-n_footer] :])
            del block[filled[-n_footer] :]
        if not block:
            return [pa.array([], pa.large_string())] * self.head.width
        block[-1][-1] = block[-1][-1].removesuffix(_CTRL_Z)
        return _columns_of(block)

    def _note_short(self, begins: int, row: list[str]) -> None:
        self.n_short += 1
        self.last_short.append((begins, row))
        if len(self.short_lines) < LINES_NAMED:
            self.short_lines.append(begins)

    def _forget_short(self, left_out: list[list[str]]) -> None:
        """Take back what was noted of rows that turned out to stand below the table."""
        for begins, row in self.last_short:
            if any(row is other for other in left_out):
                self.n_short -= 1
                self.short_lines = [line for line in self.short_lines if line != begins]

    def _too_long(self) -> str:
        cells = ", ".join(f"line {line} has {n}" for line, n in self.long_lines)
        n_more = self.n_long - len(self.long_lines)
        more = f" (and {n_more:,} more lines)" if n_more else ""
        return (
            f"'{self.name}' has lines with more cells than its header, which has {self.head.width}: {cells}{more}. "
            "Put quotation marks around cells that contain the delimiter, or remove the surplus cells."
        )

    def notes(self) -> list[str]:
        """Return what the user should know of the lines that were read."""
        notes = layout_notes(self.head, self.footer, self.n_repeated)
        if self.dialect.has_backslashes:
            notes.append(
                "Quotation marks with a backslash before them were read as part of their cell."
            )
        if self.dialect.quote == "'":
            notes.append("Single quotation marks around cells were taken away.")
        if self.n_comments:
            n = self.n_comments
            lines = (
                "1 line of comment was" if n == 1 else f"{n:,} lines of comment were"
            )
            notes.append(f"{lines} left out among the rows of data.")
        if self.n_short:
            more = self.n_short - len(self.short_lines)
            named = ", ".join(map(str, self.short_lines))
            named = f"{named} and {more:,} more" if more else named
            notes.append(
                f"Lines with fewer cells than the header were filled up with missing values: {named}."
            )
        return notes


def _skip(rows: Iterator[list[str]], n_rows: int) -> None:
    """Read over some rows that are not blank."""
    while n_rows:
        n_rows -= any(cell.strip() for cell in next(rows))


def _columns_of(rows: list[list[str]]) -> list[pa.Array]:
    return [pa.array(cells, pa.large_string()) for cells in zip(*rows)]


def _has_text(column: pa.ChunkedArray) -> bool:
    lengths = pc.utf8_length(pc.utf8_trim_whitespace(column))
    return bool(pc.any(pc.greater(lengths, 0)).as_py())
