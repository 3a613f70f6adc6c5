"""Shares of successes among trials: intervals of one share and of two, and tests whether two differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special, stats

# Below this expected count the normal approximation is too inaccurate: Cochran, Biometrics 10 (1954).
SMALL_COUNT = 5
# Tables whose log probabilities differ only by rounding are equally rare.
_TIE = 1e-7


def critical_value(confidence: float) -> float:
    """Return the half-width of an interval in standard errors.

    Parameters
    ----------
    confidence : float
        Between 0 and 1, such as 0.95.

    Returns
    -------
    float
    """
    return float(stats.norm.isf((1 - confidence) / 2))


def wilson_interval(
    successes: Any, trials: Any, confidence: float = 0.95
) -> tuple[Any, Any]:
    """Return the interval of a share.

    Parameters
    ----------
    successes, trials : int or array of int
        Of the same shape.
    confidence : float

    Returns
    -------
    low, high : float or ndarray
        NaN if there were no trials.

    References
    ----------
    Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
    """
    z = critical_value(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        trials = np.asarray(trials, dtype=float)
        share = np.asarray(successes, dtype=float) / trials
        spread = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
        center = share + z**2 / (2 * trials)
        scale = 1 + z**2 / trials
        # Rounding must not make an interval exclude its own share.
        low = np.minimum((center - spread) / scale, share)
        high = np.maximum((center + spread) / scale, share)
    return np.clip(low, 0, 1)[()], np.clip(high, 0, 1)[()]


def newcombe_interval(
    successes_a: int,
    trials_a: int,
    successes_b: int,
    trials_b: int,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the interval of the share of B minus the share of A.

    Parameters
    ----------
    successes_a, trials_a, successes_b, trials_b : int
    confidence : float

    Returns
    -------
    low, high : float

    References
    ----------
    Newcombe, Statistics in Medicine 17 (1998), 873-890: method 10, the hybrid score interval.
    """
    a, b = successes_a / trials_a, successes_b / trials_b
    low_a, high_a = wilson_interval(successes_a, trials_a, confidence)
    low_b, high_b = wilson_interval(successes_b, trials_b, confidence)
    below = np.hypot(b - low_b, high_a - a)
    above = np.hypot(high_b - b, a - low_a)
    return float(b - a - below), float(b - a + above)


def ratio_interval(
    successes_a: int,
    trials_a: int,
    successes_b: int,
    trials_b: int,
    confidence: float = 0.95,
) -> tuple[float, float] | None:
    """Return the interval of the share of B divided by the share of A.

    Parameters
    ----------
    successes_a, trials_a, successes_b, trials_b : int
    confidence : float

    Returns
    -------
    low, high : float
        None if one of them has no success: the ratio then has no interval.

    References
    ----------
    Katz, Baptista, Azen and Pike, Biometrics 34 (1978), 469-474: the interval of the logarithm.
    """
    if not (successes_a and successes_b):
        return None
    variance = 1 / successes_a - 1 / trials_a + 1 / successes_b - 1 / trials_b
    log_ratio = np.log(successes_b / trials_b) - np.log(successes_a / trials_a)
    spread = critical_value(confidence) * np.sqrt(variance)
    return float(np.exp(log_ratio - spread)), float(np.exp(log_ratio + spread))


def has_small_counts(
    successes_a: int, trials_a: int, successes_b: int, trials_b: int
) -> bool:
    """Return whether a cell of the two by two table has an expected count below 5.

    Parameters
    ----------
    successes_a, trials_a, successes_b, trials_b : int

    Returns
    -------
    bool
    """
    successes, trials = successes_a + successes_b, trials_a + trials_b
    rarest = min(successes, trials - successes)
    return min(trials_a, trials_b) * rarest / trials < SMALL_COUNT


def z_test(successes_a: int, trials_a: int, successes_b: int, trials_b: int) -> float:
    """Return the two-sided p-value of the z test with the pooled variance.

    Parameters
    ----------
    successes_a, trials_a, successes_b, trials_b : int

    Returns
    -------
    float
        1 if nobody or everybody succeeded.
    """
    pooled = (successes_a + successes_b) / (trials_a + trials_b)
    error = np.sqrt(pooled * (1 - pooled) * (1 / trials_a + 1 / trials_b))
    if error == 0:
        return 1.0
    z = (successes_b / trials_b - successes_a / trials_a) / error
    return float(2 * stats.norm.sf(abs(z)))


def exact_test(
    successes_a: int, trials_a: int, successes_b: int, trials_b: int
) -> float:
    """Return the two-sided p-value of Fisher's exact test.

    Parameters
    ----------
    successes_a, trials_a, successes_b, trials_b : int

    Returns
    -------
    float
    """
    successes = successes_a + successes_b
    fewest, most = max(0, successes - trials_b), min(successes, trials_a)
    # scipy.stats.fisher_exact gives the same and takes seconds where one variant has a billion visitors.
    log_chances = _log_choose(trials_a, np.arange(fewest, most + 1))
    log_chances += _log_choose(trials_b, successes - np.arange(fewest, most + 1))
    log_chances -= log_chances.max()
    chances = np.exp(log_chances)
    as_rare = log_chances <= log_chances[successes_a - fewest] + _TIE
    return float(chances[as_rare].sum() / chances.sum())


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    return -special.betaln(1 + n - k, 1 + k)
