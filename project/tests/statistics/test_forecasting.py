"""Forecasts and their backtest, compared with an independent computation by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.statistics import forecasting, prices


def walk(n: int = 90, seed: int = 0, freq: str = "B") -> pd.Series:
    """A random walk, in which nothing can be forecast."""
    growth = np.random.default_rng(seed).normal(0, 0.02, n)
    dates = pd.date_range("2024-01-02", periods=n, freq=freq)
    return pd.Series(50 * np.exp(np.cumsum(growth)), index=dates, name="walk")


def momentum(n: int = 200) -> pd.Series:
    """Prices with persistent growth, which can be forecast."""
    noise = np.random.default_rng(1).normal(0, 0.01, n)
    growth = np.zeros(n)
    for i in range(1, n):
        growth[i] = 0.9 * growth[i - 1] + noise[i]
    dates = pd.date_range("2024-01-02", periods=n, freq="B")
    return pd.Series(50 * np.exp(np.cumsum(growth)), index=dates, name="momentum")


def forecast_by_hand(known: list[float], dates: list, horizon: int) -> list[float]:
    """One ridge regression for each step ahead, by loops and the normal equations."""

    def row(t: int) -> list[float]:
        lags = [math.log(known[t - j] / known[t - j - 1]) for j in range(6)]
        angle = 2 * math.pi * dates[t].timetuple().tm_yday / 365.25
        days = [1.0 if dates[t].weekday() == day else 0.0 for day in range(1, 7)]
        return [*lags, math.sin(angle), math.cos(angle), *days]

    X = np.array([row(t) for t in range(6, len(known) - horizon)])
    mean, std = X.mean(axis=0), X.std(axis=0)
    std[std < 1e-12] = 1
    Z = (X - mean) / std
    now = (np.array(row(len(known) - 1)) - mean) / std
    made = []
    for k in range(1, horizon + 1):
        y = np.array(
            [math.log(known[t + k] / known[t]) for t in range(6, len(known) - horizon)]
        )
        penalty = forecasting.ALPHA * np.eye(Z.shape[1])
        weights = np.linalg.solve(Z.T @ Z + penalty, Z.T @ (y - y.mean()))
        made.append(known[-1] * math.exp(y.mean() + now @ weights))
    return made


@pytest.mark.parametrize("horizon", [1, 5])
def test_the_forecast_is_that_of_ridge_regressions_by_hand(horizon):
    series = walk()
    made = forecasting.predict(series.to_numpy(), series.index, horizon)
    by_hand = forecast_by_hand(list(series), list(series.index), horizon)
    assert list(made) == pytest.approx(by_hand, rel=1e-9)


def test_the_errors_of_the_backtest_are_those_of_a_loop_over_past_dates():
    series, horizon = walk(70), 4
    known, dates = list(series), list(series.index)
    test = forecasting.backtest(series.to_numpy(), series.index, horizon)
    errors, naive_errors = [], []
    for origin in test.origins:
        made = forecast_by_hand(known[: origin + 1], dates[: origin + 1], horizon)
        for k in range(1, horizon + 1):
            actual = known[origin + k]
            errors.append(abs(made[k - 1] - actual) / actual)
            naive_errors.append(abs(known[origin] - actual) / actual)
    assert test.error == pytest.approx(np.mean(errors), rel=1e-9)
    assert test.naive_error == pytest.approx(np.mean(naive_errors), rel=1e-12)
    assert list(test.errors) == pytest.approx(
        [np.mean(errors[k::horizon]) for k in range(horizon)], rel=1e-9
    )


@given(st.integers(0, 29), st.floats(0.2, 5))
@hypothesis_settings(max_examples=20)
def test_what_comes_later_changes_no_forecast_of_the_backtest(position, factor):
    series, horizon = walk(70), 3
    test = forecasting.backtest(series.to_numpy(), series.index, horizon)
    position %= len(test.origins)
    origin = test.origins[position]
    other = series.to_numpy().copy()
    other[origin + 1 :] *= factor
    again = forecasting.backtest(other, series.index, horizon)
    assert (again.forecast[: position + 1] == test.forecast[: position + 1]).all()
    assert (again.naive[: position + 1] == test.naive[: position + 1]).all()


def test_the_backtest_compares_with_the_prices_that_came_and_the_last_one_known():
    series = walk(80)
    test = forecasting.backtest(series.to_numpy(), series.index, 3)
    for i, origin in enumerate(test.origins):
        assert list(test.actual[i]) == list(series.iloc[origin + 1 : origin + 4])
        assert set(test.naive[i]) == {series.iloc[origin]}


def test_a_random_walk_does_not_beat_the_naive_forecast():
    made = forecasting.forecast(walk(150), 8)
    assert made.backtest.error > made.backtest.naive_error
    assert not made.backtest.beats_naive


def test_prices_with_momentum_beat_the_naive_forecast():
    made = forecasting.forecast(momentum(), 5)
    assert made.backtest.error < 0.9 * made.backtest.naive_error
    assert made.backtest.beats_naive


def test_a_constant_price_is_forecast_as_it_is_and_does_not_beat_the_naive_forecast():
    dates = pd.date_range("2024-01-01", periods=60, freq="D")
    made = forecasting.forecast(pd.Series(7.0, index=dates), 3)
    np.testing.assert_allclose([made.price, made.low, made.high], 7)
    assert not made.backtest.beats_naive


def test_the_interval_would_have_held_80_percent_of_the_past_at_each_step():
    made = forecasting.forecast(walk(200, seed=4), 6)
    test = made.backtest
    width = made.high / made.price
    held = (test.actual <= test.forecast * width) & (
        test.actual >= test.forecast / width
    )
    shares = held.mean(axis=0)
    assert (shares >= 0.8 - 1e-9).all() and (shares < 0.86).all()


def test_each_width_is_the_smallest_miss_that_enough_others_do_not_exceed():
    test = forecasting.backtest(walk(80).to_numpy(), walk(80).index, 2)
    for k, width in enumerate(forecasting.widths(test)):
        misses = [
            abs(math.log(a / f)) for a, f in zip(test.actual[:, k], test.forecast[:, k])
        ]
        enough = math.ceil(0.8 * (len(misses) + 1))
        assert width == pytest.approx(min(m for m in misses if sum(x <= m for x in misses) >= enough))  # fmt: skip


@pytest.mark.parametrize("n, horizon", [(90, 1), (105, 8), (5000, 20), (46, 5)])
def test_origins_leave_enough_to_learn_from_and_the_whole_horizon_to_compare(
    n, horizon
):
    origins = forecasting.origins_of(n, horizon)
    assert forecasting.MIN_ORIGINS <= len(origins) <= forecasting.MAX_ORIGINS
    assert origins[-1] == n - 1 - horizon
    n_learned = origins[0] + 1 - horizon - forecasting.N_LAGS
    assert n_learned >= forecasting.MIN_TRAIN
    assert (np.diff(origins) > 0).all()


def test_the_sentence_about_too_few_prices_names_just_enough():
    with pytest.raises(ValueError, match="There are 10 prices.* needs 45") as error:
        forecasting.forecast(walk(10), 5)
    assert str(error.value).endswith("choose a longer series.")
    assert len(forecasting.forecast(walk(45), 5).price) == 5
    with pytest.raises(ValueError, match="needs 45"):
        forecasting.forecast(walk(44), 5)


@pytest.mark.parametrize("horizon", [0, 21, -1, None, "8", 2.5, math.nan, True, [8]])
def test_a_horizon_that_cannot_be_used_is_refused_with_a_sentence(horizon):
    with pytest.raises(ValueError, match="whole number from 1 to 20"):
        forecasting.forecast(walk(), horizon)


def test_missing_prices_are_left_out():
    series = walk(100)
    holes = series.copy()
    holes.iloc[[3, 50, 99]] = np.nan
    made, expected = (
        forecasting.forecast(s, 4).price for s in (holes, series.drop(series.index[[3, 50, 99]]))
    )  # fmt: skip
    assert (made == expected).all()


@pytest.mark.parametrize(
    "freq, expected",
    [
        ("B", ["2024-02-13", "2024-02-14", "2024-02-15"]),
        ("D", ["2024-02-01", "2024-02-02", "2024-02-03"]),
        ("W-MON", ["2024-08-05", "2024-08-12", "2024-08-19"]),
        ("MS", ["2026-08-01", "2026-09-01", "2026-10-01"]),
        ("6h", ["2024-01-09", "2024-01-09", "2024-01-09"]),
    ],
)
def test_the_dates_to_come_are_as_far_apart_as_those_before(freq, expected):
    dates = pd.date_range("2024-01-01", periods=31, freq=freq)
    dates = dates[: 31 if freq != "6h" else 32]
    found = forecasting.next_dates(dates, 3)
    if freq == "6h":
        assert list(found - dates[-1]) == [pd.Timedelta(hours=6 * k) for k in (1, 2, 3)]
    else:
        assert [f"{date:%Y-%m-%d}" for date in found] == expected


@given(
    st.lists(st.floats(1e-9, 1e15), min_size=42, max_size=60),
    st.sampled_from(["B", "D", "W", "MS", "h"]),
)
@hypothesis_settings(max_examples=25)
def test_whatever_the_prices_the_forecast_lies_in_its_interval(values, freq):
    dates = pd.date_range("2024-01-01", periods=len(values), freq=freq)
    made = forecasting.forecast(pd.Series(values, index=dates), 3)
    assert np.isfinite(made.price).all() and (made.price > 0).all()
    assert (made.low <= made.price).all() and (made.price <= made.high).all()
    assert made.dates[0] > dates[-1]


def test_the_table_says_what_the_forecast_says():
    made = forecasting.forecast(prices.load_stocks().frame["MSFT"], 4)
    rows = forecasting.as_table(made)
    assert list(rows["forecast"]) == list(made.price)
    assert rows["error"].mean() == pytest.approx(made.backtest.error)
    assert rows["naive_error"].mean() == pytest.approx(made.backtest.naive_error)
