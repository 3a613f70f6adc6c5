"""Intervals and tests of shares against statsmodels and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion as reference

from app.statistics import proportions

TRIALS = st.integers(1, 5000)
CONFIDENCES = st.sampled_from([0.9, 0.95, 0.99])


@st.composite
def counts(draw, trials=TRIALS):
    pairs = []
    for _ in range(2):
        n = draw(trials)
        pairs += [draw(st.integers(0, n)), n]
    return tuple(pairs)


@given(counts(), CONFIDENCES)
def test_wilson_is_that_of_statsmodels(pair, confidence):
    s, n, *_ = pair
    ours = proportions.wilson_interval(s, n, confidence)
    theirs = reference.proportion_confint(s, n, 1 - confidence, method="wilson")
    assert ours == pytest.approx(theirs, abs=1e-12)
    assert 0 <= ours[0] <= s / n <= ours[1] <= 1


def test_wilson_takes_arrays_and_knows_nothing_without_trials():
    low, high = proportions.wilson_interval([5, 0, 0], [10, 10, 0])
    assert low[0] == pytest.approx(0.2366, abs=1e-4) and low[1] == 0
    assert np.isnan(low[2]) and np.isnan(high[2])


@given(counts(), CONFIDENCES)
def test_newcombe_is_that_of_statsmodels(pairs, confidence):
    s_a, n_a, s_b, n_b = pairs
    theirs = reference.confint_proportions_2indep(
        s_b, n_b, s_a, n_a, method="newcomb", compare="diff", alpha=1 - confidence
    )
    ours = proportions.newcombe_interval(*pairs, confidence)
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert ours[0] <= s_b / n_b - s_a / n_a <= ours[1]


@pytest.mark.parametrize(
    "counts, interval",
    [
        ((48, 80, 56, 70), (0.0524, 0.3339)),
        ((3, 10, 9, 10), (0.1705, 0.8090)),
        ((2, 7, 6, 7), (0.0582, 0.8062)),
        ((0, 29, 5, 56), (-0.0381, 0.1926)),
    ],
)
def test_newcombe_is_that_of_the_examples_in_the_paper(counts, interval):
    ours = proportions.newcombe_interval(*counts)
    assert ours == pytest.approx(interval, abs=6e-5)


@given(counts(), CONFIDENCES)
def test_the_interval_of_the_ratio_is_that_of_statsmodels(pairs, confidence):
    s_a, n_a, s_b, n_b = pairs
    ours = proportions.ratio_interval(*pairs, confidence)
    if 0 in (s_a, s_b):
        assert ours is None
        return
    assume((s_a, s_b) != (n_a, n_b))
    theirs = reference.confint_proportions_2indep(
        *(s_b, n_b, s_a, n_a),
        method="log",
        compare="ratio",
        alpha=1 - confidence,
        correction=False,
    )
    assert ours == pytest.approx(theirs, rel=1e-9)


@given(counts())
def test_the_z_test_is_that_of_statsmodels(pairs):
    s_a, n_a, s_b, n_b = pairs
    ours = proportions.z_test(*pairs)
    if s_a + s_b in (0, n_a + n_b):
        assert ours == 1
        return
    theirs = reference.proportions_ztest([s_b, s_a], [n_b, n_a])[1]
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-300)


@given(counts(st.integers(1, 200)))
def test_the_exact_test_is_that_of_scipy(pairs):
    s_a, n_a, s_b, n_b = pairs
    theirs = stats.fisher_exact([[s_a, n_a - s_a], [s_b, n_b - s_b]]).pvalue
    assert proportions.exact_test(*pairs) == pytest.approx(theirs, rel=1e-6)


def test_the_exact_test_is_exact_for_a_billion_visitors():
    n = 10**9
    # One and three of four heads: 2 * (1 + 4) / 16.
    assert proportions.exact_test(1, n, 3, n) == pytest.approx(0.625, rel=1e-6)


@given(counts(st.integers(1, 60)))
def test_small_counts_are_expected_cells_below_five(pairs):
    s_a, n_a, s_b, n_b = pairs
    observed = np.array([[s_a, n_a - s_a], [s_b, n_b - s_b]])
    expected = np.outer(observed.sum(1), observed.sum(0)) / observed.sum()
    assume(abs(expected.min() - 5) > 1e-9)
    assert proportions.has_small_counts(*pairs) == (expected.min() < 5)
