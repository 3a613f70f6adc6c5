"""The report made from a notebook in a real browser."""

from __future__ import annotations

from tests.browser.test_accessibility import looks, overflow, violations

CAPTION = "#spread-says"


def test_a_measurement_is_chosen_and_kept_in_the_address(visitor):
    visitor.open("/reports/from_notebook/")
    assert "72.8 % of its variance" in visitor.text("#shares-says")
    visitor.wait_for_text(CAPTION, "The mean of flavanoids is 2.98 in the first")
    visitor.choose("#measurement", "ash")
    visitor.wait_for_text(CAPTION, "The mean of ash is 2.46 in the first")
    visitor.wait_for_query(measurement="ash")

    visitor.open("/reports/from_notebook/?measurement=hue&embed=1")
    visitor.wait_for_text(CAPTION, "The mean of hue is 1.06 in the first")
    assert not visitor.find("#report-bar").is_displayed()


def test_axe_finds_nothing(visitor):
    visitor.open("/reports/from_notebook/")
    visitor.wait_for_text(CAPTION, "The mean of flavanoids")
    for look in looks(visitor):
        visitor.until(lambda: overflow(visitor) <= 0, f"nothing to overflow: {look}")
        assert violations(visitor) == [], look
