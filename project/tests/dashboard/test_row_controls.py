"""Rows and target on the Train page: what a link makes of them, and the editor of filters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from dash import Dash, no_update

from app.dashboard.pages import train
from app.dashboard.row_controls import register_filters
from tests.dashboard.conftest import ids, walk, words


def part_of(layout: Any, component_id: str) -> Any:
    return next(p for p in walk(layout) if getattr(p, "id", None) == component_id)


def form(shared, dataset: str, **query: str) -> Any:
    return train.layout(shared, {"dataset": dataset, **query})


@pytest.fixture(scope="module")
def loans(shared) -> str:
    """A table with two classes, a third one that is rare, and what rows can be filtered by."""
    n = 120
    frame = pd.DataFrame(
        {
            "amount": np.arange(n) * 10.0 + 0.5,
            "town": np.tile(["Bern", "Chur", "Thun"], n // 3),
            "day": pd.date_range("2024-01-01", periods=n),
            "weight": np.arange(n) % 4,
            "outcome": np.where(np.arange(n) % 3 > 0, "good", "bad"),
        }
    )
    frame.loc[[5, 6], "outcome"] = "odd"
    return shared.datasets.add(frame, "Loans")


def test_the_form_says_which_rows_are_used_and_what_is_left_of_the_task(shared, loans):
    layout = form(shared, loans, target="outcome")
    said = words(part_of(layout, "train-count"))
    assert said == (
        "118 of 120 rows are used. Left out: 2 of the rare class 'odd' (2)."
    )
    assert "one of two classes" in words(layout)
    assert part_of(layout, "train-scoring").value == "roc_auc"
    positive = part_of(layout, "train-positive")
    assert positive.value == "bad"
    assert [each["value"] for each in positive.data] == ["bad", "good"]
    reason = words(part_of(layout, "train-positive-says"))
    assert reason == "'bad' is the guess: it names the event that is looked for."
    assert part_of(layout, "train-options").data["defaults"]["positive"] == "bad"
    whole = words(part_of(form(shared, "sample-iris"), "train-count"))
    assert whole == "All 150 rows are used."


@pytest.mark.parametrize(
    "address, sentence",
    [
        ({"rows": "amount*from*300*"}, "30 that fail the filter 'amount at least 300'"),
        ({"rows": "town*is*Rome"}, "No row is left: remove a filter"),
        ({"rows": "town*from*3*"}, "'town' has no numbers, so a filter by numbers"),
        ({"rows": "day*from*3*"}, "'day' has dates, so a filter by numbers"),
        (
            {"rows": "outcome*is*good"},
            "'outcome' is always 'good', so there is nothing",
        ),
        ({"rare": "keep"}, "leave the rare classes out, join them as 'Other'"),
        ({"rare": "join"}, "Joined, the rare classes of column 'outcome' have 2 rows"),
        ({"rare": "join", "fewest": "60"}, "Joined as 'Other': rare classes 'bad'"),
        ({"fewest": "9999"}, "Lower 'Fewest rows of a class'"),
        ({"weighting": "column"}, "'Column of weights' is empty: choose a column."),
        ({"weighting": "column", "weigh": "weight"}, "not above 0 in 30 rows"),
        ({"weighting": "column", "weigh": "town"}, "'town' has values that are no num"),
        ({"weighting": "column", "weigh": "outcome"}, "is the target, so it cannot"),
    ],
)
def test_the_form_says_at_once_what_a_link_makes_of_the_rows(
    shared, loans, address, sentence
):
    layout = form(shared, loans, target="outcome", **address)
    assert sentence in words(part_of(layout, "train-count"))


@pytest.mark.parametrize(
    "address",
    [
        {"positive": "fine"},
        {"positive": "odd"},
        {"rows": "no column*is*1.nonsense"},
        {"rows": "..**"},
        {"rare": "never", "fewest": "-1", "weighting": "heavy", "duplicates": "x"},
    ],
)
def test_what_a_link_has_of_another_table_is_ignored(shared, loans, address):
    layout = form(shared, loans, target="outcome", **address)
    assert part_of(layout, "train-positive").value == "bad"
    assert part_of(layout, "train-rows").value == []
    assert "118 of 120 rows are used." in words(part_of(layout, "train-count"))


def test_what_a_target_has_no_use_for_is_not_shown(shared, loans):
    def seen(layout: Any, key: str) -> bool:
        hidden = [part for part in walk(layout) if getattr(part, "hidden", False)]
        return f"train-{key}" not in ids(hidden)

    two = form(shared, loans, target="outcome")
    assert seen(two, "positive") and seen(two, "rare")
    three = form(shared, "sample-iris")
    assert not seen(three, "positive") and seen(three, "rare")
    number = form(shared, "sample-diabetes")
    assert not seen(number, "positive") and not seen(number, "rare")
    assert seen(number, "duplicates") and seen(number, "weighting")
    weights = part_of(number, "train-weighting").data
    assert [each["value"] for each in weights] == ["none", "column"]


# ---- The editor of filters


@pytest.fixture(scope="module")
def editor(shared, loans) -> dict[str, Any]:
    """The callbacks of the editor: 'edit' a filter by a column, 'add' it."""
    app = Dash(__name__)
    register_filters(app, shared, "train-rows")
    return {
        each["callback"].__wrapped__.__name__: each["callback"].__wrapped__
        for each in app.callback_map.values()
        if "callback" in each
    }


def test_the_editor_asks_for_what_fits_the_column(editor, loans):
    search = f"?dataset={loans}"
    hidden, no_values, no_range, values, *_ = editor["edit"]("town", search)
    assert (hidden, no_values, no_range) == (False, False, True)
    assert {"value": "Bern", "label": "Bern (40)"} in values
    answer = editor["edit"]("amount", search)
    assert answer[:4] == (False, True, False, [])
    assert answer[7:9] == ("0.5", "1190.5")
    assert editor["edit"]("day", search)[7:9] == ("2024-01-01", "2024-04-29")
    few_numbers = editor["edit"]("weight", search)
    assert few_numbers[1] is False and len(few_numbers[3]) == 4
    for unknown in (None, "no column", ["town"], 7):
        assert editor["edit"](unknown, search)[0] is True


@pytest.mark.parametrize(
    "state, sentence",
    [
        (("town", "keep", [], "", "", False), "The filter has no value for 'town'"),
        (
            ("town", "keep", ["Bern"], "1", "", False),
            "The filter has no value for 'tow",
        ),
        (("amount", "keep", [], "many", "", False), "type a number such as 18"),
        (("amount", "keep", [], "9", "1", False), "ends before it begins"),
        (("amount", "keep", [], "2024-01-01", "", False), "'amount' has no dates"),
        (
            ("day", "keep", [], "3", "", False),
            "'day' has dates, so a filter by numbers",
        ),
        ((None, "keep", ["a"], "", "", False), "Choose a column first."),
        (("town", "keep", {"a": 1}, "", "", False), "values are no list"),
        (("town", "keep", [["a"]], "", "", False), "no text"),
        (("town", "keep", ["a"], "", "", "x"), "neither on nor off"),
        (("town", {}, ["\ud800"], "", "", False), "no text"),
    ],
)
def test_a_filter_that_makes_no_sense_is_not_added(editor, loans, state, sentence):
    answer = editor["add"](1, *state, [], f"?dataset={loans}")
    assert sentence in words(answer[3]) and answer[0] is no_update


def test_a_filter_is_added_once_and_at_most_ten_are(editor, loans):
    search, state = f"?dataset={loans}", ("town", "leave_out", ["Bern"], "", "", True)
    choices, texts, column, problem = editor["add"](1, *state, [], search)
    assert texts == ["town*not-or-missing*Bern"] and column is None and not problem
    assert choices == [{"value": texts[0], "label": "town is not Bern or missing"}]
    assert editor["add"](1, *state, texts, search)[1] == texts
    many = [f"amount*from*{n}*" for n in range(10)]
    assert "There are 10 filters" in words(editor["add"](1, *state, many, search)[3])
    assert "no sense" in words(editor["add"](1, *state, ["nonsense"], search)[3])
