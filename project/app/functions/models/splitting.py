"""Splitting of rows: a holdout that no model sees, and folds of the rest for cross-validation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    train_test_split,
)

from ...wording import number, plural


@dataclass(frozen=True)
class Split:
    """Positions of rows: the training part, the holdout, and (training, validation) pairs of the former.

    Attributes
    ----------
    train : ndarray of shape (n_train,)
    test : ndarray of shape (n_test,)
    folds : tuple of (ndarray, ndarray)
        Positions in the whole table, not in `train`.
    """

    train: np.ndarray
    test: np.ndarray
    folds: tuple[tuple[np.ndarray, np.ndarray], ...]


def split_rows(
    y: np.ndarray,
    classification: bool,
    split: str = "random",
    by: pd.Series | None = None,
    n_splits: int = 5,
    test_size: float = 0.2,
    random_state: int = 0,
) -> Split:
    """Set rows aside for the holdout and divide the rest into folds.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        The target; class codes for a classification.
    classification : bool
        Whether every part has the classes in similar shares, as far as `split` allows.
    split : {"random", "time", "group"}
        'time' trains on the past and tests on later rows; 'group' never divides the rows of one group.
    by : Series of shape (n_rows,), optional
        The dates or the groups.
    n_splits : int
        Number of folds.
    test_size : float
        Share of the rows held out.
    random_state : int

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        The rows cannot be divided in this way.

    References
    ----------
    https://scikit-learn.org/stable/modules/cross_validation.html
    """
    if split == "random":
        parts = _random(y, classification, n_splits, test_size, random_state)
    elif split == "time":
        parts = _by_time(_dates(by), n_splits, test_size)
    elif split == "group":
        parts = _by_group(
            y,
            _groups(by, n_splits, test_size),
            classification,
            n_splits,
            test_size,
            random_state,
        )
    else:
        raise ValueError(f"There is no split '{split}': choose random, time or group.")
    if classification:
        _check_classes(y, parts, split)
    return parts


def _random(y, classification, n_splits, test_size, random_state) -> Split:
    rows = np.arange(len(y))
    _check_rows(len(y), n_splits, test_size)
    strata = y if classification else None
    if classification:
        _check_strata(y, n_splits, test_size)
    train, test = train_test_split(
        rows, test_size=test_size, stratify=strata, random_state=random_state
    )
    kind = StratifiedKFold if classification else KFold
    folds = kind(n_splits, shuffle=True, random_state=random_state)
    return _assemble(train, test, folds.split(train, y[train]))


def _by_time(dates: np.ndarray, n_splits: int, test_size: float) -> Split:
    rows = np.argsort(dates, kind="stable")
    n_test = _check_rows(len(rows), n_splits + 1, test_size)
    train, test = rows[:-n_test], rows[-n_test:]
    return _assemble(train, test, TimeSeriesSplit(n_splits).split(train))


def _by_group(y, groups, classification, n_splits, test_size, random_state) -> Split:
    shuffle = GroupShuffleSplit(1, test_size=test_size, random_state=random_state)
    train, test = next(shuffle.split(y, groups=groups))
    shares = classification and np.bincount(y[train]).max() >= n_splits
    kind = StratifiedGroupKFold if shares else GroupKFold
    folds = kind(n_splits, shuffle=True, random_state=random_state)
    parts = _assemble(train, test, folds.split(train, y[train], groups[train]))
    if all(len(validate) for _, validate in parts.folds):
        return parts
    # Stratified folds may be left without any group; folds of similar size cannot.
    folds = GroupKFold(n_splits, shuffle=True, random_state=random_state)
    return _assemble(train, test, folds.split(train, groups=groups[train]))


def _assemble(train, test, folds) -> Split:
    pairs = tuple((train[fit], train[validate]) for fit, validate in folds)
    return Split(train, test, pairs)


def _dates(by: pd.Series | None) -> np.ndarray:
    if by is None or not pd.api.types.is_datetime64_any_dtype(by):
        raise ValueError("A split by time needs a date column: choose one.")
    if by.isna().any():
        raise ValueError(
            f"Column '{by.name}' has no date in {int(by.isna().sum())} rows, so they cannot be ordered. "
            "Choose another date column, or split at random."
        )
    return by.to_numpy()


def _check_rows(n_rows: int, n_parts: int, test_size: float) -> int:
    """Return how many rows are held out, as scikit-learn counts them."""
    n_test = math.ceil(test_size * n_rows)
    if n_rows - n_test < n_parts:
        raise ValueError(
            f"Of {plural(n_rows, 'row')}, {number(n_rows - n_test)} are left for training, but the folds need at least "
            f"{n_parts}. Choose fewer folds, or a table with more rows."
        )
    return n_test


def _check_strata(y: np.ndarray, n_splits: int, test_size: float) -> None:
    counts = np.unique(y, return_counts=True)[1]
    n_test = math.ceil(test_size * len(y))
    if counts.min() < 2:
        raise ValueError(
            "A class has a single row, which cannot be used for both training and testing. "
            "Leave it out, or merge it with another class."
        )
    if min(n_test, len(y) - n_test) < len(counts):
        raise ValueError(
            f"With {number(n_test)} of {plural(len(y), 'row')} held out, {len(counts)} classes do not fit into both "
            "parts. Hold out another share, or merge rare classes."
        )
    if counts.max() * (1 - test_size) < n_splits + 1:
        raise ValueError(
            f"No class has enough rows for {n_splits} folds. Choose fewer folds, or a table with more rows."
        )


def _groups(by: pd.Series | None, n_splits: int, test_size: float) -> np.ndarray:
    if by is None:
        raise ValueError("A split by group needs a column that names the groups.")
    codes = pd.factorize(by, use_na_sentinel=False)[0]
    n_groups = int(codes.max()) + 1
    n_train = n_groups - math.ceil(test_size * n_groups)
    if n_train < n_splits:
        raise ValueError(
            f"Column '{by.name}' has {n_groups} groups, of which {n_train} are left for training, but {n_splits} "
            "folds need as many. Choose fewer folds, a smaller holdout or another column."
        )
    return codes


def _check_classes(y: np.ndarray, parts: Split, split: str) -> None:
    fitted = [parts.train, *(fit for fit, _ in parts.folds)]
    if min(len(np.unique(y[rows])) for rows in fitted) < 2:
        raise ValueError(
            f"Split by {split}, one of the training parts has a single class, so nothing can be learned from it. "
            "Choose fewer folds, or split at random."
        )
