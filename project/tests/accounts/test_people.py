"""Accounts by their names."""

from __future__ import annotations

import pytest

from app.accounts import Actor
from app.accounts.people import AccountNames


def test_an_account_owns_under_the_same_name_as_its_actor(directory):
    user = directory.users.add("Ada", "editor")
    people = AccountNames(directory.users)
    owner = people.owner("ADA")
    assert owner == Actor(role="editor", user=user.id).owner
    assert people.name(owner) == "Ada"


def test_nobody_is_found_who_is_not_there(directory):
    people = AccountNames(directory.users)
    directory.users.add("Boss", "administrator")
    directory.users.disable(directory.users.add("Ada", "viewer").id)
    for name in ("Ada", "Nobody", "", "\0", "\ud800"):
        with pytest.raises(ValueError, match="Nobody on this server"):
            people.owner(name)
    for owner in ("user-x", "\0", directory.users.named("Boss").id):
        assert people.name(owner) == "somebody"
