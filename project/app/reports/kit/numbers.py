"""Tables of numbers."""

from __future__ import annotations

from typing import Any

from dash import html

from app.ui.components import table
from app.wording import shortened_apart


def number_table(
    head: list[str], rows: list[list[Any]], label: str, min_width: int = 500
) -> html.Div:
    """Return a table whose first column names the rows; the others hold right-aligned numbers.

    Parameters
    ----------
    head : list of str
    rows : list of list
        The name of each row, then its numbers as texts.
    label : str
        What the table holds, for a screen reader.
    min_width : int
        Width in pixels below which it scrolls.
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
