"""Dates and times written as text: their format, and the moments themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

UNIT = "datetime64[us]"

_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?(Z|[+-]\d{2}:?\d{2}))?)?$"
_ISO_ZONE = r"\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$"
_DATES = (
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y"),
)
_TIMES = (
    ("", ""),
    (r" \d{1,2}:\d{2}", " %H:%M"),
    (r" \d{1,2}:\d{2}:\d{2}", " %H:%M:%S"),
    (r" \d{1,2}:\d{2}:\d{2}\.\d{1,6}", " %H:%M:%S.%f"),
    (r" \d{1,2}:\d{2} (?i:[ap]m)", " %I:%M %p"),
    (r" \d{1,2}:\d{2}:\d{2} (?i:[ap]m)", " %I:%M:%S %p"),
)
_FORMATS = tuple(
    (f"^{date}{time}$", date_format + time_format)
    for date, date_format in _DATES
    for time, time_format in _TIMES
)


@dataclass(frozen=True)
class Dates:
    """The moments that texts stand for, and what had to be assumed to read them."""

    moments: np.ndarray
    assumed: str = ""


def to_dates(values: pa.Array, day_first: bool) -> Dates | None:
    """Return the moments that texts stand for, if one format fits them all.

    Parameters
    ----------
    values : pyarrow.Array of string, of length n
        Without nulls.
    day_first : bool
        Whether the day comes before the month where the values do not tell.

    Returns
    -------
    Dates or None
        ``moments`` has shape (n,) and the type datetime64[us]; those with a time zone are in UTC.
        None where the texts are no dates.
    """
    if not len(values) or not re.match(r"\d{1,4}[-/.]\d", values[0].as_py()):
        return None
    if _fits(values, _ISO):
        zoned = bool(pc.any(pc.match_substring_regex(values, _ISO_ZONE)).as_py())
        moments = _parsed(values, "ISO8601")
        return moments and Dates(moments.moments, "UTC" if zoned else "")
    for pattern, date_format in _FORMATS:
        if _fits(values, pattern):
            return _in_order(values, date_format, day_first)
    return None


def _in_order(values: pa.Array, date_format: str, day_first: bool) -> Dates | None:
    if not date_format.startswith(("%d/%m", "%d-%m")):
        return _parsed(values, date_format)
    month_format = date_format.replace("%d", "%#").replace("%m", "%d")
    month_format = month_format.replace("%#", "%m")
    as_day_first = _parsed(values, date_format)
    as_month_first = _parsed(values, month_format)
    if as_day_first and as_month_first:
        chosen = as_day_first if day_first else as_month_first
        return Dates(chosen.moments, "day first" if day_first else "month first")
    return as_day_first or as_month_first


def _parsed(values: pa.Array, date_format: str) -> Dates | None:
    texts = pd.Series(values.to_pandas())
    zoned = date_format == "ISO8601"
    try:
        moments = pd.to_datetime(texts, format=date_format, utc=zoned)
    except (ValueError, OverflowError):
        return None
    if zoned:
        moments = moments.dt.tz_localize(None)
    return Dates(moments.to_numpy().astype(UNIT))


def _fits(values: pa.Array, pattern: str) -> bool:
    for part in (values.slice(0, 20), values):
        if not pc.all(pc.match_substring_regex(part, pattern)).as_py():
            return False
    return True
