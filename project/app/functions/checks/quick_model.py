"""The quick model of the checks: a small forest on at most 4,000 rows, to measure what a split or a column changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from ..tables.columns import facts_of

MAX_ROWS = 4_000
MAX_COLUMNS = 60
MAX_CLASSES = 10
N_FOLDS = 5
_TREES = 32
_LEAST_LEAD = 0.1


@dataclass(frozen=True)
class Problem:
    """A table as the quick model learns from it.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features)
        Ranks of numbers and dates, codes of everything else, -1 where a value is missing.
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    names : tuple of str
        Of the columns of `X`.
    n_classes : int
        0 for a regression.
    random_state : int
    """

    X: np.ndarray
    y: np.ndarray
    names: tuple[str, ...]
    n_classes: int
    random_state: int = 0

    def without(self, *columns: str) -> Problem:
        """Return the problem without some of its columns."""
        kept = [i for i, name in enumerate(self.names) if name not in columns]
        names = tuple(self.names[i] for i in kept)
        X = self.X[:, kept]
        return Problem(X, self.y, names, self.n_classes, self.random_state)

    def at(self, rows: np.ndarray) -> Problem:
        """Return the problem of some rows, in the given order."""
        return Problem(
            self.X[rows], self.y[rows], self.names, self.n_classes, self.random_state
        )

    def predict(self, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        """Learn from some rows and predict others.

        Parameters
        ----------
        train, test : ndarray of int

        Returns
        -------
        ndarray of shape (n_test, n_outputs)
            The probability of each class, or the number.
        """
        if not self.X.shape[1]:
            return self._guess(train, len(test))
        forest = self._forest().fit(self.X[train], self.y[train])
        if not self.n_classes:
            return forest.predict(self.X[test])[:, None]
        output = np.zeros((len(test), self.n_classes))
        output[:, forest.classes_] = forest.predict_proba(self.X[test])
        return output

    def _guess(self, train: np.ndarray, n: int) -> np.ndarray:
        if not self.n_classes:
            return np.full((n, 1), self.y[train].mean())
        shares = np.bincount(self.y[train], minlength=self.n_classes) / len(train)
        return np.tile(shares, (n, 1))

    def _forest(self):
        kind = ExtraTreesClassifier if self.n_classes else ExtraTreesRegressor
        return kind(_TREES, max_features=0.5, random_state=self.random_state)

    def importances(self) -> np.ndarray:
        """Return how much a forest of all rows uses each column, in total 1.

        Returns
        -------
        ndarray of shape (n_features,)
        """
        return self._forest().fit(self.X, self.y).feature_importances_

    def cross_predict(self, folds: np.ndarray) -> np.ndarray:
        """Predict each row by a model that learned from the other folds.

        Parameters
        ----------
        folds : ndarray of shape (n_rows,)
            The fold of each row.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
        """
        output = np.zeros((len(self.y), max(1, self.n_classes)))
        for fold in np.unique(folds):
            held_out = folds == fold
            output[held_out] = self.predict(
                np.flatnonzero(~held_out), np.flatnonzero(held_out)
            )
        return output

    def losses(self, output: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the squared error of each row; of classes the Brier score.

        Parameters
        ----------
        output : ndarray of shape (n, n_outputs)
        rows : ndarray of int, optional
            The rows that were predicted; all by default.

        Returns
        -------
        ndarray of shape (n,)
        """
        y = self.y if rows is None else self.y[rows]
        if not self.n_classes:
            return (y - output[:, 0]) ** 2
        members = y[:, None] == np.arange(self.n_classes)
        return ((members - output) ** 2).sum(axis=1)

    def score(self, output: np.ndarray, rows: np.ndarray | None = None) -> float:
        """Return the area under the ROC curve, of several classes their mean, or R².

        R² compares with the variance of all rows, so that it means the same for any part of them.

        Parameters
        ----------
        output : ndarray of shape (n, n_outputs)
        rows : ndarray of int, optional
            The rows that were predicted; all by default.

        Returns
        -------
        float
            NaN if the rows have a single class.
        """
        y = self.y if rows is None else self.y[rows]
        if not self.n_classes:
            variance = self.y.var()
            loss = self.losses(output, rows).mean()
            return float(1 - loss / variance) if variance > 0 else float("nan")
        areas = []
        for k in range(1 if self.n_classes == 2 else 0, self.n_classes):
            members = y == k
            n = members.sum()
            if 0 < n < len(y):
                ranks = stats.rankdata(output[:, k])
                area = ranks[members].sum() - n * (n + 1) / 2
                areas.append(area / (n * (len(y) - n)))
        return float(np.mean(areas)) if areas else float("nan")

    @property
    def guess(self) -> float:
        """The score of a guess."""
        return 0.5 if self.n_classes else 0.0


@dataclass(frozen=True)
class Table:
    """A table that the quick model can learn from.

    Attributes
    ----------
    X : DataFrame of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    roles : mapping of str to str
    classification : bool
    random_state : int
    """

    X: pd.DataFrame
    y: np.ndarray
    roles: Mapping[str, str]
    classification: bool
    random_state: int = 0

    def problem(self, rows: np.ndarray) -> Problem:
        """Encode some rows for the quick model.

        Parameters
        ----------
        rows : ndarray of int

        Returns
        -------
        Problem
            With the first 60 columns; classes beyond the ten most frequent are one.
        """
        X, y = self.X.iloc[rows, :MAX_COLUMNS], self.y[rows]
        columns = [_encoded(X[name]) for name in X]
        matrix = np.column_stack(columns) if columns else np.zeros((len(y), 0))
        n_classes = 0
        if self.classification:
            y, n_classes = _frequent_classes(y)
        else:
            # Squares of huge numbers would overflow.
            scale = np.abs(y).max(initial=0.0)
            y = y / scale if scale > 0 else y.astype(np.float64)
        return Problem(
            matrix.astype(np.float32),
            y,
            tuple(map(str, X.columns)),
            n_classes,
            self.random_state,
        )


def _encoded(column: pd.Series) -> np.ndarray:
    facts = facts_of(column)
    known = facts.codes >= 0
    code = np.full(len(known), -1.0)
    if facts.is_numeric or facts.kind == "date":
        # Ranks: infinite and huge numbers do no harm, and skewed ones are cut as finely as others.
        code[known] = stats.rankdata(facts.numbers()) / max(1, known.sum())
    else:
        code[known] = facts.codes[known]
    return code


def _frequent_classes(y: np.ndarray) -> tuple[np.ndarray, int]:
    classes, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    place = np.empty(len(classes), dtype=np.int64)
    if len(classes) <= MAX_CLASSES:
        return codes, len(classes)
    place[np.argsort(-counts, kind="stable")] = np.arange(len(classes))
    return np.minimum(place, MAX_CLASSES)[codes], MAX_CLASSES + 1


@dataclass(frozen=True)
class Drop:
    """What a more honest way to judge takes away from the score of the quick model.

    Attributes
    ----------
    before, after : float
        ROC AUC or R².
    share : float
        The share of the lead over a guess that is lost.
    z : float
        The mean loss in standard errors.
    """

    before: float
    after: float
    share: float
    z: float


def drop_of(
    problem: Problem,
    before: np.ndarray,
    after: np.ndarray,
    clusters: np.ndarray,
    rows: np.ndarray | None = None,
) -> Drop:
    """Compare two predictions of the same rows.

    Parameters
    ----------
    problem : Problem
    before, after : ndarray of shape (n, n_outputs)
    clusters : ndarray of shape (n,)
        Rows of one cluster are not independent of each other.
    rows : ndarray of int, optional
        The rows that were predicted; all by default.

    Returns
    -------
    Drop
    """
    differences = problem.losses(after, rows) - problem.losses(before, rows)
    _, codes = np.unique(clusters, return_inverse=True)
    sums = np.bincount(codes, differences)
    spread = np.sqrt(((sums - sums.mean()) ** 2).sum())
    z = float(sums.sum() / spread) if spread > 0 else 0.0
    first, last = problem.score(before, rows), problem.score(after, rows)
    # Where there was hardly any lead, a score below that of a guess counts too.
    share = (first - last) / max(first - problem.guess, _LEAST_LEAD)
    return Drop(first, last, float(np.clip(np.nan_to_num(share), 0, 1)), z)
