"""A share is a file of its own, which a damaged one beside it does not hide."""

from __future__ import annotations

import pytest

from app.storage import shares
from app.storage.shares import Share


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "abc").mkdir()
    return tmp_path


def test_shares_are_kept_in_the_order_in_which_they_were_made(folder):
    later, sooner = Share("2", "link", "rows", 2.0), Share("1", "link", "rows", 1.0)
    for share in (later, sooner):
        shares.add(folder, "abc", share)
    (folder / "abc" / "share-3.json").write_text("{")
    assert shares.of(folder, "abc") == (sooner, later)
    shares.revoke(folder, "abc", "2")
    shares.revoke(folder, "abc", "../../abc/share-1")
    assert shares.of(folder, "abc") == (sooner,)


def test_a_scope_that_this_version_does_not_know_allows_nothing(folder):
    shares.add(folder, "abc", Share("1", "link", "everything", 1.0))
    [share] = shares.of(folder, "abc")
    assert not share.allows("rows") and not share.allows("results")


def test_a_share_without_an_end_never_expires():
    assert Share("1", "link", "rows", 1.0).is_live(1e12)
    assert not Share("1", "link", "rows", 1.0, expires=5.0).is_live(5.0)
