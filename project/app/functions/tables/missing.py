"""Which texts stand for a missing value: some always, some only among numbers and dates."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# Nobody calls a class, a place or a product so. Compared in lower case, without spaces around.
_ALWAYS = (
    *("n/a", "n.a.", "<na>", "#n/a", "#na", "#n/a n/a", "nan", "-nan", "nat"),
    *("null", "(null)", "[null]", r"\n", "?", ".", "..", "..."),
    *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
    *("#div/0!", "#ref!", "#value!", "#num!", "#name?", "#null!", "#getting_data"),
)
# Namibia's code, a sleep disorder 'None', the class '-': values of a column of labels.
_AMONG_NUMBERS = (
    *("na", "n.a", "none", "nil", "nd", "n.d.", "k.a.", "-", "--", "---", "–", "—"),
    *("*", ":", "(na)", "[na]", "not available", "not applicable"),
)
LONGEST = max(map(len, _ALWAYS + _AMONG_NUMBERS))
_EVERY_SPELLING = frozenset(_ALWAYS + _AMONG_NUMBERS)
_ALWAYS_SET = pa.array(_ALWAYS, pa.large_string())
_AMONG_NUMBERS_SET = pa.array(_ALWAYS + _AMONG_NUMBERS, pa.large_string())
_ZERO_DATE = r"^0{2,4}[-/.]0{2}[-/.]0{2,4}([ T]0{2}:0{2}(:0{2})?)?$"


def always_missing(values: pa.Array) -> pa.Array:
    """Tell which texts stand for a missing value whatever the column holds.

    Parameters
    ----------
    values : pyarrow.Array of large_string
        Without nulls.

    Returns
    -------
    pyarrow.Array of bool
    """
    return pc.is_in(_lower(values), value_set=_ALWAYS_SET)


def missing_among_numbers(values: pa.Array) -> pa.Array:
    """Tell which texts stand for a missing value in a column of numbers or dates.

    Parameters
    ----------
    values : pyarrow.Array of large_string
        Without nulls.

    Returns
    -------
    pyarrow.Array of bool
    """
    return pc.is_in(_lower(values), value_set=_AMONG_NUMBERS_SET)


def zero_dates(values: pa.Array) -> pa.Array:
    """Tell which texts are dates of zeros, such as 0000-00-00, which databases write where there is none.

    Parameters
    ----------
    values : pyarrow.Array of large_string
        Without nulls.

    Returns
    -------
    pyarrow.Array of bool
    """
    return pc.match_substring_regex(values, _ZERO_DATE)


def spellings(among_numbers: bool) -> tuple[str, ...]:
    """Return the texts that stand for a missing value, in lower case.

    Parameters
    ----------
    among_numbers : bool
        In a column of numbers or dates, where more of them do.

    Returns
    -------
    tuple of str
    """
    return _ALWAYS + _AMONG_NUMBERS if among_numbers else _ALWAYS


def is_spelled_missing(text: str) -> bool:
    """Tell whether one text stands for a missing value, at least among numbers.

    Parameters
    ----------
    text : str

    Returns
    -------
    bool
    """
    return len(text) <= LONGEST and text.lower() in _EVERY_SPELLING


def _lower(values: pa.Array) -> pa.Array:
    # A long text is no such word, and only its beginning is looked at.
    return pc.utf8_lower(pc.utf8_slice_codeunits(values, 0, LONGEST + 1))
