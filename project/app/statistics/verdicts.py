"""What an experiment says, in sentences that need no statistics to be understood."""

from __future__ import annotations

import math
from typing import Any

from .experiments import MISMATCH_P, Comparison, Variant, sample_ratio

_TESTS = {
    "z": "z test of two proportions",
    "Fisher": "Fisher's exact test, as counts are small",
    "Welch": "Welch's t test",
}
_WEEK = 7


def value_of(compared: Comparison, value: float) -> str:
    """Write a share as percent, a mean as number, as exact as the experiment is.

    Parameters
    ----------
    compared : Comparison
    value : float

    Returns
    -------
    str
    """
    unit = " %" if compared.kind == "share" else ""
    return f"{_written(compared, value)}{unit}"


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
    """Write an interval of differences, with its confidence.

    Parameters
    ----------
    compared : Comparison
    low, high : float

    Returns
    -------
    str
        Such as '95 % interval 0.3 to 2.1'.
    """
    percent = f"{100 * compared.confidence:.0f} %"
    return f"{percent} interval {_written(compared, low)} to {_written(compared, high)}"


def _written(compared: Comparison, value: float) -> str:
    scale = 100 if compared.kind == "share" else 1
    width = scale * (compared.high - compared.low)
    decimals = 1 - math.floor(math.log10(width)) if width > 0 else 1
    least = 1 if compared.kind == "share" else 0
    text = f"{scale * value:,.{min(max(decimals, least), 9)}f}"
    is_zero = not text.strip("-0.,")
    return text.lstrip("-") if is_zero else text.replace("-", "−")


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
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.{4 if p < 0.01 else 3}f}"


def verdict(compared: Comparison) -> str:
    """Say which variant is better, by how much, and how sure that is; or that this is not known.

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
            f"This does not tell which is better. {both} B minus A is {points(compared, difference)} "
            f"({interval(compared, low, high)}; {test}): "
            + (
                "interval and test disagree, so it is at the border of what chance makes."
                if border
                else "as zero lies within, chance alone may have made it."
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
            return f"{name} converted {variant.conversions:,} of {variant.n:,} visitors ({value})"
        return f"{name} has a mean of {value} over {variant.n:,} visitors"

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
    sign = "−" if share < 0 else "+"
    return f"{sign}{100 * abs(share):,.1f} %"


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
        f"{losses[0]} on average in case A is better after all; choosing A loses {losses[1]}."
    )


def chance(probability: float) -> str:
    """Write a probability; what is not certain never looks so.

    Parameters
    ----------
    probability : float

    Returns
    -------
    str
    """
    if probability < 0.001:
        return "less than 0.1 %"
    return "more than 99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"


def _loss(compared: Comparison, loss: float) -> str:
    if compared.kind == "mean":
        return f"{loss:.2g}" if loss < 1000 else f"{loss:,.0f}"
    return f"{100 * loss:.2g} points" if loss >= 1e-6 else "less than 0.0001 points"


def split(compared: Comparison, share_b: Any) -> tuple[bool, str]:
    """Say whether the visitors were split as planned.

    Parameters
    ----------
    compared : Comparison
    share_b : float
        The share that was to see B.

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
    saw = f"{100 * n_b / (n_a + n_b):.2f} % of the visitors saw B, {100 * share_b:g} % were to see it"
    if p >= MISMATCH_P:
        return True, f"The split is as planned: {saw} (chi-square, p = {p:.2g})."
    return False, (
        f"Do not trust this result: {saw}. Chance makes such a split less than once in {1 / MISMATCH_P:,.0f} "
        f"experiments (chi-square, p = {p:.1e}). Find out who is missing: redirects, bots, crashes, or a filter "
        "that only one variant has."
    )


def plan(needed: int, days: int, baseline: float, improvement: float, power: float, alpha: float) -> str:  # fmt: skip
    """Say how long an experiment takes and what it is worth then.

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
        f" Plan {math.ceil(days / _WEEK)} whole weeks, as weekends differ from working days."
        if days % _WEEK
        else ""
    )
    return (
        f"Each variant needs {needed:,} visitors: {days:,} {'day' if days == 1 else 'days'}.{weeks} If B converts "
        f"{100 * (baseline + improvement):.4g} % in place of {100 * baseline:.4g} %, that is found with a chance of "
        f"{100 * power:.3g} %; if there is no difference, there is a false alarm with a chance of {100 * alpha:.3g} %."
    )


def peeking(looks: int, alarms: float, alpha: float, honest: float) -> str:
    """Say what looking early costs, and what to do about it.

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
    level = f"{100 * alpha:.3g} %"
    if looks == 1:
        return f"One look, at the planned end: false alarms stay at {level}."
    return (
        f"Who looks {looks:.0f} times and stops at the first significant result has a false alarm in "
        f"{100 * alarms:.1f} % of the experiments without any difference, not in {level}. Decide only at the planned "
        f"end; or take a look for significant only below p = {honest:.2g}, which keeps all of them together at {level}."
    )
