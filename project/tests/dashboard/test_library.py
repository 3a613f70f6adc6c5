"""The library lists what the browser noted, and nothing that makes no sense; only what is the visitor's is deleted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import Actor
from app.dashboard.belongings import act, is_mine
from app.dashboard.library_list import library_list, shelves_of
from app.services import Services
from app.storage import NotFound, belongings
from tests.dashboard.conftest import walk, words


def as_visitor(services: Services, visitor: str) -> Services:
    """The same stores, asked from a browser."""
    actor = Actor(role="editor", visitor=visitor, opens_by_id=True)
    return Services.below(
        services.jobs.data_dir, services.settings, actor=lambda: actor
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["entries", "kind", "id", "dataset", "query", "offset", "name", "sort"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)


def entry(kind: str, item: str, **more) -> dict:
    return {"kind": kind, "id": item, **more}


def acts(component) -> list[str]:
    return [
        part.children for part in walk(component) if getattr(part, "data-act", None)
    ]


@given(JSON)
def test_whatever_the_browser_sends_there_is_a_list(shared, asked):
    assert words(library_list(shared, asked)) is not None
    assert act(shared, asked) == ""


@pytest.mark.parametrize(
    "asked", [None, 7, {"entries": 3}, {"entries": [{"id": "../x"}], "offset": "?"}]
)
def test_a_damaged_note_is_no_error(shared, asked):
    assert words(library_list(shared, asked))


def test_an_empty_library_says_what_will_be_there(shared):
    assert "Nothing here yet" in words(library_list(shared, {"entries": []}))


def test_a_table_stands_above_its_runs_with_what_they_found(shared, finished):
    run = finished("binary")
    entries = [
        # The run says itself which table it is of.
        entry("run", run, dataset="sample-wine", name="Wine"),
        entry("table", "sample-wine", name="Wine", pinned=True),
    ]
    shown = words(library_list(shared, {"entries": entries, "offset": 60}))
    assert shown.index("Wine") < shown.index("Iris")
    assert "Linear model: ROC AUC 0.750" in shown
    assert "a sample, kept" in shown
    assert "deleted on " in shown


def test_what_was_deleted_says_so_and_can_be_removed(shared):
    entries = [
        entry("table", "gone", name="old.csv"),
        entry("run", "lost", dataset="gone", target="y"),
    ]
    shown = library_list(shared, {"entries": entries})
    assert "old.csv" in words(shown)
    assert "The table was deleted, or has expired" in words(shown)
    assert "y: this run was deleted, or has expired" in words(shown)
    assert acts(shown).count("Remove") == 2


def test_it_is_sorted_as_asked_with_pinned_tables_first(shared, finished):
    runs = [finished("binary", created=time) for time in (100.0, 300.0, 200.0)]
    entries = [
        entry("table", "sample-wine"),
        entry("table", "sample-digits", label="Aaa"),
        entry("table", "sample-iris", pinned=True),
        *[entry("run", run) for run in runs],
    ]

    def order(sort):
        asked = {"entries": entries, "sort": sort}
        return [shelf.id for shelf in shelves_of(shared, asked)]

    assert order("name") == ["sample-iris", "sample-digits", "sample-wine"]
    assert order("rows") == ["sample-iris", "sample-digits", "sample-wine"]
    assert order("opened") == ["sample-iris", "sample-wine", "sample-digits"]
    [iris] = [s for s in shelves_of(shared, {"entries": entries}) if s.runs]
    assert [run.id for run in iris.runs] == [runs[1], runs[2], runs[0]]


def test_only_the_browser_that_made_a_run_deletes_it_and_can_bring_it_back(
    shared, finished
):
    run, other = finished("binary"), finished("binary")
    belongings.claim(shared.runs.root, run, "me")
    belongings.claim(shared.runs.root, other, "somebody else")
    mine = as_visitor(shared, "me")
    stranger = as_visitor(shared, "you")
    asked = {"act": "delete", "items": [entry("run", run), entry("run", other)]}
    assert acts(library_list(mine, {"entries": asked["items"]})).count("Delete") == 1
    for nobody in (as_visitor(shared, ""), stranger):
        assert "Removed from this list" in act(nobody, asked)
        assert shared.runs.training(run)
    said = act(mine, asked)
    assert "Deleted: 1 run." in said and "1 other entry" in said
    assert shared.runs.training(other)
    with pytest.raises(NotFound):
        shared.runs.training(run)
    act(stranger, asked | {"act": "restore"})
    with pytest.raises(NotFound):
        shared.runs.training(run)
    act(mine, asked | {"act": "restore"})
    assert shared.runs.training(run).run.state == "done"


def test_a_sample_and_what_is_no_id_belong_to_nobody(shared):
    mine = as_visitor(shared, "me")
    shared.datasets.get("sample-wine")
    for item in ("sample-wine", "../runs", "", "gone"):
        assert not is_mine(mine, "table", item)


def test_an_active_run_is_cancelled_before_it_is_deleted(shared, finished):
    run = finished("binary", state="queued")
    belongings.claim(shared.runs.root, run, "me")
    record = shared.runs.content(run)
    mine = as_visitor(shared, "me")
    act(mine, {"act": "delete", "items": [entry("run", run)]})
    assert shared.runs.is_cancelled(run)
    # What its process writes at the end does not bring it back.
    shared.runs.write(record | {"state": "cancelled"})
    with pytest.raises(NotFound):
        shared.runs.get(run)
    act(mine, {"act": "restore", "items": [entry("run", run)]})
    assert shared.runs.get(run).state == "cancelled"
