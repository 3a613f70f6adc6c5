"""Which texts of a column are numbers, dates or durations, and whether that makes the column one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import dates, durations, numbers
from .column_readings import DATES, DURATIONS, NUMBERS
from .distinct import Distinct
from .numbers import Convention, Notation, Numerals

FIRST_INEXACT = 2**53
# Up to so many odd texts are taken as missing where the others are numbers or dates.
MAX_SHARE_OF_TEXTS = 0.05
MAX_SHARE_OF_ROWS = 0.1
MAX_ODD_TEXTS = 3
MIN_GOOD_TEXTS = 5
MIN_GOOD_TEXTS_PER_ODD = 4
# From so many texts that fit, a column of text is said to look like numbers or dates.
MIN_SHARE_TO_LOOK_LIKE = 0.5
MIN_NUMBERS_TO_LOOK_LIKE = 3
# Texts such as '<0.05' may be more, for they do not speak against numbers.
MAX_SHARE_OF_LIMITS = 0.5
MIN_GOOD_TEXTS_BESIDE_LIMITS = 8

_DECIMALS = {
    Notation.DECIMAL_COMMA: "decimal comma",
    Notation.DECIMAL_POINT: "decimal point",
    Notation.THOUSANDS_COMMA: "decimal point",
}
_LIMIT = r"^(?:[<>≤≥]=? ?-?[\d.,]+.*|<? ?(?i:lod|loq|lld|bdl|bql|mdl))$"


class Verdict(Enum):
    """How far the texts of a column are of one kind."""

    FITS = "all of them, or nearly all"
    UNCLEAR = "many of them"
    NO = "hardly any"


@dataclass(frozen=True)
class Candidate:
    """One way to read the distinct texts of a column.

    Attributes
    ----------
    looks_like : str
        'numbers', 'dates' or 'durations'.
    found : ndarray of shape (n,)
        int64, float64 or datetime64[us]; anything where a text does not fit.
    fits : ndarray of shape (n,) of bool
    assumptions : tuple of str
        Keys of `column_readings.ASSUMPTIONS`.
    unit : str
    written : str
        As in `ColumnReading`.
    """

    looks_like: str
    found: np.ndarray
    fits: np.ndarray
    assumptions: tuple[str, ...] = ()
    unit: str = ""
    written: str = ""

    def verdict(self, column: Distinct) -> Verdict:
        """Say whether the column may be read in this way."""
        is_number = self.looks_like == NUMBERS
        return verdict_of(
            self.fits, column, MIN_NUMBERS_TO_LOOK_LIKE if is_number else 1
        )


def verdict_of(
    fits: np.ndarray, column: Distinct, least: int = MIN_NUMBERS_TO_LOOK_LIKE
) -> Verdict:
    """Say whether the texts that fit are enough of a column.

    Parameters
    ----------
    fits : ndarray of shape (n,) of bool
    column : Distinct
        With n values, spellings of 'missing' not among them.
    least : int
        So many texts must fit for the column to look as if it were of the kind.

    Returns
    -------
    Verdict
    """
    if fits.all():
        return Verdict.FITS
    good = int(fits.sum())
    if not good:
        return Verdict.NO
    counts = column.counts
    limits = _limits(column.values) & ~fits
    if good < MIN_GOOD_TEXTS_BESIDE_LIMITS:
        limits[:] = False
    odd = ~fits & ~limits
    few = odd.sum() <= MAX_ODD_TEXTS and good >= max(
        MIN_GOOD_TEXTS, MIN_GOOD_TEXTS_PER_ODD * odd.sum()
    )
    rare = odd.sum() <= MAX_SHARE_OF_TEXTS * len(fits)
    n_rows = counts.sum()
    in_few_rows = counts[odd].sum() <= MAX_SHARE_OF_ROWS * n_rows
    enough_left = counts[~fits].sum() <= MAX_SHARE_OF_LIMITS * n_rows
    if (few or rare) and in_few_rows and enough_left:
        return Verdict.FITS
    looks = good >= max(least, MIN_SHARE_TO_LOOK_LIKE * len(fits))
    return Verdict.UNCLEAR if looks and enough_left else Verdict.NO


def _limits(values: pa.Array) -> np.ndarray:
    return pc.match_substring_regex(values, _LIMIT).to_numpy(zero_copy_only=False)


def candidates_of(
    column: Distinct, numerals: Numerals, convention: Convention, months: bool
) -> Iterator[Candidate]:
    """Yield the ways to read a column, the likeliest first.

    Parameters
    ----------
    column : Distinct
        With n values, spellings of 'missing' not among them.
    numerals : Numerals
        The same n values.
    convention : Convention
        How the file writes decimals, which tells where it comes from.
    months : bool
        Whether 202401 may be a month.

    Yields
    ------
    Candidate
    """
    makers = (
        lambda: as_digits(column, numerals, months),
        lambda: as_numbers(numerals, convention, column),
        lambda: as_dates(column, convention),
        lambda: as_durations(column),
    )
    for make in makers:
        candidate = make()
        if candidate is not None:
            yield candidate


def as_digits(
    column: Distinct, numerals: Numerals, months: bool, years: bool = False
) -> Candidate | None:
    """Read a column as dates of digits alone, such as 20240131.

    Parameters
    ----------
    column : Distinct
    numerals : Numerals
        Of its values.
    months, years : bool
        Whether 202401 and 2024 are dates, too.

    Returns
    -------
    Candidate or None
        None unless all texts are such dates.
    """
    if numerals.notation is not Notation.WHOLE or numerals.unit:
        return None
    found = dates.digits_to_dates(column.values, months, years)
    if found is None:
        return None
    return Candidate(DATES, found.moments, found.fits, found.assumed)


def as_numbers(
    numerals: Numerals, convention: Convention, column: Distinct
) -> Candidate | None:
    """Read a column as numbers.

    Parameters
    ----------
    numerals : Numerals
        Of the column's values.
    convention : Convention
        How the file writes decimals.
    column : Distinct

    Returns
    -------
    Candidate or None
        None where the numbers are codes, or cannot be kept exactly.
    """
    notation, assumed = numbers.settled(numerals.notation, convention)
    if numerals.has_codes:
        return None
    is_percent = numerals.unit == "%"
    found = numbers.to_numbers(numerals.cores, notation, is_percent)
    if found is None or not _are_kept_exactly(found, numerals, column):
        return None
    assumptions = [
        *[assumed] * bool(assumed),
        *["percent"] * is_percent,
        *["parentheses"] * numerals.parentheses,
    ]
    fits = numerals.fits
    if found.dtype.kind == "f":
        fits = fits & ~np.isnan(found)
    return Candidate(
        NUMBERS,
        found,
        fits,
        tuple(assumptions),
        numerals.unit,
        _DECIMALS.get(notation, ""),
    )


def _are_kept_exactly(found: np.ndarray, numerals: Numerals, column: Distinct) -> bool:
    # Whole numbers beside missing values become floats, which cannot tell long identifiers apart.
    if numerals.notation is not Notation.WHOLE:
        return True
    if found.dtype.kind == "i" and not (column.codes < 0).any():
        return True
    largest = np.nanmax(np.abs(found.astype("float64")), initial=0)
    return bool(largest < FIRST_INEXACT)


def as_dates(column: Distinct, convention: Convention) -> Candidate | None:
    """Read a column as dates.

    Parameters
    ----------
    column : Distinct
    convention : Convention
        How the file writes decimals, which tells where it comes from.

    Returns
    -------
    Candidate or None
        None where hardly any text is a date.
    """
    day_first = convention in (Convention.COMMA, Convention.LIKELY_COMMA)
    found = dates.to_dates(column.values, day_first)
    if found is None:
        return None
    assumed = found.assumed
    if found.mixed:
        assumed = (*assumed, "both orders")
    return Candidate(DATES, found.moments, found.fits, assumed, written=found.order)


def as_durations(column: Distinct) -> Candidate | None:
    """Read a column as durations, in seconds.

    Parameters
    ----------
    column : Distinct

    Returns
    -------
    Candidate or None
        None where hardly any text is a duration.
    """
    found = durations.to_seconds(column.values)
    if found is None:
        return None
    fits = ~np.isnan(found)
    two_parts = durations.only_two_parts(column.values.filter(pa.array(fits)))
    assumed = "hours and minutes" if two_parts else "seconds"
    return Candidate(DURATIONS, found, fits, (assumed,))
