"""Counts of service requests: checked against loops over the single requests, without pandas."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import statistics
from tests.reports.stand_in import days_between, invented

TODAY = date(2026, 11, 18)
requests_ = statistics.service_requests
sample = statistics.service_request_sample


def month_of(row: dict) -> str:
    return row["requested_datetime"][:7]


def tables_of(rows: list[dict]) -> dict[str, list[dict]]:
    """Count requests as the source does, with numbers as texts and without empty fields."""
    by_name = {
        table: Counter((month_of(row), row.get(column)) for row in rows)
        for table, column in (
            ("types", "service_name"),
            ("neighbourhoods", "analysis_neighborhood"),
            ("sources", "source"),
        )
    }
    tables = {
        table: [
            {"month": f"{month}-01T00:00:00.000", "requests": str(count)}
            | ({} if name is None else {"name": name})
            for (month, name), count in counts.items()
        ]
        for table, counts in by_name.items()
    }
    closed = [row for row in rows if "closed_date" in row]
    to_close = Counter(
        (month_of(row), row["service_name"], class_of(days_to_close(row)))
        for row in closed
    )
    tables["to_close"] = [
        {"month": f"{m}-01", "name": name, "days": str(days), "requests": str(count)}
        for (m, name, days), count in to_close.items()
    ]
    for table, column in (("opened", "requested_datetime"), ("closed", "closed_date")):
        days = Counter(row[column][:10] for row in rows if column in row)
        tables[table] = [{"day": d, "requests": str(n)} for d, n in days.items()]
    return tables


def days_to_close(row: dict) -> int:
    return days_between(row["requested_datetime"], row["closed_date"])


def class_of(days: int) -> int:
    return max(low for low in statistics.closing_times.DAYS if low <= days)


ROWS = invented(TODAY)
ALL = requests_.read_tables(tables_of(ROWS), TODAY)
PERIODS = [(None, None), ("2025-02", "2025-07"), ("2026-11", "2026-11")]


def chosen(first: str | None, last: str | None) -> list[dict]:
    return [
        row for row in ROWS if (first or "") <= month_of(row) <= (last or "9999-99")
    ]


@pytest.mark.parametrize(("first", "last"), PERIODS)
def test_totals_are_those_of_the_single_requests(first, last):
    rows = chosen(first, last)
    totals = requests_.totals(requests_.within(ALL, first, last))
    begin = date.fromisoformat(f"{first or '2024-01'}-01")
    end = date(2025, 7, 31) if last == "2025-07" else TODAY
    assert totals.requests == len(rows)
    assert totals.closed == sum("closed_date" in row for row in rows)
    assert totals.per_day == pytest.approx(len(rows) / ((end - begin).days + 1))
    days = sorted(days_to_close(row) for row in rows if "closed_date" in row)
    assert totals.median_days == days[(len(days) + 1) // 2 - 1]


@pytest.mark.parametrize(("first", "last"), PERIODS)
def test_rankings_and_years_are_those_of_the_single_requests(first, last):
    rows = chosen(first, last)
    period = requests_.within(ALL, first, last)
    for frame, column in (
        (period.types, "service_name"),
        (period.neighbourhoods, "analysis_neighborhood"),
        (period.sources, "source"),
    ):
        ranked = requests_.ranking(frame)
        expected = Counter(row.get(column) or "Not given" for row in rows)
        assert dict(zip(ranked["name"], ranked["requests"])) == expected
        assert ranked["requests"].is_monotonic_decreasing
        assert ranked["share"].sum() == pytest.approx(1)
    years = requests_.by_year(period)
    expected = Counter(row["requested_datetime"][:4] for row in rows)
    assert dict(zip(years["year"], years["requests"])) == expected


def test_what_a_ranking_leaves_out_is_in_its_last_row():
    whole = requests_.ranking(ALL.neighbourhoods)
    short = requests_.ranking(ALL.neighbourhoods, 2)
    assert short["name"].tolist() == [*whole["name"][:2], "All others"]
    assert short["requests"].sum() == whole["requests"].sum() == len(ROWS)


def test_the_counts_of_a_download_add_up_for_each_of_its_parts():
    counts = requests_.counts(ALL)
    sums = counts.groupby("by")["requests"].sum()
    assert set(sums) == {len(ROWS)}
    assert set(sums.index) == {"year", "type", "neighbourhood", "source"}


@pytest.mark.parametrize("name", ["Mission", "O'Brien"])
def test_a_neighbourhood_is_compared_with_the_average_of_those_with_a_name(name):
    table = requests_.against_average(ALL, name)
    months = [f"{year}-{month:02d}" for year in (2024, 2025, 2026) for month in range(1, 13)]  # fmt: skip
    months = [month for month in months if month < "2026-11"]
    assert table["month"].tolist() == months
    for month, own, average in table.itertuples(index=False):
        of_month = [row for row in ROWS if month_of(row) == month]
        named = [row for row in of_month if "analysis_neighborhood" in row]
        assert own == sum(row["analysis_neighborhood"] == name for row in named)
        assert average == pytest.approx(len(named) / 3)


def test_the_running_month_stands_alone_when_there_is_no_other():
    november = requests_.within(ALL, "2026-11", "2026-11")
    table = requests_.against_average(november, "Mission")
    assert table["month"].tolist() == ["2026-11"]


@pytest.mark.parametrize(("first", "last"), PERIODS[:2])
def test_weeks_hold_what_came_and_went_from_monday_to_sunday(first, last):
    weekly = requests_.weekly(requests_.within(ALL, first, last))
    day = date.fromisoformat(f"{first or '2024-01'}-01")
    end = date(2025, 7, 31) if last else TODAY - timedelta(days=1)
    expected = []
    while day.weekday() != 0:
        day += timedelta(days=1)
    while day + timedelta(days=6) <= end:
        week = [str(day + timedelta(days=i)) for i in range(7)]
        new = sum(row["requested_datetime"][:10] in week for row in ROWS)
        closed = sum(row.get("closed_date", "")[:10] in week for row in ROWS)
        expected.append((pd.Timestamp(day), new, closed, new - closed))
        day += timedelta(days=7)
    assert list(weekly.itertuples(index=False, name=None)) == expected


def test_a_period_without_a_whole_week_has_no_weeks():
    today = date(2026, 11, 8)
    tables = tables_of(invented(today))
    november = requests_.within(requests_.read_tables(tables, today), "2026-11")
    assert requests_.weekly(november).empty
    monday = requests_.read_tables(tables, today + timedelta(days=1))
    assert len(requests_.weekly(requests_.within(monday, "2026-11"))) == 1


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-05", "2026-02", "not before the first"),
        ("2019-01", None, "not a month of these data"),
        (None, "2026-12", "not a month of these data"),
        ("'; drop table", None, "not a month of these data"),
        (5, None, "not a month"),
        (["2026-01"], None, "not a month"),
        (None, {"a": 1}, "not a month"),
    ],
)
def test_a_period_that_cannot_be_is_refused_with_a_sentence(first, last, words):
    with pytest.raises(ValueError, match=words):
        requests_.within(ALL, first, last)


@pytest.mark.parametrize("name", ["Atlantis", "", None, 7, ["Mission"], {}])
def test_an_unknown_neighbourhood_is_refused_with_a_sentence(name):
    with pytest.raises(ValueError, match="choose one from the list"):
        requests_.against_average(ALL, name)


def test_rows_that_cannot_be_read_are_left_out_and_counted():
    tables = tables_of(ROWS)
    rubbish = [
        {},
        {"month": "2025-01-01"},
        {"month": 5, "name": "a", "requests": "1"},
        {"month": "soon", "name": "a", "requests": "1"},
        {"month": "2025-01-01", "name": ["a"], "requests": "1"},
        {"month": "2025-01-01", "name": "a", "requests": "many"},
        {"month": "2025-01-01", "name": "a", "requests": "-3"},
        {"month": "2025-01-01", "name": "a", "requests": "nan"},
        {"month": "2025-01-01", "name": "a", "requests": None},
        {"month": "2031-01-01", "name": "a", "requests": "1"},
        {"month": "1999-01-01", "name": "a", "requests": "1"},
    ]
    read = requests_.read_tables(tables | {"types": tables["types"] + rubbish}, TODAY)
    assert read.unreadable == len(rubbish)
    assert requests_.totals(read).requests == len(ROWS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"types": []}, "'types' is missing or empty"),
        ({"closed": None}, "'closed' is missing or empty"),
        ({"opened": [{"date": "2025-01-01"}] * 4}, "4 of 4 rows of the table 'opened' lack day"),
    ],
)  # fmt: skip
def test_tables_that_say_nothing_are_refused_with_a_sentence(change, words):
    with pytest.raises(ValueError, match=words):
        requests_.read_tables(tables_of(ROWS) | change, TODAY)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=12) | st.integers(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
fields = st.sampled_from(["month", "day", "name", "days", "requests"])
any_rows = st.lists(st.dictionaries(fields, json_values), max_size=4)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(sorted(requests_.TABLES)), any_rows))
def test_whatever_a_source_sends_it_is_read_or_refused_with_a_sentence(change):
    try:
        read = requests_.read_tables(tables_of(ROWS[:40]) | change, TODAY)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert requests_.totals(read).requests >= 0


def test_the_sample_of_a_day_is_always_the_same():
    assert sample.make_sample(TODAY) == sample.make_sample(TODAY)
    assert sample.make_sample(TODAY, seed=1) != sample.make_sample(TODAY)


def test_the_sample_ends_today_and_keeps_its_past():
    later = TODAY + timedelta(days=40)
    before, after = (sample.make_sample(day)["opened"] for day in (TODAY, later))
    assert before[-1]["day"] == str(TODAY)
    assert after[: len(before)] == before


def test_the_sample_is_counted_as_its_single_requests():
    rows = sample.make_rows(TODAY)
    read = requests_.read_tables(sample.make_sample(TODAY), TODAY)
    start, n_rows, n_closed, gone = date(2024, 1, 1), 0, 0, Counter()
    days = Counter()
    for made, closed in zip(rows["requested"], rows["closed"]):
        if not pd.isna(closed) and closed.date() >= start:
            gone[closed.date()] += 1
        if made.date() >= start:
            n_rows += 1
            n_closed += not pd.isna(closed)
            if not pd.isna(closed):
                days[class_of((closed - made).days)] += 1
    totals = requests_.totals(read)
    assert (totals.requests, totals.closed) == (n_rows, n_closed)
    assert read.to_close.groupby("days")["requests"].sum().to_dict() == days
    assert dict(zip(read.closed["day"].dt.date, read.closed["requests"])) == gone
    assert "O'Brien Park" in requests_.neighbourhoods(read)
    assert read.unreadable == 0
