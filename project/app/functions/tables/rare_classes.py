"""Classes with too few rows to be learned and tested: which these are, and a target without them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .columns import Facts, facts_of, label_of

OTHER = "Other"
WAYS = ("keep", "leave_out", "join")


@dataclass(frozen=True)
class CommonClasses:
    """A target whose rare classes were left out or joined.

    Attributes
    ----------
    target : Series of shape (n_kept,)
        Its index is that of the rows that are kept.
    kept : ndarray of bool of shape (n_rows,)
    rare : tuple of (str, int)
        The label and the rows of each rare class, the most frequent first.
    needed : int
        Rows that a class must have.
    """

    target: pd.Series
    kept: np.ndarray
    rare: tuple[tuple[str, int], ...] = ()
    needed: int = 0

    @property
    def n_rare(self) -> int:
        """The rows of all rare classes."""
        return sum(count for _, count in self.rare)


def rows_for_folds(n_rows: int, n_splits: int, test_size: float) -> int:
    """Return how many rows a class needs to be in every fold.

    Parameters
    ----------
    n_rows : int
        Rows of all classes.
    n_splits : int
    test_size : float
        Share of the rows held out.

    Returns
    -------
    int
    """
    n_train = n_rows - math.ceil(test_size * n_rows)
    return math.ceil(n_splits * n_rows / max(1, n_train))


def rows_for_test(n_rows: int, test_size: float) -> int:
    """Return how many rows a class needs to be held out in its share.

    Parameters
    ----------
    n_rows : int
        Rows of all classes.
    test_size : float
        Share of the rows held out.

    Returns
    -------
    int
    """
    # As in scikit-learn's train_test_split: the held-out part is rounded up.
    n_test = math.ceil(test_size * n_rows)
    return math.ceil(n_rows / n_test) if n_test else 0


def common_classes(
    target: pd.Series,
    way: str = "leave_out",
    fewest: int = 0,
    n_splits: int = 5,
    test_size: float = 0.2,
) -> CommonClasses:
    """Leave out or join the classes with too few rows; two classes stay as they are.

    Parameters
    ----------
    target : Series of shape (n_rows,)
        Without missing values.
    way : {"keep", "leave_out", "join"}
        Joined classes are called 'Other'.
    fewest : int
        The rows that a class must have; never fewer than the folds and the holdout need.
    n_splits : int
    test_size : float
        Share of the rows held out.

    Returns
    -------
    CommonClasses
        As often as leaving a class out makes another one rare, that one is left out as well.
    """
    everything = np.ones(len(target), dtype=bool)
    facts = facts_of(target)
    if way == "keep" or facts.distinct <= 2:
        return CommonClasses(target, everything)
    rare, needed = _rare(facts, way, fewest, n_splits, test_size)
    if not rare.any():
        return CommonClasses(target, everything, needed=needed)
    levels = sorted(np.flatnonzero(rare), key=lambda i: -facts.counts[i])
    named = tuple((label_of(facts.levels[i]), int(facts.counts[i])) for i in levels)
    of_rare = rare[facts.codes]
    if way == "leave_out":
        return CommonClasses(target[~of_rare], ~of_rare, named, needed)
    labels = [OTHER if r else label_of(v) for v, r in zip(facts.levels, rare)]
    joined = np.array(labels, dtype=object)[facts.codes]
    texts = pd.Series(joined, index=target.index, name=target.name, dtype="str")
    return CommonClasses(texts, everything, named, needed)


def _rare(
    facts: Facts, way: str, fewest: int, n_splits: int, test_size: float
) -> tuple[np.ndarray, int]:
    rare = np.zeros(facts.distinct, dtype=bool)
    while True:
        n_rows = int(facts.counts[~rare].sum())
        needed = max(
            fewest,
            2,
            rows_for_folds(n_rows, n_splits, test_size),
            rows_for_test(n_rows, test_size),
        )
        found = facts.counts < needed
        if way == "join" or (found <= rare).all():
            return found | rare, needed
        rare |= found
