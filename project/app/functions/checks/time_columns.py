"""Which columns say when a row was recorded: dates, years, months, quarters, epochs."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..tables.column_names import words_of
from ..tables.columns import Facts, as_plain, facts_of

_YEARS = (1900, 2100)
# In seconds, milliseconds, microseconds and nanoseconds: from 2001, when they got their digits, to 2100.
_EPOCHS = tuple((1e9 * unit, 4.1e9 * unit) for unit in (1, 1e3, 1e6, 1e9))
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_YEAR_WORDS = set("year jahr année annee año anno ano jaar rok yr fy season".split())
# They say when something began, not when the row was recorded.
_BEGINNING_WORDS = set(
    "birth born built build construction founded renovated made model".split()
)
# Parts of a year, with their largest number.
_PARTS = {
    "month": 12,
    "monat": 12,
    "mois": 12,
    "mes": 12,
    "quarter": 4,
    "quartal": 4,
    "week": 53,
    "woche": 53,
    "day": 366,
    "tag": 366,
}
_PERIOD = re.compile(
    r"(?P<year>(?:19|20)\d\d)\s*[-/. ]?\s*(?P<kind>[qmw]|kw)?\s*(?P<part>\d{1,2})",
    re.IGNORECASE,
)
_PERIOD_FIRST = re.compile(
    r"(?P<kind>[qmw]|kw)?\s*(?P<part>\d{1,2})\s*[-/. ]?\s*(?P<year>(?:19|20)\d\d)",
    re.IGNORECASE,
)
_NAMED_MONTH = re.compile(
    r"(?P<name>[a-z]{3})[a-z]*\.?[-/. ]*(?P<year>(?:19|20)\d\d)", re.IGNORECASE
)
# A year, or a season such as 2023/24.
_YEAR = re.compile(r"(?:19|20)\d\d(?:/\d\d(?:\d\d)?)?")
_LEVELS_LOOKED_AT = 2_000


def times_of(columns: Mapping[str, pd.Series]) -> dict[str, np.ndarray]:
    """Return, for each column that says when, a number for each row that grows with time.

    Parameters
    ----------
    columns : mapping of str to Series of shape (n_rows,)

    Returns
    -------
    dict of str to ndarray of shape (n_rows,)
        NaN where a row has no time. A year is refined by a column that names its months, quarters, weeks or days.
    """
    facts = {name: facts_of(column.rename(name)) for name, column in columns.items()}
    parts = {name: found for name, one in facts.items() if (found := _part_of(one))}
    found = {}
    for name, one in facts.items():
        if one.distinct < 3:
            continue
        times = _times_of(one, as_plain(columns[name]))
        if times is None:
            continue
        if _is_year(one):
            for part, largest in parts.items():
                values = np.full(one.rows, np.nan)
                values[facts[part].codes >= 0] = facts[part].numbers()
                times = times + np.nan_to_num(values / (largest + 1))
        found[name] = times
    return found


def _times_of(facts: Facts, column: pd.Series) -> np.ndarray | None:
    if facts.kind == "date":
        return np.where(column.isna(), np.nan, column.astype("int64").astype(float))
    if facts.is_numeric:
        if not (_is_year(facts) or _is_epoch(facts) or _is_year_month(facts)):
            return None
        times = np.full(facts.rows, np.nan)
        times[facts.codes >= 0] = facts.numbers()
        return times
    if facts.kind != "text" or facts.distinct > _LEVELS_LOOKED_AT:
        return None
    levels = [_period(str(level).strip()) for level in facts.levels]
    if any(level is None for level in levels):
        return None
    return np.append(np.array(levels, dtype=float), np.nan)[facts.codes]


def _is_year(facts: Facts) -> bool:
    words = set(words_of(facts.name))
    if not facts.is_numeric or words & _BEGINNING_WORDS:
        return False
    numbers = facts.levels.to_numpy().astype(float)
    if not len(numbers) or not np.all(np.isfinite(numbers)):
        return False
    between = _YEARS[0] <= numbers.min() and numbers.max() <= _YEARS[1]
    whole = bool(np.all(numbers == np.round(numbers)))
    # Other whole numbers, such as areas or prices, spread wider or do not repeat.
    named = bool(words & _YEAR_WORDS)
    return between and whole and (named or np.ptp(numbers) <= 130)


def _is_epoch(facts: Facts) -> bool:
    numbers = facts.levels.to_numpy().astype(float)
    return any(low <= numbers.min() and numbers.max() <= high for low, high in _EPOCHS)


def _is_year_month(facts: Facts) -> bool:
    """Whether the numbers are written as 202403, or 20240315."""
    numbers = facts.levels.to_numpy().astype(float)
    if not np.all(np.isfinite(numbers)) or np.any(numbers != np.round(numbers)):
        return False
    for scale in (1, 100):
        months = numbers // scale
        days = numbers % 100 if scale == 100 else np.ones(1)
        year, month = months // 100, months % 100
        if (
            np.all((_YEARS[0] <= year) & (year <= _YEARS[1]))
            and np.all((1 <= month) & (month <= 12))
            and np.all((1 <= days) & (days <= 31))
        ):
            return True
    return False


def _part_of(facts: Facts) -> int | None:
    if not facts.is_numeric or not facts.distinct:
        return None
    numbers = facts.levels.to_numpy().astype(float)
    for word in words_of(facts.name):
        largest = _PARTS.get(word)
        if largest and 0 <= numbers.min() and numbers.max() <= largest:
            return largest
    return None


def _period(text: str) -> float | None:
    if _YEAR.fullmatch(text):
        return float(text[:4])
    named = _NAMED_MONTH.fullmatch(text)
    if named:
        name = named["name"].lower()
        if name not in _MONTH_NAMES:
            return None
        return int(named["year"]) + _MONTH_NAMES.index(name) / 12
    match = _PERIOD.fullmatch(text) or _PERIOD_FIRST.fullmatch(text)
    if match is None:
        return None
    largest = {"q": 4, "w": 53, "kw": 53}.get((match["kind"] or "m").lower(), 12)
    part = int(match["part"])
    return int(match["year"]) + (part - 1) / largest if 1 <= part <= largest else None
