"""'Can I trust this?' as a reader uses it: what a check measures, 'I know' with a reason, and taking it back."""

from __future__ import annotations

import pytest

KNOW = '#check-leak [id*=\'"kind":"know"\']'
REASON = '#check-leak [id*=\'"kind":"know-reason"\']'
TAKE_BACK = '#check-leak [id*=\'"kind":"take-back"\']'


@pytest.fixture
def orders(trained) -> str:
    """The address of results with a leak."""
    return trained("sample-orders").path(tab="trust")


def know(visitor, reason: str) -> None:
    visitor.click("#check-leak .know summary")
    visitor.fill(REASON, reason)
    visitor.click(KNOW)
    visitor.wait_for_text("#check-leak .said", "Acknowledged")


def test_what_somebody_knows_is_seen_by_the_next_visitor_and_can_be_taken_back(
    visitor, colleague, orders
):
    visitor.open(orders)
    assert "Not yet: 1 problem" in visitor.text("#trust")
    know(visitor, "<b>Known</b> at checkout")
    assert "1 acknowledged" in visitor.text("#trust")
    assert "Not yet" not in visitor.text("#trust")
    colleague.open(orders)
    assert "“<b>Known</b> at checkout”" in colleague.text("#check-leak .said")
    # It is known, and still a problem.
    assert "Problem:" in colleague.text("#check-leak")
    assert "1 acknowledged" in colleague.text("#trust")
    colleague.click(TAKE_BACK)
    colleague.wait_for_text("#trust", "Not yet: 1 problem")
    visitor.open(orders)
    assert visitor.all("#check-leak .said") == []


def test_a_finding_leads_to_what_its_check_measures_and_back(visitor, orders):
    visitor.open(orders)
    visitor.click_text("About this check: Leaks", "a")
    visitor.wait_for_query(check="leak")
    visitor.wait_for_text("#page", "How well each column predicts")
    headings = visitor.texts("#page h2")
    assert headings[0] == "Leaks" and "Groups" in headings
    visitor.click("#nav-evaluate")
    visitor.wait_for_text("#page", "Can I trust this?")
    visitor.wait_for_query(run=orders.partition("run=")[2].partition("&")[0])
