"""Rows of the holdout that occur among the training rows, equal or nearly so, and what they change about the score."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from ..models.splitting import Split
from .quick_model import MAX_ROWS, Drop, Problem, Table, drop_of

_MAX_TRAIN, _MAX_TEST = 20_000, 1_000
# A near-copy is so much closer to a training row than the fifth nearest usually is.
_NEARER, _USUAL_NEIGHBOUR = 0.1, 5
# In fewer columns that have more values than this, rows are as close as that by chance.
_MIN_COLUMNS_OF_NEAR, _FEW_VALUES = 3, 10
_MIN_COLUMNS_OF_CHANGED = 4
# With fewer training rows the score drops for another reason.
LEAST_LEFT = 0.4
_FEWEST_TEST = 10


@dataclass(frozen=True)
class Copies:
    """Rows of the holdout that occur among the training rows.

    Attributes
    ----------
    n_test : int
        Rows of the holdout that were looked at.
    equal, near : int
        Of these, with the same features and target as a training row; nearly so.
    drop : Drop or None
        On the holdout, from all training rows, but as many at random, to all but those that occur in it. None if there
        are no such rows, too many to leave out, or no column to score by.
    """

    n_test: int
    equal: int
    near: int
    drop: Drop | None

    @property
    def share(self) -> float:
        """The share of the holdout that occurs among the training rows, equal or nearly so."""
        return (self.equal + self.near) / max(1, self.n_test)


def find_copies(table: Table, split: Split, unscored: Collection[str] = ()) -> Copies:
    """Find the rows of the holdout that occur among the training rows, and measure what they change.

    A near-copy differs from a training row in a single one of at least four columns, or lies ten times closer to one
    than the fifth nearest usually does, as rounded numbers; its target is the same, or nearly so.

    Parameters
    ----------
    table : Table
    split : Split
    unscored : collection of str
        Columns that tell rows apart, but are not used for the score: those that give the target away.

    Returns
    -------
    Copies
    """
    generator = np.random.default_rng(table.random_state)
    rows = np.concatenate(
        [
            generator.permutation(split.train)[:_MAX_TRAIN],
            generator.permutation(split.test)[:_MAX_TEST],
        ]
    )
    problem = table.problem(rows)
    train, test = np.split(np.arange(len(rows)), [min(_MAX_TRAIN, len(split.train))])
    matches = _Matches(table, problem, rows, train, test)
    equal, near = matches.copies()
    drop = None
    if equal.any() or near.any():
        scored = problem.without(*unscored)
        if scored.names:
            drop = _drop_without(scored, matches, train, test, generator)
    return Copies(len(test), int(equal.sum()), int(near.sum()), drop)


class _Matches:
    """Which rows of the holdout have the features of which training rows, or nearly so."""

    def __init__(self, table, problem, rows, train, test):
        self.problem, self.train, self.test = problem, train, test
        features = pd.util.hash_pandas_object(table.X.iloc[rows], index=False)
        self.equal = features.to_numpy()
        self.but_one = list(_hashes_but_for_one_column(problem))
        self.close, self.places = _close(problem, train, test)

    def copies(self) -> tuple[np.ndarray, np.ndarray]:
        """Return which rows of the holdout equal a training row, and which nearly do; the target included."""
        train, test, y = self.train, self.test, self.problem.y
        target = pd.util.hash_array(np.asarray(y, dtype=np.float64))
        found = [
            np.isin((features + target)[test], (features + target)[train])
            for features in (self.equal, *self.but_one)
        ]
        same = _same_target(self.problem, train[self.places], test)
        near = np.any([*found[1:], self.close & same], axis=0)
        return found[0], near & ~found[0]

    def of(self, test: np.ndarray) -> np.ndarray:
        """Return which training rows match some rows of the holdout, whatever their target.

        A choice of those with the same target would be biased.
        """
        found = np.zeros(len(self.train), dtype=bool)
        for features in (self.equal, *self.but_one):
            found |= np.isin(features[self.train], features[test])
        found[self.places[self.close & np.isin(self.test, test)]] = True
        return found


def _hashes_but_for_one_column(problem: Problem) -> Iterator[np.ndarray]:
    """Yield the hash of each row without one of its columns, for each column in turn."""
    X = problem.X.astype(np.float64)
    hashes = [pd.util.hash_array(X[:, j]) + np.uint64(j) for j in _varied(X)]
    if len(hashes) < _MIN_COLUMNS_OF_CHANGED:
        return
    # Multiplied, so that equal cells of two columns do not cancel out in the sum.
    hashes = [one * np.uint64(2 * j + 1) for j, one in enumerate(hashes)]
    total = np.sum(hashes, axis=0, dtype=np.uint64)
    yield from (total - one for one in hashes)


def _varied(X: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.ptp(X, axis=0) > 0) if len(X) else np.zeros(0, dtype=int)


def _close(
    problem: Problem, train: np.ndarray, test: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows of the holdout are unusually close to a training row, and the place of the nearest."""
    X = problem.X.astype(np.float64)
    varied = _varied(X)
    many_values = sum(len(np.unique(X[:, j])) > _FEW_VALUES for j in varied)
    if many_values < _MIN_COLUMNS_OF_NEAR or len(train) <= _USUAL_NEIGHBOUR:
        return np.zeros(len(test), dtype=bool), np.zeros(len(test), dtype=np.int64)
    X = X[:, varied] / X[:, varied].std(axis=0)
    search = NearestNeighbors(n_neighbors=_USUAL_NEIGHBOUR, algorithm="brute")
    distances, places = search.fit(X[train[:MAX_ROWS]]).kneighbors(X[test])
    # The nearest ones may be copies themselves.
    usual = float(np.median(distances[:, -1]))
    nearest = distances[:, 0]
    return (0 < nearest) & (nearest <= _NEARER * usual), places[:, 0]


def _same_target(problem: Problem, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    difference = np.abs(problem.y[one] - problem.y[other])
    return difference <= (0 if problem.n_classes else 0.05 * problem.y.std())


def _drop_without(
    problem: Problem,
    matches: _Matches,
    train: np.ndarray,
    test: np.ndarray,
    generator: np.random.Generator,
) -> Drop | None:
    # Where copies abound, those of fewer rows of the holdout are left out; equal ones stay together.
    test = test[np.argsort(matches.equal[test], kind="stable")]
    while len(test) >= _FEWEST_TEST:
        others = train[~matches.of(test)]
        if len(others) >= LEAST_LEFT * len(train):
            break
        test = test[: len(test) // 2]
    else:
        return None
    # As many at random, so that only which rows they are makes a difference.
    size = min(MAX_ROWS, len(others))
    with_copies = problem.predict(generator.choice(train, size, replace=False), test)
    without = problem.predict(generator.choice(others, size, replace=False), test)
    return drop_of(problem, with_copies, without, matches.equal[test], test)


def share_by_chance(X: pd.DataFrame, y: np.ndarray, train: np.ndarray) -> float:
    """Return the share of new rows that equal a training row if the columns are independent.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)
    train : ndarray of int

    Returns
    -------
    float
    """
    chance = 1.0
    for column in (pd.Series(y), *(X[name] for name in X)):
        values = column.iloc[train]
        shares = values.value_counts(normalize=True, dropna=False).to_numpy()
        chance *= float((shares**2).sum())
        if chance * len(train) < 1e-6:
            return 0.0
    return 1 - (1 - min(chance, 1.0)) ** len(train)
