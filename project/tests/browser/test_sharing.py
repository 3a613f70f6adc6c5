"""A table is shared by a link, opened by a stranger in another browser, and taken back."""

from __future__ import annotations

import pytest

from tests.browser.conftest import _visit
from tests.browser.test_accessibility import looks, overflow, violations


@pytest.fixture
def closed(start_server):
    """A server on which an address alone opens nothing."""
    return start_server(LINKS_ONLY="true")


@pytest.fixture
def owner(_chromium, closed):
    yield from _visit(_chromium, closed.url)


@pytest.fixture
def stranger(_second_chromium, closed):
    yield from _visit(_second_chromium, closed.url)


def test_only_a_link_opens_what_somebody_made_and_only_until_it_is_taken_back(
    owner, stranger, table
):
    lines = "\n".join(f"{k},{k % 3},{'ab'[k % 2]}" for k in range(60))
    owner.open("/")
    owner.upload(table("mine.csv", "x,y,kind\n" + lines))
    owner.wait_for_text("#dataset-name", "mine.csv")
    address = f"/?dataset={owner.query['dataset']}"
    stranger.forgive("404")
    stranger.forgive("410")
    stranger.open(address)
    stranger.wait_for_text("#page", "not shared with you")

    owner.click(".subject-share")
    owner.wait_for_text("#share-list", "Nothing has been shared yet")
    owner.click("#share-create")
    owner.wait_for_text("#share-says", "copy it and send it")
    for look in looks(owner):
        assert violations(owner) == [], look
        assert overflow(owner) <= 0, look
    owner.resize(1280)
    link = owner.driver.execute_script("return document.querySelector('[data-copy]').dataset.copy")  # fmt: skip
    assert link.startswith(f"{owner.site}/s/")

    stranger.open(link.removeprefix(owner.site))
    stranger.wait_for_text("#dataset-name", "mine.csv")
    stranger.click(".subject-share")
    stranger.wait_for_text("#page", "You cannot share this")

    owner.click("#share-list > ul button:last-child")
    owner.wait_for_text("#share-says", "it no longer opens")
    stranger.open(address)
    stranger.wait_for_text("#page", "not shared with you")
    owner.open(address)
    owner.wait_for_text("#dataset-name", "mine.csv")
