"""'I know': kept beside the record of a run, and nothing else changes."""

from __future__ import annotations

import time

import pytest

from app.storage import NotFound, RunStore
from app.storage.acknowledgements import (
    MAX_REASON,
    acknowledge,
    acknowledged,
    take_back,
)


@pytest.fixture
def store(tmp_path) -> RunStore:
    return RunStore(tmp_path)


@pytest.fixture
def run(store) -> str:
    return store.create("training", checks={"data": []}, unknown="of a later version")


def test_what_somebody_knows_is_read_again_with_its_reason_and_time(store, run):
    acknowledge(store, run, "leak", " known at \n checkout ")
    acknowledge(store, run, "gap-linear")
    found = acknowledged(store, run, ["leak", "gap-linear", "groups"])
    assert list(found) == ["leak", "gap-linear"]
    assert found["leak"].reason == "known at checkout"
    assert found["gap-linear"].reason == ""
    assert found["leak"].when == pytest.approx(time.time(), abs=60)


def test_it_can_be_taken_back_once_and_twice(store, run):
    acknowledge(store, run, "leak")
    for _ in range(2):
        take_back(store, run, "leak")
        assert acknowledged(store, run, ["leak"]) == {}


def test_the_record_of_the_run_stays_as_it_is(store, run):
    before = store.content(run)
    acknowledge(store, run, "leak")
    take_back(store, run, "leak")
    assert store.content(run) == before


def test_a_long_reason_is_cut(store, run):
    acknowledge(store, run, "leak", "x" * 10_000)
    assert len(acknowledged(store, run, ["leak"])["leak"].reason) == MAX_REASON


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"reason": {}, "when": "x"}'])
def test_a_damaged_file_leaves_the_finding_open(store, run, content):
    acknowledge(store, run, "leak")
    (store.root / run / "known-leak.json").write_text(content)
    assert acknowledged(store, run, ["leak"]) == {}


@pytest.mark.parametrize("name", ["../leak", "a/b", "", ".", "leak.json"])
def test_a_name_that_leads_elsewhere_is_refused(store, run, name):
    for change in (acknowledge, take_back):
        with pytest.raises(ValueError, match="names no finding"):
            change(store, run, name)
    assert acknowledged(store, run, [name]) == {}


def test_a_run_that_is_gone_has_nothing_to_know(store):
    with pytest.raises(NotFound):
        acknowledge(store, "0" * 20, "leak")
    assert acknowledged(store, "0" * 20, ["leak"]) == {}
