"""Whoever made an item shares it, and nobody else; the rows of a run bring its table along."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from app.accounts import Actor, Links, Permissions, Sharing, may
from app.accounts.permissions import StoredItem
from app.storage import DatasetStore, RunStore, belongings, shares

ME = Actor(role="editor", user="1")
YOU = Actor(role="editor", user="2")


class Place:
    """A table and a run of ME."""

    def __init__(self, folder):
        self.folder, self.actor = folder, ME
        permissions = Permissions(folder, lambda: self.actor)
        self.sharing = Sharing(folder, permissions, lambda: self.actor, Links(lambda: "k"))  # fmt: skip
        self.datasets, self.runs = DatasetStore(folder / "datasets"), RunStore(folder / "runs")  # fmt: skip
        self.table = self.datasets.add(pd.DataFrame({"x": [1, 2]}), "x.csv")
        self.run = self.train(self.table)
        self.claim("table", self.table, ME)

    def train(self, table: str) -> str:
        run = self.runs.create("training", dataset={"id": table, "name": "x"})
        self.claim("run", run, ME)
        return run

    def claim(self, kind: str, item: str, actor: Actor) -> None:
        root = (self.datasets if kind == "table" else self.runs).root
        belongings.claim(root, item, actor.owner)

    def may(self, actor: Actor, action: str, kind: str, item: str) -> bool:
        return may(actor, action, StoredItem(self.folder, kind, item))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def with_link(share: shares.Share) -> Actor:
    return Actor(shares=(share.id,))


def test_rows_of_a_run_are_those_of_its_table(place):
    share = place.sharing.create("run", place.run, "link", "rows")
    guest = with_link(share)
    assert place.may(guest, "rows", "run", place.run)
    assert place.may(guest, "rows", "table", place.table)
    place.sharing.revoke("run", place.run, share.id)
    assert not place.may(guest, "rows", "run", place.run)
    assert not place.may(guest, "rows", "table", place.table)


def test_results_do_not_open_the_table(place):
    guest = with_link(place.sharing.create("run", place.run, "link", "results", 7))
    assert place.may(guest, "results", "run", place.run)
    assert not place.may(guest, "rows", "run", place.run)
    assert not place.may(guest, "results", "table", place.table)


def test_rows_of_somebody_elses_table_cannot_be_passed_on(place):
    place.actor = YOU
    run = place.runs.create("training", dataset={"id": place.table, "name": "x"})
    place.claim("run", run, YOU)
    with pytest.raises(ValueError, match="Share the results only"):
        place.sharing.create("run", run, "link", "rows")
    assert place.sharing.of("run", run) == ()
    assert place.sharing.create("run", run, "link", "results")


@pytest.mark.parametrize("table", ["sample-iris", "gone"])
def test_a_run_is_shared_without_a_table_that_is_a_sample_or_gone(place, table):
    run = place.train(table)
    share = place.sharing.create("run", run, "everybody", "rows")
    assert place.may(YOU, "rows", "run", run)
    place.sharing.revoke("run", run, share.id)
    assert not place.may(YOU, "rows", "run", run)


def test_only_who_made_it_shares_and_takes_back(place):
    share = place.sharing.create("table", place.table, "link", "rows")
    place.actor = YOU
    with pytest.raises(ValueError, match="Only who made this"):
        place.sharing.create("table", place.table, "link", "rows")
    assert place.sharing.of("table", place.table) == ()
    place.sharing.revoke("table", place.table, share.id)
    assert place.may(with_link(share), "rows", "table", place.table)


@pytest.mark.parametrize("scope", ["results", "scoring", "everything", ""])
def test_a_table_is_shared_with_its_rows_or_not_at_all(place, scope):
    with pytest.raises(ValueError, match="Choose what"):
        place.sharing.create("table", place.table, "link", scope)


def test_there_is_an_end_to_sharing(place, monkeypatch):
    monkeypatch.setattr("app.accounts.sharing.MAX_SHARES", 2)
    for _ in range(2):
        place.sharing.create("run", place.run, "link", "results")
    with pytest.raises(ValueError, match="2 times"):
        place.sharing.create("run", place.run, "link", "results")


def test_those_who_made_the_same_do_not_see_each_others_shares(place):
    share = place.sharing.create("table", place.table, "link", "rows")
    place.claim("table", place.table, YOU)
    place.actor = YOU
    assert place.sharing.of("table", place.table) == ()
    place.sharing.revoke("table", place.table, share.id)
    place.actor = ME
    assert place.sharing.of("table", place.table) == (share,)


def test_a_token_shares_no_more_than_it_may_see(place):
    place.actor = replace(ME, scopes=frozenset({"results", "share"}))
    assert place.sharing.create("run", place.run, "link", "results")
    for scope in ("rows", "scoring"):
        with pytest.raises(ValueError, match="that much"):
            place.sharing.create("run", place.run, "link", scope)
