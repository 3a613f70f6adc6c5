"""Days to close: checked against the sorted list of all days."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import statistics

times = statistics.closing_times
days_lists = st.lists(st.integers(0, 500), min_size=1, max_size=200)


def class_of(days: int) -> int:
    return max(low for low in times.DAYS if low <= days)


def counted(all_days: list[int]) -> list[int]:
    return [sum(class_of(d) == low for d in all_days) for low in times.DAYS]


def frame(all_days: list[int], name: str = "Graffiti") -> pd.DataFrame:
    rows = [(name, low, count) for low, count in zip(times.DAYS, counted(all_days))]
    return pd.DataFrame(rows, columns=["name", "days", "requests"])


@given(days_lists, st.floats(0.01, 0.99))
def test_a_quantile_is_that_of_the_sorted_days_or_within_its_class(all_days, q):
    exact = sorted(all_days)[math.ceil(q * len(all_days) - 1e-9) - 1]
    found = times.quantile(counted(all_days), q)
    if exact <= 14:
        assert found == exact
    else:
        assert class_of(int(found)) == class_of(exact)


@given(days_lists)
def test_quantiles_never_fall(all_days):
    counts = counted(all_days)
    found = [times.quantile(counts, q / 20) for q in range(21)]
    assert found == sorted(found)


def test_the_median_of_nothing_is_no_number():
    assert math.isnan(times.quantile([0] * len(times.DAYS), 0.5))
    assert math.isnan(times.median(frame([])))


@given(days_lists)
def test_the_spread_counts_every_request_once_and_where_it_belongs(all_days):
    spread = times.spread(frame(all_days))
    limits = [(0, 0), (1, 1), (2, 3), (4, 7), (8, 14), (15, 30), (31, 90), (91, 365)]
    expected = [sum(low <= d <= high for d in all_days) for low, high in limits]
    expected.append(sum(d > 365 for d in all_days))
    assert spread["requests"].tolist() == expected
    assert spread["share"].sum() == pytest.approx(1)


def test_types_are_compared_each_by_its_own_days():
    slow, fast = [20] * 3 + [40] * 4, [0] * 5 + [2] * 15
    closed = pd.concat([frame(slow, "Tree"), frame(fast, "Parking")])
    table = times.by_name(closed)
    assert table["name"].tolist() == ["Parking", "Tree"]
    assert table["closed"].tolist() == [20, 7]
    parking, tree = table.iloc[0], table.iloc[1]
    assert (parking["p10"], parking["median"], parking["p90"]) == (0, 2, 2)
    assert 15 <= tree["p10"] <= 21 and 31 <= tree["median"] <= 45
    assert times.by_name(closed, most=1)["name"].tolist() == ["Parking"]
