"""Uploaded tables of events: guessed columns, rows left out, tables refused."""

from __future__ import annotations

import pandas as pd
import pytest

from app.statistics import events

TABLE = pd.DataFrame(
    {
        "who": ["a", "b", "a", None],
        "event": ["visit", "visit", "paid", "visit"],
        "when": pd.to_datetime(
            ["2026-01-01 10:00", "2026-01-02 00:00", None, "2026-01-03 09:00"]
        ),
        "amount": [1.0, 2.0, 3.0, 4.0],
        "text": ["2026-01-01 10:00", "noon", "later", "2026-01-02"],
        "device": ["phone", None, "phone", "desktop"],
        "empty": [None] * 4,
    }
)


def read(**changes):
    names = {"user": "who", "step": "event", "time": "when", "segment": "device"}
    return events.read_events(TABLE, **(names | changes))


def test_rows_without_user_step_or_time_are_left_out_and_counted():
    result = read()
    assert list(result.frame["user"]) == ["a", "b"]
    assert list(result.frame["segment"]) == ["phone", events.NO_SEGMENT]
    assert "2 rows without" in result.notes[0]


def test_without_a_segment_everybody_is_in_one():
    assert set(read(segment=None).frame["segment"]) == {"all"}


def test_times_written_as_text_with_zones_are_read():
    table = TABLE.assign(when=["2026-01-01T10:00+02:00", "1 Feb 2026", None, None])
    frame = events.read_events(table, "who", "event", "when").frame
    assert list(frame["time"].dt.strftime("%m-%d %H")) == ["01-01 08", "02-01 00"]


def test_days_without_hours_are_pointed_out():
    table = TABLE.assign(when=TABLE["when"].dt.normalize())
    notes = events.read_events(table, "who", "event", "when").notes
    assert any("dates without hours" in note for note in notes)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"user": None}, "Choose the column of the user"),
        ({"step": ""}, "Choose the column of the step"),
        ({"time": "nowhere"}, "no column 'nowhere'"),
        ({"time": ["when"]}, "no column"),
        ({"segment": {"a": 1}}, "no column"),
        ({"step": "who"}, "three different columns"),
        ({"time": "amount"}, "numbers, not times"),
        ({"time": "text"}, "not a time in 2 rows: 2, 3"),
        ({"user": "empty"}, "No row has a value"),
    ],
)
def test_a_wrong_mapping_is_refused_with_a_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(**changes)


def test_a_column_with_too_many_values_is_no_step():
    table = pd.DataFrame({"id": range(300), "when": pd.Timestamp("2026-01-01")})
    table["step"] = "s" + table["id"].astype("str")
    with pytest.raises(ValueError, match="300 different values"):
        events.read_events(table, "id", "step", "when")


def test_columns_are_guessed_by_kind_and_name():
    guesses = events.guess_columns(TABLE.drop(columns=["empty", "text"]))
    assert guesses["time"] == "when" and guesses["step"] == "event"
    sample = events.make_shop_events(50)
    assert events.guess_columns(sample) == {
        "user": "user",
        "step": "step",
        "time": "time",
    }
    assert events.guess_columns(TABLE[["amount"]])["time"] is None


def test_steps_are_guessed_by_how_many_users_have_them():
    frame = events.read_events(
        events.make_shop_events(400), "user", "step", "time"
    ).frame
    assert events.guess_steps(frame) == list(events.SHOP_STEPS)
    assert len(events.guess_steps(frame, most=3)) == 3
