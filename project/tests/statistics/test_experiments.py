"""Comparisons of two variants against scipy, exact fractions and integrals; impossible counts."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from app.statistics import experiments
from app.statistics.experiments import compare_counts, compare_means


@st.composite
def counts(draw, most=60):
    pairs = []
    for _ in range(2):
        n = draw(st.integers(1, most))
        pairs += [n, draw(st.integers(0, n))]
    return tuple(pairs)


def beta(a: int, b: int) -> Fraction:
    return Fraction(factorial(a - 1) * factorial(b - 1), factorial(a + b - 1))


def exact_probability(a: int, b: int, c: int, d: int) -> Fraction:
    """P(Y > X) for X ~ Beta(a, b), Y ~ Beta(c, d): Miller, Formulas for Bayesian A/B Testing (2015)."""
    return sum(
        beta(a + i, b + d) / ((d + i) * beta(1 + i, d) * beta(a, b)) for i in range(c)
    )


def exact_gain(a: int, b: int, c: int, d: int) -> Fraction:
    """E[max(Y - X, 0)], from the probabilities of weighted distributions."""
    gained = Fraction(c, c + d) * exact_probability(a, b, c + 1, d)
    return gained - Fraction(a, a + b) * exact_probability(a + 1, b, c, d)


@given(counts())
def test_probability_and_losses_are_exact(pairs):
    n_a, s_a, n_b, s_b = pairs
    result = compare_counts(*pairs)
    a, b = (1 + s_a, 1 + n_a - s_a), (1 + s_b, 1 + n_b - s_b)
    assert result.probability == pytest.approx(float(exact_probability(*a, *b)))
    assert result.loss_a == pytest.approx(float(exact_gain(*a, *b)), rel=1e-8)
    assert result.loss_b == pytest.approx(float(exact_gain(*b, *a)), rel=1e-8)


def test_probability_and_losses_hold_for_millions():
    n, s_a, s_b = 40_000_000, 4_000_000, 4_004_000
    result = compare_counts(n, s_a, n, s_b)
    # With this many visitors both posteriors are normal.
    errors = [np.sqrt(s / n * (1 - s / n) / n) for s in (s_a, s_b)]
    difference = stats.norm((s_b - s_a) / n, np.hypot(*errors))
    assert result.probability == pytest.approx(difference.sf(0), rel=1e-5)
    loss = integrate.quad(lambda x: -x * difference.pdf(x), -1e-3, 0, points=[0])[0]
    assert result.loss_b == pytest.approx(loss, rel=1e-3)


@given(counts())
def test_swapping_the_variants_turns_every_number_around(pairs):
    n_a, s_a, n_b, s_b = pairs
    there, back = compare_counts(*pairs), compare_counts(n_b, s_b, n_a, s_a)
    assert there.difference == -back.difference
    assert there.low == pytest.approx(-back.high, abs=1e-12)
    assert there.p_value == pytest.approx(back.p_value)
    assert there.probability == pytest.approx(1 - back.probability, abs=1e-9)
    assert there.loss_a == pytest.approx(back.loss_b, rel=1e-9)
    assert {there.winner, back.winner} in ({None}, {"A", "B"})


def test_a_clear_difference_is_told_and_a_small_one_is_not():
    clear = compare_counts(4000, 400, 4000, 500)
    assert (clear.winner, clear.test) == ("B", "z")
    assert clear.difference == pytest.approx(0.025)
    assert clear.lift == pytest.approx(0.25) and clear.lift_low > 0
    assert compare_counts(4000, 500, 4000, 400).winner == "A"
    assert compare_counts(400, 40, 400, 44).winner is None


def test_small_counts_are_tested_exactly():
    result = compare_counts(20, 1, 20, 5)
    assert result.test == "Fisher"
    expected = stats.fisher_exact([[1, 19], [5, 15]]).pvalue
    assert result.p_value == pytest.approx(expected)


def test_without_conversions_of_a_there_is_no_lift():
    result = compare_counts(100, 0, 100, 5)
    assert result.lift is None and result.lift_low is None
    assert compare_counts(100, 5, 100, 0).lift == -1


def test_the_posterior_integrates_to_one():
    curve = compare_counts(1000, 80, 1000, 100).posterior
    for name in ("a", "b"):
        assert np.trapezoid(curve[name], curve["x"]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("confidence", experiments.CONFIDENCES)
def test_means_are_compared_as_scipy_does(confidence):
    random = np.random.default_rng(2)
    a, b = random.lognormal(3, 1, 300), random.lognormal(3.1, 0.5, 120)
    result = compare_means(a, b, confidence)
    welch = stats.ttest_ind(b, a, equal_var=False)
    interval = welch.confidence_interval(confidence)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))
    assert result.p_value == pytest.approx(welch.pvalue)
    assert result.difference == pytest.approx(b.mean() - a.mean())
    own = stats.t.interval(confidence, 299, a.mean(), stats.sem(a))
    assert (result.a.low, result.a.high) == pytest.approx(own)


def test_the_chance_for_means_is_that_of_sampled_posteriors():
    random = np.random.default_rng(5)
    a, b = random.normal(10, 3, 8), random.normal(12, 5, 5)
    result = compare_means(a, b)
    drawn = [
        x.mean() + stats.sem(x) * random.standard_t(len(x) - 1, 400_000) for x in (a, b)
    ]
    gain = drawn[1] - drawn[0]
    assert result.probability == pytest.approx((gain > 0).mean(), abs=0.003)
    assert result.loss_a == pytest.approx(np.maximum(gain, 0).mean(), rel=0.02)
    assert result.loss_b == pytest.approx(np.maximum(-gain, 0).mean(), rel=0.05)


GOOD = (1000, 80, 1000, 100)


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize(
    "value, sentence",
    [
        (None, "Enter the"),
        ("", "Enter the"),
        (-1, "cannot be negative"),
        (10.5, "whole number"),
        ("many", "whole number"),
        (True, "whole number"),
        (float("nan"), "whole number"),
        (float("inf"), "whole number"),
        ([5], "whole number"),
        ({"a": 1}, "whole number"),
        (10**12, "not plausible"),
    ],
)
def test_impossible_counts_are_refused_with_a_sentence(position, value, sentence):
    values = list(GOOD)
    values[position] = value
    with pytest.raises(ValueError, match=sentence):
        compare_counts(*values)


def test_more_conversions_than_visitors_and_no_visitors_are_refused():
    with pytest.raises(ValueError, match="B has more conversions"):
        compare_counts(10, 1, 10, 11)
    with pytest.raises(ValueError, match="A has no visitors"):
        compare_counts(0, 0, 10, 1)


@pytest.mark.parametrize("confidence", [0.5, None, "0.95x", [0.95], 2])
def test_other_confidences_are_refused(confidence):
    with pytest.raises(ValueError, match="90, 95 or 99"):
        compare_counts(*GOOD, confidence)


def test_extreme_counts_give_finite_numbers():
    n = experiments.MAX_COUNT
    for pairs in [(1, 0, 1, 1), (n, n, n, n), (n, 0, n, n), (1, 1, n, n // 2)]:
        result = compare_counts(*pairs)
        told = (result.low, result.high, result.p_value, result.loss_a, result.loss_b)
        assert np.isfinite(told).all() and 0 <= result.probability <= 1
        assert 0 <= result.p_value <= 1 + 1e-12


def test_means_without_rows_or_spread_are_refused():
    with pytest.raises(ValueError, match="B has 2 rows"):
        compare_means([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="All outcomes of variant A are 4"):
        compare_means([4, 4, 4], [1, 2, 3])


def test_a_sample_ratio_is_that_of_a_chi_square_test():
    expected = stats.chi2.sf((600 - 550) ** 2 / 550 * 2, 1)
    assert experiments.sample_ratio([500, 600], [0.5, 0.5]) == pytest.approx(expected)
    assert experiments.sample_ratio([900, 100], [0.9, 0.1]) == pytest.approx(1)
    assert experiments.sample_ratio([800, 105, 95], [0.8, 0.1, 0.1]) > 0.4
    mismatch = experiments.sample_ratio([5000, 5000, 5400], [1 / 3] * 3)
    assert mismatch < experiments.MISMATCH_P


def test_the_relative_interval_of_means_holds_the_ratios_that_a_test_does_not_refuse():
    random = np.random.default_rng(3)
    a, b = random.lognormal(2, 1, 200), random.lognormal(2.2, 1, 150)
    result = compare_means(a, b)
    t = stats.t.isf(0.025, stats.ttest_ind(b, a, equal_var=False).df)
    for lift in (result.lift_low, result.lift_high):
        error = np.hypot(stats.sem(b), (1 + lift) * stats.sem(a))
        distance = abs(b.mean() - (1 + lift) * a.mean()) / error
        assert distance == pytest.approx(t)
    assert result.lift_low < result.lift < result.lift_high
    mirrored = compare_means(-a, -b)
    assert mirrored.lift == pytest.approx(-result.lift)
    assert mirrored.lift_low == pytest.approx(-result.lift_high)


def test_the_relative_interval_of_means_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(8)
    covered = 0
    for _ in range(1500):
        a, b = random.exponential(10, 80), random.exponential(12, 60)
        result = compare_means(a, b)
        covered += result.lift_low <= 0.2 <= result.lift_high
    assert covered / 1500 == pytest.approx(0.95, abs=0.02)


def test_where_the_mean_of_a_may_be_zero_the_relative_difference_has_no_interval():
    random = np.random.default_rng(1)
    result = compare_means(random.normal(0, 1, 50), random.normal(1, 1, 50))
    assert result.lift_low is None and result.lift_high is None


def test_intervals_for_several_comparisons_together_are_wider():
    alone = compare_counts(4000, 400, 4000, 460)
    together = compare_counts(4000, 400, 4000, 460, n_comparisons=3)
    assert together.low < alone.low and together.high > alone.high
    assert together.lift_low < alone.lift_low
    assert together.confidence == alone.confidence and together.a == alone.a
