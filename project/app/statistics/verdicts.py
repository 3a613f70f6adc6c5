"""The result of an experiment in sentences that need no knowledge of statistics."""

from __future__ import annotations

import math
from typing import Any

from ..wording import fixed, number, percent, plural
from .experiments import MISMATCH_P, Comparison, Variant, sample_ratio

_TESTS = {
    "z": "z test of two proportions",
    "Fisher": "Fisher's exact test, as counts are small",
    "Welch": "Welch's t test",
}
_WEEK = 7


def value_of(compared: Comparison, value: float) -> str:
    """Write a share as percent, or a mean as a number, with the precision of the experiment.

    Parameters
    ----------
    compared : Comparison
    value : float

    Returns
    -------
    str
    """
    if compared.kind == "share":
        return percent(value, _decimals(compared))
    return _written(compared, value)


def points(compared: Comparison, difference: float) -> str:
    """Write a difference, of shares in percentage points.

    Parameters
    ----------
    compared : Comparison
    difference : float

    Returns
    -------
    str
    """
    unit = " points" if compared.kind == "share" else ""
    return f"{_written(compared, difference)}{unit}"


def interval(compared: Comparison, low: float, high: float) -> str:
    """Write an interval of differences with its confidence.

    Parameters
    ----------
    compared : Comparison
    low, high : float

    Returns
    -------
    str
        Such as '95 % interval 0.3 to 2.1'.
    """
    confidence = percent(compared.confidence)
    return (
        f"{confidence} interval {_written(compared, low)} to {_written(compared, high)}"
    )


def _written(compared: Comparison, value: float) -> str:
    return fixed(_scale(compared) * value, _decimals(compared))


def _decimals(compared: Comparison) -> int:
    width = _scale(compared) * (compared.high - compared.low)
    decimals = 1 - math.floor(math.log10(width)) if width > 0 else 1
    least = 1 if compared.kind == "share" else 0
    return min(max(decimals, least), 9)


def _scale(compared: Comparison) -> int:
    return 100 if compared.kind == "share" else 1


def p_value(compared: Comparison) -> str:
    """Write the p-value.

    Parameters
    ----------
    compared : Comparison

    Returns
    -------
    str
        Such as 'p = 0.031'.
    """
    p = compared.p_value
    return "p < 0.0001" if p < 0.0001 else f"p = {fixed(p, 4 if p < 0.01 else 3)}"


def verdict(compared: Comparison) -> str:
    """Say which variant is better, by how much, and how certain that is; or that this is unknown.

    Parameters
    ----------
    compared : Comparison

    Returns
    -------
    str
    """
    both = _both(compared)
    test = f"{p_value(compared)}, {_TESTS[compared.test]}"
    low, high, difference = compared.low, compared.high, compared.difference
    if compared.winner is None:
        border = low > 0 or high < 0
        return (
            f"There is no clear winner. {both} B minus A is {points(compared, difference)} "
            f"({interval(compared, low, high)}; {test}): "
            + (
                "interval and test disagree, so this is a borderline case."
                if border
                else "zero is in the interval, so the difference may be due to chance."
            )
        )
    if compared.winner == "A":
        low, high, difference = -high, -low, -difference
    better = "better" if compared.winner == "B" else "worse"
    return (
        f"B is {better} by {points(compared, difference)} ({interval(compared, low, high)}; {test}). "
        f"{both}{_relative(compared)}"
    )


def _both(compared: Comparison) -> str:
    def said(name: str, variant: Variant) -> str:
        value = value_of(compared, variant.value)
        if variant.conversions is not None:
            return f"{name} converted {number(variant.conversions)} of {plural(variant.n, 'visitor')} ({value})"
        return f"{name} has a mean of {value} over {plural(variant.n, 'visitor')}"

    return f"{said('A', compared.a)}, {said('B', compared.b)}."


def _relative(compared: Comparison) -> str:
    if compared.lift is None:
        return ""
    text = f" Relative to A that is {signed_percent(compared.lift)}"
    if compared.lift_low is not None:
        low, high = map(signed_percent, (compared.lift_low, compared.lift_high))
        text += f" ({low} to {high})"
    return f"{text}."


def signed_percent(share: float) -> str:
    """Write a relative change with its sign.

    Parameters
    ----------
    share : float

    Returns
    -------
    str
    """
    return percent(share, signed=True)


def belief(compared: Comparison) -> str:
    """Say how likely B is better, and what a wrong choice costs.

    Parameters
    ----------
    compared : Comparison

    Returns
    -------
    str
    """
    losses = [_loss(compared, loss) for loss in (compared.loss_b, compared.loss_a)]
    return (
        f"Given these numbers alone, B is better with a chance of {chance(compared.probability)}. Choosing B loses "
        f"{losses[0]} on average, over the cases in which A is better; choosing A loses {losses[1]}."
    )


def chance(probability: float) -> str:
    """Write a probability.

    Parameters
    ----------
    probability : float

    Returns
    -------
    str
    """
    # No experiment makes it certain, even if the float is 1.
    return percent(min(max(probability, 1e-9), 1 - 1e-9))


def _loss(compared: Comparison, loss: float) -> str:
    if compared.kind == "mean":
        return number(loss, 2)
    if loss < 1e-6:
        return "less than 0.0001 points"
    return f"{number(100 * loss, 2)} points"


def split(compared: Comparison, share_b: Any) -> tuple[bool, str]:
    """Say whether the visitors were split as planned.

    Parameters
    ----------
    compared : Comparison
    share_b : float
        The planned share of B.

    Returns
    -------
    as_planned : bool
    sentence : str

    Raises
    ------
    ValueError
        The share is not between 0 and 1.
    """
    n_a, n_b = compared.a.n, compared.b.n
    p = sample_ratio(n_a, n_b, share_b)
    saw = (
        f"{percent(n_b / (n_a + n_b), 2)} of the visitors saw B, "
        f"{percent(share_b, 2)} were planned"
    )
    if p >= MISMATCH_P:
        return (
            True,
            f"The split is as planned: {saw} (chi-square, p = {number(p, 2)}).",
        )
    return False, (
        f"Do not trust this result: {saw}. By chance such a split happens less than once in {number(1 / MISMATCH_P)} "
        f"experiments (chi-square, p = {number(p, 2)}). Find out who is missing: redirects, bots, crashes, or a filter "
        "that only one variant has."
    )


def plan(needed: int, days: int, baseline: float, improvement: float, power: float, alpha: float) -> str:  # fmt: skip
    """Say how long an experiment takes and how reliable its result is.

    Parameters
    ----------
    needed : int
        Visitors for each variant.
    days : int
    baseline, improvement, power, alpha : float
        As shares; see `planning.sample_size`.

    Returns
    -------
    str
    """
    weeks = (
        f" Plan {math.ceil(days / _WEEK)} whole weeks, as weekends differ from weekdays."
        if days % _WEEK
        else ""
    )
    return (
        f"Each variant needs {plural(needed, 'visitor')}: {plural(days, 'day')}.{weeks} If B converts "
        f"{percent(baseline + improvement, 2)} instead of {percent(baseline, 2)}, the chance of finding that is "
        f"{percent(power)}; if there is no difference, the chance of a false alarm is "
        f"{percent(alpha)}."
    )


def peeking(looks: int, alarms: float, alpha: float, honest: float) -> str:
    """Say what looking early costs, and how to avoid that.

    Parameters
    ----------
    looks : int
    alarms : float
        The chance of a false alarm at any of them, from `planning.false_alarms`.
    alpha : float
        The level of each look.
    honest : float
        From `planning.honest_alpha`.

    Returns
    -------
    str
    """
    level = percent(alpha)
    if looks == 1:
        return f"One look, at the planned end: false alarms stay at {level}."
    return (
        f"If you look {number(looks)} times and stop at the first significant result, you get a false alarm in "
        f"{percent(alarms)} of the experiments without a difference, not in {level}. Decide only at the planned "
        f"end, or call a look significant only below p = {number(honest, 2)}: then all looks together keep {level}."
    )
