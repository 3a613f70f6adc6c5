"""The report stocks in a real browser: selections, an uploaded table, a forecast, and the address."""

from __future__ import annotations

import pandas as pd

from tests.browser.test_accessibility import looks, overflow, violations

PRICES, FORECAST = "#price-chart-says", "#forecast-chart-says"


def test_selection_forecast_and_own_table(visitor, table):
    visitor.open("/reports/stocks/?tickers=FB&tickers=AMZN&forecast=MSFT&steps=20")
    assert "AMZN +50.3 %, FB +9.8 %." in visitor.wait_for_text(PRICES, "AMZN")
    visitor.wait_for_text(FORECAST, "The price of MSFT on 2020-05-18")
    assert "beats the naive" in visitor.text("#forecast")

    visitor.fill("#horizon", "4")
    visitor.wait_for_text(FORECAST, "The price of MSFT on 2020-01-27")
    visitor.choose("#ticker", "NFLX")
    visitor.wait_for_text(FORECAST, "The price of NFLX on 2020-01-27")
    visitor.wait_for_query(forecast="NFLX", steps="4")

    dates = pd.date_range("2026-01-01", periods=60)
    rows = "".join(f"{date:%Y-%m-%d},{100 + i}\n" for i, date in enumerate(dates))
    visitor.upload(table("own.csv", f"day,gold\n{rows}"))
    visitor.wait_for_text("#own-asks", "dates = 'day'. Right?")
    visitor.click("#own-confirm")
    visitor.wait_for_text(PRICES, "From 2026-01-01 to 2026-03-01: gold +59 %.")
    visitor.wait_for_text(FORECAST, "The price of gold on 2026-03-05")

    visitor.forgive("status of 422")
    visitor.upload(table("bad.csv", ""))
    visitor.wait_for_text("#upload-status", "'bad.csv' is empty")
    assert "gold" in visitor.text(PRICES)

    visitor.click("#own-forget")
    visitor.wait_for_text(PRICES, "GOOG +21.3 %")


def test_no_ticker_is_a_choice_too(visitor):
    visitor.open("/reports/stocks/?tickers=")
    visitor.wait_for_text("#prices", "Nothing is chosen. Choose one or more tickers.")
    visitor.choose("#ticker", "FB")
    visitor.wait_for_text(FORECAST, "The price of FB")


def test_axe_finds_nothing(visitor):
    visitor.open("/reports/stocks/")
    visitor.wait_for_text(FORECAST, "The price of GOOG")
    for look in looks(visitor):
        visitor.until(lambda: overflow(visitor) <= 0, f"nothing to overflow: {look}")
        assert violations(visitor) == [], look
