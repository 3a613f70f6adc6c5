"""Which column is likely meant to be predicted, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .column_names import words_of

MAX_SUGGESTIONS = 3
MAX_LEVELS = 100
TARGET_ROLES = ("number", "category", "ordered", "boolean")
# The names that tables give what they are about, the plainest first.
_NAMES = (
    "target label y outcome diagnosis survived churn churned exited attrition returned default defaulted fraud "
    "converted response sentiment species class category price quality cultivar progression digit score rating "
    "salary income sales demand revenue result"
).split()
# As the last word of a longer name these belong to features more often than not.
_WHOLE_NAMES_ONLY = {"y", "class", "category", "default", "score", "rating", "income"}
# When, where and how large something is: nobody asks a model for it unless the name says so.
_SETTINGS = set(
    "second minute hour day weekday month quarter year week date time timestamp size width height length index rank "
    "row lat latitude lon lng long longitude x y z zip postcode plz jahr monat tag stunde minuten".split()
)
_NAME_SAYS = "Its name says that it is what the table is about."


class Column(Protocol):
    """What has to be known of a column: its profile has it."""

    name: str
    role: str
    distinct: int


@dataclass(frozen=True)
class Suggestion:
    """A column that may be meant to be predicted."""

    name: str
    reason: str
    """Why: one sentence."""


def suggest_targets(columns: Sequence[Column]) -> tuple[Suggestion, ...]:
    """Return the columns that are likely meant to be predicted, the likeliest first.

    Parameters
    ----------
    columns : sequence of Column
        In the order of the table.

    Returns
    -------
    tuple of Suggestion
        One, where a name tells; up to three where nothing does.
    """
    usable = [column for column in columns if _is_usable(column)]
    named = _named(usable)
    if named:
        return (Suggestion(named.name, _NAME_SAYS),)
    if not usable:
        return tuple(Suggestion(c.name, "It is the last column.") for c in columns[-1:])
    return _likely(usable)


def other_targets(columns: Sequence[Column], target: str) -> tuple[Suggestion, ...]:
    """Return the columns that may be predicted instead of a target, the likeliest first.

    Parameters
    ----------
    columns : sequence of Column
        In the order of the table.
    target : str
        The column that is left out.

    Returns
    -------
    tuple of Suggestion
        Up to three.
    """
    usable = [c for c in columns if _is_usable(c) and c.name != target]
    named = _named(usable)
    suggestions = list(_likely(usable)) if usable else []
    if named:
        rest = [each for each in suggestions if each.name != named.name]
        suggestions = [Suggestion(named.name, _NAME_SAYS), *rest]
    return tuple(suggestions[:MAX_SUGGESTIONS])


def _likely(usable: Sequence[Column]) -> tuple[Suggestion, ...]:
    likely = [c for c in usable if _SETTINGS.isdisjoint(words_of(c.name))] or usable
    suggestions: dict[str, Suggestion] = {}
    for column, reason in _guesses(likely):
        suggestions.setdefault(column.name, Suggestion(column.name, reason))
    return tuple(suggestions.values())[:MAX_SUGGESTIONS]


def _is_usable(column: Column) -> bool:
    few_enough = column.role == "number" or column.distinct <= MAX_LEVELS
    return column.role in TARGET_ROLES and few_enough


def _named(columns: Sequence[Column]) -> Column | None:
    names = {column.name.lower() for column in columns}
    for whole_name in (True, False):
        for wanted in _NAMES:
            # Beside x and z a column y is a place.
            if wanted == "y" and "x" in names and "z" in names:
                continue
            for column in columns:
                if _is_called(column.name, wanted, whole_name):
                    return column
    return None


def _is_called(name: str, wanted: str, whole_name: bool) -> bool:
    words = words_of(name)
    if whole_name:
        return words in ([wanted], ["is", wanted], ["has", wanted])
    return bool(words) and words[-1] == wanted and wanted not in _WHOLE_NAMES_ONLY


def _guesses(columns: Sequence[Column]) -> Iterable[tuple[Column, str]]:
    """Yield columns that may be meant, the likeliest first, some of them repeatedly."""
    from_last = list(reversed(columns))
    yield from_last[0], "It is the last column that can be predicted."
    for column in from_last:
        if column.role == "boolean":
            yield column, "It has two values, such as yes and no."
    for column in from_last:
        if column.role in ("category", "ordered"):
            yield column, f"It is a category with {column.distinct:,} values."
    for column in from_last:
        yield column, "It is a number."
