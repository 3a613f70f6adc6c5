"""The points, the line through them and R², compared with numpy's and scipy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from app.statistics import regression_demo as demo

STDS = st.floats(0, 40)
SEEDS = st.integers(0, 2**32 - 1)
BAD_STDS = [-0.5, 40.5, math.nan, math.inf, "10", "", None, True, [10], {}, 10**400]
BAD_SEEDS = [-1, 1.5, math.nan, math.inf, "0", None, True, [1], 2**32, 10**400]


@pytest.mark.parametrize("std", [0.5, 10, 25, 40])
def test_the_line_is_that_of_numpy_and_r_squared_that_of_scipy(std):
    x, y = data = demo.create_data_points(std, seed=3)
    r_squared, predictions = demo.create_lr_preds(data)
    slope, intercept = np.polyfit(x, y, 1)
    np.testing.assert_allclose(predictions, slope * x + intercept, rtol=1e-8)
    assert r_squared == pytest.approx(stats.linregress(x, y).rvalue ** 2, abs=1e-12)


def test_without_noise_the_points_are_the_line_y_is_2x_and_r_squared_is_1():
    x, y = data = demo.create_data_points(0)
    assert (x == np.arange(1500)).all() and (y == 2 * x).all()
    assert demo.create_lr_preds(data)[0] == 1.0


@given(STDS, SEEDS)
def test_the_same_std_and_seed_give_the_same_points(std, seed):
    first, second = (demo.create_data_points(std, seed) for _ in range(2))
    assert (first == second).all()


def test_another_seed_gives_other_points():
    one, other = (demo.create_data_points(10, seed) for seed in (0, 1))
    assert not (one == other).all()


def test_the_noise_has_mean_1_and_a_tenth_of_std_as_standard_deviation():
    x, y = demo.create_data_points(20, seed=1)
    noise = y[1:] / x[1:] - 1
    assert noise.mean() == pytest.approx(1, abs=4 * 2 / math.sqrt(len(noise)))
    assert noise.std() == pytest.approx(2, rel=0.08)


def test_more_noise_leaves_less_of_the_line():
    shares = [
        demo.create_lr_preds(demo.create_data_points(std, 5))[0]
        for std in (0, 2, 5, 10, 20, 40)
    ]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("std", BAD_STDS, ids=lambda std: str(std)[:12])
def test_a_std_that_is_no_number_from_0_to_40_is_refused_with_a_sentence(std):
    with pytest.raises(ValueError, match="must be a number from 0 to 40"):
        demo.create_data_points(std)


@pytest.mark.parametrize("seed", BAD_SEEDS, ids=lambda seed: str(seed)[:12])
def test_a_seed_that_is_no_whole_number_is_refused_with_a_sentence(seed):
    with pytest.raises(ValueError, match="must be a whole number from 0 to"):
        demo.create_data_points(10, seed)


def test_the_table_holds_the_points_and_the_line():
    table = demo.points_table(10, 2)
    x, y = data = demo.create_data_points(10, 2)
    assert (table["x"] == x).all() and (table["y"] == y).all()
    assert (table["line"] == demo.create_lr_preds(data)[1]).all()
