"""The report on stocks: any selection, any uploaded table, and a forecast with a backtest."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest

from app import statistics
from app.reports import stocks
from tests.reports.asking import Report, find, words
from tests.reports.own_tables import opened

DATES = pd.date_range("2026-01-01", periods=60, freq="D")
OWN = pd.DataFrame({"day": DATES, "O'Brien": range(1, 61), "flat": 5.0})
HOSTILE = [None, [], "GOOG", 7, {}, [None], [["GOOG"]], ["__class__"], ["@x == 1"]]


@pytest.fixture
def report(client) -> Report:
    return Report(client, "stocks")


def prices(report, tickers, table=None, dates="date"):
    own = {"own-table": table, "dates": dates}
    return report.ask("prices.children", tickers=tickers, **own)["prices"]["children"]


def forecast(report, ticker, horizon, table=None, dates="date"):
    own = {"own-table": table, "dates": dates}
    answer = report.ask("forecast.children", ticker=ticker, horizon=horizon, **own)
    return answer["forecast"]["children"]


def test_the_choices_are_the_tickers_of_the_sample():
    assert stocks.TICKERS == list(statistics.prices.load_stocks().frame)


@pytest.mark.parametrize("tickers", [["FB"], ["MSFT", "GOOG"], stocks.TICKERS])
def test_any_selection_is_drawn_with_its_numbers(report, tickers):
    shown = prices(report, tickers)
    chart = find(shown, "price-chart")["figure"]
    assert [t["name"] for t in chart["data"]] == [
        name for name in stocks.TICKERS if name in tickers
    ]
    frame = statistics.prices.load_stocks().frame[tickers]
    caption = find(shown, "price-chart-says")["children"]
    for name in tickers:
        total = frame[name].iloc[-1] / frame[name].iloc[0] - 1
        assert f"{name} +{100 * total:.1f} %" in caption
    assert "weekly change" in find(shown, "change-chart-says")["children"]


@pytest.mark.parametrize("tickers", HOSTILE, ids=str)
def test_no_selection_or_a_strange_one_is_answered_with_a_sentence(report, tickers):
    said = words(prices(report, tickers))
    assert "Choose" in said and said.endswith(".")


@pytest.mark.parametrize("ticker", [None, "", 7, ["GOOG"], {}, "@x", "__class__"])
def test_a_strange_ticker_to_forecast_is_answered_with_a_sentence(report, ticker):
    assert "Choose" in words(forecast(report, ticker, 8))


@pytest.mark.parametrize("horizon", [None, 0, 21, "8", 2.5, True, [], 1e99])
def test_a_strange_horizon_is_answered_with_a_sentence(report, horizon):
    assert "whole number from 1 to 20" in words(forecast(report, "GOOG", horizon))


@pytest.mark.parametrize("ticker, horizon", [("GOOG", 8), ("MSFT", 20)])
def test_the_verdict_names_both_errors_and_who_is_better(report, ticker, horizon):
    series = statistics.prices.load_stocks().frame[ticker]
    test = statistics.forecasting.forecast(series, horizon).backtest
    shown = forecast(report, ticker, horizon)
    said = words(shown)
    verdict = "beats the naive" if test.beats_naive else "does not beat the naive"
    assert f"The forecast {verdict} one" in said
    assert f"off by {100 * test.error:.2f} % on average" in said
    assert f"the naive one by {100 * test.naive_error:.2f} %" in said
    assert f"{len(test.origins)} times in the past for the next {horizon} weeks" in said
    names = [t["name"] for t in find(shown, "forecast-chart")["figure"]["data"]]
    assert {"price", "forecast", "naive", "80 % interval"} <= set(names)


def test_the_download_holds_the_prices_that_are_shown(report):
    answer = report.ask(
        "save-prices-file.data", tickers=["FB", "GOOG"], **{"save-prices": 1}
    )
    download = answer["save-prices-file"]["data"]
    assert download["filename"] == "prices_tickers-GOOG_FB.csv"
    rows = list(csv.DictReader(io.StringIO(download["content"])))
    frame = statistics.prices.load_stocks().frame
    assert len(rows) == 2 * len(frame)
    fb = [float(row["price"]) for row in rows if row["ticker"] == "FB"]
    assert fb == pytest.approx(list(frame["FB"]))


def test_the_download_of_a_forecast_has_its_parameters_in_the_name(report):
    answer = report.ask(
        "save-forecast-file.data", ticker="FB", horizon=4, **{"save-forecast": 1}
    )
    download = answer["save-forecast-file"]["data"]
    assert download["filename"] == "forecast_ticker-FB_steps-4.csv"
    made = statistics.forecasting.forecast(
        statistics.prices.load_stocks().frame["FB"], 4
    )
    rows = list(csv.DictReader(io.StringIO(download["content"])))
    assert [float(row["low"]) for row in rows] == pytest.approx(list(made.low))


@pytest.mark.parametrize("strange", [None, [], "no", {"tickers": 1}])
def test_nothing_is_downloaded_of_a_strange_selection(report, strange):
    for output, ids in (
        ("save-prices-file.data", {"save-prices": 1, "tickers": strange}),
        ("save-forecast-file.data", {"save-forecast": 1, "ticker": strange}),
    ):
        answer = report.ask(output, **ids)
        assert all(props.get("data") is None for props in answer.values())


def test_an_own_table_is_offered_drawn_and_forecast(server, report):
    table = opened(server, OWN, dates="day")
    offered = report.ask(
        "tickers.data", tickers=["GOOG"], dates="day", **{"own-table": table}
    )
    assert offered["tickers"]["data"] == ["O'Brien", "flat"]
    assert offered["tickers"]["value"] == ["O'Brien", "flat"]
    said = words(prices(report, ["O'Brien"], table, "day"))
    assert "From 2026-01-01 to 2026-03-01: O'Brien +5,900 %." in said
    assert "Daily change" in said
    assert "for the next 3 days" in words(forecast(report, "flat", 3, table, "day"))


def test_an_own_table_is_drawn_once_its_dates_are_confirmed(server, report):
    table = opened(server, OWN.assign(paid=DATES), sure=False)
    offered = report.ask("dates.data", **{"own-table": table})
    assert offered["dates"]["value"] == "day"
    assert "confirm them" in words(prices(report, ["flat"], table, "day"))
    wrong = opened(server, OWN, dates="flat")
    assert "'flat' does not hold dates" in words(prices(report, ["flat"], wrong, "flat"))  # fmt: skip


@pytest.mark.parametrize(
    "columns, sentence",
    [
        ({"a": [1, 3], "b": [2, 4]}, "no column of dates"),
        ({"day": DATES[:2], "what": ["x", "y"]}, "no column of prices"),
        ({"day": DATES[[0, 0]], "p": [1, 2]}, "more than once"),
        ({"day": DATES[:2], "p": [-1, 2]}, "no column of prices"),
    ],
)
def test_a_table_without_prices_gets_a_sentence_everywhere(server, report, columns, sentence):  # fmt: skip
    frame = pd.DataFrame(columns)
    dates = "day" if "day" in columns else None
    table = opened(server, frame, dates=dates or "a")
    offered = report.ask("tickers.data", **{"own-table": table, "dates": dates})
    assert sentence in words(offered["notes"]["children"])
    assert sentence in words(prices(report, ["GOOG"], table, dates))
    assert sentence in words(forecast(report, "GOOG", 8, table, dates))


@pytest.mark.parametrize("table", ["x", 7, [], {}, {"table": 3}, {"table": "!!"}], ids=str)  # fmt: skip
def test_a_table_that_no_page_has_sent_is_answered_with_a_sentence(report, table):
    assert words(prices(report, ["GOOG"], table)).endswith(".")
    assert words(forecast(report, "GOOG", 8, table)).endswith(".")


def test_an_own_table_that_is_too_short_for_the_horizon_gets_a_sentence(server, report):  # fmt: skip
    table = opened(server, OWN.head(20), dates="day")
    said = words(forecast(report, "flat", 8, table, "day"))
    assert "There are 20 prices, but testing a forecast of 8 steps" in said


def test_layout_and_first_page_read_no_data(client):
    layout = json.dumps(client.get("/reports/stocks/_dash-layout").json)
    assert "The prices are being drawn." in layout
