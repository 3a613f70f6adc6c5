"""Splitting of rows: a holdout that no model sees, and folds of the rest for cross-validation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    train_test_split,
)

from ...wording import number, plural

# Draws of groups until one is near enough to the share to hold out.
_GROUP_DRAWS = 100
_SHARE_OFF = 0.01


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
    gap_days: int = 0,
) -> Split:
    """Set rows aside for the holdout and divide the rest into folds.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        The target; class codes for a classification.
    classification : bool
        Whether every part has the classes in similar shares, as far as `split` allows.
    split : {"random", "time", "group"}
        'time' trains on the past and tests on later rows, and never divides the rows of one date; 'group' never divides
        the rows of one group. Either holds out the share nearest to `test_size` that this allows.
    by : Series of shape (n_rows,), optional
        The dates or the groups.
    n_splits : int
        Number of folds.
    test_size : float
        Share of the rows held out.
    random_state : int
    gap_days : int
        Of a split by time: rows less than so many days before the tested ones are not trained on.

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
        parts = _by_time(_dates(by), n_splits, test_size, gap_days)
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


def _by_time(dates: np.ndarray, n_splits: int, test_size: float, gap: int) -> Split:
    rows = np.argsort(dates, kind="stable")
    dates = dates[rows]
    n_test = _check_rows(len(rows), n_splits + 1, test_size)
    # A part can only begin where a date does.
    starts = np.flatnonzero(dates[1:] != dates[:-1]) + 1
    if len(starts) < n_splits + 1:
        raise ValueError(
            f"There are {plural(len(starts) + 1, 'date')}, but {n_splits} folds and a holdout need at least "
            f"{n_splits + 2}. Choose fewer folds, another date column, or split at random."
        )
    holdout = _nearest(starts[n_splits:], len(rows) - n_test)
    size = holdout // (n_splits + 1)
    begins: list[int] = []
    for left in range(n_splits, 0, -1):
        possible = starts[starts < holdout][len(begins) :]
        possible = possible[possible > max(begins, default=0)]
        begins.append(
            _nearest(possible[: len(possible) - left + 1], holdout - left * size)
        )
    folds = [
        (_before(dates, begin, gap), np.arange(begin, end))
        for begin, end in zip(begins, [*begins[1:], holdout])
    ]
    return Split(
        rows[_before(dates, holdout, gap)],
        rows[holdout:],
        tuple((rows[fit], rows[validate]) for fit, validate in folds),
    )


def _nearest(starts: np.ndarray, position: int) -> int:
    return int(starts[np.argmin(np.abs(starts - position))])


def _before(dates: np.ndarray, begin: int, gap: int) -> np.ndarray:
    """Return the positions whose dates are at least `gap` days before the date at `begin`."""
    end = begin
    if gap:
        last = dates[begin] - np.timedelta64(gap, "D")
        end = int(np.searchsorted(dates, last, side="right"))
    if not end:
        raise ValueError(
            f"A gap of {plural(gap, 'day')} leaves no rows to train on. Choose a shorter one, or fewer folds."
        )
    return np.arange(end)


def _by_group(y, groups, classification, n_splits, test_size, random_state) -> Split:
    train, test = _draw_groups(
        y, groups, classification, n_splits, test_size, random_state
    )
    shares = classification and np.bincount(y[train]).max() >= n_splits
    kind = StratifiedGroupKFold if shares else GroupKFold
    folds = kind(n_splits, shuffle=True, random_state=random_state)
    parts = _assemble(train, test, folds.split(train, y[train], groups[train]))
    if all(len(validate) for _, validate in parts.folds):
        return parts
    # Stratified folds may be left without any group; folds of similar size cannot.
    folds = GroupKFold(n_splits, shuffle=True, random_state=random_state)
    return _assemble(train, test, folds.split(train, groups=groups[train]))


def _draw_groups(
    y: np.ndarray,
    groups: np.ndarray,
    classification: bool,
    n_splits: int,
    test_size: float,
    random_state: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw groups until their rows come nearest to the share to hold out, as groups may have very different sizes.

    Of several draws, the one with all classes in both parts, and then the one nearest to the share, is taken.
    """
    generator = np.random.default_rng(random_state)
    sizes = np.bincount(groups)
    n_classes = len(np.unique(y)) if classification else 0
    best, least = None, (math.inf, math.inf)
    for _ in range(_GROUP_DRAWS):
        drawn = generator.permutation(len(sizes))
        # As many groups as folds are left to train on.
        shares = sizes[drawn].cumsum()[: len(sizes) - n_splits] / len(y)
        n_drawn = int(np.abs(shares - test_size).argmin()) + 1
        held_out = np.isin(groups, drawn[:n_drawn])
        train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        missing = 0
        if classification:
            missing = 2 * n_classes - len(np.unique(y[train])) - len(np.unique(y[test]))
        off = (missing, abs(shares[n_drawn - 1] - test_size))
        if off < least:
            best, least = (train, test), off
        if off < (0, _SHARE_OFF):
            break
    return best


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
    if by.dt.tz is not None:
        by = by.dt.tz_convert(None)
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
