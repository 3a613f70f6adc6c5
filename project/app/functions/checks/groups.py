"""Columns whose equal values mark rows that hang together, and what a split by such a column takes from the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

from .likeness import likeness_within
from .quick_model import MAX_ROWS, N_FOLDS, Drop, Problem, Table, drop_of

MIN_GROUPS = 20
_MIN_SHARE = 0.3
_MAX_SHARE_OF_GROUP = 0.2
_MAX_CANDIDATES = 3
# Up to so many rows a group, a new row more likely belongs to a new group.
SMALL_GROUP = 10
_ALIKE = 0.05
_MIN_ROWS_OF_DECIMAL = 3


@dataclass(frozen=True)
class GroupDrop:
    """What a split by a column takes from the score.

    Attributes
    ----------
    column : str
    n_groups : int
    drop : Drop
        From folds at random to folds that never divide a group.
    as_feature : bool
        Whether the model recognises the groups by the column itself, not by the other columns.
    """

    column: str
    n_groups: int
    drop: Drop
    as_feature: bool


def group_drops(
    table: Table, columns: Mapping[str, pd.Series]
) -> tuple[GroupDrop, ...]:
    """Measure what a split by each column that may name groups takes from the score.

    A column may name groups if at least 20 of its values repeat, if they make up 30 % of the rows and none has more
    than 20 %, and if the targets of rows with the same value are more alike than chance makes them. For the three
    with the most similar targets the quick model is scored on folds at random and on folds by group, without the
    column itself; and once more with it, where it is a feature and the groups are small.

    Parameters
    ----------
    table : Table
    columns : mapping of str to Series of shape (n_rows,)
        The candidates, features or not.

    Returns
    -------
    tuple of GroupDrop
        The largest drop first.
    """
    found = []
    for name, codes in _candidates(table, columns):
        rows = _whole_groups(codes, table.random_state)
        groups = codes[rows]
        n_groups = len(np.unique(groups))
        if n_groups < N_FOLDS:
            continue
        problem = table.problem(rows)
        drop = _measure(problem.without(name), groups)
        found.append(GroupDrop(name, n_groups, drop, False))
        if name in problem.names and len(rows) / n_groups <= SMALL_GROUP:
            drop = _measure(problem, groups)
            found.append(GroupDrop(name, n_groups, drop, True))
    return tuple(sorted(found, key=lambda one: -one.drop.share))


def _candidates(
    table: Table, columns: Mapping[str, pd.Series]
) -> list[tuple[str, np.ndarray]]:
    alike = []
    for name, column in columns.items():
        codes = pd.factorize(column)[0]
        if not _may_group(column, codes):
            continue
        likeness = likeness_within(codes, table.y, table.classification)
        if likeness.correlation > max(_ALIKE, likeness.certain):
            alike.append((likeness.correlation, name, codes))
    alike.sort(key=lambda one: -one[0])
    return [(name, codes) for _, name, codes in alike[:_MAX_CANDIDATES]]


def _may_group(column: pd.Series, codes: np.ndarray) -> bool:
    counts = np.bincount(codes[codes >= 0])
    repeated = counts[counts >= 2]
    if len(repeated) < MIN_GROUPS:
        return False
    if column.dtype.kind == "f" and repeated.mean() < _MIN_ROWS_OF_DECIMAL:
        # Measurements meet by chance.
        numbers = column[codes >= 0].to_numpy()
        if np.any(numbers != np.round(numbers)):
            return False
    return repeated.sum() >= _MIN_SHARE * len(
        codes
    ) and repeated.max() <= _MAX_SHARE_OF_GROUP * len(codes)


def _whole_groups(codes: np.ndarray, random_state: int) -> np.ndarray:
    """Return at most 4,000 rows that have a group, with all rows of each group."""
    n_groups = codes.max() + 1
    order = np.random.default_rng(random_state).permutation(n_groups)
    sizes = np.bincount(codes[codes >= 0], minlength=n_groups)[order]
    chosen = np.zeros(n_groups + 1, dtype=bool)
    chosen[order[np.cumsum(sizes) <= MAX_ROWS]] = True
    return np.flatnonzero(chosen[codes] & (codes >= 0))


def _measure(problem: Problem, groups: np.ndarray) -> Drop:
    n = len(groups)
    at_random = np.random.default_rng(problem.random_state).permutation(n) % N_FOLDS
    by_group = np.zeros(n, dtype=np.int64)
    folds = GroupKFold(N_FOLDS, shuffle=True, random_state=problem.random_state)
    for fold, (_, test) in enumerate(folds.split(groups, groups=groups)):
        by_group[test] = fold
    return drop_of(
        problem,
        problem.cross_predict(at_random),
        problem.cross_predict(by_group),
        groups,
    )
