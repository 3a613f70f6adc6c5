"""What a benchmark returns: a measured value beside its limit, and the table of many."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One measured value and the most that it may be.

    Attributes
    ----------
    what : str
    value, limit : float
    unit : str
    detail : str
        What the value was made of.
    """

    what: str
    value: float
    limit: float
    unit: str
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the limit is kept."""
        return self.value <= self.limit


def markdown_table(results: Iterable[Result]) -> str:
    """Return the results as a table that reads well in a terminal and in Markdown."""
    head = ["What", "Measured", "Limit", "", "Detail"]
    rows = [
        [
            result.what,
            _number(result.value, result.unit),
            _number(result.limit, result.unit),
            "ok" if result.ok else "TOO MUCH",
            result.detail,
        ]
        for result in results
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(_line(cells, widths) for cells in lines)


def spread(values: Sequence[float], unit: str) -> str:
    """Return the median, the smallest and the largest of some values, for a detail."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{_number(middle, unit)} ({_number(low, unit)} to {_number(high, unit)})"


def _number(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or value == int(value) else 2 if value < 10 else 1
    return f"{value:,.{digits}f} {unit}".strip()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths))
    return "| " + " | ".join(padded) + " |"
