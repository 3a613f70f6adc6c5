"""What stands out in a table, in sentences: what goes with the target, what says the same, what is odd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from ... import wording
from .relations import (
    Relation,
    as_numbers,
    pair_relations,
    target_relations,
)

# A relation that is weaker is not worth a sentence, however sure it is.
_WEAK = 0.1
_GIVES_AWAY = 0.95
_SAME = 0.98
_MUCH_MISSING = 0.2
_FEW_OUTLIERS = 0.01
# Tukey's outer fences are at 3: beyond them are also many values of long tails, which are no slips.
_FAR = 5.0
_MIN_ROWS = 50
_SKEWED = 2.0
# Of the skewness of the quartiles (Bowley, 1901), which is 0 for a symmetric distribution and at most 1.
_BOWLEY = 0.15
_NAMED = 3


class Column(Protocol):
    """What has to be known of a column: its profile has it."""

    name: str
    role: str
    missing_share: float
    distinct: int
    are_years: bool


@dataclass(frozen=True)
class Insight:
    """One thing that stands out.

    Attributes
    ----------
    kind : {"relation", "gives away", "same", "missing", "outliers", "skew", "duplicates", "unused"}
    sentence : str
    is_warning : bool
        Whether it may spoil what is learned.
    """

    kind: str
    sentence: str
    is_warning: bool = False


def insights(
    frame: pd.DataFrame,
    columns: tuple[Column, ...],
    target: str,
    roles: Mapping[str, str],
    duplicate_rows: int = 0,
) -> tuple[Insight, ...]:
    """Return what stands out, the most important first.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Thinned, so that wide tables stay fast.
    columns : tuple of Column
        Of the whole table.
    target : str
        Empty if none is chosen.
    roles : mapping of str to str
        Of the columns that are learned from, and of the target.
    duplicate_rows : int
        Of the whole table.

    Returns
    -------
    tuple of Insight
        One of each kind at most; none that chance would give as well.
    """
    used = [c for c in columns if c.name in roles and c.name != target]
    found = list(target_relations(frame, target, roles)) if target in roles else []
    pairs = [r for r in pair_relations(frame, roles) if target not in (r.left, r.right)]
    return tuple(
        [
            *_relations(found, target, bool(used) and target in roles),
            *_gives_away(found, target),
            *_same(pairs),
            *_missing(used),
            *_outliers(frame, used, roles),
            *_skew(frame, used, roles),
            *_duplicates(duplicate_rows),
            *_unused(columns, target),
        ]
    )


def _relations(found: list[Relation], target: str, looked: bool) -> Iterator[Insight]:
    strong = [relation for relation in found if relation.strength >= _WEAK]
    of = f"'{wording.shortened(target)}'"
    if strong:
        named = [_strength(relation) for relation in strong[:_NAMED]]
        sentence = f"{of} goes most with {wording.listed(named)}."
        yield Insight("relation", sentence)
    elif looked:
        sentence = (
            f"No single column goes with {of} clearly more than chance would: "
            "a model has to find it in several together, if there is anything to find."
        )
        yield Insight("relation", sentence)


def _strength(relation: Relation) -> str:
    name = f"'{wording.shortened(relation.left)}'"
    way = {1: "", 0: "", -1: ", the other way"}[relation.sign]
    return f"{name} ({wording.fixed(relation.strength, 2)} of 1{way})"


def _gives_away(found: list[Relation], target: str) -> Iterator[Insight]:
    names = [r.left for r in found if r.strength >= _GIVES_AWAY]
    if names:
        verb, them = ("tells", "it") if len(names) == 1 else ("tell", "them")
        sentence = (
            f"{wording.quoted(names)} almost {verb} '{wording.shortened(target)}' alone. "
            f"If you do not know {them} before the answer, leave {them} out."
        )
        yield Insight("gives away", sentence, True)


def _same(pairs: list[Relation]) -> Iterator[Insight]:
    same = [relation for relation in pairs if relation.strength >= _SAME]
    if same:
        named = [
            f"'{wording.shortened(r.left)}' and '{wording.shortened(r.right)}'"
            for r in same
        ]
        shown = "; ".join(named[:_NAMED])
        more = len(named) - _NAMED
        rest = f"; and {wording.plural(more, 'more pair')}" if more > 0 else ""
        yield Insight("same", f"These say nearly the same: {shown}{rest}.")


def _missing(used: list[Column]) -> Iterator[Insight]:
    much = [c for c in used if c.missing_share >= _MUCH_MISSING]
    if much:
        much.sort(key=lambda column: -column.missing_share)
        named = [
            f"'{wording.shortened(c.name)}' ({wording.percent(c.missing_share)} of the rows)"
            for c in much
        ]
        yield Insight("missing", f"Often empty: {wording.listed(named, _NAMED)}.")


def _outliers(
    frame: pd.DataFrame, used: list[Column], roles: Mapping[str, str]
) -> Iterator[Insight]:
    named = []
    for column in used:
        if roles[column.name] != "number" or column.distinct <= 10:
            continue
        values = _known(frame[column.name])
        far = far_out(values, _FAR)
        if len(values) >= _MIN_ROWS and 0 < len(far) <= _FEW_OUTLIERS * len(values):
            farthest = far[np.abs(far - np.median(values)).argmax()]
            value = str(int(farthest)) if column.are_years else wording.number(farthest)
            named.append(
                (
                    abs(farthest - np.median(values)) / _spread(values),
                    column.name,
                    value,
                )
            )
    if named:
        named.sort(key=lambda each: -each[0])
        shown = [f"{value} in '{wording.shortened(name)}'" for _, name, value in named]
        sentence = f"Far from all other values: {wording.listed(shown, _NAMED)}. Check that they are no slips."
        yield Insight("outliers", sentence, True)


def far_out(values: np.ndarray, times: float = 3.0) -> np.ndarray:
    """Return the values that lie far out: beyond the quartiles by more than three times their distance.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Without missing ones. Positive values with a long tail are judged by their logarithms.
    times : float
        How many times.

    Returns
    -------
    ndarray
        Empty if half of the values are equal.

    References
    ----------
    J. W. Tukey (1977), "Exploratory data analysis": the outer fences of a box plot.
    """
    if len(values) < 4:
        return values[:0]
    low, middle, high = np.percentile(values, [25, 50, 75])
    # By the quartiles, for one slip alone makes the moments skewed.
    has_tail = high - middle - (middle - low) > _BOWLEY * (high - low)
    judged = np.log(values) if values.min() > 0 and has_tail else values
    low, high = np.percentile(judged, [25, 75])
    spread = times * (high - low)
    if not spread > 0:
        return values[:0]
    return values[(judged < low - spread) | (judged > high + spread)]


def _spread(values: np.ndarray) -> float:
    low, high = np.percentile(values, [25, 75])
    return float(high - low) or 1.0


def _skew(
    frame: pd.DataFrame, used: list[Column], roles: Mapping[str, str]
) -> Iterator[Insight]:
    names = []
    for column in used:
        if roles[column.name] != "number" or column.distinct <= 10:
            continue
        values = _known(frame[column.name])
        if len(values) >= _MIN_ROWS and abs(skewness(values)) >= _SKEWED:
            names.append(column.name)
    if names:
        sentence = f"Most values are close together and a few are far larger or smaller in {wording.quoted(names)}."
        yield Insight("skew", sentence)


def skewness(values: np.ndarray) -> float:
    """Return the skewness of a sample; 0 where all values are equal.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)

    Returns
    -------
    float
        Fisher and Pearson's coefficient: 0 for a symmetric distribution, above 0 for a long tail of large values.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        centred = values - values.mean() if len(values) else values
        variance = float((centred**2).mean()) if len(values) else 0.0
        skew = float((centred**3).mean()) / variance**1.5 if variance > 0 else 0.0
    return skew if np.isfinite(skew) else 0.0


def _known(column: pd.Series) -> np.ndarray:
    values = as_numbers(column)
    return values[np.isfinite(values)]


def _duplicates(rows: int) -> Iterator[Insight]:
    if rows:
        verb = "repeats" if rows == 1 else "repeat"
        sentence = (
            f"{wording.plural(rows, 'row')} {verb} an earlier one: a model is tested on what it has seen if copies "
            "are on both sides. They can be left out before training."
        )
        yield Insight("duplicates", sentence, True)


def _unused(columns: tuple[Column, ...], target: str) -> Iterator[Insight]:
    ids = [c.name for c in columns if c.role == "identifier" and c.name != target]
    same = [c.name for c in columns if c.role == "constant" and c.name != target]
    parts = []
    if ids:
        verb = "only names" if len(ids) == 1 else "only name"
        parts.append(f"{wording.quoted(ids)} {verb} things")
    if same:
        verb = "never changes" if len(same) == 1 else "never change"
        parts.append(f"{wording.quoted(same)} {verb}")
    if parts:
        yield Insight("unused", f"Not learned from: {', and '.join(parts)}.")
