"""Errors of predicted numbers: right for any numbers, and small."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.evaluation.regression import MAX_POINTS, evaluate_regression

NUMBERS = st.one_of(
    st.floats(-1e100, 1e100),
    st.integers(-3, 3).map(float),
    st.sampled_from([1e17, 1e17 + 16, 1e-300, -0.0, 1e9, 1e9 + 1e-6]),
)


def size_of(result) -> int:
    return len(orjson.dumps(result, option=orjson.OPT_SERIALIZE_NUMPY))


def example(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.lognormal(8, 1, n_rows)
    return y, y + rng.normal(0, 500, n_rows)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30))
def test_any_numbers_are_evaluated_and_every_row_is_counted(rows):
    y, predicted = (np.array(column) for column in zip(*rows))
    result = evaluate_regression(y, predicted)
    assert result.residuals.counts.sum() == len(y) == result.n_rows
    assert len(result.residuals.edges) == len(result.residuals.counts) + 1
    assert result.quantiles.rows.sum() == len(y)
    assert (np.diff(result.quantiles.from_) >= 0).all()
    assert result.range[0] <= min(y.min(), predicted.min())
    assert size_of(result)


@pytest.mark.parametrize("value", [0.0, 3.0, 1e17, -1e-300])
@pytest.mark.parametrize("n_rows", [1, 5, MAX_POINTS + 1])
def test_identical_values_are_evaluated(value, n_rows):
    y = np.full(n_rows, value)
    result = evaluate_regression(y, y)
    assert result.metrics["mae"] == 0 and result.residuals.mean == 0
    assert size_of(result)


def test_one_row_has_no_share_of_variation_and_is_null_in_json():
    result = evaluate_regression(np.array([1.0]), np.array([2.0]))
    assert np.isnan(result.metrics["r2"]) and result.metrics["mae"] == 1
    sent = orjson.loads(orjson.dumps(result, option=orjson.OPT_SERIALIZE_NUMPY))
    assert sent["metrics"]["r2"] is None


def test_errors_by_quantile_are_those_of_the_rows_in_it():
    y, predicted = example(1000)
    tenths = evaluate_regression(y, predicted).quantiles
    assert tenths.rows.tolist() == [100] * 10
    in_last = y >= np.sort(y)[900]
    errors = (y - predicted)[in_last]
    assert tenths.mae[-1] == pytest.approx(np.abs(errors).mean(), rel=1e-5)
    assert tenths.bias[-1] == pytest.approx(errors.mean(), rel=1e-5)
    assert tenths.from_[-1] == pytest.approx(y[in_last].min(), rel=1e-5)


@pytest.mark.parametrize("offset", [0, 1e6, 1e12])
def test_points_keep_apart_what_a_chart_can_show(offset):
    y = offset + np.arange(100.0)
    shown = evaluate_regression(y, y).points.actual
    np.testing.assert_allclose(shown, y, atol=0.01)


def test_many_points_become_a_density_that_counts_them():
    y, predicted = example(MAX_POINTS + 1)
    result = evaluate_regression(y, predicted)
    assert result.points is None
    for name in ("density", "residual_density"):
        grid = getattr(result, name)
        assert grid.counts.sum() == len(y)
        assert grid.counts.shape == (len(grid.y), len(grid.x))
    busiest = np.unravel_index(
        result.density.counts.argmax(), result.density.counts.shape
    )
    assert result.density.x[busiest[1]] < np.median(y) * 2


def test_what_a_page_gets_is_largest_with_the_most_points_and_bounded():
    assert size_of(evaluate_regression(*example(20_000))) < 40_000
    assert size_of(evaluate_regression(*example(MAX_POINTS))) < 110_000


def test_the_bins_of_the_residuals_follow_the_rows():
    draw = np.random.default_rng(0)
    counts = []
    for n_rows in (30, 300, 30_000):
        y = draw.normal(size=n_rows)
        result = evaluate_regression(y, np.zeros(n_rows))
        counts.append(len(result.residuals.counts))
    assert counts[0] < 10 < counts[1] < counts[2] <= 40


def test_the_band_of_errors_holds_the_share_that_it_names():
    draw = np.random.default_rng(0)
    y = draw.normal(size=997)
    band = evaluate_regression(y, np.zeros(997)).band
    for share in (0.05, 0.5, 0.8, 0.9, 1):
        within = (np.abs(y) <= band.within(share) * (1 + 1e-5)).mean()
        assert share <= within < share + 0.01
    assert band.median_low < band.within(0.5) < band.median_high
    assert list(band.errors) == sorted(band.errors)
