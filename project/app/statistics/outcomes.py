"""Rows of an experiment, one for each visitor: read from a table of one's own, or made up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..wording import plural, shortened
from . import several
from .experiments import Comparison, compare_counts, compare_means
from .outcome_columns import (
    as_numbers,
    as_texts,
    check_no_id,
    column_of,
    is_yes_no,
    looks_like_id,
)

MAX_VARIANTS = 20
_VARIANT_WORDS = ("variant", "group", "arm", "bucket", "version", "test", "treatment")
_OUTCOME_WORDS = (
    "convert", "conversion", "outcome", "success", "target", "bought", "click", "purchase", "paid", "signup",
)  # fmt: skip
# The likeliest first: where several variants have such a name, the first of these is the control.
_CONTROLS = (
    "control", "baseline", "old", "original", "current", "today", "existing", "default", "placebo", "before", "without",
    "a", "0", "off", "false", "no",
)  # fmt: skip


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of several variants.

    Attributes
    ----------
    names : tuple of str
        The control first.
    values : tuple of ndarray of float
        Those of each variant, one for each visitor.
    is_share : bool
        Whether every outcome is 0 or 1.
    notes : tuple of str
        Sentences that tell what was left out or assumed.
    """

    names: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    is_share: bool
    notes: tuple[str, ...]

    def named(self, names: Sequence[str]) -> Outcomes:
        """Return the same outcomes with other names of the variants."""
        return replace(self, names=tuple(names))


def guess_columns(table: pd.DataFrame) -> dict[str, str | None]:
    """Guess which column names the variant and which holds the outcome, by kind and name.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)

    Returns
    -------
    dict
        'variant', 'outcome': the name of a column, or None. Neither is ever an identifier.
    """
    usable = [name for name in table if not looks_like_id(table[name], name)]
    few = [name for name in usable if 2 <= table[name].nunique() <= MAX_VARIANTS]
    # What only says yes or no is rather the outcome, unless its name says otherwise.
    yes_no = [name for name in few if is_yes_no(table[name])]
    variant = _likeliest(few, _VARIANT_WORDS, later=yes_no)
    rest = [name for name in usable if name != variant]
    binary = [name for name in rest if is_yes_no(table[name])]
    numbers = [name for name in rest if pd.api.types.is_numeric_dtype(table[name])]
    outcome = _likeliest([*binary, *numbers], _OUTCOME_WORDS)
    return {"variant": variant, "outcome": outcome}


def _likeliest(
    names: list[str], words: tuple[str, ...], later: Sequence[str] = ()
) -> str | None:
    named = [name for name in names if any(word in name.lower() for word in words)]
    others = sorted(names, key=lambda name: name in later)
    return next(iter(named or others), None)


def variant_names(table: pd.DataFrame, column: str | None) -> list[str]:
    """Return the variants of a column, the likely control first.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    column : str

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        There is no such column, or it does not hold 2 to 20 variants.
    """
    values = column_of(table, column, "the variant")
    check_no_id(values, column)
    names = sorted(as_texts(values).dropna().unique())
    if not 2 <= len(names) <= MAX_VARIANTS:
        raise ValueError(
            f"Column '{shortened(column)}' has {plural(len(names), 'different value')}; a column of variants has 2 to "
            f"{MAX_VARIANTS}. Choose the column with the variant that a visitor saw."
        )
    return sorted(names, key=_rank)


def _rank(name: str) -> int:
    """Return how likely a variant is the control, 0 being the likeliest."""
    whole = name.strip().lower()
    words = [whole, *re.findall(r"[a-z]+|\d+", whole)]
    ranks = [_CONTROLS.index(word) for word in words if word in _CONTROLS]
    return min(ranks, default=len(_CONTROLS))


def read_outcomes(
    table: pd.DataFrame,
    variant: str | None,
    outcome: str | None,
    control: str | None,
    others: Any,
) -> Outcomes:
    """Read the outcomes of several variants from a table with one row per visitor.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    variant, outcome : str
        Names of columns.
    control : str
        The value of the column of variants that the others are compared with.
    others : list of str
        The values that are compared with it.

    Returns
    -------
    Outcomes

    Raises
    ------
    ValueError
        A column or variant is missing, a column is an identifier, or the outcomes are neither numbers nor yes and no.
    """
    names = variant_names(table, variant)
    column = column_of(table, outcome, "the outcome")
    if variant == outcome:
        raise ValueError("Variant and outcome must be two different columns.")
    chosen = _chosen(names, variant, control, others)
    check_no_id(column, outcome)
    read = as_numbers(column, outcome)
    shown = as_texts(table[variant])
    known = read.values.notna()
    values = tuple(
        read.values[(shown == name) & known].to_numpy(dtype=float) for name in chosen
    )
    notes = [read.note] if read.note else []
    n_missing = int((shown.isin(chosen) & ~known).sum())
    if n_missing:
        notes.append(
            f"Left out: {plural(n_missing, 'row')} without an outcome. If they stand for visitors who did not "
            "convert, write 0 there."
        )
    if len(chosen) < len(names):
        notes.append(
            f"'{shortened(variant)}' has {len(names)} variants, of which {len(chosen)} are compared. Choosing them "
            "after seeing the result finds more differences by chance."
        )
    is_share = bool(np.isin(np.concatenate(values), (0, 1)).all())
    return Outcomes(chosen, values, is_share, tuple(notes))


def _chosen(
    names: list[str], variant: str, control: Any, others: Any
) -> tuple[str, ...]:
    if not isinstance(control, str) or control not in names:
        raise ValueError(
            f"Choose the value of '{shortened(variant)}' that is the control."
        )
    others = others if isinstance(others, list) else []
    compared = [name for name in names if name in others]
    if control in compared:
        raise ValueError(
            f"'{shortened(control)}' is the control and compared with itself. Choose other variants."
        )
    if not compared:
        raise ValueError(
            f"Choose one or more values of '{shortened(variant)}' to compare with the control."
        )
    return (control, *compared)


def compare_outcomes(outcomes: Outcomes, confidence: float) -> tuple[Comparison, ...]:
    """Compare variants with the control: shares where every outcome is 0 or 1, means otherwise.

    Parameters
    ----------
    outcomes : Outcomes
    confidence : float
        One of ``experiments.CONFIDENCES``.

    Returns
    -------
    tuple of Comparison

    Raises
    ------
    ValueError
        There are too few rows, or no spread.
    """
    control = outcomes.values[0]

    def compare(position: int, n_comparisons: int) -> Comparison:
        names = (outcomes.names[0], outcomes.names[position])
        values = outcomes.values[position]
        if not outcomes.is_share:
            return compare_means(control, values, confidence, names, n_comparisons)
        counts = (len(control), int(control.sum()), len(values), int(values.sum()))
        return compare_counts(*counts, confidence, names, n_comparisons)

    return several.against_control(compare, len(outcomes.names))


def make_outcomes(n_visitors: int = 6000, seed: int = 0) -> pd.DataFrame:
    """Generate an experiment of a shop with one row per visitor.

    Parameters
    ----------
    n_visitors : int
    seed : int
        The same seed gives the same table.

    Returns
    -------
    DataFrame of shape (n_visitors, 4)
        visitor, variant (A or B), converted (0 or 1), spent. B converts 9.5 % instead of 8 %.
    """
    rng = np.random.default_rng(seed)
    is_b = rng.random(n_visitors) < 0.5
    converted = rng.random(n_visitors) < np.where(is_b, 0.095, 0.08)
    spent = np.where(converted, rng.lognormal(3.4, 0.6, n_visitors), 0)
    return pd.DataFrame(
        {
            "visitor": [f"v{number:05d}" for number in range(n_visitors)],
            "variant": np.where(is_b, "B", "A"),
            "converted": converted.astype("int64"),
            "spent": spent.round(2),
        }
    )
