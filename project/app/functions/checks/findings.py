"""What a check says (a level, a title, a sentence with its numbers, what to do) and how numbers are written."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..tables.columns import short_label_of

LEVELS = ("good", "warning", "bad")


@dataclass(frozen=True)
class Check:
    """The answer to one question about a result or its data.

    Attributes
    ----------
    key : str
        The question: baseline, gap, holdout_size, folds_disagree, imbalance, leak, identifier, duplicates,
        time_order or groups.
    level : {"good", "warning", "bad"}
    title : str
        A few words, other ones for each level.
    finding : str
        One sentence with its numbers.
    advice : str
        What to do; empty if the level is good.
    """

    key: str
    level: str
    title: str
    finding: str
    advice: str = ""


def level_of(value: float, warning: float, bad: float) -> str:
    """Return the level of a number that is the worse the larger it is.

    Parameters
    ----------
    value, warning, bad : float
        From `warning` and from `bad` on the level is the one of that name.

    Returns
    -------
    str
        One of ``LEVELS``.
    """
    if value >= bad:
        return "bad"
    return "warning" if value >= warning else "good"


def number(value: float) -> str:
    """Write a number to three digits, larger ones to the unit: 0.0123, 0.987, 12.3, 12,345.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
    """
    if not math.isfinite(value):
        return "unknown"
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-4:
        return f"{value:.3g}"
    if size >= 100:
        return f"{value:,.0f}"
    decimals = 3 if size < 1 else 2 if size < 10 else 1
    if 0 < size < 0.1:
        decimals = 2 - math.floor(math.log10(size))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if size < 0.1 else text


def decimals(value: float) -> str:
    """Write a score that ends at 1, such as an area or R², to three decimals.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
    """
    if not abs(value) < 10:
        return number(value)
    # Adding zero takes the sign from a zero.
    return f"{round(value, 3) + 0.0:.3f}"


def percent(share: float) -> str:
    """Write a share in percent: to the unit, below 10 % to a tenth.

    Parameters
    ----------
    share : float

    Returns
    -------
    str
    """
    if 0 < share < 0.0005:
        return "less than 0.1 %"
    if round(1000 * share) % 10 == 0 or share >= 0.0995:
        return f"{100 * share:.0f} %"
    return f"{100 * share:.1f} %"


def count(n: int, one: str, many: str | None = None) -> str:
    """Write how many there are of a thing: '1 row', '2,000 rows'.

    Parameters
    ----------
    n : int
    one, many : str
        `many` is `one` with an s if not given.

    Returns
    -------
    str
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


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
    shown = [f"'{short_label_of(name)}'" for name in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most:,} more")
    if len(shown) == 1:
        return shown[0]
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
