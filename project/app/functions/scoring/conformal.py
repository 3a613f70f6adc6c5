"""How far a prediction may be off, from rows that the model had not seen: split conformal prediction."""

from __future__ import annotations

import math

import numpy as np

CONFIDENCE = 0.9


def quantile(scores: np.ndarray, confidence: float = CONFIDENCE) -> float:
    """Return the bound that the nonconformity of a further row keeps with the given confidence.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Of rows that the model was not fitted on; NaN counts as larger than any bound.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    float
        Infinity where so few rows cannot tell.

    References
    ----------
    V. Vovk, A. Gammerman, G. Shafer (2005), "Algorithmic Learning in a Random World"; J. Lei et al. (2018),
    "Distribution-free predictive inference for regression".
    """
    n = len(scores)
    rank = math.ceil((n + 1) * confidence)
    if rank > n:
        return math.inf
    ordered = np.where(np.isnan(scores), np.inf, scores)
    return float(np.partition(ordered, rank - 1)[rank - 1])


def margin(y: np.ndarray, predicted: np.ndarray, confidence: float = CONFIDENCE):
    """Return the half width of the interval around a predicted number.

    Parameters
    ----------
    y, predicted : ndarray of shape (n,)
        Of the holdout.
    confidence : float

    Returns
    -------
    float
        Infinity where so few rows cannot tell.
    """
    return quantile(np.abs(y - predicted), confidence)


def least_probability(
    y: np.ndarray, probabilities: np.ndarray, confidence: float = CONFIDENCE
) -> float:
    """Return the probability from which on a class belongs to the set of those that may be true.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Class codes of the holdout.
    probabilities : ndarray of shape (n, n_classes)
    confidence : float

    Returns
    -------
    float
        Minus infinity, so that every class belongs to it, where so few rows cannot tell.

    References
    ----------
    M. Sadinle, J. Lei, L. Wasserman (2019), "Least ambiguous set-valued classifiers with bounded error levels".
    """
    of_the_truth = probabilities[np.arange(len(y)), y.astype(int)]
    return 1 - quantile(1 - of_the_truth, confidence)
