"""Tokens, in SQLite and in PostgreSQL."""

from __future__ import annotations

import pytest

from app.accounts import tokens
from app.accounts.models import Token


@pytest.fixture
def user(directory):
    return directory.users.add("Ada", "editor")


def test_a_token_is_kept_as_a_hash_and_found_by_its_secret(directory, user):
    secret = directory.tokens.create(user.id, "Nightly", ["rows", "score"], 7)
    found = directory.tokens.find(secret)
    assert (found.user.name, found.name) == ("Ada", "Nightly")
    assert tokens.actions(found) == {"rows", "score"}
    with directory.database.read() as session:
        [kept] = session.query(Token).all()
    assert secret.removeprefix(tokens.PREFIX) not in vars(kept).values()


def test_a_token_expires(directory, user, clock):
    secret = directory.tokens.create(user.id, "Nightly", ["rows"], 7)
    clock.now += 7 * 86_400 - 1
    assert directory.tokens.find(secret)
    clock.now += 1
    assert directory.tokens.find(secret) is None
    assert directory.tokens.of(user.id) == []


def test_the_last_use_is_noted(directory, user, clock):
    secret = directory.tokens.create(user.id, "Nightly", ["rows"], 7)
    assert directory.tokens.of(user.id)[0].used is None
    for minutes in (0, 5):
        clock.now += minutes * 60
        directory.tokens.find(secret)
        assert directory.tokens.of(user.id)[0].used == clock.now


def test_nobody_fills_the_database_with_tokens(directory, user):
    for number in range(tokens.MAX_TOKENS):
        directory.tokens.create(user.id, f"{number}", ["rows"], 7)
    with pytest.raises(ValueError, match="revoke one first"):
        directory.tokens.create(user.id, "one more", ["rows"], 7)


def test_a_scope_of_a_newer_version_allows_nothing():
    assert tokens.actions(Token(scopes="rows fly")) == {"rows"}


@pytest.mark.parametrize("way", ["password", "invite"])
def test_all_tokens_of_a_user_end_with_a_new_password(directory, user, way):
    mine = [directory.tokens.create(user.id, name, ["rows"], 7) for name in "ab"]
    other = directory.users.add("Bob", "editor")
    theirs = directory.tokens.create(other.id, "Nightly", ["rows"], 7)
    assert all(map(directory.tokens.find, mine))
    if way == "password":
        directory.users.set_password(user.id, "seven green teapots")
    else:
        invitation = directory.invitations.invite(user.id)
        directory.invitations.accept(invitation, "seven green teapots")
    assert not any(map(directory.tokens.find, mine))
    assert directory.tokens.of(user.id) == []
    assert directory.tokens.find(theirs)


def test_a_new_role_leaves_tokens_alone(directory, user):
    secret = directory.tokens.create(user.id, "Nightly", ["rows"], 7)
    directory.users.set_role(user.id, "viewer")
    assert directory.tokens.find(secret).user.role == "viewer"
