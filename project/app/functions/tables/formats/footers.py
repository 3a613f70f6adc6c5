"""Where a table ends among the rows of a file: totals, sources and remarks below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..missing import is_spelled_missing
from .layout import MIN_SHARE_OF_VALUES, NUMBER, Head, Row, is_value

MAX_FOOTER_ROWS = 12
MIN_ROWS_ABOVE_TOTAL = 5
_TOTAL = re.compile(
    r"((grand|sub|overall|sum) ?)?totals?[: ]*|totale?n?|gesamt(summe|ergebnis)?|insgesamt|summe|sum|suma|somme|soma|"
    r"totaal|итого|всего|合計|总计|celkem|razem|ogółem|yhteensä|i alt|average|mean|mittelwert|durchschnitt|moyenne",
    re.I,
)
_SOURCE = re.compile(
    r"(data )?(sources?|quellen?|fuente|fonte|bron|notes?|anmerkung(en)?|hinweise?|footnotes?|legend[e]?|stand|"
    r"generated|created|exported|erstellt|last updated|end of|copyright|report)\b.*|[*©].*|\(?[1-9a-c]\).*",
    re.I,
)


def count_footer_rows(rows: Sequence[Row], head: Head) -> int:
    """Return how many rows at the end are totals, sources or remarks.

    Parameters
    ----------
    rows : sequence of sequences of str
        The last rows of a file, without the blank ones; the spaces around cells are taken away.
    head : Head

    Returns
    -------
    int
    """
    n_found = 0
    for row in reversed(rows[-MAX_FOOTER_ROWS:]):
        body = rows[: len(rows) - n_found - 1]
        if not body or not _is_footer(row, body, head.width):
            break
        n_found += 1
    return n_found


def _is_footer(row: Row, body: Sequence[Row], width: int) -> bool:
    filled = [i for i, cell in enumerate(row) if cell]
    if not filled:
        return False
    position, cell = filled[0], row[filled[0]]
    column = [other[position] for other in body if len(other) > position]
    if cell in column:
        return False
    if _TOTAL.fullmatch(cell) or _is_unnamed_total(row, filled, body):
        return True
    if len(filled) > 1 or position > 0:
        return False
    if _SOURCE.fullmatch(cell):
        return True
    # A lone text below values, or one that is far longer than what stands above it, is a remark.
    n_values = sum(map(is_value, column))
    is_text = not is_value(cell) and not is_spelled_missing(cell)
    longest = max(map(len, column), default=0)
    below_values = n_values >= MIN_SHARE_OF_VALUES * len(column)
    return is_text and width > 1 and (below_values or len(cell) > 2 * longest)


def _is_unnamed_total(row: Row, filled: list[int], body: Sequence[Row]) -> bool:
    """Tell whether a row has nothing but numbers above those of all other rows, and a gap where these are named."""
    width = len(row)
    body = [other for other in body if len(other) == width]
    if len(body) < MIN_ROWS_ABOVE_TOTAL or row[0] or not all(r[0] for r in body):
        return False
    if not all(NUMBER.fullmatch(row[i]) for i in filled):
        return False
    largest = [max(_size(other[i]) for other in body) for i in filled]
    sizes = [_size(row[i]) for i in filled]
    ratios = [size / most for size, most in zip(sizes, largest) if most]
    return len(ratios) == len(sizes) and min(ratios) > 1 and max(ratios) > 2


def _size(cell: str) -> float:
    """Return roughly how large a number is; marks between thousands and decimals are taken alike in all cells."""
    plain = re.sub(r"[.,](?=\d{3}(\D|$))", "", cell).replace(",", ".")
    try:
        return abs(float(plain))
    except ValueError:
        return 0.0
