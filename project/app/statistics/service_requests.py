"""Requests to a city's 311 service: counted by time, type, place and source.

The input is counts per month or day, which the source can compute, not one row per request:
a city receives some 700,000 requests a year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from .. import wording
from . import closing_times

NOT_GIVEN = "Not given"
OTHERS = "All others"
YEARS = 3
# The keys of each table, besides its count 'requests'.
TABLES = {
    "types": ("month", "name"),
    "neighbourhoods": ("month", "name"),
    "sources": ("month", "name"),
    "to_close": ("month", "name", "days"),
    "opened": ("day",),
    "closed": ("day",),
}
_MOST_UNREADABLE = 0.5


@dataclass(frozen=True, eq=False)
class Requests:
    """The counted requests of a period.

    Attributes
    ----------
    types, neighbourhoods, sources : DataFrame
        With the columns ``month`` ('2025-03'), ``name`` and ``requests``.
    to_close : DataFrame
        Those that are closed, with the columns ``month`` in which they were made, ``name`` of their type, ``days``
        (the first day of a class of `closing_times.DAYS`) and ``requests``.
    opened, closed : DataFrame
        With the columns ``day`` (datetime64) and ``requests``.
    first, last : str
        The first and last month.
    today : datetime.date
        The last day with data.
    unreadable : int
        Rows of the source that were left out.
    """

    types: pd.DataFrame
    neighbourhoods: pd.DataFrame
    sources: pd.DataFrame
    to_close: pd.DataFrame
    opened: pd.DataFrame
    closed: pd.DataFrame
    first: str
    last: str
    today: date
    unreadable: int = 0


@dataclass(frozen=True)
class Totals:
    """The sums of a period.

    Attributes
    ----------
    requests : int
    closed : int
        The number of those that are closed by now.
    per_day : float
    median_days : float
        Days to close; NaN if none is closed.
    """

    requests: int
    closed: int
    per_day: float
    median_days: float


def first_day(today: date) -> date:
    """Return the day from which requests are counted: three calendar years, the current one included.

    Parameters
    ----------
    today : datetime.date

    Returns
    -------
    datetime.date
    """
    return date(today.year - YEARS + 1, 1, 1)


def read_tables(tables: Mapping[str, Sequence[Mapping]], today: date) -> Requests:
    """Return the requests that the source has counted.

    Parameters
    ----------
    tables : mapping of str to sequence of mapping
        The rows of each of `TABLES`, as JSON gives them: dates as ISO 8601, counts as numbers or texts.
        Fields that are empty may be absent.
    today : datetime.date
        Rows of later days are left out.

    Returns
    -------
    Requests

    Raises
    ------
    ValueError
        A table is missing or empty, or most of its rows cannot be read.
    """
    frames, unreadable = {}, 0
    for table, keys in TABLES.items():
        rows = tables.get(table)
        if not rows:
            raise ValueError(f"The table '{table}' is missing or empty.")
        frames[table], n_read = _frame(rows, keys, today)
        bad = len(rows) - n_read
        if bad > _MOST_UNREADABLE * len(rows):
            raise ValueError(
                f"{wording.number(bad)} of {wording.plural(len(rows), 'row')} of the table '{table}' lack "
                f"{', '.join(keys)} or requests."
            )
        unreadable += bad
    months = frames["types"]["month"]
    return Requests(
        **frames,
        first=months.min(),
        last=months.max(),
        today=today,
        unreadable=unreadable,
    )


def _frame(
    rows: Sequence[Mapping], keys: tuple[str, ...], today: date
) -> tuple[pd.DataFrame, int]:
    """Return the readable rows, added up by key, and their number."""
    readers = [_READERS[key] for key in keys]
    counts: dict[tuple, int] = defaultdict(int)
    first, read = first_day(today), 0
    for row in rows:
        values = [reader(row.get(key)) for reader, key in zip(readers, keys)]
        number = _whole(row.get("requests"))
        if number is None or None in values or not first <= values[0] <= today:
            continue
        counts[tuple(values)] += number
        read += 1
    frame = pd.DataFrame(
        [(*values, number) for values, number in sorted(counts.items())],
        columns=[*keys, "requests"],
    )
    if "month" in frame:
        frame["month"] = [f"{month:%Y-%m}" for month in frame["month"]]
    else:
        frame["day"] = pd.to_datetime(frame["day"])
    return frame, read


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        return None


def _name(value: Any) -> str | None:
    if value is None:
        return NOT_GIVEN
    return (value.strip() or NOT_GIVEN) if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if 0 <= number < 1e12 and number.is_integer() else None


def _class_of_days(value: Any) -> int | None:
    number = _whole(value)
    return number if number in closing_times.DAYS else None


_READERS = {"month": _day, "day": _day, "name": _name, "days": _class_of_days}


def months(requests: Requests) -> list[str]:
    """Return every month from the first to the last.

    Parameters
    ----------
    requests : Requests

    Returns
    -------
    list of str
        '2025-03' and so on.
    """
    return [f"{m}" for m in pd.period_range(requests.first, requests.last, freq="M")]


def within(requests: Requests, first: Any = None, last: Any = None) -> Requests:
    """Return the requests of a period.

    Parameters
    ----------
    requests : Requests
    first, last : str, optional
        Months such as '2025-03'; default: all of them.

    Returns
    -------
    Requests

    Raises
    ------
    ValueError
        A month is not in these requests, or the first is after the last.
    """
    known = months(requests)
    first, last = first or known[0], last or known[-1]
    for month in (first, last):
        if month not in known:
            raise ValueError(
                f"'{month}' is not a month of these data: choose one from {known[0]} to {known[-1]}."
            )
    if first > last:
        raise ValueError(
            f"The period begins in {first} and ends in {last}: choose a last month that is not before the first."
        )
    frames = {name: getattr(requests, name) for name in TABLES}
    cut = {
        name: frame[_month_of(frame).between(first, last)]
        for name, frame in frames.items()
    }
    return Requests(
        **cut,
        first=first,
        last=last,
        today=requests.today,
        unreadable=requests.unreadable,
    )


def _month_of(frame: pd.DataFrame) -> pd.Series:
    return frame["month"] if "month" in frame else frame["day"].dt.strftime("%Y-%m")


def _days_of(requests: Requests) -> tuple[date, date]:
    """Return the first and the last day; today counts, although it is not over."""
    end = pd.Period(requests.last, "M").end_time.date()
    return date.fromisoformat(f"{requests.first}-01"), min(end, requests.today)


def totals(requests: Requests) -> Totals:
    """Return the sums of all requests.

    Parameters
    ----------
    requests : Requests

    Returns
    -------
    Totals
    """
    number = int(requests.types["requests"].sum())
    first, last = _days_of(requests)
    return Totals(
        requests=number,
        closed=int(requests.to_close["requests"].sum()),
        per_day=number / ((last - first).days + 1),
        median_days=closing_times.median(requests.to_close),
    )


def by_year(requests: Requests) -> pd.DataFrame:
    """Return the requests of each year.

    Parameters
    ----------
    requests : Requests

    Returns
    -------
    DataFrame
        With the columns ``year`` and ``requests``.
    """
    years = requests.types["month"].str[:4].rename("year")
    return requests.types.groupby(years)["requests"].sum().reset_index()


def ranking(frame: pd.DataFrame, most: int | None = None) -> pd.DataFrame:
    """Return the requests of each name, the most frequent first.

    Parameters
    ----------
    frame : DataFrame
        One of ``types``, ``neighbourhoods``, ``sources``.
    most : int, optional
        The number of names; the rest becomes one row at the end.

    Returns
    -------
    DataFrame
        With the columns ``name``, ``requests`` and ``share``.
    """
    sums = frame.groupby("name", as_index=False)["requests"].sum()
    sums = sums.sort_values(["requests", "name"], ascending=[False, True])
    if most is not None and len(sums) > most + 1:
        rest = {"name": OTHERS, "requests": sums["requests"].iloc[most:].sum()}
        sums = pd.concat([sums.head(most), pd.DataFrame([rest])])
    share = sums["requests"] / max(1, sums["requests"].sum())
    return sums.assign(share=share).reset_index(drop=True)


def counts(requests: Requests) -> pd.DataFrame:
    """Return the requests by year, type, neighbourhood and source, one below the other.

    Parameters
    ----------
    requests : Requests

    Returns
    -------
    DataFrame
        With the columns ``by``, ``name``, ``requests`` and ``share``.
    """
    years = by_year(requests).rename(columns={"year": "name"})
    parts = {
        "year": ranking(years).sort_values("name"),
        "type": ranking(requests.types),
        "neighbourhood": ranking(requests.neighbourhoods),
        "source": ranking(requests.sources),
    }
    stacked = pd.concat(parts, names=["by"]).reset_index(level="by")
    return stacked.reset_index(drop=True)


def against_average(requests: Requests, neighbourhood: str) -> pd.DataFrame:
    """Return the monthly requests of one neighbourhood, and the average of all.

    Parameters
    ----------
    requests : Requests
    neighbourhood : str

    Returns
    -------
    DataFrame
        With the columns ``month``, ``requests`` and ``average``; the current month, which is incomplete, is
        left out unless there is no other. The average is over all neighbourhoods with a name.

    Raises
    ------
    ValueError
        There is no such neighbourhood.
    """
    frame = requests.neighbourhoods
    names = neighbourhoods(requests)
    if neighbourhood not in names:
        raise ValueError(
            f"There is no neighbourhood '{neighbourhood}' in these data: choose one from the list."
        )
    running = f"{requests.today:%Y-%m}"
    chosen = [m for m in months(requests) if m != running] or [running]
    frame = frame[frame["name"].isin(names)]
    sums = frame.groupby("month")["requests"].sum()
    own = frame[frame["name"] == neighbourhood].groupby("month")["requests"].sum()
    return pd.DataFrame(
        {
            "month": chosen,
            "requests": own.reindex(chosen, fill_value=0).to_numpy(),
            "average": sums.reindex(chosen, fill_value=0).to_numpy() / len(names),
        }
    )


def neighbourhoods(requests: Requests) -> list[str]:
    """Return the neighbourhoods that have a name, the one with the most requests first.

    Parameters
    ----------
    requests : Requests

    Returns
    -------
    list of str
    """
    names = ranking(requests.neighbourhoods)["name"]
    return [name for name in names if name != NOT_GIVEN]


def weekly(requests: Requests) -> pd.DataFrame:
    """Return the new and the closed requests of each whole week in the period.

    Parameters
    ----------
    requests : Requests

    Returns
    -------
    DataFrame
        With the columns ``week`` (its Monday), ``new``, ``closed`` (whenever they were made) and ``net``, the change
        in open requests. The current week is left out.
    """
    first, last = _days_of(requests)
    monday = first + timedelta(days=-first.weekday() % 7)
    end = min(last, requests.today - timedelta(days=1))
    n_weeks = max(0, ((end - monday).days + 1) // 7)
    weeks = pd.date_range(monday, periods=n_weeks, freq="7D")
    new, closed = (
        _per_week(frame, weeks) for frame in (requests.opened, requests.closed)
    )
    return pd.DataFrame(
        {"week": weeks, "new": new, "closed": closed, "net": new - closed}
    )


def _per_week(frame: pd.DataFrame, weeks: pd.DatetimeIndex) -> np.ndarray:
    mondays = frame["day"] - pd.to_timedelta(frame["day"].dt.day_of_week, unit="D")
    sums = frame.groupby(mondays)["requests"].sum()
    return sums.reindex(weeks, fill_value=0).to_numpy(dtype="int64")
