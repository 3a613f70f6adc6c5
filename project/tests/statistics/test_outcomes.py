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
        "answer": ["Yes", "no", "Yes", None, "no", "Yes"],
    }
)


def read(**changes):
    names = {"variant": "group", "outcome": "bought", "control": "control"}
    names["others"] = ["new"]
    return outcomes.read_outcomes(TABLE, **(names | changes))


def test_zeros_and_ones_are_shares_and_other_numbers_are_not():
    shares = read()
    assert shares.is_share and shares.names == ("control", "new")
    assert [list(values) for values in shares.values] == [[0, 1], [1, 1]]
    assert read(outcome="flag").is_share
    assert not read(outcome="spent").is_share


def test_rows_without_outcome_and_further_variants_are_told():
    notes = " ".join(read(outcome="spent").notes)
    assert "1 row without an outcome" in notes and "3 variants" in notes


def test_the_control_comes_first():
    assert outcomes.variant_names(TABLE, "group")[0] == "control"


def test_rows_give_the_same_as_their_counts():
    table = outcomes.make_outcomes(2000, seed=1)
    rows = outcomes.read_outcomes(table, "variant", "converted", "A", ["B"])
    groups = table.groupby("variant")["converted"].agg(["size", "sum"]).loc[["A", "B"]]
    (by_rows,) = outcomes.compare_outcomes(rows, 0.95)
    by_counts = compare_counts(*map(int, groups.to_numpy().ravel()))
    assert by_rows.p_value == by_counts.p_value and by_rows.kind == "share"
    spent = outcomes.read_outcomes(table, "variant", "spent", "A", ["B"])
    (by_rows,) = outcomes.compare_outcomes(spent, 0.9)
    assert by_rows.low == compare_means(*spent.values, 0.9).low


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
        (
            {"outcome": "comment"},
            "holds neither numbers nor yes and no, but values such as 'a', 'b', 'c' and 'd'",
        ),
        (
            {"variant": "bought", "control": "0", "others": ["1"]},
            "two different columns",
        ),
        ({"control": "old"}, "the value of 'group' that is the control"),
        ({"control": {}}, "the value of 'group' that is the control"),
        ({"others": None}, "values of 'group' to compare with the control"),
        ({"others": [{"x": 1}]}, "to compare with the control"),
        ({"others": ["control", "new"]}, "compared with itself"),
    ],
)
def test_a_wrong_mapping_is_refused_with_a_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(**changes)


def test_a_column_with_too_many_values_is_no_variant():
    table = pd.DataFrame({"page": [f"p{n // 2}" for n in range(60)]})
    with pytest.raises(ValueError, match="30 different values; a column of variants"):
        outcomes.variant_names(table, "page")


@pytest.mark.parametrize(
    "names, control",
    [
        (["new", "old"], "old"),
        (["B", "A"], "A"),
        (["treatment", "Control group"], "Control group"),
        (["baseline", "alternative"], "baseline"),
        ([1, 0], "0"),
        ([1.0, 0.0], "0"),
        ([True, False], "False"),
        (["variant_b", "variant_a"], "variant_a"),
        (["a", "control", "b"], "control"),
        (["red", "blue"], "blue"),
    ],
)
def test_the_control_is_known_by_its_name_whichever_comes_first(names, control):
    for order in (names, names[::-1]):
        table = pd.DataFrame({"variant": order * 5})
        assert outcomes.variant_names(table, "variant")[0] == control


@pytest.mark.parametrize(
    "yes, no",
    [
        ("yes", "no"), ("YES", "No"), ("y", "n"), ("true", "false"), ("converted", "not converted"),
        ("bought", "browsed"), ("Ja", "Nein"), ("subscribed", "did not subscribe"), ("clicked", "none"),
    ],
)  # fmt: skip
def test_words_for_yes_and_no_are_shares(yes, no):
    table = pd.DataFrame({"arm": ["a", "b"] * 6, "what": [yes, yes, no, no, no, None] * 2})  # fmt: skip
    read = outcomes.read_outcomes(table, "arm", "what", "a", ["b"])
    assert read.is_share and [sum(values) for values in read.values] == [2, 2]
    assert f"'{yes.lower()}' counts as converted, '{no.lower()}' as not." in read.notes


@pytest.mark.parametrize(
    "words",
    [("red", "blue"), ("x", "y"), ("yes", "unknown"), ("yes", "no", "?"), ("yes",)],
)
def test_words_whose_meaning_is_not_known_are_refused(words):
    table = pd.DataFrame({"arm": ["a", "b"] * 6, "what": (words * 12)[:12]})
    with pytest.raises(ValueError, match="Write yes for a visitor who converted"):
        outcomes.read_outcomes(table, "arm", "what", "a", ["b"])


def test_an_identifier_is_neither_guessed_nor_judged():
    n = 300
    table = pd.DataFrame(
        {
            "customer_id": range(7_000_000, 7_000_000 + 11 * n, 11),
            "row": range(n),
            "token": [f"t{number}" for number in range(n)],
            "version": ["new", "old", "old"] * (n // 3),
            "milliseconds": [round((7919 * number) % 100_003) for number in range(n)],
        }
    )
    guess = outcomes.guess_columns(table)
    assert guess == {"variant": "version", "outcome": "milliseconds"}
    for name in ("customer_id", "row", "token"):
        with pytest.raises(ValueError, match=f"'{name}' looks like an identifier"):
            outcomes.read_outcomes(table, "version", name, "old", ["new"])
        with pytest.raises(ValueError, match=f"'{name}' looks like an identifier"):
            outcomes.variant_names(table, name)


def test_yes_or_no_is_guessed_as_the_outcome_and_not_as_the_variant():
    table = pd.DataFrame(
        {"result": ["no", "yes", "no"] * 9, "page": ["x", "y", "x"] * 9}
    )
    assert outcomes.guess_columns(table) == {"variant": "page", "outcome": "result"}


def test_three_variants_are_compared_with_the_control():
    three = read(others=["third", "new"])
    assert three.names == ("control", "new", "third")
    compared = outcomes.compare_outcomes(three, 0.95)
    assert [one.names for one in compared] == [("control", "new"), ("control", "third")]
    assert {one.n_comparisons for one in compared} == {2}
