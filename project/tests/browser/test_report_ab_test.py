"""The report on experiments in a real browser: counts, rows, the plan, looking early, the address."""

from __future__ import annotations

from tests.browser.test_accessibility import looks, overflow, violations

RESULT, INTERVAL = "#result", "#interval-chart-says"


def test_counts_rows_plan_and_looks(visitor, table):
    visitor.open("/reports/ab_test/?conversions_b=380&looks=5")
    visitor.wait_for_text(RESULT, "There is no clear winner.")
    said = visitor.text(INTERVAL)
    visitor.fill("#conversions-b", "450")
    visitor.wait_for_text(RESULT, "B is better by 1.6 points")
    assert visitor.text(INTERVAL) != said
    visitor.wait_for_query(conversions_b="450")
    visitor.fill("#visitors-b", "100")
    visitor.wait_for_text(RESULT, "B has more conversions (450) than visitors (100)")

    visitor.wait_for_text("#peeking-chart-says", "14.2 % with 5")
    visitor.fill("#looks", "20")
    visitor.wait_for_text("#peeking-chart-says", "24.8 % with 20")
    visitor.fill("#improvement", "2")
    visitor.wait_for_text("#plan", "If B converts 11.5 % instead of 9.5 %")

    visitor.click_text("Rows of a table", "label")
    visitor.wait_for_text(RESULT, "A converted 251 of 2,994 visitors")
    rows = "".join(f"{'new' if i % 2 else 'old'},{i % 5}\n" for i in range(400))
    visitor.upload(table("own.csv", f"group,spent\n{rows}"))
    visitor.wait_for_text("#own-asks", "variant = 'group', outcome = 'spent'. Right?")
    visitor.click("#own-confirm")
    visitor.wait_for_text(RESULT, "old has a mean of 2.00 over 200 visitors")
    assert visitor.value("#variant-a") == "old"
    visitor.wait_for_query(sure="yes", variant="group", file="own.csv")


def test_axe_finds_nothing_where_columns_are_asked_for(visitor):
    visitor.open("/reports/ab_test/?table=sample-wine")
    visitor.wait_for_text("#own-asks", "Right?")
    for _ in looks(visitor):
        assert violations(visitor) == []
        break


def test_axe_finds_nothing(visitor):
    visitor.open("/reports/ab_test/?source=rows")
    visitor.wait_for_text(RESULT, "A converted 251")
    for look in looks(visitor):
        visitor.until(lambda: overflow(visitor) <= 0, f"nothing to overflow: {look}")
        assert violations(visitor) == [], look
