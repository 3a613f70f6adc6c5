"""New rows made to fit the schema of a training table, and all that does not fit, with its rows."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from app import wording

from ..tables.columns import label_of, short_label_of
from ..tables.schema import ColumnSchema, TableSchema

MAX_ROWS_NAMED = 20
_MAX_EXAMPLES = 3
_MAX_VALUE = 40
_ALIKE = 0.8
_ROWS_LOOKED_AT = 2_000
_MANY = 5
_NOUNS = {"integer": "a number", "decimal": "a number", "date": "a date"}
_NOTHING = "all columns that the model uses are empty"


@dataclass(frozen=True)
class Problem:
    """What does not fit in one column.

    Attributes
    ----------
    column : str
        Empty for further ones that are only counted.
    kind : {"absent", "surplus", "unreadable", "unseen", "outside"}
        The table does not have the column; the model does not know it; cells are not of its type; categories were not
        in the training table; numbers or dates are outside its range.
    n_rows : int
        How many rows it concerns.
    rows : tuple of int
        The first of them, counted from 1.
    examples : mapping of str to int
        The most frequent values, with their rows.
    expected : str
        What would have fitted, such as 'a number' or '18 to 95'; of further columns, how many they are.
    """

    column: str
    kind: str
    n_rows: int
    rows: tuple[int, ...] = ()
    examples: Mapping[str, int] = field(default_factory=dict)
    expected: str = ""

    @property
    def sentence(self) -> str:
        """What does not fit, and what follows from it."""
        name = wording.quoted([self.column])
        if self.kind == "absent":
            return f"The table has no {name}: it is taken as missing in every row."
        if self.kind == "surplus":
            return f"The model does not use {self.expected or name}."
        rows = wording.plural(self.n_rows, "row")
        values = ", ".join(
            f"“{value}” ({wording.number(n)})" for value, n in self.examples.items()
        )
        if self.kind == "unreadable":
            return f"{name} is not {self.expected} in {rows}: {values}."
        if self.kind == "unseen":
            return f"{name} has values that the training table did not have in {rows}: {values}."
        return f"{name} is outside the training table’s {self.expected} in {rows}: {values}."


@dataclass(frozen=True)
class Conformed:
    """A table in the columns and types of a schema.

    Attributes
    ----------
    rows : DataFrame of shape (n_rows, n_columns)
        The columns of the schema, in its order. What cannot be read is missing.
    problems : tuple of Problem
        The absent columns first, then those with cells that do not fit, then the surplus columns.
    refused : mapping of int to str
        By position, why a row cannot be scored as it is: a cell is not of the column's type, or all are empty.
    doubts : mapping of int to str
        By position, what a row has that no row of the training table had.
    """

    rows: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    refused: Mapping[int, str] = field(default_factory=dict)
    doubts: Mapping[int, str] = field(default_factory=dict)


def conform(
    frame: pd.DataFrame,
    schema: TableSchema,
    renamed: Mapping[str, str] | None = None,
    unreadable_as_missing: bool = False,
    first_row: int = 0,
    texts: pd.DataFrame | None = None,
    as_read: Collection[str] = (),
) -> Conformed:
    """Type a table as the training table was typed, whatever its own values look like, and say what does not fit.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, any)
        Best with all cells as text, as they stand in the file: of a column that was read as numbers, leading zeros
        are gone.
    schema : TableSchema
    renamed : mapping of str to str, optional
        Columns of the schema that the table has under another name, and that name.
    unreadable_as_missing : bool
        Whether a row is scored although a cell is not of the column's type.
    first_row : int
        How many rows came before, where the table is a part of a larger one.
    texts : DataFrame of shape (n_rows, at most n_columns), optional
        Where `frame` is typed already, the columns of which the texts are known, too.
    as_read : collection of str
        Those of them that were read as the schema says: only what was not read there is read again.

    Returns
    -------
    Conformed

    Raises
    ------
    ValueError
        The table has none of the columns.
    """
    sources = _sources(frame, schema, renamed or {})
    if not sources:
        raise ValueError(_other_table(schema))
    typed: dict[str, pd.Series] = {}
    absent, misfits = [], []
    refused, doubts = _Notes(len(frame)), _Notes(len(frame))
    for column in schema.columns:
        if column.name not in sources:
            absent.append(Problem(column.name, "absent", len(frame)))
            typed[column.name] = column.nothing(frame.index)
            continue
        source = sources[column.name]
        text = texts[source] if texts is not None and source in texts else None
        given, present, values = _read(column, frame[source], text, source in as_read)
        typed[column.name] = values
        unread = values.isna().to_numpy() & present.notna().to_numpy()
        for found in _misfits(column, given, values, unread):
            forbids = found.kind == "unreadable" and not unreadable_as_missing
            (refused if forbids else doubts).add(found)
            misfits.append(found.problem(first_row))
    rows = pd.DataFrame(typed, index=frame.index)
    for position in np.flatnonzero(rows.isna().all(axis=1).to_numpy()):
        refused.texts.setdefault(int(position), _NOTHING)
    used = set(sources.values())
    surplus = [
        Problem(str(name), "surplus", len(frame)) for name in frame if name not in used
    ]
    problems = (*absent, *misfits, *surplus)
    return Conformed(rows, problems, refused.texts, doubts.texts)


@dataclass(frozen=True)
class Notation:
    """In which notation the numbers and dates of a table are read; decided once for all of it.

    Attributes
    ----------
    schema : TableSchema
        As in training, or where the table fits it better so, as its own reader took them.
    as_read : frozenset of str
        The columns of the table that its own reader took so: what it has read need not be read again.
    """

    schema: TableSchema
    as_read: frozenset[str] = frozenset()


def notation_of(
    frame: pd.DataFrame,
    texts: pd.DataFrame,
    schema: TableSchema,
    written: Mapping[str, str],
    renamed: Mapping[str, str] | None = None,
) -> Notation:
    """Decide how a table writes its numbers and dates: as in training, unless more of them fit the schema otherwise.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        As its own reader typed it; some thousand rows are enough.
    texts : DataFrame of shape (n_rows, at most n_columns)
        The texts of the columns that may be read otherwise.
    schema : TableSchema
    written : mapping of str to str
        By column, how its reader took values such as 1.234 or 3/2/2024.
    renamed : mapping of str to str, optional
        As in `conform`.

    Returns
    -------
    Notation
    """
    sources = _sources(frame, schema, renamed or {})
    columns, as_read = [], set()
    for column in schema.columns:
        source = sources.get(column.name)
        if source in texts and _is_typed_alike(column, frame[source]):
            own = replace(column, written=written.get(source, column.written))
            sample = texts[source].head(_ROWS_LOOKED_AT)
            if _n_fitting(own, sample) > _n_fitting(column, sample):
                column = own
            if own.written == column.written:
                as_read.add(source)
        columns.append(column)
    return Notation(TableSchema(tuple(columns)), frozenset(as_read))


def _is_typed_alike(column: ColumnSchema, values: pd.Series) -> bool:
    kinds = {"integer": "iuf", "decimal": "iuf", "date": "M"}.get(column.dtype, "")
    return values.dtype.kind in kinds


def _n_fitting(column: ColumnSchema, texts: pd.Series) -> int:
    """Count the values that can be read and lie in the range of the training table."""
    values = column.read(column.present(texts))
    if column.minimum is None:
        return int(values.notna().sum())
    return int((values.notna().to_numpy() & ~_outside(column, values)).sum())


def _read(
    column: ColumnSchema, typed: pd.Series, texts: pd.Series | None, is_read: bool
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return a column as it was given, what of it is not missing, and how that is read."""
    if texts is None:
        present = column.present(typed)
        return typed, present, column.read(present)
    present = column.present(texts)
    if not is_read:
        return texts, present, column.read(present)
    # What its own reader has not read is no missing value.
    values = column.read(column.present(typed))
    left = (values.isna() & present.notna()).to_numpy()
    if left.any():
        values = values.copy()
        values[left] = column.read(present[left]).to_numpy()
    return texts, present, values


def similar_names(absent: Sequence[str], surplus: Sequence[str]) -> dict[str, str]:
    """Return which surplus column may be meant by an absent one: the same letters and digits, or nearly.

    Parameters
    ----------
    absent, surplus : sequence of str

    Returns
    -------
    dict of str to str
        By absent column; each surplus column at most once.

    References
    ----------
    https://docs.python.org/3/library/difflib.html#difflib.get_close_matches
    """
    left, found = {name: _letters(name) for name in surplus}, {}
    for wanted in absent:
        equal = [name for name, text in left.items() if text == _letters(wanted)]
        close = difflib.get_close_matches(
            _letters(wanted), list(left.values()), n=1, cutoff=_ALIKE
        )
        names = equal or [name for name, text in left.items() if text in close]
        if names and _letters(wanted):
            found[wanted] = names[0]
            del left[names[0]]
    return found


def merge(parts: Iterable[Sequence[Problem]]) -> tuple[Problem, ...]:
    """Return the problems of a table from those of its parts, in their order.

    Parameters
    ----------
    parts : iterable of sequence of Problem

    Returns
    -------
    tuple of Problem
    """
    whole: dict[tuple[str, str], Problem] = {}
    for one in (problem for part in parts for problem in part):
        key = (one.column, one.kind)
        if key not in whole:
            whole[key] = one
            continue
        before = whole[key]
        # The examples of each part are its most frequent ones; their sums are at least right for these.
        examples = Counter(before.examples)
        examples.update(one.examples)
        whole[key] = replace(
            before,
            n_rows=before.n_rows + one.n_rows,
            rows=(*before.rows, *one.rows)[:MAX_ROWS_NAMED],
            examples=dict(examples.most_common(_MAX_EXAMPLES)),
        )
    return tuple(whole.values())


@dataclass(frozen=True)
class _Misfit:
    """The cells of one column that do not fit, and what they hold."""

    column: ColumnSchema
    kind: str
    positions: np.ndarray
    values: list[str]
    expected: str = ""

    def problem(self, first_row: int) -> Problem:
        counts = pd.Series(self.values).value_counts().head(_MAX_EXAMPLES)
        rows = self.positions[:MAX_ROWS_NAMED] + first_row + 1
        return Problem(
            self.column.name,
            self.kind,
            len(self.positions),
            tuple(map(int, rows)),
            counts.to_dict(),
            self.expected,
        )

    def note(self, value: str) -> str:
        name = wording.shortened(self.column.name)
        if self.kind == "unreadable":
            return f"{name}: “{value}” is not {self.expected}"
        if self.kind == "unseen":
            return f"{name}: “{value}” was not in the training table"
        return f"{name}: {value} is outside {self.expected}"


class _Notes:
    """What is said of single rows; of many columns in one row only the first few."""

    def __init__(self, n_rows: int):
        self.texts: dict[int, str] = {}
        self._said = np.zeros(n_rows, dtype=int)

    def add(self, misfit: _Misfit) -> None:
        for position, value in zip(misfit.positions.tolist(), misfit.values):
            said = self._said[position]
            self._said[position] = said + 1
            if said == 0:
                self.texts[position] = misfit.note(value)
            elif said < _MANY:
                self.texts[position] += "; " + misfit.note(value)
            elif said == _MANY:
                self.texts[position] += "; and more"


def _sources(
    frame: pd.DataFrame, schema: TableSchema, renamed: Mapping[str, str]
) -> dict[str, str]:
    """Return the column of the table for each of the schema that it has."""
    names = {column.name: column.name for column in schema.columns}
    names |= {wanted: name for wanted, name in renamed.items() if wanted in names}
    return {wanted: name for wanted, name in names.items() if name in frame}


def _other_table(schema: TableSchema) -> str:
    names = wording.quoted([column.name for column in schema.columns], 5)
    return (
        f"This table has none of the columns that the model uses, such as {names}. "
        "Choose a table with the columns that the model was trained on."
    )


def _misfits(
    column: ColumnSchema, given: pd.Series, values: pd.Series, unread: np.ndarray
) -> Iterable[_Misfit]:
    if unread.any():
        noun = _NOUNS.get(column.dtype, "true or false")
        yield _misfit(column, "unreadable", unread, given, noun)
    if column.categories:
        unseen = _unseen(column, values)
        if unseen.any():
            yield _misfit(column, "unseen", unseen, values)
    elif column.minimum is not None and values.dtype.kind in "iufM":
        outside = _outside(column, values)
        if outside.any():
            yield _misfit(column, "outside", outside, values, _range(column))


def _unseen(column: ColumnSchema, values: pd.Series) -> np.ndarray:
    codes, levels = pd.factorize(values)
    seen = set(column.categories)
    known = np.array([label_of(level) in seen for level in levels] + [True])
    return ~known[codes]


def _outside(column: ColumnSchema, values: pd.Series) -> np.ndarray:
    low, high = column.minimum, column.maximum
    if values.dtype.kind == "M":
        low, high = np.datetime64(low), np.datetime64(high)
    elif isinstance(low, str) or isinstance(high, str):
        return np.zeros(len(values), dtype=bool)
    return ((values < low) | (values > high)).to_numpy()


def _range(column: ColumnSchema) -> str:
    return f"{short_label_of(column.minimum)} to {short_label_of(column.maximum)}"


def _misfit(
    column: ColumnSchema,
    kind: str,
    mask: np.ndarray,
    values: pd.Series,
    expected: str = "",
) -> _Misfit:
    positions = np.flatnonzero(mask)
    texts = [_shown(value) for value in values.iloc[positions]]
    return _Misfit(column, kind, positions, texts, expected)


def _shown(value) -> str:
    return wording.shortened(short_label_of(value), _MAX_VALUE)


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", str(name)).casefold()
