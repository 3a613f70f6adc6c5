"""What a split by time takes from the score, along each column that says when, and along the rows as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype as is_number
from scipy.stats import rankdata

from .quick_model import MAX_ROWS, Drop, Table, drop_of

_MIN_ROWS = 60
_TEST_SHARE = 0.2
_MOST_TEST, _LEAST_TEST = 0.5, 0.08
_N_PARTS = 2
_N_BLOCKS = 20
_MAX_CANDIDATES = 2
_DISTINCT = 0.9
_MIN_ROWS_OF_FIFTH = 10


@dataclass(frozen=True)
class TimeDrop:
    """What a split by time takes from the score.

    Attributes
    ----------
    column : str or None
        None for the order of the rows.
    drop : Drop
        For the same latest rows: from a model that learned from rows of all times to one that learned from earlier
        ones, equally many.
    share : float
        Of the rows, that are the latest.
    """

    column: str | None
    drop: Drop
    share: float


def time_drops(
    table: Table, times: Mapping[str, np.ndarray], row_order: bool
) -> tuple[TimeDrop, ...]:
    """Measure what a split by time takes from the score.

    Parameters
    ----------
    table : Table
    times : mapping of str to ndarray of shape (n_rows,)
        For each column a number that grows with time, NaN where it is missing.
    row_order : bool
        Whether to measure the order of the rows, too.

    Returns
    -------
    tuple of TimeDrop
        The largest drop first.
    """
    orders: list[tuple[str | None, np.ndarray]] = list(times.items())[:_MAX_CANDIDATES]
    if row_order:
        orders.append((None, np.arange(len(table.y), dtype=float)))
    found = [_measure(table, name, order) for name, order in orders]
    return tuple(sorted(filter(None, found), key=lambda one: -one.drop.share))


def _measure(table: Table, name: str | None, times: np.ndarray) -> TimeDrop | None:
    generator = np.random.default_rng(table.random_state)
    # Rows of one time come in random order: a table may be sorted by the target.
    rows = generator.permutation(len(times))
    rows = np.sort(rows[np.isfinite(times[rows])][:MAX_ROWS])
    if len(rows) < _MIN_ROWS:
        return None
    rows = generator.permutation(rows)
    rows = rows[np.argsort(times[rows], kind="stable")]
    n_past = _cut(times[rows])
    if n_past is None:
        return None
    part = table.problem(rows)
    n = len(rows)
    past, latest = np.arange(n_past), np.arange(n_past, n)
    after = part.predict(past, latest)
    before = np.empty_like(after)
    folds = generator.permutation(len(latest)) % _N_PARTS
    for fold in range(_N_PARTS):
        held_out = folds == fold
        others = np.concatenate([past, latest[~held_out]])
        train = np.sort(generator.choice(others, n_past, replace=False))
        before[held_out] = part.predict(train, latest[held_out])
    blocks = np.arange(len(latest)) * _N_BLOCKS // len(latest)
    drop = drop_of(part, before, after, blocks, latest)
    return TimeDrop(name, drop, len(latest) / n)


def _cut(times: np.ndarray) -> int | None:
    """Return how many rows are the past: about 80 %, without dividing rows of one time."""
    n = len(times)
    begins = np.flatnonzero(np.diff(times) > 0) + 1
    if not len(begins):
        return None
    nearest = int(begins[np.abs(begins - (1 - _TEST_SHARE) * n).argmin()])
    share = 1 - nearest / n
    return nearest if _LEAST_TEST <= share <= _MOST_TEST else None


def first_and_last(times: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets of the first and of the last fifth of the rows in time.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
        Rows without a time are left out.
    y : ndarray of shape (n_rows,)

    Returns
    -------
    (first, last) : tuple of ndarray
    """
    # Rows of one time come in random order: a table may be sorted by the target.
    rows = np.random.default_rng(0).permutation(len(times))
    rows = rows[np.isfinite(times[rows])]
    rows = rows[np.argsort(times[rows], kind="stable")]
    fifth = max(1, len(rows) // 5)
    return y[rows[:fifth]], y[rows[-fifth:]]


@dataclass(frozen=True)
class Change:
    """How much the target changes from the first fifth of the rows in time to the last.

    Attributes
    ----------
    size : float
        Of the class whose share changes most, or of the mean, in standard deviations of the target.
    z : float
        The same in standard errors.
    """

    size: float
    z: float


def change_of(times: np.ndarray, y: np.ndarray, classification: bool) -> Change:
    """Measure how much the target changes with time.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
    y : ndarray of shape (n_rows,)
        Class codes, or numbers, which are ranked.
    classification : bool

    Returns
    -------
    Change
    """
    values = y[:, None] == np.unique(y) if classification else rankdata(y)[:, None]
    first, last = first_and_last(times, values.astype(float))
    spread = values.std(axis=0)
    if len(first) < _MIN_ROWS_OF_FIFTH or not spread.all():
        return Change(0.0, 0.0)
    size = float((np.abs(last.mean(axis=0) - first.mean(axis=0)) / spread).max())
    return Change(size, size / float(np.sqrt(2 / len(first))))


def is_sorted_by_a_column(columns: Mapping[str, pd.Series]) -> bool:
    """Tell whether the rows stand in blocks of equal values, or in the order of a number that repeats.

    Parameters
    ----------
    columns : mapping of str to Series of shape (n_rows,)
        The target, too.

    Returns
    -------
    bool
    """
    return any(_is_sorted_by(column) for column in columns.values())


def _is_sorted_by(column: pd.Series) -> bool:
    codes, levels = pd.factorize(column, use_na_sentinel=False)
    n, n_levels = len(codes), len(levels)
    if n_levels < 2:
        return False
    if n_levels >= _DISTINCT * n:
        steps = np.diff(levels.to_numpy()) if is_number(column) else np.zeros(0)
        # A number that counts the rows, or the days, sorts nothing.
        in_order = len(steps) and (np.all(steps > 0) or np.all(steps < 0))
        return bool(in_order and np.ptp(steps) > 0)
    n_runs = int((np.diff(codes) != 0).sum()) + 1
    shares = np.bincount(codes) / n
    by_chance = 1 + (n - 1) * (1 - (shares**2).sum())
    return n_runs <= 1.2 * n_levels + 2 and 5 * n_runs < by_chance
