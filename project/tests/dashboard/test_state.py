"""The state of a page in its URL: nothing is lost, and invalid values are ignored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import functions
from app.dashboard.state import LEFT_OUT, View, choose, query_of, search_of

some_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
roles = st.sampled_from([*functions.tables.profiling.ROLE_LABELS, LEFT_OUT])
views = st.builds(
    View,
    dataset=some_text,
    target=st.none() | some_text,
    task=st.none() | st.sampled_from(functions.tables.tasks.TASKS),
    columns=st.dictionaries(st.integers(0, 5000), roles, max_size=20),
)


@given(views)
def test_a_view_comes_back_from_its_own_address(view):
    assert View.of(query_of(view.search())) == view


@given(st.dictionaries(some_text, some_text, max_size=5))
def test_a_query_comes_back_from_its_own_address(query):
    assert query_of(search_of(query)) == query


@given(st.text() | st.none())
def test_whatever_stands_in_the_address_a_view_is_made_of_it(search):
    view = View.of(query_of(search))
    assert view.dataset
    assert all(position >= 0 and role for position, role in view.columns.items())


@pytest.mark.parametrize(
    "columns", ["", ".", ":", "1", "1:", ":out", "-1:out", "x:out", "1.5:out", "²:out"]
)
def test_malformed_columns_are_ignored(columns):
    assert View.of({"columns": columns}).columns in ({}, {5: "out"})


def test_a_position_of_thousands_of_digits_is_ignored():
    columns = f"{'9' * 5000}:out.2:out"
    assert View.of({"columns": columns}).columns == {2: "out"}


@pytest.fixture(scope="module")
def profile(shared):
    return shared.datasets.get("sample-iris").profile


def test_untouched_the_view_has_the_recognised_target_and_roles(profile):
    choice = choose(View("sample-iris"), profile)
    assert choice.target == "species"
    assert choice.roles == {c.name: c.role for c in profile.columns}
    assert list(choice.features) == [c.name for c in profile.columns[:4]]


def test_a_column_that_is_left_out_is_no_feature(profile):
    choice = choose(View("sample-iris", columns={1: LEFT_OUT}), profile)
    assert profile.columns[1].name not in choice.features
    assert len(choice.features) == 3


@pytest.mark.parametrize("target", ["no such column", ""])
def test_a_target_that_the_table_lacks_is_replaced(profile, target):
    assert choose(View("sample-iris", target=target), profile).target == "species"


@given(st.dictionaries(st.integers(0, 10**6), roles | some_text), st.none() | some_text)
def test_whatever_is_chosen_the_choice_fits_the_table(profile, columns, target):
    choice = choose(View("sample-iris", target=target, columns=columns), profile)
    names = {column.name for column in profile.columns}
    assert choice.target in names
    assert set(choice.roles) == names
    assert choice.left_out <= names
    assert choice.target not in choice.features
    for column in profile.columns:
        possible = functions.tables.profiling.possible_roles(column)
        assert choice.roles[column.name] in possible
