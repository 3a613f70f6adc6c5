"""Tables in text files: the delimiter, the header, lines of uneven length, and the cells."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, TextIO

import pandas as pd

from ..column_names import check_width, clean_names, listed
from ..column_types import drop_empty_rows, mark_missing, type_texts
from .encoding import encoding_of

# Where two delimiters fit equally well, the one that words and numbers contain less often wins.
DELIMITERS = {"\t": "tab", ";": "semicolon", "|": "pipe", ",": "comma"}
SAMPLE_CHARACTERS = 256 * 1024
SAMPLE_ROWS = 200
LINES_NAMED = 5
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)*|[.,]\d+)([eE][-+]?\d+)?")
_DECIMAL_POINT = re.compile(r"[-+]?\d*\.\d+")


@dataclass(frozen=True)
class _Layout:
    """How the lines of a file are built."""

    delimiter: str
    first_row: list[str]
    width: int
    short_lines: tuple[int, ...]
    n_short: int
    last_line: int

    @property
    def has_header(self) -> bool:
        filled = [cell for cell in self.first_row if cell]
        is_number = [bool(_NUMBER.fullmatch(cell)) for cell in filled]
        return not (self.first_row[0] and all(is_number))


def read_delimited(
    stream: BinaryIO, name: str, max_bytes: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table of a text file.

    Parameters
    ----------
    stream : binary stream
        Seekable.
    name : str
        The user's name of the file, for the sentences.
    max_bytes : int
        Not used: the stream is already known to be small enough.

    Returns
    -------
    frame : DataFrame of shape (n_rows, n_columns)
    notes : list of str

    Raises
    ------
    ValueError
        The file is no text or holds no table.
    """
    encoding, notes = encoding_of(stream, name)
    with _text(stream, encoding) as text:
        layout = _layout(text, name)
        texts = _cells(text, layout, name)
    notes += _layout_notes(layout)
    header = [*layout.first_row, *[""] * layout.width][: layout.width]
    if not layout.has_header:
        header = [f"column {number}" for number in range(1, layout.width + 1)]
    mark_missing(texts)
    kept = [
        position
        for position, title in enumerate(header)
        if title or texts.iloc[:, position].notna().any()
    ]
    texts = texts.iloc[:, kept]
    texts.columns, name_notes = clean_names(header[position] for position in kept)
    texts, row_notes = drop_empty_rows(texts)
    frame, type_notes = type_texts(texts, semicolons=layout.delimiter == ";")
    return frame, notes + name_notes + row_notes + type_notes


@contextlib.contextmanager
def _text(stream: BinaryIO, encoding: str) -> Iterator[TextIO]:
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _layout(text: TextIO, name: str) -> _Layout:
    start = _skip_declaration(text)
    sample = text.read(SAMPLE_CHARACTERS)
    text.seek(start)
    if not sample.strip():
        raise ValueError(
            f"'{name}' holds nothing but blank lines. Choose a file that holds a table with a header row."
        )
    delimiter = _delimiter(sample, name)
    layout = _measured(text, delimiter, name)
    text.seek(start)
    return layout


def _skip_declaration(text: TextIO) -> int:
    # Spreadsheet programs write the line 'sep=;' before a table and hide it when they read it.
    text.seek(0)
    declaration = re.match(r"sep=[,;|\t]\r?\n", text.read(7), re.I)
    text.seek(0)
    if declaration:
        text.readline()
    return text.tell()


def _delimiter(sample: str, name: str) -> str:
    scores = {delimiter: _consistency(sample, delimiter) for delimiter in DELIMITERS}
    best = max(scores, key=scores.get)
    if scores[best] == 0:
        raise ValueError(
            f"'{name}' has only one column; at least 2 are needed. "
            f"Separate its cells by {', '.join(DELIMITERS.values())}: no other character is taken as a delimiter."
        )
    return best


def _consistency(sample: str, delimiter: str) -> float:
    """Return the share of rows that have as many cells as the first, 0 if that is one."""
    widths = []
    try:
        for row in _rows(io.StringIO(sample, newline=""), delimiter):
            widths.append(len(row))
            if len(widths) > SAMPLE_ROWS:
                break
    except csv.Error:
        # What follows is one endless cell; the rows before it tell enough.
        pass
    if len(widths) > 1 and len(sample) == SAMPLE_CHARACTERS:
        # The last row may be cut by the end of the sample.
        widths.pop()
    if not widths or widths[0] < 2:
        return 0.0
    return widths.count(widths[0]) / len(widths)


def _rows(text: TextIO, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
    return (row for row in reader if row and (len(row) > 1 or row[0].strip()))


def _measured(text: TextIO, delimiter: str, name: str) -> _Layout:
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
    first_row: list[str] = []
    width, n_first, n_short, n_long = 0, 0, 0, 0
    short: list[int] = []
    long: list[tuple[int, int]] = []
    begins, line = 1, 0
    try:
        for row in reader:
            begins, line = line + 1, reader.line_num
            n_cells = len(row)
            if n_cells == n_first:
                continue
            if n_cells == 0 or (n_cells == 1 and not row[0].strip()):
                continue
            if not first_row:
                first_row = [" ".join(cell.split()) for cell in row]
                width = n_first = n_cells
                check_width(width, name)
            elif n_cells < n_first:
                n_short += 1
                if len(short) < LINES_NAMED:
                    short.append(begins)
            elif any(cell.strip() for cell in row[n_first:]):
                n_long += 1
                if len(long) < LINES_NAMED:
                    long.append((begins, n_cells))
            else:
                width = max(width, n_cells)
    except csv.Error:
        raise ValueError(
            f"'{name}' has a cell of more than {csv.field_size_limit():,} characters that begins after line "
            f"{line:,}. Look there for a quotation mark that is not closed."
        ) from None
    if n_long:
        raise ValueError(_too_long(name, n_first, long, n_long))
    check_width(width, name)
    return _Layout(delimiter, first_row, width, tuple(short), n_short, begins)


def _too_long(name: str, n_first: int, long: list[tuple[int, int]], n_long: int) -> str:
    cells = ", ".join(f"line {line} has {n_cells}" for line, n_cells in long)
    more = f" (and {n_long - len(long):,} more lines)" if n_long > len(long) else ""
    return (
        f"'{name}' has lines with more cells than its first row, which has {n_first}: {cells}{more}. "
        "Put quotation marks around cells that contain the delimiter, or remove the surplus cells."
    )


def _cells(text: TextIO, layout: _Layout, name: str) -> pd.DataFrame:
    try:
        return pd.read_csv(
            text,
            sep=layout.delimiter,
            header=0 if layout.has_header else None,
            names=range(layout.width),
            index_col=False,
            dtype=str,
            na_filter=False,
            skipinitialspace=True,
            engine="c",
        )
    except pd.errors.ParserError:
        # Lines of uneven length are known by now; what is left is a quotation that swallowed the rest of the file.
        raise ValueError(
            f"'{name}' has a quotation mark in line {layout.last_line:,}, or below it, that is not closed. "
            "Close it, or write a quotation mark inside of a cell twice."
        ) from None


def _layout_notes(layout: _Layout) -> list[str]:
    notes = []
    if not layout.has_header:
        notes.append(
            'The first row holds only numbers, so it was read as data and the columns were named "column 1", '
            '"column 2" and so on.'
        )
    else:
        values = [cell for cell in layout.first_row if _DECIMAL_POINT.fullmatch(cell)]
        if values:
            notes.append(
                f"Some column names look like values: {listed(values)}. "
                "If the file has no header row, add one."
            )
    if layout.n_short:
        more = layout.n_short - len(layout.short_lines)
        lines = ", ".join(str(line) for line in layout.short_lines)
        lines = f"{lines} and {more:,} more" if more else lines
        notes.append(
            f"Lines with fewer cells than the first row were filled up with missing values: {lines}."
        )
    return notes
