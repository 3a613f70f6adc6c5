"""Dates and times written as text: their form, and the moments themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .date_words import WEEKDAY, hours_ahead, month_of

UNIT = "datetime64[us]"
# As in POSIX: 69 is 1969, 68 is 2068.
FIRST_TWO_DIGIT_YEAR = 69
YEARS_OF_COMPACT_DATES = (1800, 2199)

_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?(Z|[+-]\d{2}:?\d{2}))?)?$"
_ISO_ZONE = r"\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$"
_YEAR = r"(?P<year>\d{4})"
_ANY_YEAR = r"(?P<year>\d{4}|\d{2})"
_MONTH = r"(?P<month>\d{1,2})"
_DAY = r"(?P<day>\d{1,2})"
_NAME = r"(?P<name>\pL{3,12})\.?"
# Names are looked up later: a pattern of all of them, in every form, takes long to compile.
_ZONE = r"(?P<zone>(?i:z|[a-z]{3,4})|(?:UTC|GMT)?[-+]\d{2}(?::?\d{2})?)"
_UTC = ("z", "utc", "gmt")
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>(?i:[ap]\.?m\.?)))?(?: Uhr)?"
)
_TIME = rf"(?:(?:,? *[Tt]|,? +|:){_CLOCK}(?: *{_ZONE})?)?"


@dataclass(frozen=True)
class _Form:
    """One way to write dates: its pattern, and what reading it assumes."""

    pattern: str
    assumption: str = ""
    has_time: bool = True

    @property
    def whole(self) -> str:
        return f"^{WEEKDAY}{self.pattern}{_TIME if self.has_time else ''}$"


_FORMS = (
    _Form(rf"{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}"),
    _Form(
        rf"(?P<first>\d{{1,2}})(?P<mark>[-/.]) ?(?P<other>\d{{1,2}})[-/.] ?{_ANY_YEAR}"
    ),
    _Form(
        rf"{_DAY}(?:st|nd|rd|th|\.)?[-/ .]*(?:de )?{_NAME},?[-/ .]*(?:de )?{_ANY_YEAR}"
    ),
    _Form(rf"{_NAME}[- ]{_DAY}(?:st|nd|rd|th)?,?[- ]+{_YEAR}"),
    _Form(rf"{_YEAR}[-/ ]{_NAME}[-/ ]{_DAY}"),
    _Form(rf"{_NAME} +{_DAY} {_CLOCK}(?: {_ZONE})? {_YEAR}", has_time=False),
    _Form(rf"{_YEAR}[-/]{_MONTH}", "months", has_time=False),
    _Form(rf"{_YEAR}[Mm]{_MONTH}", "months", has_time=False),
    _Form(rf"{_MONTH}[-/.]{_YEAR}", "months", has_time=False),
    _Form(rf"{_NAME}[-/ ']+{_ANY_YEAR}", "months", has_time=False),
    _Form(rf"{_YEAR}[-/ ]+{_NAME}", "months", has_time=False),
    _Form(rf"{_YEAR}[-/ ]?[Qq](?P<quarter>[1-4])", "quarters", has_time=False),
    _Form(rf"[Qq](?P<quarter>[1-4])[-/ ]*{_YEAR}", "quarters", has_time=False),
    _Form(rf"{_YEAR}-?[Ww](?P<week>\d{{2}})", "weeks", has_time=False),
)
_DATE_OF_DIGITS = _Form(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[T ]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z)?)?",
    "digits",
    has_time=False,
)
_MONTH_OF_DIGITS = _Form(r"(?P<year>\d{4})(?P<month>\d{2})", "months", has_time=False)
_YEAR_OF_DIGITS = _Form(r"(?P<year>\d{4})", "years", has_time=False)
# What every form has, told cheaply: compiling the patterns of all forms takes longer than matching them.
_TWO_DIGITS = r"\d\D*\d"
_DAY_OR_YEAR = r"(^|\D)(\d{4}|\d{1,2})(\D|$)"
_SAMPLE = 300
_MIN_SHARE_OF_SAMPLE = 0.3
_MIN_SHARE_OF_SEVERAL_FORMS = 0.9
_NUMERIC = "year month day first other hour minute second quarter week".split()


@dataclass(frozen=True)
class Dates:
    """The moments that texts stand for, and what had to be assumed to read them.

    Attributes
    ----------
    moments : ndarray of shape (n,) of datetime64[us]
        In UTC where a time zone is given; NaT where a text is no date.
    assumed : tuple of str
        Keys of assumptions, such as 'UTC' or 'day first'.
    mixed : bool
        Whether some texts can only have the day first and others only the month.
    order : {"", "day first", "month first"}
        Empty where the form tells.
    """

    moments: np.ndarray
    assumed: tuple[str, ...] = ()
    mixed: bool = False
    order: str = ""

    @property
    def fits(self) -> np.ndarray:
        """Which texts are dates, of shape (n,)."""
        return ~np.isnat(self.moments)


def to_dates(values: pa.Array, day_first: bool) -> Dates | None:
    """Return the moments that texts stand for, read in the one form that fits most of them.

    Parameters
    ----------
    values : pyarrow.Array of large_string, of length n
        Distinct, without nulls.
    day_first : bool
        Whether the day comes before the month where the values do not tell.

    Returns
    -------
    Dates or None
        None where hardly any text is a date.
    """
    if not len(values):
        return None
    if _all(values, _ISO):
        found = _iso_dates(values)
        if found:
            return found
    form = _form_of(values)
    return _read(values, form, day_first) if form else None


def have_several_forms(values: pa.Array) -> bool:
    """Tell whether nearly all texts are dates, though not in one form.

    Parameters
    ----------
    values : pyarrow.Array of large_string
        Distinct, without nulls.

    Returns
    -------
    bool
    """
    sample = _sample(values)
    if not _may_hold_dates(sample):
        return False
    matched = [pc.match_substring_regex(sample, form.whole) for form in _FORMS]
    found = np.array([mask.to_numpy(zero_copy_only=False) for mask in matched])
    per_form = found.sum(axis=1)
    return bool(
        found.any(axis=0).sum() >= _MIN_SHARE_OF_SEVERAL_FORMS * len(sample)
        and per_form.max() < _MIN_SHARE_OF_SEVERAL_FORMS * len(sample)
    )


def digits_to_dates(
    values: pa.Array, months: bool = False, years: bool = False
) -> Dates | None:
    """Return the moments that digits without any mark stand for: 20240131, 20240131103000, 202401 or 2024.

    Parameters
    ----------
    values : pyarrow.Array of large_string, of length n
        Distinct, without nulls.
    months, years : bool
        Whether six or four digits may be dates: of themselves they are numbers.

    Returns
    -------
    Dates or None
        None unless every text is a date between 1800 and 2199.
    """
    forms = [_DATE_OF_DIGITS, *[_MONTH_OF_DIGITS] * months, *[_YEAR_OF_DIGITS] * years]
    form = next((form for form in forms if _all(values, form.whole)), None)
    found = _read(values, form, False) if form else None
    if found is None or not found.fits.all():
        return None
    found_years = found.moments.astype("datetime64[Y]").astype("int64") + 1970
    first, last = YEARS_OF_COMPACT_DATES
    return found if first <= found_years.min() <= found_years.max() <= last else None


def _iso_dates(values: pa.Array) -> Dates | None:
    zoned = bool(pc.any(pc.match_substring_regex(values, _ISO_ZONE)).as_py())
    texts = pd.Series(values.to_pandas())
    try:
        moments = pd.to_datetime(texts, format="ISO8601", utc=True)
    except (ValueError, OverflowError):
        return None
    plain = moments.dt.tz_localize(None).to_numpy().astype(UNIT)
    return Dates(plain, ("UTC",) if zoned else ())


def _form_of(values: pa.Array) -> _Form | None:
    sample = _sample(values)
    if not _may_hold_dates(sample):
        return None
    best, most = None, 0
    for form in _FORMS:
        fitting = _count(sample, form.whole)
        if fitting > most:
            best, most = form, fitting
        # To compile the other patterns takes longer than to match them.
        if most == len(sample):
            break
    return best if most >= max(1, _MIN_SHARE_OF_SAMPLE * len(sample)) else None


def _may_hold_dates(sample: pa.Array) -> bool:
    least = max(1, _MIN_SHARE_OF_SAMPLE * len(sample))
    patterns = (_TWO_DIGITS, _DAY_OR_YEAR)
    return all(_count(sample, pattern) >= least for pattern in patterns)


def _sample(values: pa.Array) -> pa.Array:
    step = max(1, len(values) // _SAMPLE)
    return _tidy(values.take(pa.array(np.arange(0, len(values), step))))


def _tidy(values: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(values, r"[ \x{a0}\x{202f}]+", " ")


def _read(values: pa.Array, form: _Form, day_first: bool) -> Dates | None:
    parts = pc.extract_regex(_tidy(values), form.whole)
    fields = {f.name: pc.struct_field(parts, f.name) for f in parts.type}
    matched = parts.is_valid().to_numpy(zero_copy_only=False)
    numbers = {
        name: _whole_numbers(fields[name]) for name in _NUMERIC if name in fields
    }
    year, assumed = _years(numbers["year"], fields["year"], matched)
    assumed = [*assumed, *[form.assumption] * bool(form.assumption)]
    mixed, order = False, ""
    if "first" in numbers:
        day, month, mixed, doubt = _in_order(
            numbers["first"], numbers["other"], matched, fields["mark"], day_first
        )
        assumed += [doubt] * bool(doubt)
        order = "day first" if day is numbers["first"] else "month first"
    else:
        day = numbers.get("day", np.ones(len(values), "int64"))
        month = _months(numbers, fields, len(values))
    moments = _midnights(year, month, day, matched)
    if "week" in numbers:
        moments = _mondays(year, numbers["week"], matched)
    moments = moments + _times(numbers, fields)
    if (
        "zone" in fields
        and pc.any(pc.greater(pc.utf8_length(fields["zone"]), 0)).as_py()
    ):
        offsets, named = _offsets(fields["zone"])
        moments = moments - offsets
        assumed.append("zone names" if named else "UTC")
    return Dates(moments, tuple(assumed), mixed, order)


def _whole_numbers(texts: pa.Array) -> np.ndarray:
    filled = pc.if_else(pc.equal(pc.utf8_length(texts), 0), "0", texts)
    return pc.fill_null(pc.cast(filled, pa.int64()), 0).to_numpy(zero_copy_only=False)


def _years(
    numbers: np.ndarray, texts: pa.Array, matched: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    lengths = pc.fill_null(pc.utf8_length(texts), 4).to_numpy(zero_copy_only=False)
    short = (lengths == 2) & matched
    if not short.any():
        return numbers, []
    centuries = np.where(numbers < FIRST_TWO_DIGIT_YEAR, 2000, 1900)
    return numbers + centuries * short, ["two-digit years"]


def _in_order(
    first: np.ndarray,
    other: np.ndarray,
    matched: np.ndarray,
    marks: pa.Array,
    day_first: bool,
) -> tuple[np.ndarray, np.ndarray, bool, str]:
    """Return days and months, whether both orders occur, and what was assumed."""
    days_first = int((matched & (first > 12)).sum())
    months_first = int((matched & (other > 12)).sum())
    mixed = days_first > 0 and months_first > 0
    if months_first > days_first:
        return other, first, mixed, ""
    if days_first or pc.all(pc.equal(marks.filter(pa.array(matched)), ".")).as_py():
        return first, other, mixed, ""
    if day_first:
        return first, other, False, "day first"
    return other, first, False, "month first"


def _months(
    numbers: dict[str, np.ndarray], fields: dict[str, pa.Array], n: int
) -> np.ndarray:
    if "month" in numbers:
        return numbers["month"]
    if "quarter" in numbers:
        return numbers["quarter"] * 3 - 2
    if "name" in fields:
        names = fields["name"].dictionary_encode()
        known = [month_of(name) or 0 for name in names.dictionary.to_pylist()]
        codes = pc.fill_null(names.indices, -1).to_numpy(zero_copy_only=False)
        return np.array([*known, 0], "int64")[codes]
    return np.ones(n, "int64")


def _midnights(
    year: np.ndarray, month: np.ndarray, day: np.ndarray, matched: np.ndarray
) -> np.ndarray:
    possible = matched & (1 <= month) & (month <= 12) & (1 <= day) & (year >= 1)
    months = np.where(possible, (year - 1970) * 12 + month - 1, 0)
    first_days = months.astype("datetime64[M]")
    days = first_days.astype("datetime64[D]") + (day - 1)
    possible &= days.astype("datetime64[M]") == first_days
    moments = days.astype(UNIT)
    moments[~possible] = np.datetime64("NaT")
    return moments


def _mondays(year: np.ndarray, week: np.ndarray, matched: np.ndarray) -> np.ndarray:
    """Return the first day of weeks of ISO 8601: week 1 is the one with January 4."""
    fourths = _midnights(year, np.ones_like(year), np.full_like(year, 4), matched)
    days = fourths.astype("datetime64[D]").astype("int64")
    # Day 0, January 1, 1970, was a Thursday.
    moments = (fourths - (days + 3) % 7 * np.timedelta64(1, "D")) + (
        week - 1
    ) * np.timedelta64(7, "D")
    moments[(week < 1) | (week > 53)] = np.datetime64("NaT")
    return moments.astype(UNIT)


def _times(numbers: dict[str, np.ndarray], fields: dict[str, pa.Array]) -> np.ndarray:
    if "hour" not in numbers:
        return np.timedelta64(0, "us")
    hour, minute = numbers["hour"], numbers["minute"]
    second = numbers.get("second", np.zeros_like(hour))
    if "half" in fields:
        half = pc.fill_null(
            pc.utf8_lower(pc.utf8_slice_codeunits(fields["half"], 0, 1)), ""
        )
        half = half.to_numpy(zero_copy_only=False)
        hour = np.where(half == "", hour, hour % 12 + 12 * (half == "p"))
    micros = ((hour * 60 + minute) * 60 + second) * 1_000_000
    if "fraction" in fields:
        micros = micros + _micros(fields["fraction"])
    found = micros.astype("timedelta64[us]")
    found[(hour > 23) | (minute > 59) | (second > 59)] = np.timedelta64("NaT")
    return found


def _micros(fractions: pa.Array) -> np.ndarray:
    padded = pc.utf8_rpad(pc.fill_null(fractions, ""), 6, "0")
    return _whole_numbers(pc.utf8_slice_codeunits(padded, 0, 6))


def _offsets(zones: pa.Array) -> tuple[np.ndarray, bool]:
    """Return by how much each zone is ahead of UTC, NaT where it is not known, and whether some have names."""
    found = zones.dictionary_encode()
    names = [zone or "" for zone in found.dictionary.to_pylist()]
    offsets = np.array([*map(_offset, names), 0], "timedelta64[m]")
    codes = pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False)
    return offsets[codes], any(hours_ahead(name) is not None for name in names)


def _offset(zone: str) -> int | None:
    """Return the minutes by which a zone is ahead of UTC; None if it is not known."""
    if not zone or zone.lower() in _UTC:
        return 0
    found = re.search(r"([-+])(\d{2}):?(\d{2})?$", zone)
    if not found:
        hours_of_name = hours_ahead(zone)
        return None if hours_of_name is None else hours_of_name * 60
    sign, hours, minutes = found.groups()
    ahead = int(hours) * 60 + int(minutes or 0)
    return -ahead if sign == "-" else ahead


def _all(values: pa.Array, pattern: str) -> bool:
    for part in (values.slice(0, 20), values):
        if not pc.all(pc.match_substring_regex(part, pattern)).as_py():
            return False
    return True


def _count(values: pa.Array, pattern: str) -> int:
    return pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0
