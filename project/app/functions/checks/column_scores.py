"""How well each column predicts the target alone, on the rows that the search for leaks looks at."""

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
class Sample:
    """The rows that the search for leaks looks at.

    Attributes
    ----------
    X : DataFrame of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    members : ndarray of shape (n_rows, n_classes) or (n_rows, 1)
        For each class that is looked at, whether a row belongs to it; or the number, centred.
    folds : ndarray of shape (n_rows,)
    classes : ndarray of int
        The codes of the columns of `members`; empty for a number.
    """

    X: pd.DataFrame
    y: np.ndarray
    members: np.ndarray
    folds: np.ndarray
    classes: np.ndarray

    @property
    def is_number(self) -> bool:
        """Whether the target is a number."""
        return not len(self.classes)


def sample_rows(
    X: pd.DataFrame,
    y: np.ndarray,
    rows: np.ndarray,
    classification: bool,
    random_state: int = 0,
) -> Sample | None:
    """Draw at most 2,000 rows and take the first 2,000 columns; classes in equal numbers, as far as there are rows.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    rows : ndarray of int
        Positions of the rows to draw from: those of the training part.
    classification : bool
    random_state : int

    Returns
    -------
    Sample or None
        None if there are less than 20 rows, or less than two classes with 5 rows.
    """
    generator = np.random.default_rng(random_state)
    rows = _draw(rows, y, classification, generator)
    drawn, y = X.iloc[rows, :MAX_COLUMNS], y[rows]
    if len(y) < _MIN_ROWS:
        return None
    if not classification:
        centred = y - y.mean()
        folds = generator.permutation(len(y)) % _N_FOLDS
        none = np.zeros(0, dtype=np.int64)
        found = Sample(drawn, y, centred[:, None], folds, none)
        return found if centred.any() else None
    classes, counts = np.unique(y, return_counts=True)
    usual = classes[counts >= _MIN_ROWS_OF_CLASS]
    if len(usual) < 2:
        return None
    # Against the rest, both of two classes have the same score.
    usual = usual[1:] if len(classes) == 2 else usual[:_MAX_CLASSES]
    # The rows are sorted by class, so each fold has all classes in similar shares.
    folds = np.arange(len(y)) % _N_FOLDS
    members = (y[:, None] == usual).astype(float)
    return Sample(drawn, y, members, folds, usual)


def single_column_scores(
    sample: Sample, roles: Mapping[str, str]
) -> tuple[ColumnScore, ...]:
    """Score how well each column predicts on its own.

    Numbers and dates are put into bins of equally many rows, other columns keep their values, and missing is a
    value of its own. Each row is then scored by the mean target of the rows with its value in the *other* folds,
    so that a column whose values hardly repeat does not look better than it is. For numbers the order of the
    values is a score too.

    Parameters
    ----------
    sample : Sample
    roles : mapping of str to str

    Returns
    -------
    tuple of ColumnScore
        The best first.

    References
    ----------
    D. Micci-Barreca (2001), "A preprocessing scheme for high-cardinality categorical attributes in
    classification and prediction problems"; S. Kaufman et al. (2012), "Leakage in data mining".
    """
    scores = [
        _score_column(str(name), facts_of(column), roles[name], sample)
        for name, column in sample.X.items()
    ]
    return tuple(sorted(scores, key=lambda score: -score.score))


def _draw(
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


def _score_column(name: str, facts: Facts, role: str, sample: Sample) -> ColumnScore:
    known = facts.codes >= 0
    presence = 0.0
    if 0 < known.sum() < len(known):
        presence = score_of_groups(known.astype(np.int64), sample)
    if role in ("number", "date") and (facts.is_numeric or facts.kind == "date"):
        score = score_of_numbers(facts.numbers(), known, sample)
    else:
        score = score_of_groups(np.where(known, facts.codes, facts.distinct), sample)
    best = max(score, presence)
    # The values may add a little to the information in their presence, if only by chance.
    return ColumnScore(name, best, presence > 0 and presence >= best - 0.01)


def score_of_numbers(numbers: np.ndarray, known: np.ndarray, sample: Sample) -> float:
    """Score how well a number predicts, by its order or by bins of equally many rows.

    Parameters
    ----------
    numbers : ndarray of shape (n_known,)
    known : ndarray of shape (n_rows,)
        Which rows have a number.
    sample : Sample

    Returns
    -------
    float
        Area under the ROC curve of the class that is separated worst, or R².
    """
    if not len(numbers):
        return 0.0
    # Infinite numbers have no mean.
    numbers = np.clip(numbers, -_LARGEST, _LARGEST)
    n_bins = int(np.clip(len(known) // _ROWS_OF_BIN, 4, _MAX_BINS))
    ranks = rankdata(numbers)
    bins = np.full(len(known), n_bins)
    bins[known] = ((ranks - 0.5) / len(numbers) * n_bins).astype(np.int64)
    by_bins = score_of_groups(bins, sample)
    # Missing values are put in the middle, where they neither help nor hurt.
    in_order = np.full(len(known), (len(numbers) + 1) / 2)
    in_order[known] = ranks
    if not sample.is_number:
        areas = areas_of(in_order[:, None], sample.members)
        return max(by_bins, float(np.maximum(areas, 1 - areas).min()))
    filled = np.full(len(known), np.median(numbers))
    filled[known] = numbers
    y = sample.members[:, 0]
    return max(
        by_bins,
        _squared_correlation(filled, y),
        _squared_correlation(in_order, rankdata(y)),
    )


def score_of_groups(groups: np.ndarray, sample: Sample) -> float:
    """Score how well each row's group predicts, by the mean target of its rows in other folds.

    Parameters
    ----------
    groups : ndarray of int, shape (n_rows,)
    sample : Sample

    Returns
    -------
    float
        Area under the ROC curve of the class that is separated worst, or R².
    """
    predicted = _cross_fitted_means(groups, sample)
    if sample.is_number:
        residual = ((sample.members - predicted) ** 2).sum()
        return float(1 - residual / (sample.members**2).sum())
    return float(areas_of(predicted, sample.members).min())


def _cross_fitted_means(groups: np.ndarray, sample: Sample) -> np.ndarray:
    """Return each row's mean target of its group in the other folds, shrunk towards the overall mean by one row."""
    cells = groups * _N_FOLDS + sample.folds
    n_cells = _N_FOLDS * (int(groups.max()) + 1)

    def in_other_folds(weights: np.ndarray | None) -> np.ndarray:
        sums = np.bincount(cells, weights, n_cells).reshape(-1, _N_FOLDS)
        return (sums.sum(axis=1, keepdims=True) - sums).ravel()[cells]

    rows = in_other_folds(None)
    means = [
        (in_other_folds(column) + column.mean()) / (rows + 1)
        for column in sample.members.T
    ]
    return np.column_stack(means)


def areas_of(scores: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve of each class, computed from ranks.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes) or (n_rows, 1)
    members : ndarray of shape (n_rows, n_classes)

    Returns
    -------
    ndarray of shape (n_classes,)
    """
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
