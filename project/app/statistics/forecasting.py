"""A forecast of prices from their lags and the calendar, and a backtest of it.

The backtest has a rolling origin: from each of many past dates a forecast is made with what was known then. It is
compared with the actual prices, as is the naive forecast that the price stays the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..wording import number

N_LAGS = 6
ALPHA = 10.0
MAX_HORIZON = 20
MAX_ORIGINS = 60
MIN_ORIGINS = 10
MIN_TRAIN = 20
COVERAGE = 0.8
# Days between dates that are this many months apart. Four weeks are not a month.
_MONTHS = ((29, 31, 1), (89, 92, 3), (365, 366, 12))


@dataclass(frozen=True)
class Backtest:
    """Forecasts from past dates, and the actual prices.

    Attributes
    ----------
    origins : ndarray of shape (n_origins,)
        The position of the last price that each forecast knew.
    actual, forecast, naive : ndarray of shape (n_origins, horizon)
        Prices. The naive forecast is the price at the origin.
    """

    origins: np.ndarray
    actual: np.ndarray
    forecast: np.ndarray
    naive: np.ndarray

    @property
    def error(self) -> float:
        """The forecast's mean absolute error, as a share of the actual price."""
        return float(np.mean(self.errors))

    @property
    def naive_error(self) -> float:
        """The naive forecast's mean absolute error, as a share of the actual price."""
        return float(np.mean(self.naive_errors))

    @property
    def errors(self) -> np.ndarray:
        """The forecast's mean absolute error for each step ahead."""
        return np.mean(np.abs(self.forecast / self.actual - 1), axis=0)

    @property
    def naive_errors(self) -> np.ndarray:
        """The naive forecast's mean absolute error for each step ahead."""
        return np.mean(np.abs(self.naive / self.actual - 1), axis=0)

    @property
    def beats_naive(self) -> bool:
        """Whether the forecast had a smaller error than the naive one."""
        return self.error < self.naive_error


@dataclass(frozen=True)
class Forecast:
    """A forecast of prices.

    Attributes
    ----------
    dates : DatetimeIndex of shape (horizon,)
    price, low, high : ndarray of shape (horizon,)
        The forecast and its interval, wide enough to cover the share `COVERAGE` of the prices in the backtest.
    backtest : Backtest
    """

    dates: pd.DatetimeIndex
    price: np.ndarray
    low: np.ndarray
    high: np.ndarray
    backtest: Backtest


def forecast(prices: pd.Series, horizon: int) -> Forecast:
    """Forecast the next prices.

    Parameters
    ----------
    prices : Series of shape (n_dates,)
        Above 0, with their dates as index; missing ones are left out.
    horizon : int
        How many steps ahead, from 1 to 20.

    Returns
    -------
    Forecast

    Raises
    ------
    ValueError
        The horizon cannot be used, or there are too few prices for it.

    References
    ----------
    Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 5.10,
    https://otexts.com/fpp3/tscv.html
    """
    _check_horizon(horizon)
    prices = prices.dropna()
    known, dates = prices.to_numpy(dtype=float), pd.DatetimeIndex(prices.index)
    tested = _backtest_once(
        known.tobytes(), dates.as_unit("ns").asi8.tobytes(), horizon
    )
    price = predict(known, dates, horizon)
    width = np.exp(widths(tested))
    return Forecast(
        dates=next_dates(dates, horizon),
        price=price,
        low=price / width,
        high=price * width,
        backtest=tested,
    )


# It takes a hundred times as long as the forecast, and many readers request it for the same prices.
@lru_cache(maxsize=128)
def _backtest_once(prices: bytes, dates: bytes, horizon: int) -> Backtest:
    when = pd.DatetimeIndex(np.frombuffer(dates, dtype="datetime64[ns]"))
    return backtest(np.frombuffer(prices), when, horizon)


def as_table(made: Forecast) -> pd.DataFrame:
    """Return a row for each step ahead.

    Parameters
    ----------
    made : Forecast

    Returns
    -------
    DataFrame of shape (horizon, 6)
        The columns date, forecast, low, high, error and naive_error: both mean absolute errors of the backtest at
        this step, as shares of the actual price.
    """
    columns = {
        "date": made.dates,
        "forecast": made.price,
        "low": made.low,
        "high": made.high,
        "error": made.backtest.errors,
        "naive_error": made.backtest.naive_errors,
    }
    return pd.DataFrame(columns)


def widths(tested: Backtest) -> np.ndarray:
    """Return the distance from the forecast, in the logarithm, that covers the share `COVERAGE` of the backtest.

    Parameters
    ----------
    tested : Backtest

    Returns
    -------
    ndarray of shape (horizon,)

    References
    ----------
    Lei et al., Distribution-Free Predictive Inference for Regression, JASA 2018: the quantile of absolute residuals
    that were not fitted, with its correction for their number. Past forecasts overlap, so it is a rule of thumb here.
    """
    misses = np.sort(np.abs(np.log(tested.actual / tested.forecast)), axis=0)
    rank = math.ceil(COVERAGE * (len(misses) + 1))
    return misses[min(rank, len(misses)) - 1]


def predict(prices: np.ndarray, dates: pd.DatetimeIndex, horizon: int) -> np.ndarray:
    """Forecast from the last price, with one ridge regression for all steps ahead.

    It learns the logarithm of the growth over 1, 2, … `horizon` steps from the features of each date.

    Parameters
    ----------
    prices : ndarray of shape (n_dates,)
    dates : DatetimeIndex of shape (n_dates,)
    horizon : int

    Returns
    -------
    ndarray of shape (horizon,)
        Prices.
    """
    logs = np.log(prices)
    X = features(prices, dates)
    rows = np.arange(N_LAGS, len(prices) - horizon)
    growth = logs[rows[:, None] + np.arange(1, horizon + 1)] - logs[rows, None]
    model = make_pipeline(StandardScaler(), Ridge(alpha=ALPHA)).fit(X[rows], growth)
    return prices[-1] * np.exp(model.predict(X[-1:]).reshape(-1))


def features(prices: np.ndarray, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the features of each date: the latest changes, and the time of the year and week.

    Parameters
    ----------
    prices : ndarray of shape (n_dates,)
    dates : DatetimeIndex of shape (n_dates,)

    Returns
    -------
    ndarray of shape (n_dates, 14)
        The last six changes of the logarithm (missing in the first six rows), sine and cosine of the time of the
        year, and a column for each day of the week but Monday.
    """
    change = np.diff(np.log(prices), prepend=np.nan)
    lags = [np.roll(change, lag) for lag in range(N_LAGS)]
    angle = 2 * np.pi * dates.day_of_year.to_numpy() / 365.25
    weekday = dates.day_of_week.to_numpy()
    days = [(weekday == day).astype(float) for day in range(1, 7)]
    X = np.column_stack([*lags, np.sin(angle), np.cos(angle), *days])
    X[:N_LAGS, :N_LAGS] = np.nan
    return X


def backtest(prices: np.ndarray, dates: pd.DatetimeIndex, horizon: int) -> Backtest:
    """Forecast from past dates, each with the prices up to that date only.

    Parameters
    ----------
    prices : ndarray of shape (n_dates,)
    dates : DatetimeIndex of shape (n_dates,)
    horizon : int

    Returns
    -------
    Backtest
        Up to 60 origins, evenly spread over the second half of the dates if there are many.

    Raises
    ------
    ValueError
        There are too few prices.
    """
    origins = origins_of(len(prices), horizon)
    ahead = origins[:, None] + np.arange(1, horizon + 1)
    made = [predict(prices[: o + 1], dates[: o + 1], horizon) for o in origins]
    naive = np.repeat(prices[origins, None], horizon, axis=1)
    return Backtest(origins, prices[ahead], np.array(made), naive)


def origins_of(n_prices: int, horizon: int) -> np.ndarray:
    """Return the positions of the last known price of each forecast in the backtest.

    Parameters
    ----------
    n_prices : int
    horizon : int

    Returns
    -------
    ndarray of shape (n_origins,)

    Raises
    ------
    ValueError
        There are too few prices.
    """
    earliest = N_LAGS + MIN_TRAIN + horizon - 1
    latest = n_prices - 1 - horizon
    if latest - earliest + 1 < MIN_ORIGINS:
        needed = earliest + MIN_ORIGINS + horizon
        raise ValueError(
            f"There are {number(n_prices)} prices, but testing a forecast of {horizon} steps needs "
            f"{needed}. Forecast fewer steps, or choose a longer series."
        )
    first = max(earliest, min(n_prices // 2, latest - MIN_ORIGINS + 1))
    count = min(MAX_ORIGINS, latest - first + 1)
    return np.unique(np.linspace(first, latest, count).round().astype(int))


def next_dates(dates: pd.DatetimeIndex, horizon: int) -> pd.DatetimeIndex:
    """Return the next dates, as far apart as those before.

    Parameters
    ----------
    dates : DatetimeIndex of shape (n_dates,)
        Ascending.
    horizon : int

    Returns
    -------
    DatetimeIndex of shape (horizon,)
        Working days after working days, months after months, and so on.
    """
    gap = pd.Series(dates).diff().median()
    step = gap
    if gap == pd.Timedelta(days=1) and not (dates.day_of_week >= 5).any():
        step = pd.offsets.BDay()
    for shortest, longest, months in _MONTHS:
        if shortest <= gap.days <= longest:
            step = pd.DateOffset(months=months)
    return pd.DatetimeIndex([dates[-1] + step * k for k in range(1, horizon + 1)])


def _check_horizon(horizon: Any) -> None:
    whole = isinstance(horizon, int) and not isinstance(horizon, bool)
    if not whole or not 1 <= horizon <= MAX_HORIZON:
        raise ValueError(
            f"The number of steps ahead must be a whole number from 1 to {MAX_HORIZON}."
        )
