"""Funnels compared with a brute-force loop, and with counts by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.statistics import events, funnels

STEPS = ("visit", "cart", "paid")
MONDAY = datetime(2026, 3, 2)


def table(*rows: tuple) -> pd.DataFrame:
    """Events from (user, step, hours since Monday, segment)."""
    whole = [(*row, "all")[:4] for row in rows]
    frame = pd.DataFrame(whole, columns=["user", "step", "time", "segment"])
    moments = [MONDAY + timedelta(hours=hours) for hours in frame["time"]]
    return frame.assign(time=pd.Series(moments, dtype="datetime64[us]"))


def brute_force(frame: pd.DataFrame, steps, limit_days) -> dict:
    """Each user's reached times: every attempt is followed event by event, as the rule says."""
    best = {}
    for user in frame["user"].unique():
        own = frame[frame["user"] == user]
        for entry in sorted(own.loc[own["step"] == steps[0], "time"]):
            reached = [entry]
            for step in steps[1:]:
                later = [
                    time
                    for name, time in zip(own["step"], own["time"])
                    if name == step
                    and time >= reached[-1]
                    and (limit_days is None or time - entry <= limit_days)
                ]
                if not later:
                    break
                reached.append(min(later))
            if user not in best or len(reached) > len(best[user]):
                best[user] = reached
    return best


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from([*STEPS, "other"]),
        st.integers(0, 12),
        st.sampled_from(["phone", "desktop"]),
    ),
    min_size=1,
    max_size=40,
).map(lambda rows: table((0, "visit", 0), (0, "cart", 9), (0, "paid", 0), *rows))
LIMITS = st.sampled_from([None, 1 / 24, 3 / 24, 0.25, 1])


@given(EVENTS, LIMITS)
def test_counts_and_times_are_those_of_a_loop_over_every_attempt(frame, limit):
    days = None if limit is None else timedelta(days=limit)
    expected = list(brute_force(frame, STEPS, days).values())
    funnel = funnels.summarise(funnels.follow_users(frame, STEPS, limit))
    for k, row in enumerate(funnel.itertuples()):
        reaching = [times for times in expected if len(times) > k]
        assert row.users == len(reaching)
        assert row.of_first == pytest.approx(len(reaching) / len(expected))
        if k and reaching:
            waits = [(times[k] - times[k - 1]).total_seconds() for times in reaching]
            q1, median, q3 = np.percentile(waits, [25, 50, 75])
            assert (row.q1, row.median, row.q3) == pytest.approx((q1, median, q3))
        else:
            assert np.isnan(row.median)


@given(EVENTS, LIMITS, st.permutations(STEPS))
def test_counts_never_grow_from_step_to_step_nor_with_a_limit(frame, limit, steps):
    limited = funnels.summarise(funnels.follow_users(frame, steps, limit))
    free = funnels.summarise(funnels.follow_users(frame, steps))
    assert limited["users"].is_monotonic_decreasing
    assert (limited["users"] <= free["users"]).all()
    assert limited["users"][0] == free["users"][0]
    shares = limited[["of_first", "of_previous"]].dropna().to_numpy()
    assert ((shares >= 0) & (shares <= 1)).all()


@given(EVENTS, st.randoms())
def test_the_order_of_the_rows_does_not_matter(frame, random):
    order = list(range(len(frame)))
    random.shuffle(order)
    mixed = frame.iloc[order].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        funnels.summarise(funnels.follow_users(mixed, STEPS)),
        funnels.summarise(funnels.follow_users(frame, STEPS)),
    )


@given(EVENTS, LIMITS, st.sampled_from(sorted(funnels.PERIODS)))
def test_segments_and_cohorts_add_up_to_the_whole(frame, limit, period):
    journeys = funnels.follow_users(frame, STEPS, limit)
    whole = funnels.summarise(journeys)["users"].to_numpy()
    parts = funnels.by_segment(journeys).groupby("step", sort=False)["users"].sum()
    assert list(parts) == list(whole)
    cohorts = funnels.by_cohort(journeys, period)
    assert cohorts["users"].sum() == whole[0]
    assert cohorts["finished"].sum() == whole[-1]


def users(frame: pd.DataFrame, limit_days: float | None = None) -> list[int]:
    journeys = funnels.follow_users(frame, STEPS, limit_days)
    return list(funnels.summarise(journeys)["users"])


def test_a_step_before_the_one_it_must_follow_does_not_count():
    assert users(table((1, "cart", 0), (1, "visit", 1), (1, "paid", 2))) != [1, 1, 1]
    assert users(
        table((1, "visit", 0), (1, "paid", 1), (1, "cart", 2), (2, "paid", 3))
    ) == [1, 1, 0]


def test_a_step_that_was_left_out_stops_the_user():
    frame = table((1, "visit", 0), (1, "paid", 1), (2, "cart", 0))
    assert users(frame) == [1, 0, 0]


def test_events_of_one_moment_count_in_the_order_of_the_funnel():
    assert users(table((1, "paid", 5), (1, "cart", 5), (1, "visit", 5))) == [1, 1, 1]


def test_a_later_attempt_within_the_limit_counts_where_the_first_was_too_slow():
    frame = table(
        *((1, "visit", 0), (1, "visit", 100), (1, "cart", 101), (1, "paid", 102))
    )
    assert users(frame, 1) == [1, 1, 1]
    journeys = funnels.follow_users(frame, STEPS, 1)
    assert funnels.total_time(journeys) == 2 * 3600
    assert funnels.total_time(funnels.follow_users(frame, STEPS)) == 102 * 3600


def test_the_limit_is_inclusive():
    frame = table((1, "visit", 0), (1, "cart", 1), (1, "paid", 24))
    assert users(frame, 1) == [1, 1, 1]
    assert users(frame, 23.9 / 24) == [1, 1, 0]


def test_the_segment_is_that_of_the_entry_that_counts():
    frame = table(
        (1, "visit", 0, "phone"),
        *((1, "visit", 100, "desktop"), (1, "cart", 101, "tablet")),
        (1, "paid", 101, "tablet"),
    )
    limited = funnels.by_segment(funnels.follow_users(frame, STEPS, 1))
    free = funnels.by_segment(funnels.follow_users(frame, STEPS))
    assert set(limited["segment"]) == {"desktop"} and set(free["segment"]) == {"phone"}


def test_many_segments_become_eight():
    frame = table(*((n, "visit", n, f"town {n % 20}") for n in range(200)), (0, "paid", 1), (1, "cart", 2))  # fmt: skip
    funnel = funnels.by_segment(funnels.follow_users(frame, STEPS))
    names = list(funnel["segment"].unique())
    assert len(names) == funnels.MAX_SEGMENTS and names[-1] == funnels.OTHERS
    assert funnel.loc[funnel["segment"] == funnels.OTHERS, "users"].iloc[0] == 130


def test_weeks_begin_on_monday_and_recent_ones_are_incomplete():
    day = 24
    rows = []
    for week in range(3):
        start = week * 7 * day
        rows += [(week, "visit", start), (week, "cart", start + 1)]
    frame = table(*rows, (0, "paid", 2), (9, "visit", 7 * day - 1), (9, "cart", 350))
    cohorts = funnels.by_cohort(funnels.follow_users(frame, STEPS, 1), "week")
    assert list(cohorts["cohort"].dt.strftime("%d.%m.")) == ["02.03.", "09.03.", "16.03."]  # fmt: skip
    assert list(cohorts["users"]) == [2, 1, 1]
    assert list(cohorts["share"]) == [0.5, 0, 0]
    assert list(cohorts["complete"]) == [True, False, False]


@pytest.mark.parametrize(
    "steps, limit, sentence",
    [
        (None, None, "at least two"),
        ([], None, "at least two"),
        ("visit", None, "at least two"),
        (["visit"], None, "at least two"),
        (["visit", "visit"], None, "twice"),
        (["visit", "nowhere"], None, "no step 'nowhere'"),
        (["visit", {"a": 1}], None, "no step"),
        (["visit"] * 11, None, "at most 10"),
        (["visit", "cart"], -1, "time limit"),
        (["visit", "cart"], "soon", "time limit"),
        (["visit", "cart"], float("nan"), "time limit"),
        (["visit", "cart"], 1e30, "time limit"),
        (["visit", "cart"], True, "time limit"),
    ],
)
def test_impossible_choices_are_refused_with_a_sentence(steps, limit, sentence):
    frame = table((1, "visit", 0), (1, "cart", 1))
    with pytest.raises(ValueError, match=sentence):
        funnels.follow_users(frame, steps, limit)


def test_an_unknown_period_is_refused_with_a_sentence():
    journeys = funnels.follow_users(table((1, "visit", 0), (1, "cart", 1)), STEPS[:2])
    for period in ("year", None, ["week"]):
        with pytest.raises(ValueError, match="week or month"):
            funnels.by_cohort(journeys, period)


def test_the_sample_is_the_same_each_time_and_is_a_funnel():
    sample = events.make_shop_events(500, seed=3)
    pd.testing.assert_frame_equal(sample, events.make_shop_events(500, seed=3))
    assert not sample.equals(events.make_shop_events(500, seed=4))
    frame = events.read_events(sample, "user", "step", "time", "device").frame
    funnel = funnels.summarise(funnels.follow_users(frame, events.SHOP_STEPS))
    assert funnel["users"].is_monotonic_decreasing and funnel["users"].iloc[-1] > 10
