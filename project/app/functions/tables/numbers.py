"""Numbers written as text: which notation a column uses, and the numbers themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .amounts import amounts_of

# A leading zero or a long run of digits after a plus is a code or a telephone number, never a quantity.
_SIGNED = r"(-?(0|[1-9]\d*)|\+(0|[1-9]\d{0,5}))"
_INTEGER = rf"^{_SIGNED}$"
_PLAIN = rf"^(({_SIGNED}(\.\d*)?|[-+]?\.\d+)([eE][-+]?\d+)?|[-+]?(?i:inf|infinity))$"
_COMMA = r"^[-+]?(0|[1-9]\d*|[1-9]\d{0,2}(\.\d{3})+)?(,\d+)?([eE][-+]?\d+)?$"
_COMMA_SURE = (
    r"\.\d{3},|\.\d{3}\.\d{3}|^[-+]?(0|\d{4,})?,|,(\d{1,2}|\d{4,})($|[eE])|,\d+[eE]"
)
_POINT = r"^[-+]?(0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+)(\.\d*)?([eE][-+]?\d+)?$"
_POINT_SURE = r",\d{3}[,.]"
_DOTS = r"^[-+]?(0|[1-9]\d{0,2}|[1-9]\d{0,2}(\.\d{3})+)$"
_BARE = r"^[-+]?[1-9]\d{0,2}$"
_GROUPS = r"\.\d{3}\.\d{3}"
_MAY_BE_NUMBERS = r"^[-+]?([\d.,]+([eE][-+]?\d+)?|(?i:inf|infinity))$"
_INFINITE = r"^[-+]?(?i:inf|infinity)$"
_TELEPHONE = r"^\+\d{7,}$"
_CODE = r"^[-+]?0\d+$|^\+\d{7,}$|^\d{19,}$"
_SAMPLE = 300
_MIN_SHARE_OF_SAMPLE = 0.3
# '5 apples' and '3 pears' are texts, '5 kg' and '3 lb' numbers with units.
_MAX_UNITS = 5
_MAX_SHARE_WITHOUT_NUMBER = 0.05


class Notation(Enum):
    """How the numbers of one column are written."""

    NONE = "not numbers"
    WHOLE = "1234"
    DECIMAL_POINT = "1234.5"
    DOTTED = "1.234 throughout: a decimal point, or dots between thousands"
    DOTTED_BESIDE_WHOLE = "1.234 beside 900: rather dots between thousands"
    DECIMAL_COMMA = "1,5 or 1.234,5 or 1.234.567"
    THOUSANDS_COMMA = "1,234,567 or 1,234.5"
    EITHER = "1,234 throughout: a decimal comma, or a comma between thousands"
    EITHER_BESIDE_WHOLE = "1,234 beside 900: rather a comma between thousands"


_DOTTED = (Notation.DOTTED, Notation.DOTTED_BESIDE_WHOLE)
_EITHER = (Notation.EITHER, Notation.EITHER_BESIDE_WHOLE)
_PATTERNS = {
    Notation.DECIMAL_POINT: _PLAIN,
    Notation.THOUSANDS_COMMA: _POINT,
    Notation.DECIMAL_COMMA: _COMMA,
}


class Convention(Enum):
    """What stands before the decimals in a whole file."""

    COMMA = "a column of it has a decimal comma"
    LIKELY_COMMA = (
        "its cells are separated by semicolons or tabs, as where commas mark decimals"
    )
    POINT = "a column of it has a decimal point"
    COMMAS_SEPARATE = "its cells are separated by commas, and nothing else tells"
    UNKNOWN = "nothing tells, or columns disagree"


@dataclass(frozen=True)
class Numerals:
    """The distinct texts of a column, as far as they may be numbers.

    Attributes
    ----------
    cores : pyarrow.Array of large_string, of length n
        The digits with their marks; null where a text is no number.
    notation : Notation
    unit : str
        What all of them carry, such as 'kg', '€' or '%'; '' if nothing.
    several_units : bool
        Whether nearly all texts are numbers, but with different units.
    parentheses : bool
        Whether negative numbers are in parentheses.
    has_codes : bool
        Whether some texts are digits that are no quantity, such as 007.
    """

    cores: pa.Array
    notation: Notation
    unit: str = ""
    several_units: bool = False
    parentheses: bool = False
    has_codes: bool = False

    @property
    def fits(self) -> np.ndarray:
        """Which texts are numbers, of shape (n,)."""
        return self.cores.is_valid().to_numpy(zero_copy_only=False)


def plain_numerals_of(values: pa.Array) -> Numerals | None:
    """Return the numbers where all texts are, without anything beside them.

    Parameters
    ----------
    values : pyarrow.Array of large_string, of length n
        Distinct, without nulls.

    Returns
    -------
    Numerals or None
    """
    notation = notation_of(values)
    return None if notation is Notation.NONE else Numerals(values, notation)


def numerals_of(values: pa.Array) -> Numerals:
    """Find the numbers among texts, and how most of them are written.

    Parameters
    ----------
    values : pyarrow.Array of large_string, of length n
        Distinct, without nulls.

    Returns
    -------
    Numerals
    """
    plain = plain_numerals_of(values)
    if plain:
        return plain
    if not _may_hold_numbers(values):
        return Numerals(pa.nulls(len(values), pa.large_string()), Notation.NONE)
    amounts = amounts_of(values)
    unit, units, has_unit = _common_unit(amounts.units, amounts.cores)
    is_telephone = pc.match_substring_regex(amounts.cores, _TELEPHONE)
    cores = _only(amounts.cores, pc.and_not(has_unit, is_telephone))
    cores = pc.if_else(pc.match_substring_regex(values, _INFINITE), values, cores)
    notation = notation_of(cores.drop_null())
    if notation is Notation.NONE:
        notation = _most_frequent_notation(cores)
    if amounts.indian and notation in _EITHER:
        notation = Notation.THOUSANDS_COMMA
    if amounts.grouped and notation in _EITHER:
        notation = Notation.DECIMAL_COMMA
    if amounts.grouped and notation in _DOTTED:
        notation = Notation.DECIMAL_POINT
    if notation in _PATTERNS:
        cores = _only(cores, pc.match_substring_regex(cores, _PATTERNS[notation]))
    has_codes = _any(values.filter(cores.is_null()), _CODE)
    nearly_all = amounts.cores.null_count <= _MAX_SHARE_WITHOUT_NUMBER * len(values)
    several = nearly_all and 1 < len(units) <= _MAX_UNITS
    return Numerals(cores, notation, unit, several, amounts.parentheses, has_codes)


def _may_hold_numbers(values: pa.Array) -> bool:
    step = max(1, len(values) // _SAMPLE)
    sample = values.take(pa.array(np.arange(0, len(values), step)))
    found = len(sample) - amounts_of(sample).cores.null_count
    return found >= max(1, _MIN_SHARE_OF_SAMPLE * len(sample))


def _only(values: pa.Array, kept: pa.Array) -> pa.Array:
    return pc.if_else(pc.fill_null(kept, False), values, pa.scalar(None, values.type))


def _common_unit(
    units: pa.Array, cores: pa.Array
) -> tuple[str, tuple[str, ...], pa.Array]:
    """Return the most frequent unit, all of them, and who has it, or none where none is needed."""
    spelled = pc.utf8_lower(pc.utf8_rtrim(units, "s."))
    found = pc.value_counts(_only(spelled, cores.is_valid()).drop_null()).to_pylist()
    counts = {entry["values"]: entry["counts"] for entry in found if entry["values"]}
    if not counts:
        return "", (), pc.equal(spelled, "")
    # 12 beside 12 % is another number, 12 beside 12 kg is not.
    bare = [""] * ("%" in counts and len(found) > len(counts))
    most = max(counts, key=counts.get)
    fits = pc.equal(spelled, most)
    if most != "%":
        fits = pc.or_(fits, pc.equal(spelled, ""))
    shown = units.filter(pc.and_(pc.equal(spelled, most), cores.is_valid()))[0].as_py()
    return shown, (*counts, *bare), fits


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
    first = values.slice(0, 100)
    has_digits = _any(first, r"\d") or _any(values, r"\d")
    if not has_digits or not _all(first, _MAY_BE_NUMBERS):
        return Notation.NONE
    if not pc.any(pc.match_substring(values, ",")).as_py():
        return _notation_without_commas(values)
    fits_comma, fits_point = _all(values, _COMMA), _all(values, _POINT)
    if fits_comma and _any(values, _COMMA_SURE):
        return Notation.DECIMAL_COMMA
    if fits_point and _any(values, _POINT_SURE):
        return Notation.THOUSANDS_COMMA
    if not (fits_comma and fits_point):
        return Notation.NONE
    return Notation.EITHER_BESIDE_WHOLE if _any(values, _BARE) else Notation.EITHER


def _notation_without_commas(values: pa.Array) -> Notation:
    if _all(values, _INTEGER):
        return Notation.WHOLE
    if _all(values, _DOTS):
        if _any(values, _GROUPS):
            return Notation.DECIMAL_COMMA
        is_mixed = _any(values, _BARE)
        return Notation.DOTTED_BESIDE_WHOLE if is_mixed else Notation.DOTTED
    return Notation.DECIMAL_POINT if _all(values, _PLAIN) else Notation.NONE


def _most_frequent_notation(cores: pa.Array) -> Notation:
    """Return the notation that fits most; the first of those that fit equally many."""
    counts = {
        notation: pc.sum(pc.match_substring_regex(cores, pattern)).as_py() or 0
        for notation, pattern in _PATTERNS.items()
    }
    best = max(counts, key=counts.get)
    return best if counts[best] else Notation.NONE


def convention_of(notations: Iterable[Notation], delimiter: str = "") -> Convention:
    """Return how a file writes decimals, as far as its unambiguous columns tell.

    Parameters
    ----------
    notations : iterable of Notation
        One a column.
    delimiter : str
        What separates the cells; '' where the file has none. Programs write semicolons or tabs where
        the comma marks decimals.

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
    likely = {
        ";": Convention.LIKELY_COMMA,
        "\t": Convention.LIKELY_COMMA,
        ",": Convention.COMMAS_SEPARATE,
    }
    return likely.get(delimiter, Convention.UNKNOWN)


def settled(notation: Notation, convention: Convention) -> tuple[Notation, str]:
    """Return the notation of a column, given how the rest of the file writes decimals.

    Parameters
    ----------
    notation : Notation
    convention : Convention

    Returns
    -------
    notation : Notation
        `Notation.EITHER` only where the file does not tell either.
    assumption : str
        A key of what was assumed; '' if nothing was.
    """
    if notation in _EITHER:
        return _settled_comma(notation, convention)
    if notation in _DOTTED:
        return _settled_dot(notation, convention)
    return notation, ""


def _settled_comma(notation: Notation, convention: Convention) -> tuple[Notation, str]:
    if convention is Convention.COMMA:
        return Notation.DECIMAL_COMMA, "decimal comma, as elsewhere"
    if convention is Convention.LIKELY_COMMA:
        return Notation.DECIMAL_COMMA, "decimal comma, by the delimiter"
    if convention is Convention.POINT:
        return Notation.THOUSANDS_COMMA, "thousands comma, as elsewhere"
    if convention is Convention.COMMAS_SEPARATE:
        is_sure = notation is Notation.EITHER_BESIDE_WHOLE
        assumed = "" if is_sure else "thousands comma, by the delimiter"
        return Notation.THOUSANDS_COMMA, assumed
    return Notation.EITHER, "either"


def _settled_dot(notation: Notation, convention: Convention) -> tuple[Notation, str]:
    is_mixed = notation is Notation.DOTTED_BESIDE_WHOLE
    if convention is Convention.COMMA:
        return Notation.DECIMAL_COMMA, "thousands dot, as elsewhere"
    if convention is Convention.LIKELY_COMMA:
        if is_mixed:
            return Notation.DECIMAL_COMMA, "thousands dot, by the delimiter"
        return Notation.DECIMAL_POINT, "decimal point, though alone"
    doubtful = is_mixed and convention is not Convention.POINT
    return Notation.DECIMAL_POINT, "decimal point, though alone" if doubtful else ""


def to_numbers(cores: pa.Array, notation: Notation, percent: bool) -> np.ndarray | None:
    """Return the numbers that texts stand for.

    Parameters
    ----------
    cores : pyarrow.Array of large_string, of length n
        All of one notation that `settled` returned; null where there is no number.
    notation : Notation
    percent : bool
        Whether they are percentages, which are returned as shares: 12.5 as 0.125.

    Returns
    -------
    ndarray of shape (n,) of int64 or float64, or None
        NaN where there is no number. None where the texts cannot be told to be numbers, or are too long
        to be kept exactly.
    """
    if notation is Notation.NONE or notation in _EITHER:
        return None
    if notation is Notation.DECIMAL_COMMA:
        cores = pc.replace_substring(cores, ".", "")
        cores = pc.replace_substring(cores, ",", ".")
    elif notation is Notation.THOUSANDS_COMMA:
        cores = pc.replace_substring(cores, ",", "")
    if percent:
        # Moving the decimal point in the text is exact; dividing by 100 is not always.
        parts = cores, pa.scalar("e-2", cores.type), pa.scalar("", cores.type)
        shifted = pc.binary_join_element_wise(*parts)
        has_exponent = pc.match_substring_regex(cores, "[eE]")
        cores = pc.if_else(has_exponent, pa.scalar(None, cores.type), shifted)
    return _parsed(cores)


def _parsed(values: pa.Array) -> np.ndarray | None:
    try:
        if not values.null_count and _all(values, _INTEGER):
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
