"""Sample sizes against statsmodels; the cost of looking early against a published table and a simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion as reference

from app.statistics import planning

SHARES = st.floats(0.001, 0.9)


@given(
    SHARES,
    st.floats(0.05, 0.9),
    st.sampled_from([0.01, 0.05, 0.1]),
    st.floats(0.55, 0.99),
)
def test_the_sample_size_is_that_of_statsmodels(baseline, relative, alpha, power):
    improvement = relative * min(baseline, 1 - baseline)
    needed = planning.sample_size(baseline, improvement, alpha, power)
    theirs = reference.samplesize_proportions_2indep_onetail(
        improvement, baseline, power, alpha=alpha
    )
    assert needed == pytest.approx(theirs, abs=1.01)


def test_the_sample_size_finds_the_difference_as_often_as_planned():
    n = planning.sample_size(0.1, 0.03, 0.05, 0.8)
    random = np.random.default_rng(1)
    a, b = random.binomial(n, 0.1, 20_000), random.binomial(n, 0.13, 20_000)
    pooled = (a + b) / (2 * n)
    z = (b - a) / n / np.sqrt(pooled * (1 - pooled) * 2 / n)
    found = (np.abs(z) > stats.norm.isf(0.025)).mean()
    assert found == pytest.approx(0.8, abs=0.01)


def test_the_curve_runs_from_half_to_twice_the_difference_within_what_is_possible():
    curve = planning.size_curve(0.1, 0.02)
    assert curve["improvement"].iloc[[0, -1]].tolist() == pytest.approx([0.01, 0.04])
    assert curve["needed"].is_monotonic_decreasing
    assert curve["needed"].iloc[12] == 2 * planning.sample_size(0.1, 0.02)
    downwards = planning.size_curve(0.1, -0.08)["improvement"]
    assert downwards.min() > -0.1 and len(downwards) < len(curve)


def test_days_follow_from_the_traffic():
    assert planning.days_needed(2000, 400) == 5
    assert planning.days_needed(2000, 401) == 5
    assert planning.days_needed(2000, 399) == 6


@pytest.mark.parametrize("share", [0.1, 0.3, 0.8])
def test_an_unequal_split_finds_the_difference_as_often_as_planned(share):
    sizes = planning.planned_sizes(0.1, 0.03, 0.05, 0.8, (1 - share, share))
    n_a, n_b = sizes.visitors
    assert n_b / (n_a + n_b) == pytest.approx(share, abs=0.001)
    assert n_a + n_b > 2 * planning.sample_size(0.1, 0.03)
    random = np.random.default_rng(1)
    a, b = random.binomial(n_a, 0.1, 20_000), random.binomial(n_b, 0.13, 20_000)
    pooled = (a + b) / (n_a + n_b)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    found = (np.abs(b / n_b - a / n_a) / error > stats.norm.isf(0.025)).mean()
    assert found == pytest.approx(0.8, abs=0.01)


def test_several_variants_need_enough_for_the_smallest_and_for_the_correction():
    two = planning.planned_sizes(0.1, 0.03)
    three = planning.planned_sizes(0.1, 0.03, shares=(1 / 3,) * 3)
    alone = planning.sample_size(0.1, 0.03, 0.025)
    assert set(three.visitors) == {alone} and alone > two.visitors[0]
    uneven = planning.planned_sizes(0.1, 0.03, shares=(0.5, 0.4, 0.1))
    assert uneven.visitors[2] < uneven.visitors[1] < uneven.visitors[0]
    assert (uneven.improved, uneven.baseline) == (0.13, 0.1)


# Armitage, McPherson and Rowe (1969), table 2, for tests at 5 %.
TABLE = {1: 0.05, 2: 0.083, 3: 0.107, 4: 0.126, 5: 0.142, 10: 0.193, 20: 0.248, 50: 0.320}  # fmt: skip


@pytest.mark.parametrize("looks, rate", TABLE.items())
def test_false_alarms_are_those_of_the_published_table(looks, rate):
    alarms = planning.false_alarms(looks)
    assert len(alarms) == looks and (np.diff(alarms) > 0).all()
    assert alarms[-1] == pytest.approx(rate, abs=0.0006)


def test_false_alarms_are_those_of_a_simulation():
    steps = np.random.default_rng(4).normal(size=(40_000, 8))
    z = np.abs(steps.cumsum(axis=1)) / np.sqrt(np.arange(1, 9))
    simulated = (z > stats.norm.isf(0.05)).any(axis=1).mean()
    assert planning.false_alarms(8, 0.1)[-1] == pytest.approx(simulated, abs=0.008)


# Pocock (1977), table 1: levels of each of k tests that give 5 % in all.
@pytest.mark.parametrize(
    "looks, level", {1: 0.05, 2: 0.0294, 3: 0.0221, 5: 0.0158, 10: 0.0106}.items()
)
def test_honest_levels_are_those_of_pocock(looks, level):
    honest = planning.honest_alpha(looks)
    assert honest == pytest.approx(level, abs=6e-5)
    assert planning.false_alarms(looks, honest)[-1] == pytest.approx(0.05, abs=1e-5)


BAD = [None, "", "x", True, float("nan"), float("inf"), [1], {}]


@pytest.mark.parametrize("value", [*BAD, 0, 51, 2.5, -3])
def test_impossible_looks_are_refused_with_a_sentence(value):
    for function in (planning.false_alarms, planning.honest_alpha):
        with pytest.raises(ValueError, match="from 1 to 50"):
            function(value)


@pytest.mark.parametrize("value", [*BAD, 0, 1, -0.1, 40])
def test_impossible_shares_are_refused_with_a_sentence(value):
    with pytest.raises(
        ValueError, match="conversion today must lie between 0 % and 100 %"
    ):
        planning.sample_size(value, 0.01)
    with pytest.raises(ValueError, match="power must lie between 50 % and 100 %"):
        planning.sample_size(0.1, 0.01, power=value)
    with pytest.raises(ValueError, match="false alarm must lie"):
        planning.sample_size(0.1, 0.01, alpha=value)


@pytest.mark.parametrize(
    "improvement, sentence",
    [
        (0, "cannot be found"),
        (0.95, "would convert"),
        (-0.1, "would convert"),
        (1e-9, "Enter a larger"),
        (None, "must lie"),
    ],
)
def test_impossible_differences_are_refused_with_a_sentence(improvement, sentence):
    with pytest.raises(ValueError, match=sentence):
        planning.sample_size(0.1, improvement)


@pytest.mark.parametrize("value", [*BAD, 0, -5, 1e12])
def test_impossible_traffic_is_refused_with_a_sentence(value):
    with pytest.raises(ValueError, match="number of visitors per day"):
        planning.days_needed(100, value)
