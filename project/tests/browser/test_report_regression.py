"""The report regression in a real browser: figure, sentence and address follow the slider."""

from __future__ import annotations

from selenium.webdriver.common.keys import Keys

from app.reports import regression
from tests.browser.test_accessibility import looks, overflow, violations

SLIDER = "#std_slider [role=slider]"
CAPTION = "#regression_plot-says"
TITLE = "#regression_plot .gtitle"


def test_the_slider_changes_the_picture_and_a_link_opens_the_same_one(visitor):
    visitor.open("/reports/regression/")
    assert visitor.wait_for_text(CAPTION, "Noise 10:") == regression.describe(10)
    visitor.find(SLIDER).send_keys(Keys.ARROW_RIGHT)
    assert visitor.wait_for_text(CAPTION, "Noise 10.5:") == regression.describe(10.5)
    shown = regression.plot_regression(10.5)["layout"]["title"]["text"]
    visitor.until(lambda: visitor.text(TITLE) == shown, f"{shown} in the title")
    visitor.wait_for_query(std="10.5", seed="0")

    visitor.fill("#seed", "7")
    visitor.until(
        lambda: visitor.text(CAPTION) == regression.describe(10.5, 7), "the other seed"
    )
    visitor.wait_for_query(std="10.5", seed="7")

    visitor.open("/reports/regression/?std=0&seed=3")
    assert "explains 100 %" in visitor.wait_for_text(CAPTION, "Noise 0:")
    assert visitor.find(SLIDER).get_attribute("aria-valuenow") == "0"


def test_a_bad_noise_in_the_address_is_answered_in_place(visitor):
    visitor.open("/reports/regression/?std=99")
    visitor.wait_for_text("#problem [role=alert]", "must be a number from 0 to 40")


def test_axe_finds_nothing(visitor):
    visitor.open("/reports/regression/")
    visitor.wait_for_text(CAPTION, "Noise 10:")
    for look in looks(visitor):
        visitor.until(lambda: overflow(visitor) <= 0, f"nothing to overflow: {look}")
        assert violations(visitor) == [], look
