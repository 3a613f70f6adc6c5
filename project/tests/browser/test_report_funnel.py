"""The report funnel in a real browser: choices, an uploaded table, a bad file, the address."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.browser.test_accessibility import looks, overflow, violations

USERS = "#users-chart-says"
ROWS = """who,what,when
a,enter,2026-03-02 10:00
b,enter,2026-03-02 11:00
c,enter,2026-03-02 12:00
a,leave,2026-03-02 10:30
b,leave,2026-03-04 11:00
"""


def test_choices_and_an_own_table(visitor, table):
    visitor.open("/reports/funnel/?steps=visit&steps=paid&segment=channel&days=30")
    said = visitor.wait_for_text(USERS, "reached 'paid'. Most are lost between 'visit'")
    visitor.find("#segment-chart-says")
    assert "By channel" in visitor.text("#result")

    visitor.fill("#limit", "1")
    visitor.until(lambda: visitor.text(USERS) not in ("", said), "fewer who finish")
    visitor.wait_for_query(days="1", segment="channel")

    visitor.upload(table("own.csv", ROWS))
    visitor.wait_for_text("#own-asks", "user = 'who', step = 'what', time = 'when'")
    visitor.wait_for_text("#result", "confirm them")
    visitor.click("#own-confirm")
    visitor.wait_for_text(USERS, "Of 3 users who reached 'enter', 1 (33.3 %)")
    assert visitor.value("#step-column") == "what"
    visitor.choose("#time-column", "who")
    visitor.wait_for_text("#result", "must be three different columns")
    visitor.choose("#time-column", "when")
    visitor.wait_for_text(USERS, "Of 3 users")

    # A link opens the same table; where it is gone, it asks for the file.
    address = visitor.address
    visitor.open(address)
    visitor.wait_for_text(USERS, "Of 3 users who reached 'enter', 1 (33.3 %)")
    visitor.forgive("status of 422")
    visitor.upload(table("bad.csv", b"%PDF-1.7 nothing"))
    visitor.wait_for_text("#upload-status", "'bad.csv' looks like a PDF")
    assert "Of 3 users" in visitor.text(USERS)
    visitor.click("#own-forget")
    visitor.wait_for_text(USERS, "Of 4,000 users")
    visitor.open(address.replace(f"table={table_in(address)}", "table=gone"))
    visitor.wait_for_text("#result", "'own.csv' is not on this server, or no longer.")
    visitor.upload(table("own.csv", ROWS))
    visitor.wait_for_text("#own-asks", "time = 'when'")


def table_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["table"][0]


def test_axe_finds_nothing(visitor):
    visitor.open("/reports/funnel/")
    visitor.wait_for_text(USERS, "Of 4,000 users")
    for look in looks(visitor):
        visitor.until(lambda: overflow(visitor) <= 0, f"nothing to overflow: {look}")
        assert violations(visitor) == [], look
