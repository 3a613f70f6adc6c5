"""The audit log: recorded as JSON lines and in the database, or not at all."""

from __future__ import annotations

import json

import pytest

from app.accounts import Actor, audit
from app.hosting.logs import JsonFormatter

ADA = Actor(role="editor", user="u1", name="Ada", address="192.0.2.1")


@pytest.fixture
def events(directory):
    audit.send_to(directory.events.keep)
    yield directory.events
    audit.send_to(None)


def test_an_event_says_who_what_with_which_item_when_and_from_where(events, caplog):
    audit.record(ADA, "delete", "dataset", "d1", rows=3)
    [event], count = events.find()
    assert count == 1
    assert (event.user, event.name, event.address) == ("u1", "Ada", "192.0.2.1")
    assert (event.action, event.item_kind, event.item) == ("delete", "dataset", "d1")
    assert event.details == {"rows": 3}
    line = json.loads(JsonFormatter().format(caplog.records[-1]))
    assert line["audit"]["action"] == "delete"
    assert line["audit"]["time"] == event.time


def test_events_are_found_by_action_name_and_item_the_newest_first(events):
    bob = Actor(user="u2", name="Bob 100%")
    audit.record(ADA, "delete", "run", "r1")
    audit.record(bob, "delete", "run", "r2")
    audit.record(bob, "log in")
    assert [event.action for event in events.find()[0]] == [
        "log in",
        "delete",
        "delete",
    ]
    assert [event.item for event in events.find(action="delete")[0]] == ["r2", "r1"]
    assert [event.name for event in events.find(user="ADA")[0]] == ["Ada"]
    assert events.find(user="%")[1] == 2
    assert events.find(user="_")[1] == 0
    assert [event.name for event in events.find(item="r1")[0]] == ["Ada"]
    found, count = events.find(page=1, size=2)
    assert (len(found), count) == (1, 3)
    assert events.actions() == ["delete", "log in"]


@pytest.mark.parametrize("odd", ["\0", "\ud800", "x" * 5_000, "<script>", "é" * 400])
def test_whatever_a_stranger_sends_is_recorded(events, odd):
    audit.record(Actor(name=odd, address=odd), "x", "y", odd, why=odd)
    assert events.find()[1] == 1
    events.find(action=odd, user=odd, item=odd)


def test_old_events_are_forgotten(events, clock):
    audit.record(ADA, "log in")
    assert events.forget_old() == 0
    clock.now = events.find()[0][0].time + 401 * 86_400
    audit.record(ADA, "log out")
    assert [event.action for event in events.find()[0]] == ["log out"]


def test_a_log_that_cannot_be_written_stops_nobody(caplog):
    def fail(event):
        raise OSError("full")

    audit.send_to(fail)
    audit.record(ADA, "log in")
    audit.send_to(None)
    assert "could not be written" in caplog.text


def test_nothing_is_recorded_while_login_is_off(caplog):
    audit.send_to(None)
    caplog.set_level("INFO")
    audit.record(ADA, "log in")
    assert not caplog.records
