"""The report funnel in a real browser: choices, an uploaded table, a bad file, the address."""

from __future__ import annotations

from tests.browser.test_accessibility import looks, overflow, violations

USERS = "#users-chart-says"
FILE = "#own input[type=file]"
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

    visitor.find(FILE).send_keys(str(table("own.csv", ROWS)))
    visitor.wait_for_text(USERS, "Of 3 users who reached 'enter', 1 (33.3 %)")
    assert visitor.value("#step-column") == "what"
    visitor.choose("#time-column", "who")
    visitor.wait_for_text("#result", "must be three different columns")
    visitor.choose("#time-column", "when")
    visitor.wait_for_text(USERS, "Of 3 users")

    visitor.find(FILE).send_keys(str(table("bad.csv", b"%PDF-1.7 nothing")))
    visitor.wait_for_text("#own-says", "'bad.csv' looks like a PDF")
    assert "Of 3 users" in visitor.text(USERS)
    visitor.click("#own-forget")
    visitor.wait_for_text(USERS, "Of 4,000 users")


def test_a_file_above_the_limit_is_refused_before_it_is_sent(visitor, table):
    visitor.open("/reports/funnel/?embed=1")
    visitor.wait_for_text(USERS, "Of 4,000 users")
    large = table("large.csv", ROWS + "d,enter,2026-03-05\n" * 120_000)
    visitor.find(FILE).send_keys(str(large))
    visitor.wait_for_text("#own-says", "'large.csv' is larger than 2 MB")
    assert "Of 4,000 users" in visitor.text(USERS)


def test_axe_finds_nothing(visitor):
    visitor.open("/reports/funnel/")
    visitor.wait_for_text(USERS, "Of 4,000 users")
    for look in looks(visitor):
        visitor.until(lambda: overflow(visitor) <= 0, f"nothing to overflow: {look}")
        assert violations(visitor) == [], look
