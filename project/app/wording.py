"""Numbers and times as people write them."""

from __future__ import annotations

import math


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many significant digits, thousands separated; '–' if there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    size = abs(value)
    if size >= 1e7 or size < 1e-4:
        return f"{value:.{digits - 1}e}"
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    return f"{value:,.{decimals}f}"


def fixed(value: float | None, decimals: int = 3) -> str:
    """Return a number with so many decimals; '–' if there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,.{decimals}f}"


def percent(share: float | None, decimals: int = 1) -> str:
    """Return a share as percent; '–' if there is none. What is not zero never looks like zero."""
    if share is None or not math.isfinite(share):
        return "–"
    smallest = 10.0**-decimals
    if 0 < 100 * share < smallest:
        return f"< {smallest:.{decimals}f} %"
    return f"{100 * share:.{decimals}f} %"


def seconds(value: float | None) -> str:
    """Return a time span as people say it."""
    if value is None or not math.isfinite(value):
        return "–"
    if value < 0.1:
        return f"{max(1, round(1000 * value))} ms"
    if value < 10:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def milliseconds(value: float | None) -> str:
    """Return a short time; below a millisecond with decimals."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.1f} ms" if value < 10 else seconds(value / 1000)


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: '1 row', '2 rows'."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def shortened_apart(names: list[str], length: int = 40) -> list[str]:
    """Return names that fit, numbered where those that differ would look the same."""
    short = [shortened(name, length) for name in names]
    for i, name in enumerate(short):
        number = 1
        while short[i] in short[:i]:
            number += 1
            end = f"… {number}"
            short[i] = name[: length - len(end)] + end
    return short


def shortened(name: str, length: int = 40) -> str:
    """Return a name that fits, its end cut if need be."""
    return name if len(name) <= length else name[: length - 1] + "…"


def quoted(names: list[str], most: int = 3) -> str:
    """Name some columns in a sentence: 'a', 'b' and 2 more.

    Parameters
    ----------
    names : list of str
    most : int
        No more than so many are named.

    Returns
    -------
    str
    """
    shown = [f"'{shortened(name, 80)}'" for name in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most:,} more")
    if len(shown) == 1:
        return shown[0]
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
