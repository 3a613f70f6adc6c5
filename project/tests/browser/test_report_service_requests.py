"""The report on service requests in a real browser: generated requests first, then those of the source."""

from __future__ import annotations

from datetime import date

import pytest

from tests.browser.test_accessibility import looks, overflow, violations
from tests.reports.stand_in import StandIn, invented, serving

TODAY = date.today()
REPORT = "/reports/service_requests/"


@pytest.fixture
def source():
    with serving(StandIn(invented(TODAY, n_rows=600))) as stand_in:
        stand_in.gate.clear()
        yield stand_in


def test_requests_of_the_source_replace_the_sample_and_can_be_looked_through(
    source, start_server, visit
):
    visitor = visit(start_server(API_HOST=source.host).url)
    visitor.open(REPORT)
    visitor.wait_for_text("#source", "These numbers are invented")
    visitor.wait_for_text("#overview", "Old Town")

    source.gate.set()
    visitor.wait_for_text("#source", f"Data from {source.host[7:]}, fetched")
    visitor.wait_for_text("#overview", "600")
    visitor.choose("#neighbourhood", "O'Brien")
    visitor.wait_for_text("#place-months-says", "O'Brien made")
    visitor.wait_for_query(neighbourhood="O'Brien")

    year = TODAY.year - 1
    visitor.choose("#first", f"March {year}")
    visitor.choose("#last", f"May {year}")
    months = (f"{year}-03", f"{year}-04", f"{year}-05")
    made = sum(row["requested_datetime"].startswith(months) for row in source.rows)
    visitor.wait_for_text("#years-says", f"Requests made: {made} in {year}.")
    visitor.wait_for_text("#place-months-says", f"from {year}-03 to {year}-05")
    visitor.wait_for_text("#weekly-both-says", f"May {year}, ")


def test_a_link_opens_the_same_view(visitor):
    year = TODAY.year - 1
    visitor.open(f"{REPORT}?first={year}-01&last={year}-12&neighbourhood=O'Brien Park")
    visitor.wait_for_text("#years-says", f"in {year}.")
    visitor.wait_for_text("#place-months-says", "O'Brien Park made")

    visitor.open(f"{REPORT}?first={year}-12&last={year}-01&neighbourhood=<b>")
    visitor.wait_for_text("#overview", "not before the first")


def test_axe_finds_nothing_while_invented_requests_are_shown(visitor):
    visitor.open(REPORT)
    visitor.wait_for_text("#source", "could not be reached")
    visitor.wait_for_text("#place-months-says", "Old Town made")
    for look in looks(visitor):
        visitor.until(lambda: overflow(visitor) <= 0, f"nothing to overflow: {look}")
        assert violations(visitor) == [], look
