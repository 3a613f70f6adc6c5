"""Experiments with several variants: each against the control, with corrections for looking several times."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from .experiments import Comparison, as_table

MAX_PARTS = 20
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def against_control(
    compare: Callable[[int, int], Comparison], n_variants: int
) -> tuple[Comparison, ...]:
    """Compare each variant with the first one, the control.

    The p-values are corrected by Holm's method and the intervals by Bonferroni's, so that the chance of any false
    alarm, and of any interval that misses, stays what it is for one comparison.

    Parameters
    ----------
    compare : callable
        ``compare(position, n_comparisons)`` compares the variant at a position, 1 being the first after the control,
        with intervals for so many comparisons together.
    n_variants : int
        The control included.

    Returns
    -------
    tuple of Comparison

    References
    ----------
    Holm, Scandinavian Journal of Statistics 6 (1979), 65-70. Dunn, Journal of the American Statistical Association 56
    (1961), 52-64, for the intervals.
    """
    n_comparisons = n_variants - 1
    compared = [compare(position, n_comparisons) for position in range(1, n_variants)]
    corrected = holm([one.p_value for one in compared])
    return tuple(replace(one, p_value=p) for one, p in zip(compared, corrected))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected by Holm's method, in the same order.

    Parameters
    ----------
    p_values : sequence of float

    Returns
    -------
    list of float

    References
    ----------
    Holm, Scandinavian Journal of Statistics 6 (1979), 65-70.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    factors = len(p) - np.arange(len(p))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1)
    return corrected.tolist()


def read_split(written: Any, n_variants: int) -> tuple[float, ...]:
    """Return the planned share of each variant.

    Parameters
    ----------
    written : object
        What was typed: '80:10:10', '80/20', '80 % and 20 %'; a single number is the share of the second of two
        variants in percent; nothing stands for equal shares.
    n_variants : int

    Returns
    -------
    tuple of float
        They add up to 1.

    Raises
    ------
    ValueError
        It is not a share for each variant.
    """
    if written is None or (isinstance(written, str) and not written.strip()):
        return (1 / n_variants,) * n_variants
    parts = _parts(written)
    if len(parts) == 1 and n_variants == 2 and 0 < parts[0] < 100:
        parts = [100 - parts[0], parts[0]]
    if len(parts) != n_variants or not all(part > 0 for part in parts):
        example = (
            ":".join(["50"] + ["25"] * (n_variants - 1)) if n_variants > 2 else "80:20"
        )
        raise ValueError(
            f"Write the planned split as {n_variants} numbers above 0, the control first, such as {example}; "
            "or leave it empty for equal shares."
        )
    total = sum(parts)
    return tuple(part / total for part in parts)


def _parts(written: Any) -> list[float]:
    is_number = isinstance(written, (int, float)) and not isinstance(written, bool)
    if not (is_number or isinstance(written, str)) or "-" in str(written):
        return []
    return [float(text) for text in _NUMBER.findall(str(written)[:200])][
        : MAX_PARTS + 1
    ]


def n_parts(written: Any) -> int:
    """Return for how many variants a split was typed; 2 if that cannot be told.

    Parameters
    ----------
    written : object
        As for `read_split`.

    Returns
    -------
    int
    """
    return max(2, len(_parts(written)))


def table_of(compared: Sequence[Comparison]) -> pd.DataFrame:
    """Return all numbers of an experiment with their names.

    Parameters
    ----------
    compared : sequence of Comparison

    Returns
    -------
    DataFrame of shape (n_numbers, 2)
        measure, value. Shares are between 0 and 1.
    """
    tables = pd.concat([as_table(one) for one in compared], ignore_index=True)
    return tables.drop_duplicates("measure", ignore_index=True)
