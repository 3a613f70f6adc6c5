"""Generated requests to a city's 311 service, shown while real ones are unavailable; the same all day."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from .closing_times import DAYS
from .service_requests import first_day

PER_DAY = 40
# The frequency of a type, its median days to close, and the share that is never closed.
_TYPES = {
    "Street and sidewalk cleaning": (34, 1.2, 0.01),
    "Graffiti": (18, 4, 0.03),
    "Parking enforcement": (14, 0.9, 0.005),
    "Encampment": (9, 2, 0.03),
    "Tree maintenance": (6, 28, 0.12),
    "Damaged property": (5, 7, 0.05),
    "Sewer": (4, 3, 0.02),
    "Streetlights": (4, 11, 0.06),
    "Pothole": (3, 6, 0.03),
    "Noise": (2, 9, 0.04),
    "Illegal posting": (1, 3, 0.02),
}
_NEIGHBOURHOODS = {
    "Old Town": 20,
    "Harbour": 16,
    "Mission Hill": 14,
    "Station Quarter": 11,
    "O'Brien Park": 9,
    "Riverside": 8,
    "University": 7,
    "North Gardens": 6,
    "Lakeview": 4,
    "Mill Fields": 3,
    "": 2,
}
_SOURCES = {"Mobile app": 52, "Phone": 27, "Web": 14, "Social media": 4, "": 3}


# The same all day, so that a rebuilt report need not count again.
@lru_cache(maxsize=2)
def make_sample(today: date, seed: int = 0) -> dict[str, list[dict]]:
    """Return tables of generated requests, counted as the source would.

    Parameters
    ----------
    today : datetime.date
        The last day.
    seed : int

    Returns
    -------
    dict of str to list of dict
        For `service_requests.read_tables`.
    """
    return count(make_rows(today, seed), first_day(today))


def make_rows(today: date, seed: int = 0) -> pd.DataFrame:
    """Return generated requests, one row each; those of a past month never change.

    Parameters
    ----------
    today : datetime.date
    seed : int

    Returns
    -------
    DataFrame
        With the columns ``requested`` and ``closed`` (days; NaT while it is open), ``type``, ``neighbourhood`` and
        ``source`` (empty where it was not given).
    """
    # One more year than is counted: requests of before are closed in the period.
    begin = first_day(today).replace(year=first_day(today).year - 1)
    starts = pd.date_range(begin, today, freq="MS")
    rows = pd.concat(
        [_month(start, i, seed) for i, start in enumerate(starts)], ignore_index=True
    )
    rows = rows[rows["requested"] <= pd.Timestamp(today)]
    return rows.assign(
        closed=rows["closed"].where(rows["closed"] <= pd.Timestamp(today))
    )


def _month(start: pd.Timestamp, number: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng([seed, start.year, start.month])
    days = pd.date_range(start, periods=start.days_in_month)
    season = 1 + 0.12 * np.sin(2 * np.pi * (start.month - 4) / 12)
    weekday = np.where(days.day_of_week < 5, 1.1, 0.75)
    n_rows = generator.poisson(PER_DAY * season * weekday * (1 + 0.004 * number))
    requested = days.repeat(n_rows)
    types = _drawn(
        generator, {name: t[0] for name, t in _TYPES.items()}, len(requested)
    )
    half, never = (np.array([_TYPES[t][i] for t in types]) for i in (1, 2))
    took = np.floor(half * generator.lognormal(0, 0.9, len(requested)))
    closed = requested + pd.to_timedelta(took, unit="D")
    return pd.DataFrame(
        {
            "requested": requested,
            "closed": closed.where(generator.random(len(requested)) >= never),
            "type": types,
            "neighbourhood": _drawn(generator, _NEIGHBOURHOODS, len(requested)),
            "source": _drawn(generator, _SOURCES, len(requested)),
        }
    )


def _drawn(generator: np.random.Generator, weights: dict[str, float], size: int):
    shares = np.array(list(weights.values()), dtype=float)
    return generator.choice(list(weights), size, p=shares / shares.sum())


def count(rows: pd.DataFrame, start: date) -> dict[str, list[dict]]:
    """Return the requests counted in the tables of the source.

    Parameters
    ----------
    rows : DataFrame
        As `make_rows` returns them.
    start : datetime.date
        Requests made, or closed, earlier are not counted.

    Returns
    -------
    dict of str to list of dict
    """
    closed = rows[rows["closed"] >= pd.Timestamp(start)]
    rows = rows[rows["requested"] >= pd.Timestamp(start)]
    rows = rows.assign(month=rows["requested"].dt.strftime("%Y-%m-01"))
    done = rows.dropna(subset=["closed"])
    took = (done["closed"] - done["requested"]).dt.days.to_numpy()
    done = done.assign(days=np.array(DAYS)[np.searchsorted(DAYS, took, "right") - 1])
    return {
        "types": _counted(rows, month="month", name="type"),
        "neighbourhoods": _counted(rows, month="month", name="neighbourhood"),
        "sources": _counted(rows, month="month", name="source"),
        "to_close": _counted(done, month="month", name="type", days="days"),
        "opened": _counted(_with_days(rows, "requested"), day="day"),
        "closed": _counted(_with_days(closed, "closed"), day="day"),
    }


def _with_days(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.assign(day=rows[column].dt.strftime("%Y-%m-%d"))


def _counted(rows: pd.DataFrame, **columns: str) -> list[dict]:
    sums = rows.groupby(list(columns.values())).size().reset_index(name="requests")
    names = {column: name for name, column in columns.items()}
    return sums.rename(columns=names).to_dict("records")
