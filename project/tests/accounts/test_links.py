"""A link is made by this server alone, and leads to one item and one share."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.links import Links, LinkTarget, kept_secret_key

TARGET = LinkTarget("run", "a" * 20, "b" * 20)
LINKS = Links(lambda: "key")


def test_a_link_leads_to_what_it_was_made_for():
    for target in (TARGET, LinkTarget("table", "x-1", "y")):
        assert LINKS.target(LINKS.token(target)) == target


@given(st.text(max_size=300))
def test_no_link_can_be_made_up(text):
    assert LINKS.target(text) is None


@given(st.integers(0, 60), st.characters())
def test_a_changed_link_leads_nowhere(place, letter):
    token = LINKS.token(TARGET)
    changed = token[:place] + letter + token[place + 1 :]
    assert LINKS.target(changed) in (None, TARGET)
    if letter != token[place]:
        assert LINKS.target(changed) is None


def test_a_link_of_another_server_leads_nowhere():
    assert Links(lambda: "another").target(LINKS.token(TARGET)) is None


def test_the_key_is_drawn_once_and_only_its_owner_reads_it(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(kept_secret_key, [tmp_path] * 32))
    assert len(keys) == 1 and len(keys.pop()) == 64
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_bucket_without_links_keeps_the_key_too(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert kept_secret_key(tmp_path) == kept_secret_key(tmp_path)


@pytest.mark.parametrize("token", ["", ".", "r.a.b", "x" * 10_000, "é", "\ud800"])
def test_what_is_no_link_is_no_error(token):
    assert LINKS.target(token) is None
