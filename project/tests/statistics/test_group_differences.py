"""The share of a measurement's variance between groups, compared with scipy's analysis of variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from app.functions.tables import samples
from app.statistics import group_differences


def test_the_shares_are_those_of_an_analysis_of_variance():
    wine = samples.load_wine()
    shares = group_differences.explained_shares(wine, "cultivar")
    assert len(shares) == 13 and shares.is_monotonic_decreasing
    n, k = len(wine), 3
    for name, share in shares.items():
        f, _ = stats.f_oneway(*(rows[name] for _, rows in wine.groupby("cultivar")))
        assert share == pytest.approx(f * (k - 1) / (f * (k - 1) + n - k))


def test_a_measurement_that_names_the_group_has_1_and_a_constant_one_0():
    table = pd.DataFrame({"g": list("aabb"), "same": 2.0, "is_b": [0, 0, 1, 1]})
    shares = group_differences.explained_shares(table, "g")
    assert shares.to_dict() == {"is_b": 1.0, "same": 0.0}


def test_rows_without_a_value_or_a_group_do_not_count():
    table = pd.DataFrame({"g": list("aabb"), "x": [1.0, 2, 4, 6]})
    holes = pd.DataFrame({"g": [*"aabba", None], "x": [1.0, 2, 4, 6, None, 99]})
    expected = group_differences.explained_shares(table, "g")["x"]
    assert group_differences.explained_shares(holes, "g")["x"] == expected


def test_the_summary_is_that_of_a_loop():
    wine = samples.load_wine()
    summary = group_differences.group_summary(wine, "ash", "cultivar")
    for name, row in summary.iterrows():
        values = [v for v, g in zip(wine["ash"], wine["cultivar"]) if g == name]
        assert row["rows"] == len(values)
        assert row["mean"] == pytest.approx(np.mean(values))
        assert row["std"] == pytest.approx(np.std(values, ddof=1))
        assert (row["min"], row["max"]) == (min(values), max(values))


@pytest.mark.parametrize("measurement", ["cultivar", "nothing", None, 3, "", "x" * 999])
def test_an_unknown_measurement_is_refused_with_a_sentence(measurement):
    with pytest.raises(ValueError, match="There is no measurement '"):
        group_differences.group_summary(samples.load_wine(), measurement, "cultivar")


def test_a_table_without_the_group_or_without_numbers_is_refused_with_a_sentence():
    table = pd.DataFrame({"g": list("ab"), "t": list("xy")})
    with pytest.raises(ValueError, match="There is no column 'kind'"):
        group_differences.explained_shares(table, "kind")
    with pytest.raises(ValueError, match="no numeric column besides 'g'"):
        group_differences.explained_shares(table, "g")


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.none() | st.floats(-1e6, 1e6)), max_size=20
    )
)
def test_whatever_the_table_a_share_lies_between_0_and_1(rows):
    table = pd.DataFrame(
        {"g": [r[0] for r in rows], "x": pd.Series([r[1] for r in rows], dtype=float)}
    )
    share = group_differences.explained_shares(table, "g")["x"]
    assert 0 <= share <= 1 + 1e-9
