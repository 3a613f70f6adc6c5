"""The library lists what the browser noted, and nothing that makes no sense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dashboard.pages.library import library_list, shelves_of
from app.dashboard.subject import subject_of
from app.storage import NotFound
from tests.dashboard.conftest import words

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["entries", "kind", "id", "dataset", "query", "offset", "name"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_the_browser_sends_there_is_a_list(library):
    for shelf in shelves_of(library):
        assert isinstance(shelf.id, str) and isinstance(shelf.query, dict)


@pytest.mark.parametrize(
    "library", [None, 7, [], {"entries": 3}, {"entries": [{"id": "x"}], "offset": "?"}]
)
def test_a_damaged_note_is_no_error(shared, library):
    assert words(library_list(shared, library))


def test_a_table_stands_above_its_runs_with_what_they_found(shared, finished):
    run = finished("binary")
    entries = [
        {"kind": "run", "id": run, "dataset": "sample-iris", "name": "Iris"},
        {"kind": "table", "id": "sample-wine", "name": "Wine", "pinned": True},
    ]
    shown = words(library_list(shared, {"entries": entries, "offset": 60}))
    assert shown.index("Wine") < shown.index("Iris")
    assert "Linear model: ROC AUC 0.750" in shown
    assert "a sample, always here" in shown


def test_what_has_expired_says_so(shared):
    entries = [
        {"kind": "table", "id": "gone", "name": "old.csv"},
        {"kind": "run", "id": "lost", "dataset": "gone", "target": "y"},
    ]
    shown = words(library_list(shared, {"entries": entries}))
    assert "old.csv" in shown and "The table has expired" in shown
    assert "y: this run has expired" in shown


def test_a_run_opens_its_table_with_the_choices_it_was_trained_with(shared, finished):
    run = finished("binary")
    subject = subject_of(shared, {"run": run})
    assert (subject["dataset"], subject["name"]) == ("sample-iris", "Iris")
    # The run learned from a column 'x' alone, which iris does not have: all of its own were left out.
    assert subject["query"]["target"] == "target"
    assert "0:out" in subject["query"]["columns"]


def test_a_run_outlives_its_table(shared, finished):
    run = finished("binary", dataset={"id": "gone", "name": "old.csv"})
    subject = subject_of(shared, {"run": run})
    assert (subject["name"], subject["query"]) == ("old.csv", {})


def test_what_does_not_exist_has_no_subject(shared):
    with pytest.raises(NotFound):
        subject_of(shared, {"dataset": "gone"})
