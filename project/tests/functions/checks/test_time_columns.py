"""Which columns say when a row was recorded, and in which order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.functions.checks.time_columns import times_of


def times(name, values):
    return times_of({name: pd.Series(values)}).get(name)


@pytest.mark.parametrize(
    "name, values",
    [
        ("day", pd.to_datetime(["2024-01-31", "2024-02-01", "2025-01-01"])),
        ("year", [1999, 2005, 2024]),
        ("jahr", [1999.0, 2005.0, 2024.0]),
        ("x", [1999, 2005, 2024]),
        ("period", [202311, 202312, 202401]),
        ("period", [20231130, 20231201, 20240101]),
        ("created", [1_600_000_000, 1_650_000_000, 1_700_000_000]),
        ("created", [1_600_000_000_000, 1_650_000_000_000, 1_700_000_000_000]),
        ("month", ["2023-11", "2023-12", "2024-01"]),
        ("month", ["Nov 2023", "Dec 2023", "Jan 2024"]),
        ("month", ["November 2023", "December 2023", "January 2024"]),
        ("month", ["11/2023", "12/2023", "1/2024"]),
        ("quarter", ["2023Q3", "2023 Q4", "2024-Q1"]),
        ("quarter", ["Q3 2023", "Q4 2023", "Q1 2024"]),
        ("week", ["2023-W51", "2023-W52", "2024-W01"]),
        ("season", ["2021/22", "2022/23", "2023/24"]),
        ("year", ["2021", "2022", "2023"]),
    ],
)
def test_what_says_when_is_put_in_order(name, values):
    found = times(name, values)
    assert found is not None
    assert np.all(np.diff(found) > 0)


@pytest.mark.parametrize(
    "name, values",
    [
        ("age", [18, 40, 77]),
        ("price", [1_900.5, 2_000.1, 2_050.0]),
        ("area", [1_900, 2_000, 2_101]),
        ("year built", [1999, 2005, 2024]),
        ("birth year", [1999, 2005, 2024]),
        ("code", ["2023-13", "2023-12", "2024-01"]),
        ("name", ["March", "April", "May"]),
        ("colour", ["red", "green", "blue"]),
        ("version", ["1.2", "1.3", "2.0"]),
        ("amount", [1_000_000_000, 2_000_000_000, 9_000_000_000]),
        ("empty", [np.nan, np.nan, np.nan]),
        ("infinite", [np.inf, 2_000.0, 2_001.0]),
        ("year", [2023, 2024, 2024]),
    ],
)
def test_what_does_not_say_when_is_left_alone(name, values):
    assert times(name, values) is None


def test_months_refine_years():
    year, month = [2023, 2023, 2024, 2025], [2, 11, 1, 3]
    found = times_of({"year": pd.Series(year), "month": pd.Series(month)})
    assert list(found) == ["year"]
    assert np.all(np.diff(found["year"]) > 0)


def test_a_row_without_a_time_has_none():
    found = times("month", ["2023-11", None, "2024-01", "2024-02"])
    assert np.isnan(found[1]) and np.isfinite(found[[0, 2, 3]]).all()
