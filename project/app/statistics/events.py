"""Tables of events: who did what, and when. Read from a table, or generated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..wording import number, plural

MAX_STEP_NAMES = 100
NO_SEGMENT = "(none)"
_PARTS = {"user": "the user", "step": "the step", "time": "the time"}
_WORDS = {
    "user": ("user", "customer", "visitor", "client", "member", "session", "person"),
    "step": ("step", "event", "action", "stage", "activity", "page"),
    "time": ("time", "date", "moment", "when", "at"),
}
_ROWS_NAMED = 5

SHOP_STEPS = ("visit", "product", "cart", "checkout", "paid")
_DEVICES = {"phone": 0.55, "desktop": 0.36, "tablet": 0.09}
_CHANNELS = {"search": 0.42, "direct": 0.27, "social": 0.21, "newsletter": 0.10}
# The share that goes on to the next step, and the median hours until then.
_GO_ON = (0.62, 0.34, 0.58, 0.71)
_MEDIAN_HOURS = (0.05, 0.2, 0.5, 0.1)
_SPREAD = (0.8, 1.6, 2.2, 0.7)
_DEVICE_FACTOR = {"phone": 0.9, "desktop": 1.12, "tablet": 1.0}
_CHANNEL_FACTOR = {"search": 1.0, "direct": 1.06, "social": 0.82, "newsletter": 1.15}


@dataclass(frozen=True)
class Events:
    """Events in the form that funnels need.

    Attributes
    ----------
    frame : DataFrame of shape (n_events, 4)
        user; step, text; time, datetime64[us]; segment, text.
    notes : tuple of str
        Sentences about what was left out or is doubtful.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]


def read_events(
    table: pd.DataFrame,
    user: str | None,
    step: str | None,
    time: str | None,
    segment: str | None = None,
) -> Events:
    """Read events from a table, given its columns.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    user, step, time : str
        Names of columns.
    segment : str, optional
        The name of a column that divides users into segments.

    Returns
    -------
    Events

    Raises
    ------
    ValueError
        A column is missing, named twice or of the wrong kind; the sentence says which.
    """
    names = {"user": user, "step": step, "time": time}
    for part, name in names.items():
        _check_column(table, name, _PARTS[part])
    if len(set(names.values())) < len(names):
        raise ValueError(
            "User, step and time must be three different columns. Choose three different ones."
        )
    if segment not in (None, ""):
        _check_column(table, segment, "the segment")
    columns = {part: table[name] for part, name in names.items()}
    columns["time"] = _moments(columns["time"], time)
    whole = ~pd.DataFrame(columns).isna().any(axis=1)
    if not whole.any():
        raise ValueError(
            f"No row has a value in each of '{user}', '{step}' and '{time}'. Choose other columns."
        )
    steps = columns["step"][whole].astype("str")
    if steps.nunique() > MAX_STEP_NAMES:
        raise ValueError(
            f"Column '{step}' has {number(steps.nunique())} different values, too many for steps of a funnel "
            f"(at most {MAX_STEP_NAMES}). Choose the column that names the step."
        )
    frame = pd.DataFrame(
        {
            "user": columns["user"][whole],
            "step": steps.astype(object),
            "time": columns["time"][whole],
            "segment": _segments(table, segment)[whole],
        }
    ).reset_index(drop=True)
    notes = _notes(frame, len(table) - int(whole.sum()))
    return Events(frame, notes)


def _check_column(table: pd.DataFrame, name: str | None, part: str) -> None:
    if name in (None, ""):
        raise ValueError(f"Choose the column of {part}.")
    if not isinstance(name, str) or name not in table.columns:
        raise ValueError(
            f"The table has no column {str(name)[:60]!r}. Choose the column of {part} among its columns."
        )


def _moments(column: pd.Series, name: str) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.astype("datetime64[us]")
    if pd.api.types.is_numeric_dtype(column):
        raise ValueError(
            f"Column '{name}' has numbers, not times. Write times such as 2026-03-01 14:30, or choose another column."
        )
    moments = pd.to_datetime(column, errors="coerce", format="mixed", utc=True)
    wrong = np.flatnonzero(moments.isna() & column.notna())
    if len(wrong):
        rows = ", ".join(number(row + 1) for row in wrong[:_ROWS_NAMED])
        more = ", …" if len(wrong) > _ROWS_NAMED else ""
        raise ValueError(
            f"Column '{name}' has text that is not a time in {plural(len(wrong), 'row')}: {rows}{more}. "
            "Write times such as 2026-03-01 14:30:00, or choose another column."
        )
    return moments.dt.tz_localize(None).astype("datetime64[us]")


def _segments(table: pd.DataFrame, name: str | None) -> pd.Series:
    if not name:
        return pd.Series("all", index=table.index, dtype=object)
    column = table[name]
    texts = column.astype("str").astype(object)
    return texts.where(column.notna(), NO_SEGMENT)


def _notes(frame: pd.DataFrame, n_left_out: int) -> tuple[str, ...]:
    notes = []
    if n_left_out:
        notes.append(
            f"Left out: {plural(n_left_out, 'row')} without a user, step or time."
        )
    if (frame["time"] == frame["time"].dt.normalize()).all():
        notes.append(
            "The times are dates without hours: events on the same day count in the order of the funnel."
        )
    return tuple(notes)


def guess_columns(table: pd.DataFrame) -> dict[str, str | None]:
    """Guess the columns of user, step and time from types and names.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)

    Returns
    -------
    dict
        'user', 'step', 'time': the name of a column, each a different one, or None.
    """
    free = list(table.columns)
    guesses: dict[str, str | None] = {}
    for part in ("time", "user", "step"):
        fitting = [name for name in free if _fits(table[name], part)]
        if part == "user":
            fitting.sort(key=lambda name: table[name].nunique(), reverse=True)
        named = [name for name in fitting if _sounds_like(name, part)]
        guesses[part] = next(iter(named or fitting), None)
        free = [name for name in free if name != guesses[part]]
    return guesses


def _fits(column: pd.Series, part: str) -> bool:
    is_time = pd.api.types.is_datetime64_any_dtype(column)
    if part == "time" or is_time:
        return part == "time" and is_time
    if part == "step":
        is_number = pd.api.types.is_numeric_dtype(column)
        return not is_number and 2 <= column.nunique() <= MAX_STEP_NAMES
    return not pd.api.types.is_float_dtype(column)


def _sounds_like(name: str, part: str) -> bool:
    return any(word in name.lower() for word in _WORDS[part])


def guess_steps(frame: pd.DataFrame, most: int = 6) -> list[str]:
    """Guess a funnel: the most common steps, the one with the most users first.

    Parameters
    ----------
    frame : DataFrame of shape (n_events, 4)
        From `read_events`.
    most : int
        The largest number of steps.

    Returns
    -------
    list of str
    """
    users = frame.groupby("step")["user"].nunique()
    first = frame.groupby("step")["time"].min()
    order = pd.DataFrame({"users": -users, "first": first})
    return list(order.sort_values(["users", "first"]).index[:most])


def make_shop_events(n_users: int = 4000, seed: int = 0) -> pd.DataFrame:
    """Generate the events of a shop: visits, product views, carts, checkouts, payments.

    Parameters
    ----------
    n_users : int
    seed : int
        The same seed gives the same table.

    Returns
    -------
    DataFrame of shape (n_events, 5)
        user, step, time, device, channel; in order of time. Four months; some users come more than once, and desktop
        and newsletter convert better.
    """
    rng = np.random.default_rng(seed)
    visits = np.repeat(np.arange(n_users), 1 + rng.poisson(0.35, n_users))
    devices = rng.choice(list(_DEVICES), len(visits), p=list(_DEVICES.values()))
    channels = rng.choice(list(_CHANNELS), len(visits), p=list(_CHANNELS.values()))
    start = np.datetime64("2026-01-05T00:00:00", "s")
    hours = rng.uniform(0, 119 * 24, len(visits))
    factor = pd.Series(devices).map(_DEVICE_FACTOR) * pd.Series(channels).map(
        _CHANNEL_FACTOR
    )
    here, parts = np.arange(len(visits)), []
    for position, step in enumerate(SHOP_STEPS):
        parts.append(pd.DataFrame({"visit": here, "step": step, "hours": hours[here]}))
        if position == len(_GO_ON):
            break
        share = np.minimum(0.97, _GO_ON[position] * factor.to_numpy()[here])
        here = here[rng.random(len(here)) < share]
        median, spread = _MEDIAN_HOURS[position], _SPREAD[position]
        hours[here] += median * rng.lognormal(0, spread, len(here))
    table = pd.concat(parts, ignore_index=True)
    of_visit = table["visit"].to_numpy()
    seconds = np.round(table["hours"] * 3600).astype("timedelta64[s]")
    table = pd.DataFrame(
        {
            "user": [f"u{number:05d}" for number in visits[of_visit]],
            "step": table["step"],
            "time": (start + seconds.to_numpy()).astype("datetime64[us]"),
            "device": devices[of_visit],
            "channel": channels[of_visit],
        }
    )
    table = table[table["time"] < start + np.timedelta64(119, "D")]
    return table.sort_values("time", kind="stable", ignore_index=True)
