"""Column names that are texts, stripped, not empty and all different."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_COLUMNS = 2000


def clean_names(raw: Iterable[object]) -> tuple[list[str], list[str]]:
    """Return usable names for columns, and what was mended.

    Parameters
    ----------
    raw : iterable of object
        The names as the file has them; None or blank where there is none.

    Returns
    -------
    names : list of str
        As many as in `raw`, in the same order.
    notes : list of str
    """
    stripped = ["" if name is None else _visible(str(name)) for name in raw]
    taken = set(stripped)
    names: list[str] = []
    seen: set[str] = set()
    for position, name in enumerate(stripped, start=1):
        if not name:
            name = _free(f"column {position}", taken)
        elif name in seen:
            name = _free(name, taken)
        taken.add(name)
        seen.add(name)
        names.append(name)
    return names, _notes(stripped, names)


def _visible(name: str) -> str:
    """Return a name without the characters that nobody sees, its white space single."""
    shown = "".join(c if c.isprintable() else " " for c in name)
    return " ".join(shown.split())


def check_width(n_columns: int, name: str) -> None:
    """Refuse a table with too many columns.

    Parameters
    ----------
    n_columns : int
    name : str
        The user's name of the file, for the sentence.

    Raises
    ------
    ValueError
        There are more than `MAX_COLUMNS`.
    """
    if n_columns > MAX_COLUMNS:
        raise ValueError(
            f"'{name}' has {n_columns:,} columns, but at most {MAX_COLUMNS:,} can be used. "
            "Leave out columns that do not help, or turn the table if rows and columns are swapped."
        )


def listed(names: Iterable[str], limit: int = 5) -> str:
    """Return names as words of a sentence.

    Parameters
    ----------
    names : iterable of str
    limit : int
        So many are written out; of the others, only how many there are.

    Returns
    -------
    str
    """
    quoted = [f'"{name}"' for name in names]
    if len(quoted) <= limit:
        return ", ".join(quoted)
    return f"{', '.join(quoted[:limit])} and {len(quoted) - limit:,} more"


def words_of(name: str) -> list[str]:
    """Split a column's name into lower-case words, also at capitals: 'CustomerID' is customer, id.

    Parameters
    ----------
    name : str

    Returns
    -------
    list of str
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W_]+", apart.lower())


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def _notes(stripped: list[str], names: list[str]) -> list[str]:
    unnamed = [new for old, new in zip(stripped, names) if not old]
    repeated = [new for old, new in zip(stripped, names) if old and old != new]
    notes = []
    if unnamed:
        notes.append(f"Columns without a name were named {listed(unnamed)}.")
    if repeated:
        notes.append(
            f"Column names that appear more than once were numbered: {listed(repeated)}."
        )
    return notes
