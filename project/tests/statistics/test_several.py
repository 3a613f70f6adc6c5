"""Several variants against one control: corrections against statsmodels and a simulation; planned splits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from app.statistics import several
from app.statistics.experiments import compare_counts


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_that_of_statsmodels(p_values):
    expected = multipletests(p_values, method="holm")[1]
    assert several.holm(p_values) == pytest.approx(list(expected))


def compared(counts):
    def one(position, n_comparisons):
        names = ("control", f"v{position}")
        (n_a, s_a), (n_b, s_b) = counts[0], counts[position]
        return compare_counts(n_a, s_a, n_b, s_b, 0.95, names, n_comparisons)

    return several.against_control(one, len(counts))


def test_without_a_difference_false_alarms_of_all_variants_together_stay_at_the_level():
    random = np.random.default_rng(2)
    n, alarms, misses = 2000, 0, 0
    for _ in range(400):
        results = compared([(n, int(s)) for s in random.binomial(n, 0.1, 4)])
        alarms += any(one.winner for one in results)
        misses += any(not one.low <= 0 <= one.high for one in results)
    assert alarms / 400 < 0.08 and misses / 400 < 0.08


def test_one_variant_is_judged_as_if_there_were_no_correction():
    (one,) = compared([(4000, 380), (4050, 450)])
    alone = compare_counts(4000, 380, 4050, 450)
    assert (one.low, one.high, one.p_value) == (alone.low, alone.high, alone.p_value)


def test_the_table_of_all_names_every_number_once():
    table = several.table_of(compared([(400, 38), (405, 45), (410, 60)]))
    assert table["measure"].is_unique
    assert {"v1 minus control", "v2 minus control"} <= set(table["measure"])


@pytest.mark.parametrize(
    "written, shares",
    [
        ("80:20", (0.8, 0.2)), ("4/1", (0.8, 0.2)), ("80 % and 20 %", (0.8, 0.2)), ("20", (0.8, 0.2)),
        (20, (0.8, 0.2)), ("", (0.5, 0.5)), (None, (0.5, 0.5)), ("2:1:1", (0.5, 0.25, 0.25)),
        ("33.3 33.3 33.4", (0.333, 0.333, 0.334)),
    ],
)  # fmt: skip
def test_a_split_is_read_as_people_write_it(written, shares):
    read = several.read_split(written, len(shares))
    assert read == pytest.approx(shares) and sum(read) == pytest.approx(1)


@pytest.mark.parametrize(
    "written",
    ["half", "80:0", "-20", "1:2:3", "0", "100", True, [1, 2], {}, -5, float("nan")],
)
def test_a_split_that_is_none_is_refused_with_an_example(written):
    with pytest.raises(ValueError, match="such as 80:20"):
        several.read_split(written, 2)
