"""The result of an experiment in sentences that need no knowledge of statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..wording import fixed, listed, number, percent, plural
from .experiments import MISMATCH_P, Comparison, Variant, sample_ratio
from .planning import PlannedSizes

_TESTS = {
    "z": "z test of two proportions",
    "Fisher": "Fisher's exact test, as counts are small",
    "Welch": "Welch's t test",
}
_WEEK = 7
_SHARES_TOLD = 4


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
    """Write an interval of differences with its confidence, the everyday word first.

    Parameters
    ----------
    compared : Comparison
    low, high : float

    Returns
    -------
    str
        Such as 'likely between 0.3 and 2.1 (95 % interval)'.
    """
    ends = f"{_written(compared, low)} and {_written(compared, high)}"
    return f"likely between {ends} ({percent(compared.confidence)} interval)"


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
    return _p(compared.p_value)


def _p(p: float) -> str:
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
    a, b = compared.names
    low, high, difference = compared.low, compared.high, compared.difference
    if compared.winner is None:
        why = (
            "interval and test disagree, so this is a borderline case."
            if low > 0 or high < 0
            else "zero is in the interval, so the difference may be due to chance."
        )
        return (
            f"There is no clear winner. {both} {b} minus {a} is {points(compared, difference)}, "
            f"{interval(compared, low, high)}: {why} {_by_chance(compared)}"
        )
    if compared.winner == "A":
        low, high, difference = -high, -low, -difference
    better = "better" if compared.winner == "B" else "worse"
    return (
        f"{b} is {better} by {points(compared, difference)}, {interval(compared, low, high)}. "
        f"{both}{_relative(compared)} {_by_chance(compared)}"
    )


def _by_chance(compared: Comparison) -> str:
    test = f"{p_value(compared)}, {_TESTS[compared.test]}"
    share = percent(max(compared.p_value, 1e-6))
    return f"Without a difference, chance alone shows one this large in {share} of experiments ({test})."


def summary(compared: Sequence[Comparison]) -> str:
    """Say which of several variants differ from the control, and by how much.

    Parameters
    ----------
    compared : sequence of Comparison
        From `several.against_control`.

    Returns
    -------
    str
    """
    control = compared[0].names[0]
    parts = [_decided(one) for one in compared if one.winner]
    unclear = listed([one.names[1] for one in compared if one.winner is None])
    if not parts:
        parts = [
            f"There is no clear winner: no variant clearly differs from {control}."
        ]
    elif unclear:
        parts.append(f"For {unclear} it is not clear.")
    level = percent(1 - compared[0].confidence)
    parts.append(
        f"{len(compared)} variants are compared with {control}, so the intervals are wider and the p-values larger "
        f"than for one alone: the chance of any false alarm stays at {level} (Bonferroni, Holm). The variants are not "
        "compared with each other."
    )
    return " ".join(parts)


def _decided(compared: Comparison) -> str:
    low, high, difference = compared.low, compared.high, compared.difference
    if compared.winner == "A":
        low, high, difference = -high, -low, -difference
    better = "better" if compared.winner == "B" else "worse"
    a, b = compared.names
    return (
        f"{b} is {better} than {a} by {points(compared, difference)}, {interval(compared, low, high)}; "
        f"{p_value(compared)}."
    )


def _both(compared: Comparison) -> str:
    def said(name: str, variant: Variant) -> str:
        value = value_of(compared, variant.value)
        if variant.conversions is not None:
            return f"{name} converted {number(variant.conversions)} of {plural(variant.n, 'visitor')} ({value})"
        return f"{name} has a mean of {value} over {plural(variant.n, 'visitor')}"

    a, b = compared.names
    return f"{said(a, compared.a)}, {said(b, compared.b)}."


def _relative(compared: Comparison) -> str:
    if compared.lift is None:
        return ""
    text = f" Relative to {compared.names[0]} that is {signed_percent(compared.lift)}"
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
    a, b = compared.names
    return (
        f"Given these numbers alone, {b} is better with a chance of {chance(compared.probability)}. Choosing {b} loses "
        f"{losses[0]} on average, over the cases in which {a} is better; choosing {a} loses {losses[1]}."
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


def split(
    names: Sequence[str], visitors: Sequence[int], shares: Sequence[float]
) -> tuple[bool, str]:
    """Say whether the visitors were split as planned.

    Parameters
    ----------
    names : sequence of str
        Of the variants.
    visitors : sequence of int
        How many saw each.
    shares : sequence of float
        The planned share of each; they add up to 1.

    Returns
    -------
    as_planned : bool
    sentence : str
    """
    p = sample_ratio(visitors, shares)
    total = sum(visitors)
    told = list(zip(names, visitors, shares))
    if len(told) == 2:  # the share of one tells that of the other
        told = told[1:]
    elif len(told) > _SHARES_TOLD:
        told = [max(told, key=lambda one: abs(one[1] / total - one[2]))]
    saw = "; ".join(
        f"{percent(n / total, 2)} of the visitors saw {name}, {percent(share, 2)} were planned"
        for name, n, share in told
    )
    test = f"chi-square test, {_p(p)}"
    if p >= MISMATCH_P:
        return True, f"The split is as planned: {saw} ({test})."
    return False, (
        f"Do not trust this result: {saw}. By chance such a split happens less than once in {number(1 / MISMATCH_P)} "
        f"experiments ({test}). Find out who is missing: redirects, bots, crashes, or a filter that only one variant "
        "has."
    )


def plan(sizes: PlannedSizes, days: int, power: float, alpha: float) -> str:
    """Say how long an experiment takes and how reliable its result is.

    Parameters
    ----------
    sizes : PlannedSizes
    days : int
    power, alpha : float
        As shares; see `planning.planned_sizes`.

    Returns
    -------
    str
    """
    weeks = (
        f" Plan {math.ceil(days / _WEEK)} whole weeks, as weekends differ from weekdays."
        if days % _WEEK
        else ""
    )
    visitors = sizes.visitors
    if len(set(visitors)) == 1:
        each = f"Each variant needs {plural(visitors[0], 'visitor')}"
    else:
        rest = listed([number(n) for n in visitors[1:]])
        each = f"The control needs {plural(visitors[0], 'visitor')}, the others {rest}"
    which = "B" if len(visitors) == 2 else "a variant"
    together = " of any difference" if len(visitors) > 2 else ""
    return (
        f"{each}: {plural(days, 'day')}.{weeks} If {which} converts {percent(sizes.improved, 2)} instead of "
        f"{percent(sizes.baseline, 2)}, the chance of finding that is {percent(power)} (power); if there is no "
        f"difference, the chance of a false alarm{together} is {percent(alpha)}."
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
        f"If you look {number(looks)} times and stop at the first clear (significant) result, you get a false alarm in "
        f"{percent(alarms)} of the experiments without a difference, not in {level}. Decide only at the planned "
        f"end, or take a result as clear only below p = {number(honest, 2)}: then all looks together keep {level}."
    )
