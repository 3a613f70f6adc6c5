"""How the holdout depends on the training rows: copies, neighbours in time, shared groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ..models.splitting import Split

_N_BLOCKS = 10
_MIN_ROWS = 30
_MAX_CLASSES = 10


@dataclass(frozen=True)
class RepeatedRows:
    """How many rows of the holdout are in the training part too.

    Attributes
    ----------
    n_test : int
    same_features : int
        Rows whose features equal those of a training row.
    same_row : int
        Rows whose target equals that of such a training row, too.
    expected_share : float
        The share of rows with equal features and target that is expected by chance if the columns are independent.
    """

    n_test: int
    same_features: int
    same_row: int
    expected_share: float

    @property
    def share(self) -> float:
        """The share of the holdout that is in the training part too, target included."""
        return self.same_row / max(1, self.n_test)


@dataclass(frozen=True)
class Likeness:
    """How similar the targets of neighbouring rows are.

    Attributes
    ----------
    correlation : float
        The correlation of the targets of neighbours: 0 if they are unrelated, 1 if they are equal.
    drift : float
        The share of the target's variation that lies between ten successive blocks of rows.
    certain_correlation, certain_drift : float
        The value that chance hardly ever exceeds with this many rows.
    """

    correlation: float
    drift: float
    certain_correlation: float
    certain_drift: float


@dataclass(frozen=True)
class SharedGroups:
    """How far groups of rows, such as one customer's, tie the holdout to the training part.

    Attributes
    ----------
    share : float
        The share of the holdout whose group has training rows.
    correlation : float
        The correlation of the targets of rows in one group; 0 if there are fewer than 30 such pairs.
    certain_correlation : float
        The value that chance hardly ever exceeds with this many pairs.
    """

    share: float
    correlation: float
    certain_correlation: float


def repeated_rows(X: pd.DataFrame, y: np.ndarray, split: Split) -> RepeatedRows:
    """Count the rows of the holdout that are equal to a training row.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)
    split : Split

    Returns
    -------
    RepeatedRows
    """
    features = pd.util.hash_pandas_object(X, index=False).to_numpy()
    both = pd.DataFrame({"features": features, "target": y})
    rows = pd.util.hash_pandas_object(both, index=False).to_numpy()
    train, test = split.train, split.test
    same_features = np.isin(features[test], features[train])
    same_row = np.isin(rows[test], rows[train])
    return RepeatedRows(
        len(test),
        int(same_features.sum()),
        int(same_row.sum()),
        _expected_share(X, y, train),
    )


def _expected_share(X: pd.DataFrame, y: np.ndarray, train: np.ndarray) -> float:
    chance = 1.0
    for column in (pd.Series(y), *(X[name] for name in X.columns)):
        values = column.iloc[train]
        shares = values.value_counts(normalize=True, dropna=False).to_numpy()
        chance *= float((shares**2).sum())
        if chance * len(train) < 1e-6:
            return 0.0
    return 1 - (1 - min(chance, 1.0)) ** len(train)


def likeness_along(
    order: pd.Series, y: np.ndarray, classification: bool, random_state: int = 0
) -> Likeness | None:
    """Measure whether the target depends on the position of a row in an order, such as time.

    Parameters
    ----------
    order : Series of shape (n_rows,)
        Dates; rows without one are left out. Rows with the same date are put in random order.
    y : ndarray of shape (n_rows,)
        Class codes, or numbers, which are ranked.
    classification : bool
    random_state : int

    Returns
    -------
    Likeness or None
        None if there are fewer than 30 rows, or if all have the same date or target.
    """
    rows = _in_order(order, random_state)
    if len(rows) < _MIN_ROWS or order.nunique() < 2:
        return None
    centred = _centred(y[rows], classification)
    total = (centred**2).sum()
    if total == 0:
        return None
    n = len(rows)
    between = sum(
        len(block) * (block.mean(axis=0) ** 2).sum()
        for block in np.array_split(centred, _N_BLOCKS)
    )
    unexplained = (1 - between / total) * (n - 1) / (n - _N_BLOCKS)
    return Likeness(
        correlation=float((centred[1:] * centred[:-1]).sum() / total),
        drift=float(max(0.0, 1 - unexplained)),
        certain_correlation=4 / float(np.sqrt(n)),
        # Four standard deviations above the share that ten blocks explain by chance.
        certain_drift=4 * float(np.sqrt(2 * (_N_BLOCKS - 1))) / n,
    )


def first_and_last(order: pd.Series, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets of the first and of the last fifth of the rows in an order.

    Parameters
    ----------
    order : Series of shape (n_rows,)
        Rows without a value are left out.
    y : ndarray of shape (n_rows,)

    Returns
    -------
    (first, last) : tuple of ndarray
    """
    rows = _in_order(order, 0)
    fifth = max(1, len(rows) // 5)
    return y[rows[:fifth]], y[rows[-fifth:]]


def shared_groups(
    groups: pd.Series, y: np.ndarray, classification: bool, split: Split
) -> SharedGroups:
    """Measure how many rows of the holdout belong to a group with training rows, and how alike a group's targets are.

    Parameters
    ----------
    groups : Series of shape (n_rows,)
        Rows without a value belong to no group.
    y : ndarray of shape (n_rows,)
    classification : bool
    split : Split

    Returns
    -------
    SharedGroups
    """
    codes = pd.factorize(groups)[0]
    learned = codes[split.train]
    share = float(np.isin(codes[split.test], learned[learned >= 0]).mean())
    rows = np.argsort(codes, kind="stable")
    rows = rows[codes[rows] >= 0]
    centred = _centred(y[rows], classification)
    total = (centred**2).sum()
    pairs = codes[rows][1:] == codes[rows][:-1]
    if pairs.sum() < _MIN_ROWS or total == 0:
        return SharedGroups(share, 0.0, 1.0)
    products = (centred[1:] * centred[:-1])[pairs].sum(axis=1)
    correlation = float(products.mean() / (total / len(rows)))
    return SharedGroups(share, correlation, 4 / float(np.sqrt(pairs.sum())))


def _in_order(order: pd.Series, random_state: int) -> np.ndarray:
    # Otherwise a table sorted by the target would look sorted by time.
    rows = np.random.default_rng(random_state).permutation(len(order))
    rows = rows[order.notna().to_numpy()[rows]]
    return rows[np.argsort(order.to_numpy()[rows], kind="stable")]


def _centred(y: np.ndarray, classification: bool) -> np.ndarray:
    """Return the target's deviations from its mean, one column for each of the frequent classes."""
    if classification:
        classes, counts = np.unique(y, return_counts=True)
        frequent = classes[np.argsort(-counts, kind="stable")[:_MAX_CLASSES]]
        values = (y[:, None] == frequent).astype(np.float64)
    else:
        values = rankdata(y)[:, None]
    return values - values.mean(axis=0) if len(values) else values
