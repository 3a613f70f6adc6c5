"""Durations and times of day written as text, as a number of seconds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_FORMS = (
    r"^(?P<sign>-)?(?:(?P<days>\d+)(?: ?d(?:ays?)?| Tage?| ?j(?:ours?)?)?,? )?"
    r"(?P<hours>\d{1,5}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>(?i:[ap]\.?m\.?)))?$",
    r"^(?P<sign>-)?P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:[.,](?P<fraction>\d{1,9}))?S)?)?$",
    r"^(?P<sign>-)?(?:(?P<days>\d+) ?d(?:ays?)? ?)?(?:(?P<hours>\d+) ?(?:h|hrs?|hours?) ?)?"
    r"(?:(?P<minutes>\d+) ?(?:m|mins?|minutes?) ?)?(?:(?P<seconds>\d+) ?(?:s|secs?|seconds?))?$",
)
_SECONDS = {
    "weeks": 604_800,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}
_SAMPLE = 300
_MIN_SHARE_OF_SAMPLE = 0.3
_TWO_PARTS = r"^-?\d{1,5}:\d{2}$"


def to_seconds(values: pa.Array) -> np.ndarray | None:
    """Return the seconds that durations such as 1:23:45, PT1H30M or 2h 15m last.

    A time of day counts from midnight. Two numbers with a colon are hours and minutes.

    Parameters
    ----------
    values : pyarrow.Array of large_string, of length n
        Distinct, without nulls.

    Returns
    -------
    ndarray of shape (n,) of float64, or None
        NaN where a text is no duration; None where hardly any is.
    """
    step = max(1, len(values) // _SAMPLE)
    sample = values.take(pa.array(np.arange(0, len(values), step)))
    counts = [
        pc.sum(pc.match_substring_regex(sample, form)).as_py() or 0 for form in _FORMS
    ]
    most = max(counts)
    if most < max(1, _MIN_SHARE_OF_SAMPLE * len(sample)):
        return None
    return _read(values, _FORMS[counts.index(most)])


def only_two_parts(values: pa.Array) -> bool:
    """Tell whether durations are written as 3:45 throughout, which may also be minutes and seconds.

    Parameters
    ----------
    values : pyarrow.Array of large_string
        Without nulls.

    Returns
    -------
    bool
    """
    return bool(pc.all(pc.match_substring_regex(values, _TWO_PARTS)).as_py())


def _read(values: pa.Array, form: str) -> np.ndarray:
    parts = pc.extract_regex(values, form)
    fields = {field.name: pc.struct_field(parts, field.name) for field in parts.type}
    numbers = {
        name: _number(fields[name])
        for name in (*_SECONDS, "fraction")
        if name in fields
    }
    if "half" in fields:
        half = pc.fill_null(
            pc.utf8_lower(pc.utf8_slice_codeunits(fields["half"], 0, 1)), ""
        )
        half = half.to_numpy(zero_copy_only=False)
        afternoon = numbers["hours"] % 12 + 12 * (half == "p")
        numbers["hours"] = np.where(half == "", numbers["hours"], afternoon)
    seconds = sum(
        _SECONDS[name] * numbers[name] for name in _SECONDS if name in numbers
    )
    if "fraction" in fields:
        digits = pc.fill_null(pc.utf8_length(fields["fraction"]), 0)
        exponents = digits.to_numpy(zero_copy_only=False)
        seconds = seconds + numbers["fraction"] / 10.0**exponents
    is_negative = pc.fill_null(pc.equal(fields["sign"], "-"), False)
    signs = np.where(is_negative.to_numpy(zero_copy_only=False), -1.0, 1.0)
    matched = parts.is_valid().to_numpy(zero_copy_only=False)
    return np.where(matched, seconds * signs, np.nan)


def _number(texts: pa.Array) -> np.ndarray:
    filled = pc.if_else(pc.equal(pc.utf8_length(texts), 0), "0", texts)
    numbers = pc.fill_null(pc.cast(filled, pa.float64()), 0.0)
    return numbers.to_numpy(zero_copy_only=False)
