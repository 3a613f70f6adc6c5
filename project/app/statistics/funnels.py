"""Funnels: from a table of events to how many users get from step to step, and how long they take.

The rule: a user enters with an event of the first step. A later step counts with its first event at or after the moment
at which the previous step was reached; simultaneous events count in the order of the funnel. With a time limit, a step
counts only within so long after the entry. Every event of the first step is an attempt; of a user's attempts the one
that gets furthest counts, and of those the earliest. So each user counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..wording import number
from .proportions import wilson_interval

MAX_STEPS = 10
MAX_SEGMENTS = 8
PERIODS = {"week": "W-SUN", "month": "M"}
OTHERS = "all others"
MAX_LIMIT_DAYS = 3660
_QUARTILES = (25, 50, 75)
# A cohort is complete when this share of all who finish would have had enough time.
_SETTLED_PERCENT = 90


@dataclass(frozen=True)
class Journeys:
    """How far each user who entered the funnel got.

    Attributes
    ----------
    steps : tuple of str
    depth : ndarray of int, shape (n_users,)
        The number of steps reached, at least 1.
    times : ndarray of datetime64[us], shape (n_users, n_steps)
        When each step was reached; NaT if it was not.
    segments : ndarray of str, shape (n_users,)
        The segment in the event with which the user entered.
    last_event : datetime64[us]
        The time of the last event of all.
    limit : timedelta64[us] or None
        The longest time from entry to last step.
    """

    steps: tuple[str, ...]
    depth: np.ndarray
    times: np.ndarray
    segments: np.ndarray
    last_event: np.datetime64
    limit: np.timedelta64 | None


def follow_users(
    events: pd.DataFrame, steps: Sequence[str], limit_days: float | None = None
) -> Journeys:
    """Find how far each user gets, and when.

    Parameters
    ----------
    events : DataFrame of shape (n_events, 4)
        From `events.read_events`: user, step, time, segment.
    steps : sequence of str
        In the order in which they must be reached.
    limit_days : float, optional
        The largest number of days from entry to last step.

    Returns
    -------
    Journeys

    Raises
    ------
    ValueError
        The steps are too few, too many, repeated or unknown, the limit is invalid, or nobody enters.
    """
    steps = _checked_steps(events, steps)
    limit = _checked_limit(limit_days)
    times = events["time"].to_numpy("datetime64[us]")
    moments, ranks = np.unique(times, return_inverse=True)
    users = pd.factorize(events["user"])[0].astype(np.int64)
    # One number for user and time: sorting it groups each user's events in order of time.
    keys = users * len(moments) + ranks
    names = events["step"].to_numpy()
    of_step = [np.unique(keys[names == step]) for step in steps]
    reached = _best_attempts(_attempts(of_step, moments, limit), len(moments))
    found = reached >= 0
    entry_rows = np.flatnonzero(names == steps[0])
    _, first_rows = np.unique(keys[entry_rows], return_index=True)
    entries = np.searchsorted(of_step[0], reached[:, 0])
    segments = events["segment"].to_numpy()[entry_rows[first_rows]][entries]
    return Journeys(
        steps=steps,
        depth=found.sum(axis=1),
        times=np.where(found, moments[reached % len(moments)], np.datetime64("NaT")),
        segments=segments,
        last_event=moments[-1],
        limit=limit,
    )


def _attempts(
    of_step: list[np.ndarray], moments: np.ndarray, limit: np.timedelta64 | None
) -> np.ndarray:
    """Follow every event of the first step; return the key of each step's event, -1 if there is none."""
    entries = of_step[0]
    reached = np.full((len(entries), len(of_step)), -1, dtype=np.int64)
    reached[:, 0] = entries
    users, entered = np.divmod(entries, len(moments))
    for position, keys in enumerate(of_step[1:], start=1):
        before = reached[:, position - 1]
        index = np.searchsorted(keys, before)
        candidates = np.append(keys, -1)[index]
        found = (before >= 0) & (candidates // len(moments) == users)
        if limit is not None:
            taken = moments[candidates % len(moments)] - moments[entered]
            found &= taken <= limit
        reached[found, position] = candidates[found]
    return reached


def _best_attempts(reached: np.ndarray, n_moments: int) -> np.ndarray:
    """Keep the attempt of each user that gets furthest, the earliest of several."""
    users = reached[:, 0] // n_moments
    depth = (reached >= 0).sum(axis=1)
    order = np.lexsort((reached[:, 0], -depth, users))
    _, firsts = np.unique(users[order], return_index=True)
    return reached[order[firsts]]


def summarise(journeys: Journeys, chosen: np.ndarray | None = None) -> pd.DataFrame:
    """Return the funnel: users, conversion and time for each step.

    Parameters
    ----------
    journeys : Journeys
    chosen : ndarray of bool, shape (n_users,), optional
        Only these users.

    Returns
    -------
    DataFrame of shape (n_steps, 9)
        step; users; of_first and of_previous, shares; low and high, the 95 % Wilson interval of of_first; q1, median
        and q3, the quartiles of the seconds since the step before. NaN if nobody got there.
    """
    chosen = np.ones(len(journeys.depth), bool) if chosen is None else chosen
    depth, times = journeys.depth[chosen], journeys.times[chosen]
    counts = np.array([(depth > k).sum() for k in range(len(journeys.steps))])
    first = np.full_like(counts, counts[0])
    before = np.append(counts[:1], counts[:-1])
    low, high = wilson_interval(counts, first)
    quartiles = [(np.nan,) * 3] + [
        _quartiles(times[:, k] - times[:, k - 1]) for k in range(1, len(counts))
    ]
    q1, median, q3 = np.transpose(quartiles)
    return pd.DataFrame(
        {
            "step": list(journeys.steps),
            "users": counts,
            "of_first": _shares(counts, first),
            "of_previous": _shares(counts, before),
            "low": low,
            "high": high,
            "q1": q1,
            "median": median,
            "q3": q3,
        }
    )


def total_time(journeys: Journeys, percentile: float = 50) -> float:
    """Return how long users take from entry to last step.

    Parameters
    ----------
    journeys : Journeys
    percentile : float
        50 is the median.

    Returns
    -------
    float
        Seconds; NaN if nobody finishes.
    """
    known = _known(journeys.times[:, -1] - journeys.times[:, 0])
    return float(np.percentile(known, percentile)) if len(known) else np.nan


def by_segment(journeys: Journeys) -> pd.DataFrame:
    """Return a funnel for each segment, the largest first; those beyond eight are combined.

    Parameters
    ----------
    journeys : Journeys

    Returns
    -------
    DataFrame of shape (n_segments * n_steps, 10)
        segment, and the columns of `summarise`.
    """
    names = pd.Series(journeys.segments)
    kept = names.value_counts().index
    if len(kept) > MAX_SEGMENTS:
        names = names.where(names.isin(kept[: MAX_SEGMENTS - 1]), OTHERS)
        kept = [name for name in kept[: MAX_SEGMENTS - 1] if name != OTHERS] + [OTHERS]
    funnels = []
    for name in kept:
        funnel = summarise(journeys, (names == name).to_numpy())
        funnel.insert(0, "segment", name)
        funnels.append(funnel)
    return pd.concat(funnels, ignore_index=True)


def by_cohort(journeys: Journeys, period: str) -> pd.DataFrame:
    """Return the overall conversion of those who entered in the same week or month.

    Parameters
    ----------
    journeys : Journeys
    period : {"week", "month"}
        Weeks begin on Monday.

    Returns
    -------
    DataFrame of shape (n_cohorts, 7)
        cohort, its first day; users; finished; share; low and high, its 95 % Wilson interval; complete, whether all of
        the cohort had the time: the limit if there is one, otherwise the time that 90 % of those who finished needed.

    Raises
    ------
    ValueError
        There is no such period.
    """
    if not isinstance(period, str) or period not in PERIODS:
        raise ValueError("Choose week or month as the period.")
    entered = pd.Series(journeys.times[:, 0]).dt.to_period(PERIODS[period])
    finished = journeys.depth == len(journeys.steps)
    table = pd.DataFrame({"cohort": entered, "finished": finished})
    groups = table.groupby("cohort")["finished"].agg(["size", "sum"])
    low, high = wilson_interval(groups["sum"].to_numpy(), groups["size"].to_numpy())
    complete = groups.index.end_time + _time_needed(journeys) <= journeys.last_event
    return pd.DataFrame(
        {
            "cohort": groups.index.start_time,
            "users": groups["size"].to_numpy(),
            "finished": groups["sum"].to_numpy(),
            "share": (groups["sum"] / groups["size"]).to_numpy(),
            "low": low,
            "high": high,
            "complete": complete,
        }
    )


def _time_needed(journeys: Journeys) -> pd.Timedelta:
    if journeys.limit is not None:
        return pd.Timedelta(journeys.limit)
    seconds = total_time(journeys, _SETTLED_PERCENT)
    return pd.Timedelta(seconds=0 if np.isnan(seconds) else seconds)


def _shares(counts: np.ndarray, of: np.ndarray) -> np.ndarray:
    return np.divide(counts, of, out=np.full(len(counts), np.nan), where=of > 0)


def _quartiles(taken: np.ndarray) -> tuple[float, float, float]:
    known = _known(taken)
    return tuple(np.percentile(known, _QUARTILES)) if len(known) else (np.nan,) * 3


def _known(taken: np.ndarray) -> np.ndarray:
    """Return the known times in seconds."""
    return taken[~np.isnat(taken)] / np.timedelta64(1, "s")


def _checked_steps(events: pd.DataFrame, steps: Sequence[str]) -> tuple[str, ...]:
    if not isinstance(steps, (list, tuple)) or len(steps) < 2:
        raise ValueError("Choose at least two steps, in the order of the funnel.")
    if len(steps) > MAX_STEPS:
        raise ValueError(f"Choose at most {MAX_STEPS} steps.")
    known = set(events["step"])
    unknown = [step for step in steps if not isinstance(step, str) or step not in known]
    if unknown:
        raise ValueError(
            f"The events have no step {str(unknown[0])[:60]!r}. Choose steps of the table."
        )
    if len(set(steps)) < len(steps):
        raise ValueError("A step is chosen twice. Choose each step once.")
    return tuple(steps)


def _checked_limit(days: float | None) -> np.timedelta64 | None:
    if days is None or days == "":
        return None
    is_number = isinstance(days, (int, float)) and not isinstance(days, bool)
    if not is_number or not 0 < days <= MAX_LIMIT_DAYS:
        raise ValueError(
            f"The time limit must be more than 0 and at most {number(MAX_LIMIT_DAYS)} days. Leave it empty for no "
            "limit."
        )
    return np.timedelta64(round(days * 86_400_000_000), "us")
