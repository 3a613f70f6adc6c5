"""Rows of an experiment: those compared, those left out, tables refused."""

from __future__ import annotations

import pandas as pd
import pytest

from app.statistics import outcomes
from app.statistics.experiments import compare_counts, compare_means

TABLE = pd.DataFrame(
    {
        "group": ["new", "control", "new", "control", "third", None],
        "bought": [1, 0, 1, 1, 0, 1],
        "spent": [3.5, 0.0, None, 2.0, 1.0, 9.0],
        "flag": [True, False, True, True, False, True],
        "comment": ["a", "b", "c", "d", "e", "f"],
    }
)


def read(**changes):
    names = {"variant": "group", "outcome": "bought", "a": "control", "b": "new"}
    return outcomes.read_outcomes(TABLE, **(names | changes))


def test_zeros_and_ones_are_shares_and_other_numbers_are_not():
    shares = read()
    assert shares.is_share and list(shares.a) == [0, 1] and list(shares.b) == [1, 1]
    assert read(outcome="flag").is_share
    assert not read(outcome="spent").is_share


def test_rows_without_outcome_and_further_variants_are_told():
    notes = " ".join(read(outcome="spent").notes)
    assert "1 row without an outcome" in notes and "3 variants" in notes


def test_the_control_comes_first():
    assert outcomes.variant_names(TABLE, "group")[0] == "control"


def test_rows_give_the_same_as_their_counts():
    table = outcomes.make_outcomes(2000, seed=1)
    rows = outcomes.read_outcomes(table, "variant", "converted", "A", "B")
    groups = table.groupby("variant")["converted"].agg(["size", "sum"]).loc[["A", "B"]]
    by_rows = outcomes.compare_outcomes(rows, 0.95)
    by_counts = compare_counts(*map(int, groups.to_numpy().ravel()))
    assert by_rows.p_value == by_counts.p_value and by_rows.kind == "share"
    spent = outcomes.read_outcomes(table, "variant", "spent", "A", "B")
    by_rows = outcomes.compare_outcomes(spent, 0.9)
    assert by_rows.low == compare_means(spent.a, spent.b, 0.9).low


def test_the_sample_is_the_same_each_time():
    table = outcomes.make_outcomes(300, seed=1)
    pd.testing.assert_frame_equal(table, outcomes.make_outcomes(300, seed=1))
    assert not table.equals(outcomes.make_outcomes(300, seed=2))


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"variant": None}, "Choose the column of the variant"),
        ({"variant": "nowhere"}, "no column 'nowhere'"),
        ({"variant": ["group"]}, "no column"),
        ({"outcome": ""}, "Choose the column of the outcome"),
        ({"outcome": "comment"}, "does not hold numbers"),
        ({"variant": "bought", "a": "0", "b": "1"}, "two different columns"),
        ({"a": "old"}, "the value of 'group' that is variant A"),
        ({"b": None}, "the value of 'group' that is variant B"),
        ({"b": {"x": 1}}, "variant B"),
        ({"b": "control"}, "the same variant"),
    ],
)
def test_a_wrong_mapping_is_refused_with_a_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(**changes)


def test_a_column_with_too_many_values_is_no_variant():
    table = pd.DataFrame({"id": range(30), "outcome": [0, 1] * 15})
    with pytest.raises(ValueError, match="30 different values"):
        outcomes.variant_names(table, "id")
