"""Numbers written as text: which notation a column uses, and the numbers themselves."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# A leading zero or a long run of digits after a plus is a code or a telephone number, never a quantity.
_SIGNED = r"(-?(0|[1-9]\d*)|\+(0|[1-9]\d{0,5}))"
_INTEGER = rf"^{_SIGNED}$"
_PLAIN = rf"^(({_SIGNED}(\.\d*)?|[-+]?\.\d+)([eE][-+]?\d+)?|[-+]?(?i:inf|infinity))$"
_COMMA = r"^-?(0|[1-9]\d*|[1-9]\d{0,2}(\.\d{3})+)?(,\d+)?$"
_COMMA_SURE = r"\.\d{3},|^-?(0|\d{4,})?,|,(\d{1,2}|\d{4,})$"
_POINT = r"^-?(0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+)(\.\d+)?$"
_POINT_SURE = r",\d{3}[,.]"
_DOTS = r"^-?(0|[1-9]\d{0,2}|[1-9]\d{0,2}(\.\d{3})+)$"


class Notation(Enum):
    """How the numbers of one column are written."""

    NONE = "not numbers"
    WHOLE = "1234"
    DECIMAL_POINT = "1234.5"
    DOTTED = "1.234: a decimal point, or dots between thousands"
    DECIMAL_COMMA = "1,5 or 1.234,5"
    THOUSANDS_COMMA = "1,234,567 or 1,234.5"
    EITHER = "1,234: a decimal comma, or a comma between thousands"


class Convention(Enum):
    """What stands before the decimals in a whole file."""

    COMMA = "a column of it has a decimal comma"
    LIKELY_COMMA = (
        "its cells are separated by semicolons, as where commas mark decimals"
    )
    POINT = "a column of it has a decimal point"
    UNKNOWN = "nothing tells, or columns disagree"


def notation_of(values: pa.Array) -> Notation:
    """Return the one notation that fits every value.

    Parameters
    ----------
    values : pyarrow.Array of string
        Without nulls.

    Returns
    -------
    Notation
    """
    if not _all(
        values.slice(0, 100), r"^[-+]?([\d.,]+([eE][-+]?\d+)?|(?i:inf|infinity))$"
    ):
        return Notation.NONE
    if not _any(values, r"\d"):
        return Notation.NONE
    if not pc.any(pc.match_substring(values, ",")).as_py():
        return _notation_without_commas(values)
    fits_comma, fits_point = _all(values, _COMMA), _all(values, _POINT)
    if fits_comma and _any(values, _COMMA_SURE):
        return Notation.DECIMAL_COMMA
    if fits_point and _any(values, _POINT_SURE):
        return Notation.THOUSANDS_COMMA
    return Notation.EITHER if fits_comma and fits_point else Notation.NONE


def _notation_without_commas(values: pa.Array) -> Notation:
    if _all(values, _INTEGER):
        return Notation.WHOLE
    if _all(values, _DOTS):
        return Notation.DOTTED
    return Notation.DECIMAL_POINT if _all(values, _PLAIN) else Notation.NONE


def convention_of(notations: Iterable[Notation], semicolons: bool) -> Convention:
    """Return how a file writes decimals, as far as its unambiguous columns tell.

    Parameters
    ----------
    notations : iterable of Notation
        One a column.
    semicolons : bool
        Whether semicolons separate the cells, as programs write where the comma marks decimals.

    Returns
    -------
    Convention
    """
    found = set(notations)
    comma = Notation.DECIMAL_COMMA in found
    point = bool(found & {Notation.DECIMAL_POINT, Notation.THOUSANDS_COMMA})
    if comma and point:
        return Convention.UNKNOWN
    if comma:
        return Convention.COMMA
    if point:
        return Convention.POINT
    return Convention.LIKELY_COMMA if semicolons else Convention.UNKNOWN


def to_numbers(
    values: pa.Array, notation: Notation, convention: Convention
) -> np.ndarray | None:
    """Return the numbers that texts stand for.

    Parameters
    ----------
    values : pyarrow.Array of string, of length n
        Without nulls, all of one notation.
    notation : Notation
    convention : Convention
        Decides where `notation` alone does not.

    Returns
    -------
    ndarray of shape (n,) of int64 or float64, or None
        None where the texts cannot be told to be numbers, or are too long to be kept exactly.
    """
    notation = settled(notation, convention)
    if notation is Notation.DECIMAL_COMMA:
        values = pc.replace_substring(values, ".", "")
        values = pc.replace_substring(values, ",", ".")
    elif notation is Notation.THOUSANDS_COMMA:
        values = pc.replace_substring(values, ",", "")
    elif notation is Notation.DOTTED and not _all(values, _PLAIN):
        return None
    elif notation in (Notation.NONE, Notation.EITHER):
        return None
    return _parsed(values)


def settled(notation: Notation, convention: Convention) -> Notation:
    """Return the notation of a column, given how the rest of the file writes decimals.

    Parameters
    ----------
    notation : Notation
    convention : Convention

    Returns
    -------
    Notation
        `Notation.EITHER` only where the file does not tell either.
    """
    if notation is Notation.EITHER:
        if convention in (Convention.COMMA, Convention.LIKELY_COMMA):
            return Notation.DECIMAL_COMMA
        if convention is Convention.POINT:
            return Notation.THOUSANDS_COMMA
    if notation is Notation.DOTTED and convention is Convention.COMMA:
        return Notation.DECIMAL_COMMA
    return notation


def _parsed(values: pa.Array) -> np.ndarray | None:
    try:
        if _all(values, _INTEGER):
            values = pc.replace_substring(values, "+", "")
            return pc.cast(values, pa.int64()).to_numpy(zero_copy_only=False)
        return pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None


def _all(values: pa.Array, pattern: str) -> bool:
    # The first values tell of most columns that the pattern does not fit.
    for part in (values.slice(0, 50), values):
        if pc.all(pc.match_substring_regex(part, pattern)).as_py() is False:
            return False
    return True


def _any(values: pa.Array, pattern: str) -> bool:
    return pc.any(pc.match_substring_regex(values, pattern)).as_py() is True
