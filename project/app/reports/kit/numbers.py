"""Tables of numbers and spans of time, written as people read them."""

from __future__ import annotations

from typing import Any

from dash import html

from app.ui.components import table
from app.wording import shortened_apart

_UNITS = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def number_table(
    head: list[str], rows: list[list[Any]], label: str, min_width: int = 500
) -> html.Div:
    """Return a table whose first column names the rows and whose others hold numbers, aligned to the right.

    Parameters
    ----------
    head : list of str
    rows : list of list
        The name of the row, then its numbers, ready as texts.
    label : str
        What the table holds, for a screen reader.
    min_width : int
        Pixels below which it scrolls.
    """
    first, *rest = shortened_apart(head)
    heads = [html.Th(name, scope="col", className="number") for name in rest]
    names = shortened_apart([row[0] for row in rows])
    lines = [
        [
            html.Th(name, scope="row"),
            *(html.Td(cell, className="number") for cell in row[1:]),
        ]
        for name, row in zip(names, rows)
    ]
    return table([html.Th(first, scope="col"), *heads], lines, label, min_width)


def span(seconds: float) -> str:
    """Return a span of time in its two largest units, such as '1 d 4 h'; '–' if there is none.

    Parameters
    ----------
    seconds : float
    """
    if seconds != seconds:
        return "–"
    if 0 < seconds < 1:
        return "< 1 s"
    for size, unit, smaller, name in _UNITS:
        # Rounded first, so that 59.9 minutes are an hour.
        rounded = round(seconds / smaller) * smaller
        if rounded >= size:
            whole, rest = divmod(rounded, size)
            more = f" {rest // smaller} {name}" if rest else ""
            return f"{whole} {unit}{more}"
    return f"{round(seconds)} s"
