"""The profile of a table: what each column holds, which role it plays, and which one is likely to be predicted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .columns import (
    MAX_BINS,
    YEARS,
    Facts,
    as_plain,
    equal_width_counts,
    facts_of,
    iso_date,
    short_label_of,
)
from .roles import (
    MAX_FEW_LEVELS,
    ROLE_LABELS,
    ROLES,
    ROLES_FOR_TRAINING,
    may_be_code,
    order_of,
    recognise_role,
)
from .targets import TARGET_ROLES, Suggestion, suggest_targets

__all__ = [
    "ROLES",
    "ROLES_FOR_TRAINING",
    "ROLE_LABELS",
    "ColumnProfile",
    "TableProfile",
    "possible_roles",
    "profile_table",
]

N_HEAD = 10
N_TOP = 5


@dataclass(frozen=True)
class ColumnProfile:
    """What is known of one column."""

    name: str
    role: str
    reason: str
    """Why the column has this role: one sentence with its number."""
    dtype: str
    """``integer``, ``decimal``, ``boolean``, ``date`` or ``text``."""
    missing: int
    missing_share: float
    distinct: int
    minimum: float | str | None
    """Of numbers a float, of dates ISO 8601."""
    maximum: float | str | None
    mean: float | None
    top: tuple[tuple[str, int], ...]
    """Up to 5 most frequent values with their counts; empty for numbers and dates."""
    histogram: tuple[int, ...]
    """Up to 20 counts: bins of equal width for numbers and dates, the most frequent values for categories."""
    order: tuple[str, ...] = ()
    """The values in order, if they are words that have one, such as low, medium and high."""

    @property
    def are_years(self) -> bool:
        """Whether the values are whole numbers that may be years."""
        return (
            self.dtype == "integer"
            and self.distinct > 1
            and self.minimum is not None
            and YEARS[0] <= self.minimum <= self.maximum <= YEARS[1]
        )

    @property
    def may_be_codes(self) -> bool:
        """Whether the values are whole numbers that are taken as quantities, but look like codes."""
        return (
            self.dtype == "integer" and self.role == "number" and may_be_code(self.name)
        )


@dataclass(frozen=True)
class TableProfile:
    """What is known of a table."""

    rows: int
    columns: tuple[ColumnProfile, ...]
    missing_cells: int
    missing_share: float
    duplicate_rows: int
    """Rows that are equal to an earlier one."""
    suggested_target: str
    """The column that is most likely meant to be predicted."""
    head: tuple[tuple[str, ...], ...]
    """The first 10 rows as they are shown; a missing value is empty."""
    suggestions: tuple[Suggestion, ...] = ()
    """The columns that may be meant to be predicted: one where its name says so, else up to three."""

    @property
    def sure_target(self) -> str:
        """The column that is meant to be predicted; empty where several may be, or none can."""
        roles = {column.name: column.role for column in self.columns}
        usable = roles.get(self.suggested_target) in TARGET_ROLES
        return self.suggested_target if usable and len(self.suggestions) < 2 else ""

    def meant_for(self, target: str) -> TableProfile:
        """Return the profile of a table that is known to be made to predict one of its columns.

        Parameters
        ----------
        target : str

        Returns
        -------
        TableProfile
        """
        suggestion = Suggestion(target, "It is what the table is made for.")
        return replace(self, suggested_target=target, suggestions=(suggestion,))

    def column(self, name: str) -> ColumnProfile:
        """Return the profile of one column.

        Parameters
        ----------
        name : str

        Returns
        -------
        ColumnProfile

        Raises
        ------
        ValueError
            The table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise ValueError(
            f"The table has no column '{name}'. Choose one of those that it has."
        )


def profile_table(frame: pd.DataFrame) -> TableProfile:
    """Look at every column of a table once.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        With unique column names.

    Returns
    -------
    TableProfile
    """
    plain = [as_plain(column) for _, column in frame.items()]
    columns = tuple(_profile_column(facts_of(column)) for column in plain)
    missing = sum(column.missing for column in columns)
    suggestions = suggest_targets(columns)
    return TableProfile(
        rows=len(frame),
        columns=columns,
        missing_cells=missing,
        missing_share=missing / max(1, len(frame) * len(columns)),
        duplicate_rows=_count_duplicates(plain),
        suggested_target=suggestions[0].name if suggestions else "",
        head=_head(plain),
        suggestions=suggestions,
    )


def possible_roles(column: ColumnProfile) -> tuple[str, ...]:
    """Return the roles that a user may sensibly give to a column; its own is one of them.

    Parameters
    ----------
    column : ColumnProfile

    Returns
    -------
    tuple of str
        In the order of `ROLES`.
    """
    roles = {column.role}
    if column.distinct > 1:
        roles |= {
            "integer": {"number", "category", "identifier"},
            "decimal": {"number", "identifier"},
            "boolean": {"category"},
            "date": {"date", "identifier"},
            "text": {"category", "text", "identifier"},
        }[column.dtype]
    # That a value is there at all may tell something; so may any of a few decimals or dates.
    few = 1 < column.distinct <= MAX_FEW_LEVELS
    if few or (column.distinct == 1 and column.missing):
        roles.add("category")
    if column.are_years:
        roles.add("date")
    if column.order:
        roles.add("ordered")
    return tuple(role for role in ROLES if role in roles)


def _profile_column(facts: Facts) -> ColumnProfile:
    role, reason = recognise_role(facts)
    minimum, maximum, mean = _range(facts)
    return ColumnProfile(
        name=facts.name,
        role=role,
        reason=reason,
        dtype=facts.kind,
        missing=facts.missing,
        missing_share=facts.missing / max(1, facts.rows),
        distinct=facts.distinct,
        minimum=minimum,
        maximum=maximum,
        mean=mean,
        top=() if role in ("number", "date") else _top(facts),
        histogram=_histogram(facts, role),
        order=order_of(facts),
    )


def _range(facts: Facts) -> tuple[float | str | None, float | str | None, float | None]:
    if facts.kind == "date" and facts.distinct:
        return iso_date(facts.levels.min()), iso_date(facts.levels.max()), None
    numbers = facts.numbers() if facts.is_numeric else np.zeros(0)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None, None, None
    # The sum of the largest floats overflows, that of their shares does not.
    with np.errstate(over="ignore"):
        mean = float(numbers.mean())
    if not np.isfinite(mean):
        mean = float((numbers / len(numbers)).sum())
    return float(numbers.min()), float(numbers.max()), mean


def _top(facts: Facts) -> tuple[tuple[str, int], ...]:
    return tuple(
        (short_label_of(facts.levels[i]), int(facts.counts[i]))
        for i in facts.most_frequent(N_TOP)
    )


def _histogram(facts: Facts, role: str) -> tuple[int, ...]:
    if role in ("number", "date"):
        counts, _ = equal_width_counts(facts.numbers(), facts.kind == "integer")
    elif role == "ordered":
        rank = {level: i for i, level in enumerate(order_of(facts))}
        counts = facts.counts[np.argsort([rank[level] for level in facts.levels])]
    elif role in ("category", "boolean"):
        counts = facts.counts[facts.most_frequent(MAX_BINS)]
    else:
        return ()
    return tuple(counts.tolist())


def _count_duplicates(columns: list[pd.Series]) -> int:
    table = pd.DataFrame(dict(enumerate(columns)))
    return int(table.duplicated().sum()) if len(columns) else 0


def _head(columns: list[pd.Series]) -> tuple[tuple[str, ...], ...]:
    shown = [
        [
            "" if pd.isna(value) else short_label_of(value)
            for value in column.iloc[:N_HEAD]
        ]
        for column in columns
    ]
    return tuple(zip(*shown))
