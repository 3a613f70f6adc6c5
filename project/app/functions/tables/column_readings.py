"""What was assumed when a column was read, and the sentences that say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .column_names import listed

MAX_SPELLINGS = 5
MAX_SENTENCES = 3
NUMBERS, DATES, DURATIONS = "numbers", "dates", "durations"


@dataclass(frozen=True)
class ColumnReading:
    """How the texts of one column were read.

    Attributes
    ----------
    kind : {"number", "date", "boolean", "text", "empty"}
    missing : dict of str to int
        The spellings that were taken as missing, and their rows. Blank cells are not among them.
    kept : dict of str to int
        The spellings that may stand for a missing value and were kept as a label, and their rows.
    misfits : dict of str to int
        The texts that are no number, date or duration where nearly all others are, and their rows.
    looks_like : {"", "numbers", "dates", "durations"}
        What `misfits` do not fit. Where `kind` is 'text' the column was too unclear to be read so.
    unit : str
        What all numbers carry, such as 'kg', '€' or '%'.
    assumptions : tuple of str
        Keys of `ASSUMPTIONS`.
    joined : dict of str to dict of str to int
        The labels that have several spellings, and the rows of each.
    written : {"", "decimal point", "decimal comma", "day first", "month first"}
        How values such as 1.234 or 3/2/2024 were taken; empty where it does not matter.
    """

    kind: str = "text"
    missing: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    misfits: dict[str, int] = field(default_factory=dict)
    looks_like: str = ""
    unit: str = ""
    assumptions: tuple[str, ...] = ()
    joined: dict[str, dict[str, int]] = field(default_factory=dict)
    written: str = ""

    @property
    def is_doubtful(self) -> bool:
        """Whether a user may want another reading, for which the texts are needed."""
        return bool(
            self.missing
            or self.kept
            or self.misfits
            or self.joined
            or self.unit
            or self.assumptions
        )


_SAFE_NUMBERS = "Write numbers without marks between thousands to be safe"
# A sentence for each assumption; {} stands for the columns.
ASSUMPTIONS = {
    "UTC": "Times with a time zone were turned into UTC: {}.",
    "zone names": "Times with the name of a time zone were turned into UTC, CET as one hour ahead of it, EST as five "
    "hours behind, CST as six: {}.",
    "day first": "It is not certain whether day or month comes first; "
    "the day was taken to come first: {}. Write dates as 2024-12-31 to be safe.",
    "month first": "It is not certain whether day or month comes first; "
    "the month was taken to come first: {}. Write dates as 2024-12-31 to be safe.",
    "two-digit years": "Years of two digits were taken to come last and to lie between 1969 and 2068: {}.",
    "months": "Months were read as their first day: {}.",
    "quarters": "Quarters were read as their first day: {}.",
    "weeks": "Weeks were read as their Monday: {}.",
    "digits": "Digits such as 20240131 were read as dates: {}.",
    "seconds": "Durations and times of day were read as a number of seconds: {}.",
    "hours and minutes": "Times such as 3:45 were read as hours and minutes, in seconds: {}. "
    "If they are minutes and seconds, divide the column by 60.",
    "periods": "Periods were read as their first moment: {}.",
    "percent": "Percentages were read as shares, 12.5 % as 0.125: {}.",
    "parentheses": "Numbers in parentheses were read as negative: {}.",
    "either": "Values such as 1,234 may have a decimal comma or a comma between thousands; "
    "they were left as text: {}. Write numbers without separators between thousands.",
    "decimal comma, as elsewhere": "The comma in values such as 1,234 was taken for a decimal comma, "
    "as in the rest of the file: {}.",
    "decimal comma, by the delimiter": "The comma in values such as 1,234 was taken for a decimal comma, "
    f"because commas do not separate the cells: {{}}. It may stand between thousands instead. {_SAFE_NUMBERS}.",
    "thousands comma, as elsewhere": "The comma in values such as 1,234 was taken to stand between thousands, "
    "because the rest of the file has decimal points: {}.",
    "thousands comma, by the delimiter": "The comma in values such as 1,234 was taken to stand between thousands, "
    f"because commas separate the cells, too: {{}}. It may be a decimal comma instead. {_SAFE_NUMBERS}.",
    "thousands dot, as elsewhere": "The dot in values such as 1.234 was taken to stand between thousands, "
    "because the rest of the file has decimal commas: {}.",
    "thousands dot, by the delimiter": "The dot in values such as 1.234 beside 900 was taken to stand between "
    f"thousands: {{}}. It may be a decimal point instead. {_SAFE_NUMBERS}.",
    "decimal point, though alone": "The dot in values such as 1.234 was taken for a decimal point: {}. "
    f"It may stand between thousands instead. {_SAFE_NUMBERS}.",
    "several units": "The values of {} have several units, or a percent sign in some rows only, and were left as text. "
    "Convert them to one unit to use them as numbers.",
    "several forms": "The dates of {} are written in several forms, so they were left as text. "
    "Write dates as 2024-12-31.",
    "both orders": "Dates of {} have the day first in some rows and the month first in others, so they were left "
    "as text. Write dates as 2024-12-31.",
    "leading zeros": "Most values of {} are numbers, but a few start with a zero, as codes do, "
    "so they were left as text.",
}


def notes_of(readings: dict[str, ColumnReading]) -> list[str]:
    """Return sentences that say what was assumed, one a matter.

    Parameters
    ----------
    readings : dict of str to ColumnReading
        By column.

    Returns
    -------
    list of str
        Empty where nothing had to be assumed.
    """
    return [
        *_misfit_notes(readings),
        *_missing_notes(readings),
        *_kept_notes(readings),
        *_joined_notes(readings),
        *_unit_notes(readings),
        *_assumption_notes(readings),
    ]


def _assumption_notes(readings: dict[str, ColumnReading]) -> Iterable[str]:
    for key, sentence in ASSUMPTIONS.items():
        names = [name for name in readings if key in readings[name].assumptions]
        if names:
            yield sentence.format(listed(names))


def _misfit_notes(readings: dict[str, ColumnReading]) -> list[str]:
    left_out = {n: r for n, r in readings.items() if r.misfits and r.kind != "text"}
    unclear = {n: r for n, r in readings.items() if r.misfits and r.kind == "text"}
    return [
        *_one_each(
            left_out,
            _left_out,
            "Some cells were taken as missing because they do not fit the others",
        ),
        *_one_each(
            unclear,
            _unclear,
            "These columns look like numbers or dates, but not in all rows, and were left as text",
        ),
    ]


def _one_each(readings: dict[str, ColumnReading], sentence, gathered: str) -> list[str]:
    if len(readings) <= MAX_SENTENCES:
        return [sentence(name, reading) for name, reading in readings.items()]
    columns = [
        f'"{name}" ({_spelled(reading.misfits, 1)})'
        for name, reading in list(readings.items())[:MAX_SPELLINGS]
    ]
    more = len(readings) - len(columns)
    return [f"{gathered}: {', '.join(columns)}{f' and {more:,} more' if more else ''}."]


def _left_out(name: str, reading: ColumnReading) -> str:
    rows = sum(reading.misfits.values())
    cells = "1 cell" if rows == 1 else f"{rows:,} cells"
    are = (
        f"is no {reading.looks_like[:-1]}"
        if rows == 1
        else f"are no {reading.looks_like}"
    )
    was = "was" if rows == 1 else "were"
    limits = ""
    if any(text.startswith(("<", ">", "≤", "≥")) for text in reading.misfits):
        limits = " A value beyond a limit is not a known number; replace it by the limit, or by half of it, to use it."
    return f'{cells} of "{name}" {are} and {was} taken as missing: {_spelled(reading.misfits)}.{limits}'


def _unclear(name: str, reading: ColumnReading) -> str:
    return (
        f'"{name}" looks like {reading.looks_like}, but {_spelled(reading.misfits)} '
        f"{'does' if len(reading.misfits) == 1 else 'do'} not, so it was left as text."
    )


def _missing_notes(readings: dict[str, ColumnReading]) -> list[str]:
    places = _by_spelling(readings, "missing")
    if not places:
        return []
    return [f"Taken as missing: {'; '.join(places)}."]


def _kept_notes(readings: dict[str, ColumnReading]) -> list[str]:
    places = _by_spelling(readings, "kept")
    if not places:
        return []
    return [
        f"Kept as a value, though it may mean that there is none: {'; '.join(places)}."
    ]


def _by_spelling(readings: dict[str, ColumnReading], which: str) -> list[str]:
    found: dict[str, list[str]] = {}
    for name, reading in readings.items():
        for spelling, rows in getattr(reading, which).items():
            counted = "1 row" if rows == 1 else f"{rows:,} rows"
            found.setdefault(spelling, []).append(f'{counted} of "{name}"')
    return [f'"{spelling}" in {and_more(places)}' for spelling, places in found.items()]


def _joined_notes(readings: dict[str, ColumnReading]) -> list[str]:
    groups = [
        f'{" and ".join(f"{chr(34)}{text}{chr(34)}" for text in sorted(group))} in "{name}"'
        for name, reading in readings.items()
        for group in reading.joined.values()
    ]
    if not groups:
        return []
    return [
        f"Labels that differ only by case, accents' encoding or spaces were joined: {and_more(groups)}."
    ]


def _unit_notes(readings: dict[str, ColumnReading]) -> list[str]:
    names: dict[str, list[str]] = {}
    for name, reading in readings.items():
        if reading.unit and reading.unit != "%":
            names.setdefault(reading.unit, []).append(name)
    if not names:
        return []
    units = [f'"{unit}" from {listed(columns)}' for unit, columns in names.items()]
    return [f"Units were removed, and the numbers kept: {and_more(units)}."]


def _spelled(counts: dict[str, int], limit: int = MAX_SPELLINGS) -> str:
    shown = sorted(counts, key=counts.get, reverse=True)[:limit]
    words = ", ".join(f'"{_short(text)}" ({counts[text]:,})' for text in shown)
    more = len(counts) - len(shown)
    return f"{words} and {more:,} more" if more else words


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def and_more(parts: list[str]) -> str:
    """Return parts of a sentence one after the other, the first five of them and how many there are more.

    Parameters
    ----------
    parts : list of str

    Returns
    -------
    str
    """
    shown = ", ".join(parts[:MAX_SPELLINGS])
    more = len(parts) - MAX_SPELLINGS
    return f"{shown} and {more:,} more" if more > 0 else shown
