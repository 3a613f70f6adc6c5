"""Tables in workbooks: the sheet, its header, and cells that have types of their own."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import python_calamine as calamine

from ..column_names import check_width, clean_names, listed
from ..column_readings import ColumnReading, and_more, notes_of
from ..column_types import type_texts
from ..dates import UNIT
from ..results import ReadTable
from .archives import OddCells, check_workbook, damaged
from .footers import MAX_FOOTER_ROWS, count_footer_rows
from .layout import (
    Head,
    find_head,
    layout_notes,
)

SAMPLE_ROWS = 200
FIRST_INEXACT = 2**53
Cells = list[list[object]]


def read_workbook(
    stream: BinaryIO,
    name: str,
    max_bytes: int,
    announce: Callable[[int], None],
    sheet: str | None = None,
) -> ReadTable:
    """Return a table of a workbook: .xlsx, .xlsb, .xls or .ods.

    Parameters
    ----------
    stream : binary stream
        Seekable.
    name : str
        The user's name of the file, for the sentences.
    max_bytes : int
        How large the file may be when it is unpacked.
    announce : callable
        As in `reading.read_table`.
    sheet : str, optional
        Which sheet; the first visible one that holds a table if it is not given.

    Returns
    -------
    ReadTable

    Raises
    ------
    ValueError
        The file is damaged, protected, too large, no workbook or holds no table.
    """
    odd = OddCells()
    if zipfile.is_zipfile(stream):
        odd = check_workbook(stream, name, max_bytes, announce)
    stream.seek(0)
    try:
        book = calamine.CalamineWorkbook.from_filelike(stream)
        sheets = _sheet_names(book)
        chosen, rows, ranges = _table_in(book, sheets, sheet, name)
    except BaseException as error:
        if not _is_of_the_parser(error):
            raise
        raise _unopened(error, name) from error
    table = _table(rows, ranges, odd, name)
    notes = [*_sheet_notes(sheets, chosen, sheet), *table.notes]
    return ReadTable(
        table.frame, tuple(notes), table.columns, table.texts, tuple(sheets), chosen
    )


def _sheet_names(book: calamine.CalamineWorkbook) -> list[str]:
    """Return the names of the sheets with cells, the hidden ones last."""
    sheets = [
        s for s in book.sheets_metadata if s.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    visible = calamine.SheetVisibleEnum.Visible
    return [s.name for s in sorted(sheets, key=lambda s: s.visible != visible)]


def _table_in(
    book: calamine.CalamineWorkbook, sheets: list[str], wanted: str | None, name: str
) -> tuple[str, Cells, list]:
    if wanted is not None and wanted not in sheets:
        raise ValueError(
            f"'{name}' has no sheet \"{wanted}\". Choose one of those that it has: {listed(sheets)}."
        )
    for title in sheets if wanted is None else [wanted]:
        sheet = book.get_sheet_by_name(title)
        rows = sheet.to_python(skip_empty_area=False)
        if sum(_n_filled(row) > 1 for row in rows) > 1:
            return title, rows, sheet.merged_cell_ranges or []
    raise ValueError(
        f"'{name}' has no sheet with a table. Put the table on a sheet of its own: "
        "a header row, at least 2 columns and at least 2 rows below it."
    )


def _sheet_notes(sheets: list[str], chosen: str, wanted: str | None) -> list[str]:
    if len(sheets) < 2 or wanted is not None:
        return []
    return [
        f"The file has {len(sheets)} sheets; the first that holds a table was read: {listed([chosen])}."
    ]


def _is_of_the_parser(error: BaseException) -> bool:
    # A damaged file can make the parser panic, and its panics are no Exception. Our own sentences pass.
    if type(error) is ValueError:
        return False
    is_panic = type(error).__name__ == "PanicException"
    return (
        is_panic or isinstance(error, Exception) and not isinstance(error, MemoryError)
    )


def _unopened(error: BaseException, name: str) -> ValueError:
    if "password" in f"{type(error).__name__} {error}".lower():
        return ValueError(
            f"'{name}' is protected by a password. Save it without one, or export the table as CSV."
        )
    return damaged(name)


def _is_blank(cell: object) -> bool:
    return cell is None or isinstance(cell, str) and not cell.strip()


def _n_filled(row: list[object]) -> int:
    return sum(not _is_blank(cell) for cell in row)


def _table(rows: Cells, ranges: list, odd: OddCells, name: str) -> ReadTable:
    filled_down = _fill_merged(rows, ranges)
    titles, rows, kept_rows, kept_columns = _trimmed(rows)
    shown = [[_shown(cell) for cell in row] for row in rows[:SAMPLE_ROWS]]
    head = find_head(shown) or Head(tuple(shown[0]), 1)
    head = replace(head, above=(*titles, *head.above))
    check_width(head.width, name)
    body, layout = _body(rows, head)
    names, name_notes = clean_names(head.names)
    cells = dict(zip(names, zip(*body) if body else [()] * len(names)))
    first_row = kept_rows[head.n_rows] if body else len(rows)
    filled = [
        title
        for title, column in zip(names, kept_columns)
        if filled_down.get(column, -1) > first_row
    ]
    merged = [f"Merged cells were filled down: {listed(filled)}."] if filled else []
    unknown = _formula_notes(cells, kept_columns, odd)
    table = _typed(cells)
    notes = (*layout, *merged, *unknown, *name_notes, *table.notes)
    return replace(table, notes=notes)


def _fill_merged(rows: Cells, ranges: list) -> dict[int, int]:
    """Repeat the value of merged cells downwards; return the last row of those in each column."""
    last_rows: dict[int, int] = {}
    # Ranges do not overlap; in a damaged file they may, without end.
    n_left = len(rows) * max(map(len, rows), default=0)
    for (top, left), (bottom, _) in ranges:
        bottom = min(bottom, len(rows) - 1)
        n_left -= max(0, bottom - top)
        if n_left < 0:
            break
        if bottom <= top or left >= len(rows[top]) or _is_blank(rows[top][left]):
            continue
        for row in rows[top + 1 : bottom + 1]:
            row[left] = rows[top][left]
        last_rows[left] = max(bottom, last_rows.get(left, 0))
    return last_rows


def _trimmed(rows: Cells) -> tuple[list[str], Cells, list[int], list[int]]:
    """Return the lone texts above the table, its cells without blank rows and columns, and where these stand."""
    filled = [i for i, row in enumerate(rows) if _n_filled(row)]
    first = next(i for i, row in enumerate(rows) if _n_filled(row) > 1)
    titles = [" ".join(filter(None, map(_shown, rows[i]))) for i in filled if i < first]
    kept_rows = [i for i in filled if i >= first]
    kept_columns = [
        column
        for column in range(len(rows[first]))
        if any(not _is_blank(rows[i][column]) for i in kept_rows)
    ]
    cells = [[rows[i][column] for column in kept_columns] for i in kept_rows]
    return titles, cells, kept_rows, kept_columns


def _body(rows: Cells, head: Head) -> tuple[Cells, list[str]]:
    """Return the rows of data, and notes on those that were left out around them."""
    body = rows[head.n_rows :]
    last = [[_shown(cell) for cell in row] for row in body[-2 * MAX_FOOTER_ROWS :]]
    n_footer = count_footer_rows(last, head)
    footer = last[len(last) - n_footer :]
    body = body[: len(body) - n_footer]
    kept = [row for row in body if tuple(map(_shown, row)) != head.raw]
    return kept, layout_notes(head, footer, len(body) - len(kept))


def _shown(cell: object) -> str:
    return "" if _is_blank(cell) else " ".join(_text(cell).split())


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < FIRST_INEXACT:
        return str(int(cell))
    return str(cell)


def _formula_notes(
    cells: dict[str, tuple], kept_columns: list[int], odd: OddCells
) -> list[str]:
    letters = dict(zip(cells, map(_letters, kept_columns)))
    blank = {title: sum(map(_is_blank, column)) for title, column in cells.items()}

    def places(counter: Counter) -> str:
        counts = {title: min(blank[title], counter[letters[title]]) for title in cells}
        found = [f'{count:,} in "{title}"' for title, count in counts.items() if count]
        return and_more(found)

    notes = []
    if places(odd.without_value):
        notes.append(
            f"The file does not hold the values of some formulas, so these cells are missing: "
            f"{places(odd.without_value)}. Open it in a spreadsheet program and save it again."
        )
    if places(odd.errors):
        notes.append(
            f"Formulas that end in an error, such as #DIV/0!, were taken as missing: {places(odd.errors)}."
        )
    return notes


def _letters(column: int) -> str:
    """Return what a spreadsheet calls a column: A, B, …, Z, AA."""
    letters, column = "", column + 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _typed(cells: dict[str, tuple]) -> ReadTable:
    """Return columns of the types of their cells; where these differ, all are texts first."""
    typed = {name: _from_objects(column) for name, column in cells.items()}
    texts = {
        name: pa.array(
            [None if _is_blank(cell) else _text(cell) for cell in cells[name]],
            pa.large_string(),
        )
        for name, column in typed.items()
        if column is None
    }
    read = type_texts(texts, drop_empty_rows=False)
    typed |= {name: read.frame[name] for name in texts}
    readings = dict(read.readings)
    for name, column in cells.items():
        if name not in texts and not {time, timedelta}.isdisjoint(map(type, column)):
            readings[name] = ColumnReading("number", assumptions=("seconds",))
    notes = (*notes_of(readings), *_date_notes(cells, readings))
    return ReadTable(pd.DataFrame(typed), notes, readings, read.texts)


def _from_objects(column: tuple) -> np.ndarray | None:
    """Return numbers, truth values, dates or seconds where the cells hold nothing else, otherwise None."""
    blank = np.fromiter(map(_is_blank, column), bool, len(column))
    filled = [cell for cell in column if not _is_blank(cell)]
    kinds = set(map(type, filled))
    if not kinds:
        return np.full(len(column), np.nan)
    if kinds == {bool}:
        return None if blank.any() else np.array(filled, dtype=bool)
    if kinds <= {int, float}:
        return _numbers(filled, blank)
    if kinds <= {date, datetime}:
        found = np.array(filled, dtype=UNIT)
        return _with_missing(found, blank, np.datetime64("NaT"))
    if kinds <= {time, timedelta}:
        seconds = np.array([_seconds(cell) for cell in filled])
        return _with_missing(seconds, blank, np.nan)
    return None


def _numbers(filled: list[float], blank: np.ndarray) -> np.ndarray:
    found = np.array(filled, dtype="float64")
    is_whole = np.all(found == np.round(found)) and np.abs(found).max() < FIRST_INEXACT
    if is_whole and not blank.any():
        return found.astype("int64")
    return _with_missing(found, blank, np.nan)


def _with_missing(found: np.ndarray, blank: np.ndarray, missing: object) -> np.ndarray:
    column = np.full(len(blank), missing, dtype=found.dtype)
    column[~blank] = found
    return column


def _seconds(cell: time | timedelta) -> float:
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    return cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6


def _date_notes(
    cells: dict[str, tuple], readings: dict[str, ColumnReading]
) -> Iterator[str]:
    """Yield a sentence on dates among labels: spreadsheet programs make them of texts such as '3-5' or 'MARCH1'."""
    found = []
    for name, reading in readings.items():
        n_dates = sum(isinstance(cell, date) for cell in cells[name])
        if n_dates and reading.kind == "text" and not reading.looks_like:
            found.append(f'{n_dates:,} in "{name}"')
    if found:
        yield (
            f"Some cells are dates among texts, which a spreadsheet program may have made of other texts: "
            f"{and_more(found)}."
        )
