"""Whether a table keeps the data contract of a model: each violation with its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ...wording import listed, number, percent, plural, quoted, shortened
from ..evaluation.intervals import share_interval
from ..tables.columns import label_of, short_label_of
from ..tables.schema import ColumnSchema
from .column_drift import MIN_ROWS
from .conforming import similar_names
from .contract import UNIQUE_KEY, labels_of, limits_of, schema_in

MAX_ROWS_KEPT = 1_000
_ROWS_NAMED = 10
_EXAMPLES = 3
# What more may be missing before that is a violation, beyond what may be chance.
_MORE_MISSING = 0.05
_NOUNS = {"integer": "a number", "decimal": "a number", "date": "a date"}


@dataclass(frozen=True)
class Violation:
    """One way in which a table breaks its contract.

    Attributes
    ----------
    column, kind : str
        The kinds are 'absent', 'type', 'missing', 'missing share', 'level', 'range', 'unique'.
    says : str
        The sentence, without the rows.
    n_rows : int
    rows : tuple of int
        The first 1,000 of them, counted from 1; empty if it is of the whole table.
    examples : mapping of str to int
        The most frequent values, with their rows.
    """

    column: str
    kind: str
    says: str
    n_rows: int
    rows: tuple[int, ...] = ()
    examples: Mapping[str, int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What is wrong, and where."""
        if not self.rows:
            return self.says
        named = listed([number(row) for row in self.rows[:_ROWS_NAMED]])
        more = self.n_rows - _ROWS_NAMED
        if more > 0:
            named = ", ".join(number(row) for row in self.rows[:_ROWS_NAMED])
            named = f"{named} and {number(more)} more"
        noun = "Row" if self.n_rows == 1 else "Rows"
        return f"{self.says} {noun} {named}."


@dataclass(frozen=True)
class ContractReport:
    """What a table has that its contract does not allow.

    Attributes
    ----------
    rows : int
        Of the table.
    violations : tuple of Violation
    warnings : tuple of Violation
        What is new, but breaks nothing: values outside of the training table's range, new values of a category of which
        more were to come, surplus columns.
    """

    rows: int
    violations: tuple[Violation, ...] = ()
    warnings: tuple[Violation, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the table keeps the contract."""
        return not self.violations

    @property
    def says(self) -> str:
        """The verdict."""
        of_rows = f"in {plural(self.rows, 'row')}"
        if self.ok:
            warned = plural(len(self.warnings), "thing is new", "things are new")
            return f"The contract is kept {of_rows}" + (
                f"; {warned}." if self.warnings else "."
            )
        return f"The contract is broken: {plural(len(self.violations), 'violation')} {of_rows}."


def check(frame: pd.DataFrame, contract: Mapping[str, Any]) -> ContractReport:
    """Compare a table with a contract.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, any)
        Best with all cells as text, as they stand in the file.
    contract : mapping
        What `contract.contract_of` returned, maybe of another version.

    Returns
    -------
    ContractReport

    Raises
    ------
    ValueError
        It is no contract of a model.
    """
    schema = schema_in(contract)
    names = [column.name for column in schema.columns]
    unique = [name for name in contract.get(UNIQUE_KEY, ()) if isinstance(name, str)]
    surplus = [str(n) for n in frame if n not in names and n not in unique]
    violations, warnings = [], []
    violations += _absent([name for name in names if name not in frame], surplus)
    for column in schema.columns:
        if column.name in frame:
            limits = limits_of(contract, column.name)
            for is_new, found in _look_at(column, frame[column.name], limits):
                (warnings if is_new else violations).append(found)
    violations += [
        found for name in unique if name in frame for found in _repeated(frame[name])
    ]
    if surplus:
        says = f"The model does not use {quoted(surplus)}."
        warnings.append(Violation(quoted(surplus), "surplus", says, 0))
    return ContractReport(len(frame), tuple(violations), tuple(warnings))


def _absent(absent: list[str], surplus: list[str]) -> list[Violation]:
    meant = similar_names(absent, surplus)
    found = []
    for name in absent:
        says = f"The table has no {quoted([name])}."
        if name in meant:
            says += f" Is {quoted([meant[name]])} meant?"
        found.append(Violation(name, "absent", says, 0))
    return found


def _look_at(
    column: ColumnSchema, given: pd.Series, limits: Mapping[str, Any]
) -> Iterator[tuple[bool, Violation]]:
    """Yield what does not fit in one column, each with whether it is only new."""
    present, values = column.present(given), column.read(given)
    is_there = present.notna().to_numpy()
    unread = values.isna().to_numpy() & is_there
    noun = _NOUNS.get(column.dtype, "true or false")
    if unread.any():
        yield False, _cells(column, "type", f"is not {noun}", unread, given)
    if column.dtype == "integer":
        parts = values.to_numpy(dtype=np.float64, na_value=np.nan)
        broken = np.isfinite(parts) & (parts != np.round(parts))
        if broken.any():
            yield False, _cells(column, "type", "is not a whole number", broken, values)
    yield from _missing(column, ~is_there, limits)
    if "enum" in limits or "x-levels" in limits:
        yield from _levels(column, values, limits)
    elif {"minimum", "maximum"} <= set(limits):
        yield from _range(column, values, limits)


def _missing(
    column: ColumnSchema, gone: np.ndarray, limits: Mapping[str, Any]
) -> Iterator[tuple[bool, Violation]]:
    if not gone.any():
        return
    n_gone, name = int(gone.sum()), quoted([column.name])
    if "null" not in np.atleast_1d(limits.get("type", "null")):
        says = f"{name} is missing, which it never was in training."
        yield False, Violation(column.name, "missing", says, n_gone, _rows(gone))
        return
    if len(gone) < MIN_ROWS:
        return
    trained = float(limits.get("x-missing-share", 1.0))
    low, _ = share_interval(n_gone, len(gone))
    if low > trained + _MORE_MISSING:
        share = percent(n_gone / len(gone))
        says = f"{name} is missing in {share} of the rows, in training in {percent(trained)}."
        yield False, Violation(column.name, "missing share", says, n_gone)


def _levels(
    column: ColumnSchema, values: pd.Series, limits: Mapping[str, Any]
) -> Iterator[tuple[bool, Violation]]:
    is_closed = "enum" in limits
    known = labels_of(limits["enum"] if is_closed else limits["x-levels"])
    codes, levels = pd.factorize(values)
    is_known = np.array([label_of(level) in known for level in levels] + [True])
    unseen = ~is_known[codes]
    if unseen.any():
        what = "has a value that training did not have"
        yield not is_closed, _cells(column, "level", what, unseen, values)


def _range(
    column: ColumnSchema, values: pd.Series, limits: Mapping[str, Any]
) -> Iterator[tuple[bool, Violation]]:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    low, high = limits["minimum"], limits["maximum"]
    far = (numbers < low) | (numbers > high)
    if far.any():
        what = f"is far outside of training, whose range is {_span(column)}"
        yield False, _cells(column, "range", what, far, values)
    near = ((numbers < column.minimum) | (numbers > column.maximum)) & ~far
    if near.any():
        what = f"is outside of training, whose range is {_span(column)}"
        yield True, _cells(column, "range", what, near, values)


def _span(column: ColumnSchema) -> str:
    return f"{number(column.minimum, 6)} to {number(column.maximum, 6)}"


def _repeated(given: pd.Series) -> Iterator[Violation]:
    values = given.dropna()
    again = given.notna() & given.duplicated(keep=False)
    if again.any():
        n_values = values[values.duplicated(keep=False)].nunique()
        says = (
            f"{quoted([given.name])} should name a row, but {plural(n_values, 'value')} "
            f"{'stands' if n_values == 1 else 'stand'} in several."
        )
        mask = again.to_numpy()
        yield Violation(
            str(given.name),
            "unique",
            says,
            int(mask.sum()),
            _rows(mask),
            _top(given, mask),
        )


def _cells(
    column: ColumnSchema, kind: str, what: str, mask: np.ndarray, values: pd.Series
) -> Violation:
    examples = _top(values, mask)
    shown = ", ".join(f"“{value}” ({number(n)})" for value, n in examples.items())
    says = f"{quoted([column.name])} {what}: {shown}."
    n_rows = int(mask.sum())
    return Violation(column.name, kind, says, n_rows, _rows(mask), examples)


def _top(values: pd.Series, mask: np.ndarray) -> dict[str, int]:
    counts = values[mask].value_counts().head(_EXAMPLES)
    return {shortened(short_label_of(v), 40): int(n) for v, n in counts.items()}


def _rows(mask: np.ndarray) -> tuple[int, ...]:
    return tuple((np.flatnonzero(mask)[:MAX_ROWS_KEPT] + 1).tolist())
