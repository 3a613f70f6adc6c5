"""Where a table begins among the rows of a file: titles above it, its header, descriptions below that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..column_names import listed
from ..missing import is_spelled_missing

Row = Sequence[str]

COMMENT_MARKS = ("#", "%", "//")
MAX_ROWS_BELOW_HEADER = 3
MAX_PAIRS_ABOVE = 12
MIN_SHARE_OF_VALUES = 0.9
MIN_VALUES = 3
_MIN_LETTERS_OF_SENTENCE = 12

NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)*|[.,]\d+)([eE][-+]?\d+)?")
_DECIMAL_POINT = re.compile(r"[-+]?\d*\.\d+")
_YEAR = re.compile(r"(18|19|20|21)\d\d")
# Numbers, amounts, dates and times, loosely.
_VALUE = re.compile(
    r"[-+−(<>$€£¥ ]*[.,]?\d[\d.,:/ '’+()%€$£¥TZ−-]*( ?[^\W\d]{1,4})?"
    r"|\d{1,2}[-/. ]+[^\W\d]{3,}[-/. ]+\d{2,4}.*|true|false",
    re.I,
)
_UNIT = re.compile(
    r"[\[(].*[\])]|\{.*\}|[%°$€£]|[^\W\d]{1,3}[²³]?([/·][^\W\d]{1,3}[²³]?)?"
)


@dataclass(frozen=True)
class Head:
    """Where the rows of data begin, and what the columns are called.

    Attributes
    ----------
    names : tuple of str
        One a column; '' where there is none.
    n_rows : int
        How many of the rows that are not blank come before the first row of data.
    has_header : bool
    above, below : tuple of str
        What stood in rows that were left out above and below the header.
    n_header_rows : int
        2 where the names of two rows were joined.
    raw : tuple of str
        The header as it stands in the file; empty if there is none.
    """

    names: tuple[str, ...]
    n_rows: int
    has_header: bool = True
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    n_header_rows: int = 1
    raw: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)


def find_head(rows: Sequence[Row]) -> Head | None:
    """Find the header among the first rows of a file.

    Parameters
    ----------
    rows : sequence of sequences of str
        Without the blank ones, not necessarily of one length; the spaces around cells are taken away.

    Returns
    -------
    Head or None
        None where rows above the widest ones are no titles, and it is not clear what the columns are called.
    """
    usual = usual_width(rows)
    wide = next(i for i, row in enumerate(rows) if len(row) >= usual)
    if _lacks_name_of_row_names(rows, wide, usual):
        # As R writes it: the column of row names has no name of its own.
        return _head(rows, wide - 1, ("", *rows[wide - 1]))
    start = _skip_pairs(rows, _skip_titles(rows, wide))
    if (
        wide
        and _is_data(rows[start])
        and any(_n_filled(row) > 1 for row in rows[:wide])
    ):
        return None
    return _head(rows, start, rows[start])


def find_head_below_comments(rows: Sequence[Row]) -> tuple[Head | None, str]:
    """Find the header among rows that lines of comment may precede; the last of these may be the header.

    Parameters
    ----------
    rows : sequence of sequences of str
        As for `find_head`.

    Returns
    -------
    head : Head or None
    mark : str
        What begins a line of comment; '' if there is none.
    """
    mark = next((mark for mark in COMMENT_MARKS if rows[0][0].startswith(mark)), "")
    n_comments = 0
    while mark and n_comments < len(rows) and rows[n_comments][0].startswith(mark):
        n_comments += 1
    if n_comments in (0, len(rows)):
        return find_head(rows), ""
    comments, rest = list(rows[:n_comments]), list(rows[n_comments:])
    if len(comments[-1]) == usual_width(rest) and _is_data(rest[0]):
        header = list(comments.pop())
        header[0] = header[0].removeprefix(mark).strip() or mark
        rest.insert(0, header)
    head = find_head(rest)
    if head is None:
        return None, mark
    above = (*map(_shown, comments), *head.above)
    return replace(head, above=above, n_rows=head.n_rows + len(comments)), mark


def chosen_head(rows: Sequence[Row], row: int | None) -> Head | None:
    """Return the header that somebody chose.

    Parameters
    ----------
    rows : sequence of sequences of str
        As for `find_head`.
    row : int or None
        Its number, counted from 1; None if there is none.

    Returns
    -------
    Head or None
        None if there are not so many rows.
    """
    if row is None:
        names = tuple(f"column {k}" for k in range(1, usual_width(rows) + 1))
        return Head(names, 0, has_header=False)
    if row >= len(rows):
        return None
    # A row that is shorter than those below it has no names for the last columns.
    width = max(len(rows[row - 1]), usual_width(rows[row:]))
    names = (*rows[row - 1], *[""] * (width - len(rows[row - 1])))
    above = tuple(map(_shown, rows[: row - 1]))
    return Head(names, row, above=above, raw=tuple(rows[row - 1]))


def usual_width(rows: Sequence[Row]) -> int:
    """Return how many cells most rows have, of equally many the larger number.

    Parameters
    ----------
    rows : sequence of sequences of str

    Returns
    -------
    int
    """
    counts = Counter(map(len, rows))
    usual = max(counts, key=lambda width: (counts[width], width), default=0)
    # A delimiter at the end of every line but the header's makes no column.
    full = {len(row) for row in rows if all(row)}
    while usual - 1 in full and not any(
        row[usual - 1] for row in rows if len(row) == usual
    ):
        usual -= 1
    return usual


def _n_filled(row: Row) -> int:
    return sum(bool(cell) for cell in row)


def is_value(cell: str) -> bool:
    """Tell whether a cell holds a number, an amount, a date or a time, loosely.

    Parameters
    ----------
    cell : str

    Returns
    -------
    bool
    """
    return bool(_VALUE.fullmatch(cell))


def _is_data(row: Row) -> bool:
    """Tell whether a row holds values, and so is no header; years may be names of columns."""
    return any(is_value(cell) and not _YEAR.fullmatch(cell) for cell in row if cell)


def _lacks_name_of_row_names(rows: Sequence[Row], wide: int, usual: int) -> bool:
    if not wide or len(rows[wide - 1]) != usual - 1:
        return False
    header, body = rows[wide - 1], rows[wide:]
    return (
        all(header)
        and len(set(header)) == len(header)
        and not _is_data(header)
        and any(map(_is_data, body))
        and _is_data(body[0])
        and any(row[-1] for row in body if len(row) == usual)
        and all(len(row) == usual for row in body)
    )


def _skip_titles(rows: Sequence[Row], start: int) -> int:
    """Return the first row from `start` on that is no title filled up with blank cells."""
    body = sorted(_n_filled(row) for row in rows[start:])
    usual = body[len(body) // 2]
    while start + 1 < len(rows):
        row, below = rows[start], rows[start + 1]
        n_filled = _n_filled(row)
        is_sparse = 2 * n_filled <= usual and not _is_data(row[n_filled:])
        is_title = any(row[:1]) or n_filled == 1 and usual > 2
        named_below = 2 * _n_filled(below) > usual and not _is_data(below)
        another_below = 2 * _n_filled(below) <= usual
        if not (is_sparse and is_title and (named_below or another_below)):
            break
        if _complete_each_other(row, below) or (
            usual == 2 and row[0] and not named_below
        ):
            break
        start += 1
    return start


def _skip_pairs(rows: Sequence[Row], start: int) -> int:
    """Return the header's row where pairs such as 'Created, 2024-05-01' stand above two columns of values."""
    if len(rows[start]) != 2 or any(len(row) != 2 for row in rows[start:]):
        return start
    n_names = 0
    for row in rows[start : start + MAX_PAIRS_ABOVE + 2]:
        if not row[0] or is_value(row[0]):
            break
        n_names += 1
    header, body = start + n_names - 1, rows[start + n_names :]
    if n_names < 2 or not all(rows[header]) or any(map(is_value, rows[header])):
        return start
    # Texts alone may be a header and what describes its columns.
    if not any(is_value(row[1]) for row in rows[start:header]):
        return start
    return header if _columns_of_values(body, 2) == [0, 1] else start


def _complete_each_other(row: Row, below: Row) -> bool:
    """Tell whether two rows may be one header: no name of the upper stands alone over a blank cell to its right."""
    return bool(row[0]) and not below[0] and _n_filled(row) > 1


def _head(rows: Sequence[Row], start: int, first: Row) -> Head:
    above = tuple(_shown(row) for row in rows[:start])
    width = len(first)
    if first[0] and all(NUMBER.fullmatch(c) for c in first if c):
        names = tuple(f"column {number}" for number in range(1, width + 1))
        return Head(names, start, has_header=False, above=above)
    after = start + 1
    names, n_header_rows = tuple(first), 1
    joined = _joined(first, rows[after:])
    if joined:
        names, n_header_rows = joined, 2
        after += 1
        if after < len(rows) and _is_row_of_index_names(rows[after], first):
            names = tuple(
                index_name or name for index_name, name in zip(rows[after], names)
            )
            after += 1
    below = _rows_below(rows[after:], width)
    return Head(
        names,
        after + len(below),
        above=above,
        below=tuple(map(_shown, below)),
        n_header_rows=n_header_rows,
        raw=tuple(rows[start]),
    )


def _shown(row: Row) -> str:
    return " ".join(cell for cell in row if cell)


def _joined(first: Row, rows: Sequence[Row]) -> tuple[str, ...] | None:
    """Return the joined names of two header rows, or None if there is only one."""
    if len(rows) < 2 or len(rows[0]) != len(first):
        return None
    second, body = rows[0], rows[1:]
    gaps = [i for i in range(1, len(first)) if not first[i] and second[i]]
    repeats = len(set(filter(None, first))) < _n_filled(first)
    under_a_name = any(first[i - 1] and second[i - 1] for i in gaps)
    names_only = all(
        not cell or _YEAR.fullmatch(cell) or not is_value(cell) for cell in second
    )
    has_values = any(map(_is_data, body))
    if not (names_only and has_values and (repeats or (gaps and under_a_name))):
        return None
    names, last = [], ""
    for upper, lower in zip(first, second):
        last = upper or (last if lower else "")
        names.append(" ".join(dict.fromkeys(filter(None, (last, lower)))))
    return tuple(names) if len(set(names)) == len(names) else None


def _is_row_of_index_names(row: Row, first: Row) -> bool:
    n_filled = _n_filled(row)
    return (
        0 < n_filled < len(row)
        and not any(row[n_filled:])
        and not any(first[:n_filled])
    )


def _rows_below(rows: Sequence[Row], width: int) -> list[Row]:
    """Return the rows right below a header that describe the columns: units, questions, identifiers of a survey."""
    found = []
    for row in rows[:MAX_ROWS_BELOW_HEADER]:
        body = rows[len(found) + 1 :]
        typed = _columns_of_values(body, width)
        if not typed or len(row) < width or not _describes(row, typed, body):
            break
        found.append(row)
    return found


def _columns_of_values(rows: Sequence[Row], width: int) -> list[int]:
    rows = [row for row in rows[MAX_ROWS_BELOW_HEADER:] or rows if len(row) >= width]
    typed = []
    for column in range(width):
        cells = [row[column] for row in rows if row[column]]
        cells = [cell for cell in cells if not is_spelled_missing(cell)]
        n_values = sum(map(is_value, cells))
        if len(cells) >= MIN_VALUES and n_values >= MIN_SHARE_OF_VALUES * len(cells):
            typed.append(column)
    return typed


def _describes(row: Row, typed: list[int], body: Sequence[Row]) -> bool:
    above_values = [row[column] for column in typed if row[column]]
    odd = [c for c in above_values if not is_value(c) and not is_spelled_missing(c)]
    if not odd or len(odd) < len(above_values):
        return False
    others = set(range(len(row))) - set(typed)
    if any(row[i] and any(r[i] == row[i] for r in body if len(r) > i) for i in others):
        return False
    if len(odd) > 1:
        return True
    is_sentence = len(odd[0]) >= _MIN_LETTERS_OF_SENTENCE and " " in odd[0]
    return is_sentence or bool(_UNIT.fullmatch(odd[0]))


def layout_notes(
    head: Head, footer: Sequence[Row] = (), n_repeated: int = 0
) -> list[str]:
    """Return sentences that say which rows were left out, or how the names were found.

    Parameters
    ----------
    head : Head
    footer : sequence of sequences of str
        The rows at the end that were left out.
    n_repeated : int
        How often the header stood between the rows of data.

    Returns
    -------
    list of str
    """
    notes = []
    if head.above:
        lines = _lines(len(head.above))
        notes.append(f"{lines} left out above the table: {listed(head.above, 3)}.")
    if head.n_header_rows > 1:
        notes.append(
            f"The names of two header rows were joined: {listed(filter(None, head.names), 3)}."
        )
    if head.below:
        lines = _lines(len(head.below))
        notes.append(
            f"{lines} left out below the header, where the columns are described: {listed(head.below, 3)}."
        )
    if n_repeated:
        times = "once" if n_repeated == 1 else f"{n_repeated:,} times"
        notes.append(
            f"The header was repeated {times} among the rows of data, and left out there."
        )
    if footer:
        lines = _lines(len(footer))
        texts = listed(map(_shown, footer), 3)
        notes.append(f"{lines} left out below the table: {texts}.")
    if not head.has_header:
        notes.append(
            'The first row holds only numbers, so it was read as data and the columns were named "column 1", '
            '"column 2" and so on.'
        )
    values = [name for name in head.names if _DECIMAL_POINT.fullmatch(name)]
    if values:
        notes.append(
            f"Some column names look like values: {listed(values)}. "
            "If the file has no header row, add one."
        )
    return notes


def _lines(n: int) -> str:
    return "1 line was" if n == 1 else f"{n:,} lines were"
