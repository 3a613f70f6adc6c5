"""The report on funnels: its numbers, uploaded tables, and anything that a page may send."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from app import statistics
from app.app import create_server
from app.reports import funnel
from app.settings import Settings
from tests.reports.asking import Report, find, words
from tests.reports.own_tables import opened

GOOD = {
    "user-column": "user",
    "step-column": "step",
    "time-column": "time",
    "segment-column": "device",
    "steps": ["visit", "cart", "paid"],
    "limit": 7,
    "period": "month",
}
OWN = pd.DataFrame(
    {
        "who": ["a", "b", "a", "b", "c", "O'Brien"],
        "what": ["in", "in", "out", "<b>out</b>", "in", "in"],
        "when": pd.date_range("2026-03-02", periods=6, freq="h"),
        "amount": [1.5] * 6,
    }
)
OWN_COLUMNS = {"user-column": "who", "step-column": "what", "time-column": "when"}
STRANGE = [None, "", [], {}, 7, True, "nowhere", ["visit"], [["visit", "paid"]], "'; --"]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that all tests of this file share."""
    return create_server(Settings(data_dir=str(tmp_path_factory.mktemp("data"))))


@pytest.fixture(scope="module")
def report(server) -> Report:
    return Report(server.test_client(), "funnel")


def own(server, sure: bool = True) -> dict:
    columns = {name.replace("-", "_"): column for name, column in OWN_COLUMNS.items()}
    return opened(server, OWN, sure, **columns)


def drawn(report, **changes):
    answer = report.ask("result.children", **(GOOD | changes))
    return answer["result"]["children"]


def sample(steps=GOOD["steps"], days=7):
    table = statistics.events.make_shop_events()
    events = statistics.events.read_events(table, "user", "step", "time", "device")
    return statistics.funnels.follow_users(events.frame, steps, days)


def test_the_choices_are_the_columns_and_steps_of_the_sample():
    table = statistics.events.make_shop_events(200)
    assert funnel.COLUMNS == list(table.columns)
    assert funnel.STEPS == list(statistics.events.SHOP_STEPS)


def test_the_caption_and_the_chart_tell_the_same_numbers(report):
    shown = drawn(report)
    expected = statistics.funnels.summarise(sample())
    bars = find(shown, "users-chart")["figure"]["data"][0]
    assert [text.split(" · ")[0] for text in bars["text"]] == [
        f"{users:,}" for users in expected["users"]
    ]
    caption = find(shown, "users-chart-says")["children"]
    last = expected.iloc[-1]
    assert f"{last['users']} ({100 * last['of_first']:.1f} %) reached 'paid'" in caption
    assert "Most are lost between 'visit' and 'cart'" in caption


def test_segments_and_cohorts_are_drawn_with_their_captions(report):
    shown = drawn(report)
    lines = find(shown, "segment-chart")["figure"]["data"]
    assert {line["name"] for line in lines} == {"phone", "desktop", "tablet"}
    assert "'desktop' converts best" in find(shown, "segment-chart-says")["children"]
    assert "hollow" in find(shown, "cohort-chart-says")["children"]
    assert find(drawn(report, **{"segment-column": None}), "segment-chart") is None


def test_no_limit_is_zero_or_blank(report):
    def finished(days) -> str:
        return find(drawn(report, limit=days), "users-chart")["figure"]["data"][0]["text"][-1]  # fmt: skip

    assert finished(0) == finished("") == finished(None) != finished(0.01)


@pytest.mark.parametrize("name", GOOD)
def test_whatever_the_page_sends_a_funnel_or_a_sentence(report, name):
    for value in STRANGE:
        shown = drawn(report, **{name: value})
        assert find(shown, "users-chart") or words(shown).endswith("."), value


@pytest.mark.parametrize("name", ["user-column", "step-column", "time-column", "steps"])
def test_an_impossible_choice_is_answered_with_a_sentence(report, name):
    for value in (None, "nowhere", {}):
        said = words(drawn(report, **{name: value}))
        assert "Choose" in said and said.endswith("."), value


@pytest.mark.parametrize("table", [7, "x", [], {}, {"table": "x"}, {"table": None}, {"table": "AAAA"}])  # fmt: skip
def test_a_tampered_table_is_answered_with_a_sentence(report, table):
    changes = {"own-table": table}
    assert words(drawn(report, **changes)).endswith(".")
    report.ask("steps.data", **(GOOD | changes))
    report.ask("user-column.data", **changes)
    assert saved(report, "save-funnel", **changes) is None


def test_the_columns_and_steps_of_an_own_table_are_guessed_and_drawn(server, report):
    table = {"own-table": opened(server, OWN, sure=False)}
    offered = report.ask("user-column.data", **table)
    assert offered["user-column"]["data"] == list(OWN.columns)
    guessed = {name: offered[name]["value"] for name in OWN_COLUMNS}
    assert guessed == OWN_COLUMNS
    assert offered["segment-column"]["value"] is None
    steps = report.ask("steps.data", **table, **guessed, steps=["visit", "cart"])
    assert steps["steps"]["data"] == ["<b>out</b>", "in", "out"]
    assert steps["steps"]["value"][0] == "in"
    said = words(drawn(report, **table, **guessed, **{"segment-column": None}))
    assert "confirm them" in said
    table = {"own-table": own(server)}
    chosen = {"segment-column": "who", "steps": ["in", "<b>out</b>"]}
    shown = drawn(report, **table, **guessed, **chosen)
    bars = find(shown, "users-chart")["figure"]["data"][0]
    assert bars["text"] == ["4 · 100 %", "1 · 25 %"]
    assert bars["y"] == ["in", "&lt;b>out&lt;/b>"]


def test_chosen_steps_that_the_table_has_are_kept(report):
    steps = report.ask("steps.data", **(GOOD | {"steps": ["paid", "visit"]}))
    assert steps["steps"]["value"] == ["paid", "visit"]


def test_a_column_that_is_no_time_is_named_in_the_sentence(server, report):
    changes = {"time-column": "amount", "own-table": own(server)}
    changes = OWN_COLUMNS | changes | {"segment-column": None}
    assert "Column 'amount' has numbers, not times" in words(drawn(report, **changes))


def saved(report, button: str, **changes):
    values = GOOD | {button: 1} | changes
    answer = report.ask(f"{button}-file.data", **values)
    return answer.get(f"{button}-file", {}).get("data")


def test_the_download_holds_every_segment_and_is_named_by_the_choice(report):
    download = saved(report, "save-funnel")
    assert download["filename"] == "funnel_segment-device_days-7_steps-visit_cart_paid.csv"  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(download["content"])))
    expected = statistics.funnels.by_segment(sample())
    assert [int(row["users"]) for row in rows] == list(expected["users"])
    assert [row["segment"] for row in rows] == list(expected["segment"])


def test_the_download_over_time_holds_the_cohorts(report):
    download = saved(report, "save-cohorts")
    assert download["filename"].startswith("cohorts_period-month_segment-device_days-7")
    rows = list(csv.DictReader(io.StringIO(download["content"])))
    expected = statistics.funnels.by_cohort(sample(), "month")
    assert [int(row["finished"]) for row in rows] == list(expected["finished"])


@pytest.mark.parametrize("button", ["save-funnel", "save-cohorts"])
def test_nothing_is_downloaded_of_an_impossible_choice(report, button):
    assert saved(report, button, steps=["visit"]) is None
    assert saved(report, button, **{button: None}) is None
