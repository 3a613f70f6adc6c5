"""Rows of an experiment, one for each visitor: read from a table of one's own, or made up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..wording import number, plural
from .experiments import Comparison, compare_counts, compare_means

MAX_VARIANTS = 20
_VARIANT_WORDS = ("variant", "group", "arm", "bucket", "version", "test")
_OUTCOME_WORDS = ("convert", "outcome", "success", "target", "bought", "click")
_CONTROLS = ("a", "control", "old", "baseline", "0", "off", "original", "false")


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of two variants.

    Attributes
    ----------
    a, b : ndarray of float
        One value for each visitor.
    is_share : bool
        Whether every outcome is 0 or 1.
    notes : tuple of str
        Sentences that tell what was left out.
    """

    a: np.ndarray
    b: np.ndarray
    is_share: bool
    notes: tuple[str, ...]


def guess_columns(table: pd.DataFrame) -> dict[str, str | None]:
    """Guess which column names the variant and which holds the outcome, by kind and name.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)

    Returns
    -------
    dict
        'variant', 'outcome': the name of a column, or None.
    """
    few = [name for name in table if 2 <= table[name].nunique() <= MAX_VARIANTS]
    variant = _likeliest(few, _VARIANT_WORDS)
    numbers = [
        name
        for name in table
        if name != variant and pd.api.types.is_numeric_dtype(table[name])
    ]
    binary = [name for name in numbers if table[name].dropna().isin((0, 1)).all()]
    return {
        "variant": variant,
        "outcome": _likeliest(binary + numbers, _OUTCOME_WORDS),
    }


def _likeliest(names: list[str], words: tuple[str, ...]) -> str | None:
    named = [name for name in names if any(word in name.lower() for word in words)]
    return next(iter(named or names), None)


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
    names = sorted(_texts(_column(table, column, "the variant")).dropna().unique())
    if not 2 <= len(names) <= MAX_VARIANTS:
        raise ValueError(
            f"Column '{column}' has {number(len(names))} different values; a column of variants has 2 to "
            f"{MAX_VARIANTS}. Choose the column with the variant that a visitor saw."
        )
    return sorted(names, key=lambda name: name.strip().lower() not in _CONTROLS)


def read_outcomes(
    table: pd.DataFrame,
    variant: str | None,
    outcome: str | None,
    a: str | None,
    b: str | None,
) -> Outcomes:
    """Read the outcomes of two variants from a table with one row per visitor.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    variant, outcome : str
        Names of columns.
    a, b : str
        Values of the column of variants: the control and the one to compare with it.

    Returns
    -------
    Outcomes

    Raises
    ------
    ValueError
        A column or variant is missing, or the outcomes are not numbers.
    """
    names = variant_names(table, variant)
    values = _column(table, outcome, "the outcome")
    if variant == outcome:
        raise ValueError("Variant and outcome must be two different columns.")
    for name, letter in ((a, "A"), (b, "B")):
        if not isinstance(name, str) or name not in names:
            raise ValueError(
                f"Choose the value of '{variant}' that is variant {letter}."
            )
    if a == b:
        raise ValueError("A and B are the same variant. Choose two different ones.")
    if not pd.api.types.is_numeric_dtype(values):
        raise ValueError(
            f"Column '{outcome}' does not hold numbers. Write 1 for a visitor who converted and 0 for one who did not, "
            "or a number such as the amount spent."
        )
    shown = _texts(table[variant])
    known = values.notna()
    chosen = [values[(shown == name) & known].to_numpy(dtype=float) for name in (a, b)]
    n_missing = int((shown.isin([a, b]) & ~known).sum())
    notes = []
    if n_missing:
        notes.append(
            f"Left out: {plural(n_missing, 'row')} without an outcome. If they stand for visitors who did not "
            "convert, write 0 there."
        )
    if len(names) > 2:
        notes.append(
            f"'{variant}' has {len(names)} variants: comparing several pairs finds more differences by chance."
        )
    is_share = bool(np.isin(np.concatenate(chosen), (0, 1)).all())
    return Outcomes(*chosen, is_share=is_share, notes=tuple(notes))


def compare_outcomes(outcomes: Outcomes, confidence: float) -> Comparison:
    """Compare two variants: shares where every outcome is 0 or 1, means otherwise.

    Parameters
    ----------
    outcomes : Outcomes
    confidence : float
        One of ``experiments.CONFIDENCES``.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        There are too few rows, or no spread.
    """
    a, b = outcomes.a, outcomes.b
    if outcomes.is_share:
        return compare_counts(len(a), int(a.sum()), len(b), int(b.sum()), confidence)
    return compare_means(a, b, confidence)


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


def _column(table: pd.DataFrame, name: str | None, part: str) -> pd.Series:
    if name in (None, ""):
        raise ValueError(f"Choose the column of {part}.")
    if not isinstance(name, str) or name not in table.columns:
        raise ValueError(
            f"The table has no column {str(name)[:60]!r}. Choose the column of {part} among its columns."
        )
    return table[name]


def _texts(column: pd.Series) -> pd.Series:
    texts = column.astype("str").astype(object)
    return texts.where(column.notna(), None)
