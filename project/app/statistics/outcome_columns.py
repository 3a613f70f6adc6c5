"""What a column of an experiment holds: an identifier, yes and no, or numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..wording import plural, quoted, shortened

# So large a share of different values makes whole numbers and texts suspicious, and in so few rows nothing does.
_UNIQUE_SHARE = 0.95
_MIN_ROWS = 10
# Consecutive numbers leave few gaps.
_DENSE = 1.5
_ID_WORDS = {
    "id", "ids", "uid", "uuid", "guid", "key", "no", "nr", "num", "number", "index", "code", "user", "visitor",
    "customer", "client", "member", "session", "person", "email", "mail", "phone", "cookie", "device", "order",
}  # fmt: skip
_YES = {
    "yes", "true", "converted", "bought", "purchased", "paid", "success", "succeeded", "clicked", "signed up",
    "subscribed", "ordered", "won", "completed", "ja", "oui", "si", "sí",
}  # fmt: skip
_NO = {"no", "false", "failed", "failure", "bounced", "lost", "nein", "non", "none", "nothing"}  # fmt: skip
# These mean yes and no only beside each other.
_PAIRS = ({"y", "n"}, {"t", "f"}, {"1", "0"}, {"on", "off"})
_NOT = re.compile(r"^(not|no|non|did not|didn.t)[ _-]\w")
_UNKNOWN = {"unknown", "unclear", "pending", "open", "?", "-", "maybe"}
_FIRST_OF_MANY = 4


@dataclass(frozen=True)
class Numbers:
    """An outcome as numbers.

    Attributes
    ----------
    values : Series of float
        Missing where the outcome is.
    note : str
        What was assumed; empty if nothing was.
    """

    values: pd.Series
    note: str = ""


def column_of(table: pd.DataFrame, name: str | None, part: str) -> pd.Series:
    """Return a column.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    name : str
    part : str
        What it is for, such as 'the outcome'.

    Returns
    -------
    Series

    Raises
    ------
    ValueError
        There is no such column.
    """
    if name in (None, ""):
        raise ValueError(f"Choose the column of {part}.")
    if not isinstance(name, str) or name not in table.columns:
        raise ValueError(
            f"The table has no column {str(name)[:60]!r}. Choose the column of {part} among its columns."
        )
    return table[name]


def looks_like_id(column: pd.Series, name: str = "") -> bool:
    """Return whether almost every row has its own value, which is a name or a running number and no quantity.

    Parameters
    ----------
    column : Series
    name : str
        Whole numbers may be all different and a quantity, such as milliseconds: the name tells, or that they are
        consecutive.

    Returns
    -------
    bool
    """
    values = column.dropna()
    if len(values) < _MIN_ROWS or values.nunique() < _UNIQUE_SHARE * len(values):
        return False
    if pd.api.types.is_datetime64_any_dtype(values):
        return True
    if not pd.api.types.is_numeric_dtype(values):
        return True
    numbers = values.to_numpy(dtype=float)
    if (numbers % 1).any():
        return False
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    named = _ID_WORDS & set(re.findall(r"[a-z]+", parted))
    consecutive = np.ptp(numbers) + 1 <= _DENSE * len(numbers)
    return bool(named) or (len(numbers) >= 2 * _MIN_ROWS and bool(consecutive))


def check_no_id(column: pd.Series, name: str) -> None:
    """Refuse a column that looks like an identifier.

    Parameters
    ----------
    column : Series
    name : str

    Raises
    ------
    ValueError
    """
    if looks_like_id(column, name):
        different = plural(column.nunique(), "different value")
        rows = plural(int(column.notna().sum()), "row")
        raise ValueError(
            f"Column '{shortened(name)}' looks like an identifier: it has {different} in {rows}. Choose another column."
        )


def is_yes_no(column: pd.Series) -> bool:
    """Return whether a column says for each row that something happened or did not.

    Parameters
    ----------
    column : Series

    Returns
    -------
    bool
    """
    if pd.api.types.is_numeric_dtype(column):
        known = column.dropna()
        return len(known) > 0 and bool(known.isin((0, 1)).all())
    return _meaning(_distinct(column)) is not None


def as_numbers(column: pd.Series, name: str) -> Numbers:
    """Return an outcome as numbers: as it is, or 1 for yes and 0 for no.

    Parameters
    ----------
    column : Series
    name : str

    Returns
    -------
    Numbers

    Raises
    ------
    ValueError
        It is neither.
    """
    if pd.api.types.is_numeric_dtype(column):
        return Numbers(column.astype("float64"))
    words = _distinct(column)
    meaning = _meaning(words)
    if meaning is None:
        shown = quoted([shortened(word, 20) for word in words[:_FIRST_OF_MANY]], None)
        raise ValueError(
            f"Column '{shortened(name)}' holds neither numbers nor yes and no, but values such as {shown}. Write yes "
            "for a visitor who converted and no for one who did not, or a number such as the amount spent."
        )
    values = as_texts(column).map(_plain, na_action="ignore").map(meaning)
    yes, no = sorted(meaning, key=meaning.get, reverse=True)
    return Numbers(
        values.astype("float64"), f"'{yes}' counts as converted, '{no}' as not."
    )


def as_texts(column: pd.Series) -> pd.Series:
    """Return the values as texts, whole numbers without decimals, and None where they are missing.

    Parameters
    ----------
    column : Series

    Returns
    -------
    Series of object
    """
    if pd.api.types.is_float_dtype(column) and not (column.dropna() % 1).any():
        column = column.astype("Int64")
    texts = column.astype("str").astype(object)
    return texts.where(column.notna(), None)


def _distinct(column: pd.Series) -> list[str]:
    return sorted({_plain(text) for text in as_texts(column).dropna().unique()})


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _meaning(words: list[str]) -> dict[str, int] | None:
    """Return which of two words means yes; None if that cannot be told."""
    if len(words) != 2 or _UNKNOWN & set(words):
        return None
    if set(words) in _PAIRS:
        return {word: int(word in ("y", "t", "1", "on")) for word in words}
    yes = [word for word in words if word in _YES]
    no = [word for word in words if word in _NO or _NOT.match(word)]
    if len(yes) == 1:
        return {word: int(word in yes) for word in words}
    if len(no) == 1:
        return {word: int(word not in no) for word in words}
    return None
