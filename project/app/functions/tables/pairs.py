"""What a chart of two columns shows: points or a density, boxes, shares, or a line over time, by their roles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .columns import short_label_of
from .relations import CATEGORIES, NUMBERS, as_codes, as_numbers

# More points than that lie on each other.
MAX_POINTS = 5_000
MAX_LEVELS = 12
MAX_LINES = 4
N_CELLS = 40
N_PERIODS = 40
ROLES = (*NUMBERS, *CATEGORIES)
OTHER = "Other"


@dataclass(frozen=True)
class Pair:
    """What is shown of two columns.

    Attributes
    ----------
    kind : {"points", "density", "boxes", "shares", "line"}
    x, y : str
        The columns on the axes; categories, and time, are on the x axis.
    rows : int
        That have both values.
    is_time : bool
        Whether the x axis has dates, as ISO texts.
    xs, ys : tuple
        Of points, their places; of a density, the edges of its cells; of shares, the categories of both columns; of
        boxes, the categories; of a line, the periods.
    cells : tuple of tuple of float
        Of a density, the rows in each cell, a tuple for each place on the y axis; of shares, the share of each y within
        each x; of boxes, the three quartiles and the ends of the whiskers of each category; of a line, its means, or
        the shares of each category of y.
    names : tuple of str
        Of the lines: the categories of y, or nothing where there is one line.
    """

    kind: str
    x: str
    y: str
    rows: int
    is_time: bool = False
    xs: tuple = ()
    ys: tuple = ()
    cells: tuple[tuple[float, ...], ...] = ()
    names: tuple[str, ...] = ()


def pair_of(frame: pd.DataFrame, x: str, y: str, roles: Mapping[str, str]) -> Pair:
    """Return what a chart of two columns shows.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    x, y : str
    roles : mapping of str to str

    Returns
    -------
    Pair

    Raises
    ------
    ValueError
        A column cannot be drawn, both are the same, or no row has both values.
    """
    if x == y:
        raise ValueError("Choose two different columns.")
    for name in (x, y):
        if roles.get(name) not in ROLES:
            raise ValueError(
                f"'{name}' cannot be drawn: it is no number, date or category. Choose another column."
            )
    if _is_second(roles[x], roles[y]):
        x, y = y, x
    is_time = roles[x] == "date"
    both = _present(frame[x], roles[x]) & _present(frame[y], roles[y])
    shown = frame.loc[both, [x, y]]
    if shown.empty:
        raise ValueError("No row has a value in both columns. Choose another column.")
    if roles[x] in CATEGORIES and roles[y] in CATEGORIES:
        return _shares(shown, x, y)
    if roles[x] in CATEGORIES:
        return _boxes(shown, x, y)
    if is_time and roles[y] != "date":
        return _line(shown, x, y, roles[y] in CATEGORIES)
    return _points(shown, x, y, is_time)


def _is_second(x: str, y: str) -> bool:
    """Tell whether x belongs on the y axis, by the roles of both."""
    if y == "date":
        return x != "date"
    return y in CATEGORIES and x == "number"


def _present(column: pd.Series, role: str) -> np.ndarray:
    return (
        np.isfinite(as_numbers(column))
        if role in NUMBERS
        else column.notna().to_numpy()
    )


def _points(frame: pd.DataFrame, x: str, y: str, is_time: bool) -> Pair:
    # Of two dates both axes have dates.
    xs, ys = _numbers(frame[x], is_time), _numbers(frame[y], is_time)
    if len(frame) <= MAX_POINTS:
        places, heights = (
            _dates(values) if is_time else tuple(values.tolist()) for values in (xs, ys)
        )
        return Pair("points", x, y, len(frame), is_time, places, heights)
    # A few odd values would press all others into one cell.
    ranges = [tuple(np.percentile(values, [0.5, 99.5])) for values in (xs, ys)]
    ranges = [(a, b) if a < b else (a - 0.5, a + 0.5) for a, b in ranges]
    with np.errstate(over="ignore"):
        if not all(math.isfinite(b - a) for a, b in ranges):
            raise ValueError(
                "The values lie too far apart to be drawn. Choose another column."
            )
    counts, x_edges, y_edges = np.histogram2d(xs, ys, N_CELLS, ranges)
    edges = [
        _dates(each) if is_time else tuple(each.tolist()) for each in (x_edges, y_edges)
    ]
    cells = tuple(tuple(row) for row in counts.T.tolist())
    return Pair("density", x, y, len(frame), is_time, edges[0], edges[1], cells)


def _boxes(frame: pd.DataFrame, x: str, y: str) -> Pair:
    codes, names = _levels(frame[x], MAX_LEVELS)
    values = as_numbers(frame[y])
    cells = tuple(_box(values[codes == k]) for k in range(len(names)))
    return Pair("boxes", x, y, len(frame), xs=names, cells=cells)


def _box(values: np.ndarray) -> tuple[float, ...]:
    """Return the lower whisker, the quartiles, and the upper whisker, which reach the last value within the fences."""
    low, middle, high = np.percentile(values, [25, 50, 75])
    reach = 1.5 * (high - low)
    within = values[(values >= low - reach) & (values <= high + reach)]
    ends = (within.min(), within.max())
    return tuple(float(v) for v in (ends[0], low, middle, high, ends[1]))


def _shares(frame: pd.DataFrame, x: str, y: str) -> Pair:
    x_codes, x_names = _levels(frame[x], MAX_LEVELS)
    y_codes, y_names = _levels(frame[y], MAX_LEVELS)
    counts = np.zeros((len(y_names), len(x_names)))
    np.add.at(counts, (y_codes, x_codes), 1)
    shares = counts / counts.sum(axis=0)
    cells = tuple(tuple(row) for row in shares.tolist())
    return Pair("shares", x, y, len(frame), xs=x_names, ys=y_names, cells=cells)


def _line(frame: pd.DataFrame, x: str, y: str, of_categories: bool) -> Pair:
    times = _numbers(frame[x], True)
    edges = np.linspace(times.min(), times.max(), N_PERIODS + 1)
    periods = np.clip(np.searchsorted(edges, times, "right") - 1, 0, N_PERIODS - 1)
    counts = np.bincount(periods, minlength=N_PERIODS)
    known = counts > 0
    middles = ((edges[:-1] + edges[1:]) / 2)[known]
    if of_categories:
        codes, names = _levels(frame[y], MAX_LINES)
        lines = [np.bincount(periods, codes == k, N_PERIODS) for k in range(len(names))]
    else:
        names, lines = (), [np.bincount(periods, as_numbers(frame[y]), N_PERIODS)]
    cells = tuple(tuple((line[known] / counts[known]).tolist()) for line in lines)
    return Pair("line", x, y, len(frame), True, _dates(middles), (), cells, names)


def _levels(column: pd.Series, most: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the numbers of the categories, the most frequent first, and their names; the rarest are one."""
    codes = as_codes(column)
    labels = {}
    for code, value in zip(codes, column.array):
        if code not in labels:
            labels[code] = short_label_of(value)
    order = np.argsort(-np.bincount(codes), kind="stable")
    shown = order if len(order) <= most else order[: most - 1]
    place = np.full(len(order), len(shown))
    place[shown] = range(len(shown))
    names = [labels[code] for code in shown]
    if len(order) > most:
        names.append(OTHER)
    return place[codes], tuple(names)


def _dates(seconds: np.ndarray) -> tuple[str, ...]:
    return tuple(np.datetime_as_string(np.round(seconds).astype("datetime64[s]")))


def _numbers(column: pd.Series, is_time: bool) -> np.ndarray:
    """Return numbers, or the seconds of dates; whole numbers that are dates are years."""
    values = as_numbers(column)
    if not is_time or pd.api.types.is_datetime64_any_dtype(column):
        return values
    years = np.where(np.isfinite(values), values, 1970).astype(int) - 1970
    seconds = years.astype("datetime64[Y]").astype("datetime64[s]").astype(float)
    return np.where(np.isfinite(values), seconds, np.nan)
