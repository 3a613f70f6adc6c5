"""How many days requests take to close, from counts by class of days."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

# The first day of each class of days to close: exact for two weeks, coarser after that.
DAYS = (*range(16), 22, 31, 46, 61, 91, 181, 366)
_SPREAD = (
    ("same day", 0, 0),
    ("1 day", 1, 1),
    ("2 or 3 days", 2, 3),
    ("4 to 7 days", 4, 7),
    ("8 to 14 days", 8, 14),
    ("15 to 30 days", 15, 30),
    ("31 to 90 days", 31, 90),
    ("91 to 365 days", 91, 365),
    ("longer", 366, math.inf),
)


def median(closed: pd.DataFrame) -> float:
    """Return the days within which half of the requests were closed.

    Parameters
    ----------
    closed : DataFrame
        With the columns ``days`` (one of `DAYS`) and ``requests``.

    Returns
    -------
    float
        See `quantile`.
    """
    return quantile(_by_days(closed), 0.5)


def quantile(counts: Sequence[int], q: float) -> float:
    """Return the days within which the share `q` of the requests were closed.

    Parameters
    ----------
    counts : sequence of int, of length ``len(DAYS)``
        The requests in each class of days.
    q : float
        From 0 to 1.

    Returns
    -------
    float
        A whole number of days in the first two weeks, interpolated within a class after that; 366 stands for any
        longer time. NaN if there are no requests.
    """
    total = sum(counts)
    if not total:
        return math.nan
    wanted, before = max(q * total, 1e-9), 0
    for i, count in enumerate(counts):
        if before + count >= wanted:
            break
        before += count
    if i == len(DAYS) - 1 or DAYS[i + 1] - DAYS[i] == 1:
        return float(DAYS[i])
    longest = DAYS[i + 1] - 1
    return DAYS[i] + (wanted - before) / count * (longest - DAYS[i])


def _by_days(frame: pd.DataFrame) -> list[int]:
    sums = frame.groupby("days")["requests"].sum()
    return [int(sums.get(days, 0)) for days in DAYS]


def spread(closed: pd.DataFrame) -> pd.DataFrame:
    """Return the closed requests by days to close.

    Parameters
    ----------
    closed : DataFrame
        With the columns ``days`` (one of `DAYS`) and ``requests``.

    Returns
    -------
    DataFrame
        With the columns ``days`` (in words), ``requests`` and ``share``.
    """
    counts = dict(zip(DAYS, _by_days(closed)))
    sums = [
        sum(count for days, count in counts.items() if low <= days <= high)
        for _, low, high in _SPREAD
    ]
    names = [name for name, *_ in _SPREAD]
    frame = pd.DataFrame({"days": names, "requests": sums})
    return frame.assign(share=frame["requests"] / max(1, sum(sums)))


def by_name(closed: pd.DataFrame, most: int = 10) -> pd.DataFrame:
    """Return quantiles of the days to close, by the name of a type.

    Parameters
    ----------
    closed : DataFrame
        With the columns ``name``, ``days`` (one of `DAYS`) and ``requests``.
    most : int
        The number of names, those with the most closed requests first.

    Returns
    -------
    DataFrame
        With the columns ``name``, ``closed`` and, in days, ``p10``, ``p25``, ``median``, ``p75``, ``p90``;
        see `quantile`.
    """
    rows = []
    sums = closed.groupby("name")["requests"].sum()
    for name in sums.sort_values(ascending=False, kind="stable").index[:most]:
        counts = _by_days(closed[closed["name"] == name])
        marks = [quantile(counts, q) for q in (0.1, 0.25, 0.5, 0.75, 0.9)]
        rows.append([name, sum(counts), *marks])
    columns = ["name", "closed", "p10", "p25", "median", "p75", "p90"]
    return pd.DataFrame(rows, columns=columns)
