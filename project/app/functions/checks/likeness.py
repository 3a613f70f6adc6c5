"""How alike the targets of rows are that share a group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

_MIN_PAIRS = 30
_MAX_CLASSES = 10


@dataclass(frozen=True)
class Likeness:
    """How alike the targets of rows of one group are.

    Attributes
    ----------
    correlation : float
        0 if they are unrelated, 1 if they are equal; 0 if there are fewer than 30 pairs of rows.
    certain : float
        The value that chance hardly ever exceeds with this many pairs.
    """

    correlation: float
    certain: float


def likeness_within(codes: np.ndarray, y: np.ndarray, classification: bool) -> Likeness:
    """Measure how alike the targets of rows with the same code are.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,)
        Negative for rows without a group.
    y : ndarray of shape (n_rows,)
        Class codes, or numbers, which are ranked.
    classification : bool

    Returns
    -------
    Likeness
    """
    rows = np.argsort(codes, kind="stable")
    rows = rows[codes[rows] >= 0]
    centred = _centred(y[rows], classification)
    total = (centred**2).sum()
    pairs = codes[rows][1:] == codes[rows][:-1]
    if pairs.sum() < _MIN_PAIRS or total == 0:
        return Likeness(0.0, 1.0)
    products = (centred[1:] * centred[:-1])[pairs].sum(axis=1)
    correlation = float(products.mean() / (total / len(rows)))
    return Likeness(correlation, 4 / float(np.sqrt(pairs.sum())))


def _centred(y: np.ndarray, classification: bool) -> np.ndarray:
    """Return the target's deviations from its mean, one column for each of the frequent classes."""
    if classification:
        classes, counts = np.unique(y, return_counts=True)
        frequent = classes[np.argsort(-counts, kind="stable")[:_MAX_CLASSES]]
        values = (y[:, None] == frequent).astype(np.float64)
    else:
        values = rankdata(y)[:, None]
    return values - values.mean(axis=0) if len(values) else values
