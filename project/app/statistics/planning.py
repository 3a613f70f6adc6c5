"""Planning an experiment: how many visitors it needs, how long it takes, and the cost of looking early."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from ..wording import percent

MAX_LOOKS = 50
MAX_VISITORS = 1e12
_NODES = 160
_CURVE_POINTS = 25


@dataclass(frozen=True)
class PlannedSizes:
    """How many visitors an experiment needs.

    Attributes
    ----------
    visitors : tuple of int
        Of each variant, the control first.
    baseline, improved : float
        The share that converts in the control, and the one that is to be found.
    """

    visitors: tuple[int, ...]
    baseline: float
    improved: float


def planned_sizes(
    baseline: Any,
    improvement: Any,
    alpha: Any = 0.05,
    power: Any = 0.8,
    shares: Sequence[float] = (0.5, 0.5),
) -> PlannedSizes:
    """Return how many visitors each variant needs to detect a difference from the control.

    Parameters
    ----------
    baseline, improvement, alpha, power : float
        As for `sample_size`. With several variants, `alpha` is the chance of any false alarm (Bonferroni).
    shares : sequence of float
        The planned share of each variant, the control first; they add up to 1.

    Returns
    -------
    PlannedSizes

    Raises
    ------
    ValueError
        A number is missing or impossible.

    References
    ----------
    Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003), section 4.4: unequal sample sizes.
    """
    control, *others = shares
    each_alpha = alpha / len(others) if _is_number(alpha) else alpha
    totals = [
        _control_size(baseline, improvement, each_alpha, power, share / control)
        / control
        for share in others
    ]
    total = max(totals)
    # Rounding must not ask for one visitor more.
    visitors = tuple(math.ceil(round(total * share, 6)) for share in shares)
    return PlannedSizes(visitors, baseline, baseline + improvement)


def sample_size(
    baseline: Any, improvement: Any, alpha: Any = 0.05, power: Any = 0.8
) -> int:
    """Return how many visitors each of two variants needs to detect a difference.

    Parameters
    ----------
    baseline : float
        The share that converts today.
    improvement : float
        The smallest difference worth finding, as a share: 0.01 is one point. May be negative.
    alpha : float
        The chance of a false alarm if there is no difference, two-sided.
    power : float
        The chance that a difference of this size is found.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        A number is missing or impossible.

    References
    ----------
    Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003), section 4.2, without correction for
    continuity.
    """
    return planned_sizes(baseline, improvement, alpha, power).visitors[0]


def _control_size(
    baseline: Any, improvement: Any, alpha: Any, power: Any, ratio: float
) -> float:
    """Return how many visitors the control needs if the variant has `ratio` times as many."""
    _check_share(baseline, "conversion today", 0, 1)
    _check_share(improvement, "smallest difference worth finding", -1, 1)
    _check_share(alpha, "chance of a false alarm", 0, 0.5)
    _check_share(power, "power", 0.5, 1)
    improved = baseline + improvement
    if improvement == 0:
        raise ValueError(
            "A difference of zero cannot be found with any number of visitors. Enter the smallest one worth finding."
        )
    if not 0 < improved < 1:
        raise ValueError(
            f"With this difference {percent(improved)} would convert, which is not between 0 % and 100 %. "
            "Enter a smaller difference."
        )
    mean = (baseline + ratio * improved) / (1 + ratio)
    none = math.sqrt((1 + ratio) * mean * (1 - mean))
    some = math.sqrt(ratio * baseline * (1 - baseline) + improved * (1 - improved))
    spread = stats.norm.isf(alpha / 2) * none + stats.norm.isf(1 - power) * some
    needed = (spread / improvement) ** 2 / ratio
    if needed > MAX_VISITORS:
        raise ValueError(
            "Such a small difference needs more visitors than there are people. Enter a larger one."
        )
    return needed


def size_curve(
    baseline: Any,
    improvement: Any,
    alpha: Any = 0.05,
    power: Any = 0.8,
    shares: Sequence[float] = (0.5, 0.5),
) -> pd.DataFrame:
    """Return how many visitors it takes for differences from half to twice the one that is worth finding.

    Parameters
    ----------
    baseline, improvement, alpha, power, shares
        As for `planned_sizes`.

    Returns
    -------
    DataFrame of shape (n_differences, 2)
        improvement; needed, of all variants together. Differences that would lead outside 0 % to 100 % are left out.

    Raises
    ------
    ValueError
        A number is missing or impossible.
    """
    planned_sizes(baseline, improvement, alpha, power, shares)
    differences = improvement * np.geomspace(0.5, 2, _CURVE_POINTS)
    possible = [float(d) for d in differences if 0 < baseline + d < 1]
    needed = [
        sum(planned_sizes(baseline, d, alpha, power, shares).visitors) for d in possible
    ]
    return pd.DataFrame({"improvement": possible, "needed": needed})


def days_needed(n_visitors: int, visitors_per_day: Any) -> int:
    """Return how many days it takes until all variants have their visitors.

    Parameters
    ----------
    n_visitors : int
        Of all variants together.
    visitors_per_day : float

    Returns
    -------
    int

    Raises
    ------
    ValueError
        The number of visitors is not positive.
    """
    if not _is_number(visitors_per_day) or not 0 < visitors_per_day <= 1e9:
        raise ValueError("Enter the number of visitors per day, above 0.")
    return math.ceil(n_visitors / visitors_per_day)


def false_alarms(looks: Any, alpha: float = 0.05) -> np.ndarray:
    """Return the chance of a false alarm if an experiment is looked at repeatedly.

    Parameters
    ----------
    looks : int
        Equally spaced looks, the last at the end; each tests at `alpha`.
    alpha : float

    Returns
    -------
    ndarray of float, shape (looks,)
        The chance of an alarm at the first, by the second, … look.

    Raises
    ------
    ValueError
        The number of looks is not a whole number from 1 to 50.

    References
    ----------
    Armitage, McPherson and Rowe, Journal of the Royal Statistical Society A 132 (1969), 235-244: the recursive
    integration, and a table.
    """
    return _alarms(_checked_looks(looks), stats.norm.isf(alpha / 2))


def honest_alpha(looks: Any, alpha: float = 0.05) -> float:
    """Return the level of each look that keeps the overall chance of a false alarm at `alpha`.

    Parameters
    ----------
    looks : int
    alpha : float

    Returns
    -------
    float

    Raises
    ------
    ValueError
        The number of looks is not a whole number from 1 to 50.

    References
    ----------
    Pocock, Biometrika 64 (1977), 191-199.
    """
    looks = _checked_looks(looks)
    if looks == 1:
        return alpha
    start = stats.norm.isf(alpha / 2)
    bound = optimize.brentq(
        lambda z: _alarms(looks, z)[-1] - alpha, start, start + 3, xtol=1e-6
    )
    return float(2 * stats.norm.sf(bound))


def _alarms(looks: int, bound: float) -> np.ndarray:
    """Follow the density of the sum of k standard normal steps that never left ±bound·√k."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    x, w = bound * nodes, bound * weights
    density = _normal(x)
    alarms = [1 - w @ density]
    for look in range(2, looks + 1):
        edge = bound * math.sqrt(look)
        following = edge * nodes
        density = _normal(following[:, None] - x) @ (w * density)
        x, w = following, edge * weights
        alarms.append(1 - w @ density)
    return np.array(alarms)


def _normal(x: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def _check_share(value: Any, what: str, low: float, high: float) -> None:
    if not _is_number(value) or not low < value < high:
        raise ValueError(
            f"The {what} must lie between {percent(low)} and {percent(high)}."
        )


def _checked_looks(looks: Any) -> int:
    if not _is_number(looks) or looks % 1 or not 1 <= looks <= MAX_LOOKS:
        raise ValueError(
            f"The number of looks must be a whole number from 1 to {MAX_LOOKS}."
        )
    return int(looks)


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value)
