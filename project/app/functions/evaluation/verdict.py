"""How good a model is in one sentence of everyday words: what it finds or misses, how sure that is, and against what.

A model is compared with guessing, by the share of the mistakes of guessing that it avoids (a skill score, A. Murphy
(1988), "Skill scores based on the mean square error"): 0 is guessing, 1 is perfect. Of classes a mistake is a row of
either class that is taken for another, and each class counts alike, so that always saying the frequent class earns
nothing; for two classes that is Youden's index. Of a number it is the squared error beside that of the mean: R².

Half and three quarters divide the levels: below a half a model makes most of the mistakes that guessing makes, and at
three quarters it makes one in four. A few rows may show that by luck, so the lower end of the 95 % interval must lie
above guessing, and not more than one level below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ... import wording
from .classification import BinaryResult, MulticlassResult
from .intervals import balanced_interval, share_interval
from .regression import RegressionResult, band_of

LEVELS = ("none", "poor", "fair", "good")
FAIR, GOOD = 0.5, 0.75
# A class of which fewer are found is said to be missed, whatever the average says.
_FOUND_IN_GOOD, _FOUND_IN_FAIR = 0.75, 0.5
_HALF = 0.5
_MOST = 0.9


@dataclass(frozen=True)
class Context:
    """What is known of a model beside its predictions.

    Attributes
    ----------
    target : str
    classes : tuple of str
        By class code; of two: negative, positive.
    signal : bool or None
        Whether the checks found that the run's best model beats guessing; None where they do not say, or it is
        another model.
    problems : int
        Problems that the checks found and nobody acknowledged.
    cautions : int
        The same of cautions.
    is_baseline : bool
    best : str
        The name of the run's best model if it is another one and better by more than luck, else empty.
    ties : tuple of str
        Models that are as good as this one, as far as the folds can tell.
    """

    target: str
    classes: tuple[str, ...] = ()
    signal: bool | None = None
    problems: int = 0
    cautions: int = 0
    is_baseline: bool = False
    best: str = ""
    ties: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The answer to 'how good is it?'.

    Attributes
    ----------
    level : {"none", "poor", "fair", "good"}
        How much of the mistakes of guessing the model avoids, with its uncertainty: see the module.
    says : str
        The sentence.
    against : str
        What guessing would do.
    caution : str
        What makes the sentence less sure; may be empty.
    judged : str
        On which rows.
    next_step : str
        What to do: 'checks', 'columns', 'best', 'threshold', 'again' or 'curve'.
    skill, skill_low : float
        The share of the mistakes of guessing that it avoids, and the lower end of its 95 % interval; NaN if unknown.
    """

    level: str
    says: str
    against: str
    caution: str
    judged: str
    next_step: str
    skill: float = float("nan")
    skill_low: float = float("nan")


@dataclass(frozen=True)
class _Skill:
    share: float
    low: float
    # The least that is found of any class; 1 for a number.
    found: float = 1.0


def verdict(result: Any, context: Context, baseline: Any = None) -> Verdict:
    """Judge a model by what it predicted for rows that it had not seen.

    Parameters
    ----------
    result : BinaryResult, MulticlassResult or RegressionResult
    context : Context
    baseline : RegressionResult, optional
        Of a number: the result of the run's baseline.

    Returns
    -------
    Verdict
    """
    if isinstance(result, BinaryResult):
        first, skill = _binary(result, context)
    elif isinstance(result, MulticlassResult):
        first, skill = _multiclass(result, context)
    else:
        first, skill = _number(result, context, baseline)
    level = level_of(skill.share, skill.low, skill.found)
    # On noise a lucky holdout is not enough, and folds may know more than a small holdout.
    if context.signal is False or context.is_baseline:
        level = "none"
    elif level == "none" and (context.signal or first.next_step == "threshold"):
        level = "poor"
    if context.problems:
        level = LEVELS[min(LEVELS.index(level), LEVELS.index("poor"))]
    return replace(
        first,
        level=level,
        against=" ".join(filter(None, [first.against, _avoided(level, skill, result)])),
        caution=_caution(level, skill, first, context),
        next_step=_next_step(level, first, context),
        skill=skill.share,
        skill_low=skill.low,
    )


def level_of(share: float, low: float, found: float = 1.0) -> str:
    """Return the level of a share of avoided mistakes.

    Parameters
    ----------
    share : float
        1 is perfect, 0 is guessing, below it is worse.
    low : float
        The lower end of its interval; NaN if there is none.
    found : float
        The smallest share of any class that is found.

    Returns
    -------
    str
        One of ``LEVELS``; it never falls where any of the three rises.
    """
    if not share > 0 or low <= 0:
        return "none"
    # Without an interval nothing is better than fair.
    least = _step(low) if math.isfinite(low) else 1
    step = min(_step(share), least + 1)
    if found < _FOUND_IN_GOOD:
        step = min(step, LEVELS.index("fair"))
    if found < _FOUND_IN_FAIR:
        step = min(step, LEVELS.index("poor"))
    return LEVELS[step]


def _step(share: float) -> int:
    return 0 if share <= 0 else 1 + (share >= FAIR) + (share >= GOOD)


# ---- Two classes


def _binary(result: BinaryResult, context: Context) -> tuple[Verdict, _Skill]:
    negative, positive = _names(context)
    counts, where = result, "held out"
    if not (result.n_positive and result.n_negative) and result.validated:
        counts, where = result.validated, "of the cross-validation"
    all_ = np.array([counts.false_positives[0], counts.true_positives[0]])
    middle = len(counts.true_positives) // 2
    false, found = counts.false_positives[middle], counts.true_positives[middle]
    said = [
        (
            f"Of 100 rows with {positive} it finds {_hundred(found, all_[1])}"
            if all_[1]
            else f"No row that was held out has {positive}"
        ),
        (
            f"of 100 with {negative} it is wrong about {_hundred(false, all_[0])}"
            if all_[0]
            else f"no row that was held out has {negative}"
        ),
    ]
    skill = _class_skill(np.array([all_[0] - false, found]), all_)
    return (
        Verdict(
            "",
            "; ".join(said) + ".",
            _of_the_alarms(found, false, all_, positive),
            "",
            f"Judged on {wording.plural(int(all_.sum()), 'row')} {where} "
            f"({wording.number(int(all_[1]))} with {positive}), at a threshold of 0.5.",
            "threshold" if _ranks_better(result, skill) else "",
        ),
        skill,
    )


def _of_the_alarms(found: int, false: int, all_: np.ndarray, positive: str) -> str:
    share = _plain_hundred(all_[1] / max(1, all_.sum()))
    if not found + false:
        return f"It never says {positive}; of 100 rows, {share} are."
    right = _hundred(found, found + false)
    return f"Of 100 rows of which it says {positive}, {right} are; of all rows, {share} are."


def _ranks_better(result: BinaryResult, skill: _Skill) -> bool:
    """Tell whether another threshold than 0.5 would clearly find more: the model ranks well, and 0.5 shows little.

    The variance of the area is that of J. Hanley, B. McNeil (1982), "The meaning and use of the area under a receiver
    operating characteristic (ROC) curve".
    """
    if result.roc is None:
        return False
    area, n_1, n_0 = result.roc.area, result.n_positive, result.n_negative
    q_1, q_2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (n_1 - 1) * (q_1 - area**2) + (n_0 - 1) * (q_2 - area**2)
    ) / (n_1 * n_0)
    surely_ranks = area - 1.96 * math.sqrt(max(variance, 0)) > 0.5
    rates = zip(result.roc.true_positive_rate, result.roc.false_positive_rate)
    possible = max((true - false for true, false in rates), default=0.0)
    return surely_ranks and skill.found < FAIR and possible - skill.share > 0.1


# ---- Several classes


def _multiclass(result: MulticlassResult, context: Context) -> tuple[Verdict, _Skill]:
    confusion = np.array(result.confusion)
    rows, hits = confusion.sum(axis=1), np.diag(confusion)
    n_rows, n_right = int(rows.sum()), int(hits.sum())
    target = wording.shortened(context.target, 30)
    says = (
        f"It names the right {target} for {_hundred(n_right, n_rows, ' of 100 rows')}"
    )
    weakest = _weakest(rows, hits, context.classes)
    errors = confusion - np.diag(hits)
    i, j = np.unravel_index(errors.argmax(), errors.shape)
    if weakest:
        says += f"; {weakest}"
    elif errors[i, j]:
        names = [wording.shortened(context.classes[k], 30) for k in (i, j)]
        says += (
            f"; most often it takes {names[0]} for {names[1]} "
            f"({wording.number(int(errors[i, j]))} of {wording.plural(int(rows[i]), 'row')})"
        )
    most = int(rows.argmax())
    frequent = wording.shortened(context.classes[most], 30)
    share = rows[most] / max(1, n_rows)
    return (
        Verdict(
            "",
            says + ".",
            f"Always saying {frequent} would be right for {_plain_hundred(share)} of 100.",
            "",
            f"Judged on {wording.plural(n_rows, 'row')} held out.",
            "",
        ),
        _class_skill(hits, rows),
    )


def _weakest(rows: np.ndarray, hits: np.ndarray, classes: Sequence[str]) -> str:
    """Say which class is missed more often than not, if one is by more than luck."""
    there = [k for k in range(len(rows)) if rows[k]]
    worst = min(there, key=lambda k: hits[k] / rows[k], default=None)
    if worst is None or share_interval(hits[worst], rows[worst])[1] >= _FOUND_IN_FAIR:
        return ""
    name = wording.shortened(classes[worst], 30)
    return (
        f"of {wording.plural(int(rows[worst]), 'row')} of {name} it finds "
        f"{wording.number(int(hits[worst])) if hits[worst] else 'none'}"
    )


def _class_skill(hits: np.ndarray, rows: np.ndarray) -> _Skill:
    hits, rows = hits[rows > 0], rows[rows > 0]
    n_classes = len(rows)
    if n_classes < 2:
        return _Skill(float("nan"), float("nan"), 0.0)
    guess = 1 / n_classes
    low = float("nan")
    if rows.min() > 1:
        low = (balanced_interval(hits, rows)[0] - guess) / (1 - guess)
    recall = hits / rows
    # Of many classes one with two rows says nothing: how little is found counts where it is more than luck.
    found = min(share_interval(h, n)[1] for h, n in zip(hits, rows))
    if n_classes == 2:
        found = float(recall.min())
    return _Skill(float((recall.mean() - guess) / (1 - guess)), low, found)


# ---- A number


def _number(
    result: RegressionResult, context: Context, baseline: RegressionResult | None
) -> tuple[Verdict, _Skill]:
    band, guess = band_of(result), baseline and band_of(baseline)
    if band is None:
        half = result.metrics["median_ae"]
        says = f"Half of its predictions are off by at most {wording.number(half)}."
        low = float("nan")
    else:
        says = (
            f"Half of its predictions are off by at most {wording.number(band.within(_HALF))}"
            f"{_between(band.median_low, band.median_high)}, 90 of 100 by at most "
            f"{wording.number(band.within(_MOST))}."
        )
        low = band.r2_low
    r2 = result.metrics["r2"]
    against = ""
    if guess and not context.is_baseline:
        against = (
            f"Guessing without the columns, half are off by at most {wording.number(guess.within(_HALF))}, "
            f"90 of 100 by at most {wording.number(guess.within(_MOST))}."
        )
    judged = (
        f"Judged on {wording.plural(result.n_rows, 'row')} held out, in the unit of "
        f"{wording.shortened(context.target, 30)}."
    )
    r2 = float("nan") if r2 is None else float(r2)
    return Verdict("", says, against, "", judged, ""), _Skill(r2, low)


def _between(low: float, high: float) -> str:
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return ""
    return f" ({wording.number(low)} to {wording.number(high)})"


# ---- Words


def _names(context: Context) -> tuple[str, str]:
    """Return how a sentence names a row of either class: 'survived = yes'."""
    target = wording.shortened(context.target, 30)
    short = wording.shortened_apart(context.classes, 30)
    return tuple(f"{target} = {name}" for name in short)


def _hundred(hits: float, n_rows: int, of: str = "") -> str:
    """Write a share as so many of 100, with its interval, which is rounded outwards."""
    low, high = share_interval(hits, n_rows)
    interval = f"{math.floor(100 * low + 1e-9)} to {math.ceil(100 * high - 1e-9)}"
    return f"{_plain_hundred(hits / max(1, n_rows))}{of} ({interval})"


def _plain_hundred(share: float) -> str:
    rounded = math.floor(100 * share + 0.5)
    if rounded == 0 and share > 0:
        return "fewer than 1"
    if rounded == 100 and share < 1:
        return "more than 99"
    return str(rounded) if rounded else "none"


def _avoided(level: str, skill: _Skill, result: Any) -> str:
    if isinstance(result, RegressionResult) or level == "none" or not skill.share > 0:
        return ""
    return f"It avoids {_plain_hundred(skill.share)} of 100 mistakes of guessing, where each class counts alike."


def _caution(level: str, skill: _Skill, first: Verdict, context: Context) -> str:
    said = []
    if context.is_baseline:
        said.append("This is the baseline: it ignores the columns.")
    elif level == "none" or context.signal is False:
        said.append(
            "That may be luck: as far as these rows tell, it is no better than guessing."
        )
    elif first.next_step == "threshold":
        said.append(
            "It tells the two apart better than that: another threshold finds more, at the price of more false alarms."
        )
    elif not math.isfinite(skill.low) or skill.low <= 0:
        said.append("On these rows alone that may be luck.")
    elif _step(skill.low) < _step(skill.share):
        said.append(
            "There are few rows to judge by: on new ones it may be clearly worse."
        )
    if context.problems:
        said.append(
            "The checks found a problem: on new rows it may be much worse than this."
        )
    if context.ties and level != "none":
        said.append(f"{_tied(context.ties)} as good: the difference may be luck.")
    return " ".join(said)


def _tied(names: Sequence[str]) -> str:
    if len(names) > 2:
        return f"{wording.number(len(names))} other models are"
    short = [wording.shortened(name, 30) for name in names]
    return f"{wording.listed(short)} {'is' if len(short) == 1 else 'are'}"


def _next_step(level: str, first: Verdict, context: Context) -> str:
    if context.signal is False:
        return "columns"
    if context.problems:
        return "checks"
    if context.best:
        return "best"
    if first.next_step == "threshold":
        return "threshold"
    if level == "none":
        return "columns"
    if level == "poor":
        return "again"
    return "checks" if context.cautions else "curve"
