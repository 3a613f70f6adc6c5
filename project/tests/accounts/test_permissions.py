"""Who may do what: by the id, the owner, the role, a share or a token, and in no other way."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import ROLES, SERVER, Actor, Permissions, Refused, may, may_on_server
from app.accounts.permissions import ITEM_ACTIONS, SERVER_ACTIONS, StoredItem
from app.storage import DatasetStore, NotFound, RunStore, belongings, files, shares

ANONYMOUS = Actor()
EDITOR = Actor(role="editor", user="1")
OTHER = Actor(role="editor", user="2")
VIEWER = Actor(role="viewer", user="3")
ADMINISTRATOR = Actor(role="administrator", user="4")
PEOPLE = (ANONYMOUS, EDITOR, OTHER, VIEWER, ADMINISTRATOR)


def share(scope: str = "results", to: str = shares.LINK, **more) -> shares.Share:
    return shares.Share(files.new_id(), to, scope, time.time(), **more)


@pytest.fixture
def run(tmp_path):
    """A run of EDITOR."""
    runs = RunStore(tmp_path / "runs")
    run_id = runs.create("training")
    belongings.claim(runs.root, run_id, EDITOR.owner)
    return StoredItem(tmp_path, "run", run_id)


def again(item: StoredItem) -> StoredItem:
    """The same item, whose facts are read again."""
    return StoredItem(item.data_dir, item.kind, item.id)


def allowed(actor: Actor, item: StoredItem) -> set[str]:
    return {action for action in ITEM_ACTIONS if may(actor, action, again(item))}


def test_what_is_somebodys_is_nobody_elses(run):
    assert allowed(EDITOR, run) == set(ITEM_ACTIONS)
    for actor in (ANONYMOUS, OTHER, VIEWER, Actor(role="editor", visitor="1")):
        assert allowed(actor, run) == set()
    # Whoever cleans up need not look into it.
    assert allowed(ADMINISTRATOR, run) == {"delete"}
    assert allowed(SERVER, run) == set(ITEM_ACTIONS)


def test_an_id_opens_only_where_it_shall_and_never_deletes(run):
    visitor = Actor(role="editor", visitor="x", opens_by_id=True)
    assert allowed(visitor, run) == {"results", "rows", "score", "file", "work"}


@pytest.mark.parametrize("scope", shares.SCOPES)
def test_a_share_allows_its_scope_to_whom_it_names(run, scope):
    by_link, to_all, to_one = (
        share(scope),
        share(scope, shares.EVERYBODY),
        share(scope, VIEWER.owner),
    )
    guest = Actor(shares=(by_link.id,))
    shares.add(run.root, run.id, by_link)
    assert allowed(guest, run) == shares.SCOPES[scope]
    assert allowed(replace(OTHER, shares=("another",)), run) == set()
    shares.add(run.root, run.id, to_one)
    assert allowed(VIEWER, run) == shares.SCOPES[scope]
    assert allowed(OTHER, run) == set()
    shares.add(run.root, run.id, to_all)
    assert allowed(OTHER, run) == shares.SCOPES[scope]
    assert allowed(ANONYMOUS, run) == set()
    for each in (by_link, to_all, to_one):
        shares.revoke(run.root, run.id, each.id)
    for actor in (guest, VIEWER, OTHER):
        assert allowed(actor, run) == set()


def test_a_share_that_expired_allows_nothing(run):
    old = share(expires=time.time() - 1)
    shares.add(run.root, run.id, old)
    assert allowed(Actor(shares=(old.id,)), run) == set()
    assert shares.of(run.root, run.id) == (old,)


def test_what_is_derived_from_a_run_is_as_open_as_the_run(run):
    runs = RunStore(run.root)
    derived = StoredItem(
        run.data_dir, "run", runs.create("learning", parent=run.id, parameters={})
    )
    by_link = share()
    shares.add(run.root, run.id, by_link)
    assert allowed(Actor(shares=(by_link.id,)), derived) == {"results"}
    assert allowed(EDITOR, derived) == set(ITEM_ACTIONS)
    assert allowed(OTHER, derived) == set()


def test_samples_are_for_whoever_is_in(tmp_path):
    sample = StoredItem(tmp_path, "table", "sample-iris")
    assert allowed(VIEWER, sample) == {"results", "rows"}
    assert allowed(ANONYMOUS, sample) == set()
    assert allowed(Actor(shares=("x",)), sample) == set()


@given(st.sampled_from(PEOPLE), st.sets(st.sampled_from(ITEM_ACTIONS)))
def test_a_token_never_allows_more_than_its_account(actor, scopes):
    class Mine:
        kind, id, owners, shares, parent = (
            "run",
            "abc",
            frozenset({"user-1"}),
            (),
            None,
        )

    token = replace(actor, scopes=frozenset(scopes))
    for action in ITEM_ACTIONS:
        assert may(token, action, Mine) == (
            action in scopes and may(actor, action, Mine)
        )


def test_what_is_not_allowed_by_name_is_refused(run):
    for actor in PEOPLE:
        assert not may(actor, "", run) and not may(actor, "everything", run)
        assert not may_on_server(actor, "everything")


def test_roles_include_those_below_them():
    for role, (action, needed) in product(ROLES, SERVER_ACTIONS.items()):
        expected = ROLES.index(role) >= ROLES.index(needed)
        assert may_on_server(Actor(role=role), action) == expected
        assert not may_on_server(Actor(role=role, scopes=frozenset()), action)
        assert not may_on_server(ANONYMOUS, action)


@pytest.mark.parametrize("actor", [ANONYMOUS, VIEWER, replace(EDITOR, scopes=frozenset())])  # fmt: skip
def test_a_refusal_is_a_sentence(tmp_path, actor):
    with pytest.raises(Refused, match=r"\w+.*\."):
        Permissions(tmp_path, lambda: actor).require("create")


@pytest.mark.parametrize("name", ["", "..", "../runs", "a/b", "x" * 300, "\0", "owner"])
def test_names_of_strangers_belong_to_nobody(tmp_path, name):
    for kind in ("table", "run", "upload"):
        item = StoredItem(tmp_path, kind, name)
        assert item.owners == frozenset() and item.shares == () and item.parent is None


def test_a_store_shows_nothing_that_its_guard_refuses(tmp_path, run):
    actors = [OTHER]
    guard = Permissions(tmp_path, lambda: actors[0]).guard("run")
    guarded = RunStore(tmp_path / "runs", guard)
    by_link = share("results", OTHER.owner)
    with pytest.raises(NotFound) as refused:
        guarded.get(run.id)
    with pytest.raises(NotFound) as missing:
        guarded.get("0" * 20)
    assert str(refused.value) == str(missing.value)
    shares.add(run.root, run.id, by_link)
    assert guarded.get(run.id).id == run.id
    for needs_more in (
        lambda: guarded.table(run.id, "holdout"),
        lambda: guarded.model(run.id, "linear"),
        lambda: guarded.cancel(run.id),
        lambda: guarded.write_result(run.id, "known-x", {}),
        lambda: guarded.remove_result(run.id, "known-x"),
    ):
        with pytest.raises(NotFound):
            needs_more()
    actors[0] = EDITOR
    assert guarded.table(run.id, "holdout") is None


def test_a_table_is_all_rows(tmp_path):
    guard = Permissions(tmp_path, lambda: OTHER).guard("table")
    guarded = DatasetStore(tmp_path / "datasets", guard)
    (guarded.root / "abc").mkdir()
    (guarded.root / "abc" / "dataset.json").write_text("{}")
    shares.add(guarded.root, "abc", share("results", OTHER.owner))
    for look in (guarded.get, guarded.table, guarded.as_read, guarded.file):
        with pytest.raises(NotFound):
            look("abc")


def test_an_account_finds_its_own_items_and_those_shared_with_it(tmp_path, run):
    def listed(actor: Actor) -> list[str]:
        return Permissions(tmp_path, lambda: actor).listed("run")

    assert listed(EDITOR) == [run.id]
    assert listed(OTHER) == listed(ADMINISTRATOR) == []
    assert listed(Actor(role="editor", visitor="x", opens_by_id=True)) == []
    shares.add(run.root, run.id, share())
    assert listed(OTHER) == []
    shares.add(run.root, run.id, share("results", OTHER.owner))
    assert listed(OTHER) == [run.id] and listed(VIEWER) == []
