"""The search for a column that gives the target away: how well each column predicts alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ..tables.columns import Facts, facts_of

MAX_ROWS = 2_000
MAX_COLUMNS = 2_000
_MIN_ROWS = 20
_MIN_ROWS_OF_CLASS = 5
_MAX_CLASSES = 10
_N_FOLDS = 5
_ROWS_OF_BIN = 8
_MAX_BINS = 128
_LARGEST = 1e100


@dataclass(frozen=True)
class ColumnScore:
    """How well one column predicts alone.

    Attributes
    ----------
    column : str
    score : float
        Area under the ROC curve for classes (of several, the class that is separated worst), R² for numbers.
    by_presence : bool
        Whether the presence of a value is enough.
    """

    column: str
    score: float
    by_presence: bool


@dataclass(frozen=True)
class _Target:
    """The target of the sampled rows: one column per class, or the number."""

    values: np.ndarray
    folds: np.ndarray
    is_number: bool


def single_column_scores(
    X: pd.DataFrame,
    y: np.ndarray,
    rows: np.ndarray,
    roles: Mapping[str, str],
    classification: bool,
    random_state: int = 0,
) -> tuple[ColumnScore, ...]:
    """Score how well each column predicts on its own, on at most 2,000 rows and the first 2,000 columns.

    Numbers and dates are put into bins of equally many rows, other columns keep their values, and missing is a
    value of its own. Each row is then scored by the mean target of the rows with its value in the *other* folds,
    so that a column whose values hardly repeat does not look better than it is. For numbers the order of the
    values is a score too. Classes are sampled in equal numbers, as far as there are rows.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    rows : ndarray of int
        Positions of the rows to look at: those of the training part.
    roles : mapping of str to str
    classification : bool
    random_state : int

    Returns
    -------
    tuple of ColumnScore
        The best first; empty if there are less than 20 rows, or less than two classes with 5 rows.

    References
    ----------
    D. Micci-Barreca (2001), "A preprocessing scheme for high-cardinality categorical attributes in
    classification and prediction problems"; S. Kaufman et al. (2012), "Leakage in data mining".
    """
    generator = np.random.default_rng(random_state)
    rows = _sample(rows, y, classification, generator)
    target = _make_target(y[rows], classification, generator)
    if target is None:
        return ()
    sampled = X.iloc[rows, :MAX_COLUMNS]
    scores = [
        _score_column(str(name), facts_of(column), roles[name], target)
        for name, column in sampled.items()
    ]
    return tuple(sorted(scores, key=lambda score: -score.score))


def _sample(
    rows: np.ndarray,
    y: np.ndarray,
    classification: bool,
    generator: np.random.Generator,
) -> np.ndarray:
    rows = generator.permutation(rows)
    if not classification:
        return rows[:MAX_ROWS]
    classes = np.unique(y[rows])
    each = MAX_ROWS // max(1, len(classes))
    return np.concatenate([rows[y[rows] == k][:each] for k in classes])


def _make_target(
    y: np.ndarray, classification: bool, generator: np.random.Generator
) -> _Target | None:
    if len(y) < _MIN_ROWS:
        return None
    if not classification:
        spread = y - y.mean()
        folds = generator.permutation(len(y)) % _N_FOLDS
        return _Target(spread[:, None], folds, True) if spread.any() else None
    classes, counts = np.unique(y, return_counts=True)
    usual = classes[counts >= _MIN_ROWS_OF_CLASS]
    if len(usual) < 2:
        return None
    if len(classes) == 2:
        # Against the rest, both of two classes have the same score.
        usual = usual[1:]
    # The rows are sorted by class, so each fold has all classes in similar shares.
    folds = np.arange(len(y)) % _N_FOLDS
    values = (y[:, None] == usual[:_MAX_CLASSES]).astype(float)
    return _Target(values, folds, False)


def _score_column(name: str, facts: Facts, role: str, target: _Target) -> ColumnScore:
    known = facts.codes >= 0
    presence = 0.0
    if 0 < known.sum() < len(known):
        presence = _score_of_groups(known.astype(np.int64), target)
    if role in ("number", "date") and (facts.is_numeric or facts.kind == "date"):
        score = _score_of_numbers(facts.numbers(), known, target)
    else:
        score = _score_of_groups(np.where(known, facts.codes, facts.distinct), target)
    best = max(score, presence)
    # The values may add a little to the information in their presence, if only by chance.
    return ColumnScore(name, best, presence > 0 and presence >= best - 0.01)


def _score_of_numbers(numbers: np.ndarray, known: np.ndarray, target: _Target) -> float:
    if not len(numbers):
        return 0.0
    # Infinite numbers have no mean.
    numbers = np.clip(numbers, -_LARGEST, _LARGEST)
    n_bins = int(np.clip(len(known) // _ROWS_OF_BIN, 4, _MAX_BINS))
    ranks = rankdata(numbers)
    bins = np.full(len(known), n_bins)
    bins[known] = ((ranks - 0.5) / len(numbers) * n_bins).astype(np.int64)
    by_bins = _score_of_groups(bins, target)
    # Missing values are put in the middle, where they neither help nor hurt.
    in_order = np.full(len(known), (len(numbers) + 1) / 2)
    in_order[known] = ranks
    if not target.is_number:
        areas = _areas(in_order[:, None], target.values)
        return max(by_bins, float(np.maximum(areas, 1 - areas).min()))
    filled = np.full(len(known), np.median(numbers))
    filled[known] = numbers
    y = target.values[:, 0]
    return max(
        by_bins,
        _squared_correlation(filled, y),
        _squared_correlation(in_order, rankdata(y)),
    )


def _score_of_groups(groups: np.ndarray, target: _Target) -> float:
    predicted = _cross_fitted_means(groups, target)
    if target.is_number:
        residual = ((target.values - predicted) ** 2).sum()
        return float(1 - residual / (target.values**2).sum())
    return float(_areas(predicted, target.values).min())


def _cross_fitted_means(groups: np.ndarray, target: _Target) -> np.ndarray:
    """Return each row's mean target of its group in the other folds, shrunk towards the overall mean by one row."""
    cells = groups * _N_FOLDS + target.folds
    n_cells = _N_FOLDS * (int(groups.max()) + 1)

    def in_other_folds(weights: np.ndarray | None) -> np.ndarray:
        sums = np.bincount(cells, weights, n_cells).reshape(-1, _N_FOLDS)
        return (sums.sum(axis=1, keepdims=True) - sums).ravel()[cells]

    rows = in_other_folds(None)
    means = [
        (in_other_folds(column) + column.mean()) / (rows + 1)
        for column in target.values.T
    ]
    return np.column_stack(means)


def _areas(scores: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve of each class, computed from ranks."""
    ranks = rankdata(scores, axis=0)
    n_members = members.sum(axis=0)
    lowest = n_members * (n_members + 1) / 2
    return ((members * ranks).sum(axis=0) - lowest) / (
        n_members * (len(members) - n_members)
    )


def _squared_correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a @ b) / lengths) ** 2 if lengths > 0 else 0.0
