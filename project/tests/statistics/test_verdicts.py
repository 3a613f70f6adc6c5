"""Sentences about an experiment agree with its numbers, in every case."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.statistics import experiments, planning, several, verdicts
from app.statistics.experiments import compare_counts, compare_means


@st.composite
def comparisons(draw):
    pairs = []
    for _ in range(2):
        n = draw(st.integers(1, 10**6))
        pairs += [n, draw(st.integers(0, n))]
    return compare_counts(*pairs, draw(st.sampled_from(experiments.CONFIDENCES)))


@given(comparisons())
def test_every_comparison_gets_sentences_that_agree_with_its_winner(compared):
    said = verdicts.verdict(compared)
    begins = {
        "B": "B is better by ",
        "A": "B is worse by ",
        None: "There is no clear winner",
    }
    assert said.startswith(begins[compared.winner])
    assert all(word not in said for word in ("nan", "None", "inf", "--", "-"))
    assert verdicts.belief(compared).endswith(".")


def test_a_clear_difference_is_told_in_points_with_its_interval():
    said = verdicts.verdict(compare_counts(4000, 380, 4050, 450))
    assert said.startswith(
        "B is better by 1.6 points, likely between 0.3 and 2.9 (95 % interval). "
    )
    assert "shows one this large in 1.7 % of experiments (p = 0.017, z test" in said
    assert "A converted 380 of 4,000 visitors (9.5 %), B converted 450 of 4,050" in said
    assert "Relative to A that is +17 %" in said


def test_a_worse_variant_is_told_by_how_much_it_is_worse():
    said = verdicts.verdict(compare_counts(4050, 450, 4000, 380))
    assert said.startswith("B is worse by 1.6 points, likely between 0.3 and 2.9 (")


def test_an_undecided_experiment_says_what_is_possible():
    said = verdicts.verdict(compare_counts(400, 40, 400, 44))
    assert said.startswith("There is no clear winner.")
    assert (
        "B minus A is 1.0 points, likely between −3.3 and 5.3 (95 % interval):" in said
    )
    assert "may be due to chance" in said


def test_where_interval_and_test_disagree_the_border_is_named():
    compared = compare_counts(1, 0, 1, 1)
    assert "due to chance" in verdicts.verdict(compared)
    border = compare_counts(6, 0, 10**9, 5 * 10**8, 0.99)
    if border.low > 0:
        assert border.winner is None and "a borderline case" in verdicts.verdict(border)


def test_means_are_told_without_points():
    random = np.random.default_rng(1)
    compared = compare_means(random.normal(10, 1, 500), random.normal(12, 1, 500))
    said = verdicts.verdict(compared)
    assert "points" not in said and "A has a mean of 9.9" in said
    assert "Welch's t test" in said and "p < 0.0001" in said
    assert "> 99.9 %" in verdicts.belief(compared)


def test_small_differences_are_not_rounded_away():
    said = verdicts.verdict(compare_counts(10**9, 10**6, 10**9, 10**6 + 9000))
    assert said.startswith("B is better by 0.00090 points")


def test_a_split_that_chance_does_not_make_is_a_warning():
    halves = (0.5, 0.5)
    as_planned, said = verdicts.split(["A", "B"], [5000, 5500], halves)
    assert not as_planned and said.startswith("Do not trust this result: 52.38 %")
    as_planned, said = verdicts.split(["A", "B"], [500, 520], halves)
    assert as_planned and "as planned" in said and "saw A" not in said
    three = verdicts.split(["A", "B", "C"], [800, 95, 105], (0.8, 0.1, 0.1))
    assert three[0] and "80 % of the visitors saw A" in three[1]


def test_several_variants_get_one_summary():
    def one(position, n_comparisons):
        names = ("old", ("new", "newer", "newest")[position - 1])
        counts = (4000, 400, 4000, (500, 300, 405)[position - 1])
        return compare_counts(*counts, 0.95, names, n_comparisons)

    said = verdicts.summary(several.against_control(one, 4))
    assert said.startswith("new is better than old by 2.5 points, likely between ")
    assert "newer is worse than old by 2.5 points" in said
    assert "For newest it is not clear." in said
    assert "3 variants are compared with old" in said


def planned(*arguments):
    return planning.planned_sizes(*arguments)


def test_a_plan_names_visitors_days_and_whole_weeks():
    said = verdicts.plan(planned(0.095, 0.01), 29, 0.8, 0.05)
    assert "14,127 visitors: 29 days. Plan 5 whole weeks" in said
    assert "10.5 % instead of 9.5 %" in said
    assert "weeks" not in verdicts.plan(planned(0.1, 0.01), 14, 0.8, 0.05)
    assert "1 day." in verdicts.plan(planned(0.1, 0.01), 1, 0.8, 0.05)
    unequal = planned(0.1, 0.02, 0.05, 0.8, (0.8, 0.1, 0.1))
    said = verdicts.plan(unequal, 29, 0.8, 0.05)
    assert said.startswith("The control needs ") and "alarm of any difference" in said


def test_peeking_is_told_with_its_price_and_its_remedy():
    said = verdicts.peeking(10, 0.1934, 0.05, 0.0106)
    assert "19.3 % of the experiments" in said and "p = 0.011" in said
    assert "stay at 5 %" in verdicts.peeking(1, 0.05, 0.05, 0.05)
