"""What stands out is said, and of noise nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.functions.tables.insights import far_out, insights, skewness
from app.functions.tables.profiling import profile_table


def found(frame: pd.DataFrame, target: str = "", **roles: str) -> dict[str, str]:
    """The sentences by kind."""
    profile = profile_table(frame)
    recognised = {c.name: c.role for c in profile.columns} | roles
    usable = {
        n: r for n, r in recognised.items() if r not in ("identifier", "constant")
    }
    return {
        each.kind: each.sentence
        for each in insights(
            frame, profile.columns, target, usable, profile.duplicate_rows
        )
    }


@pytest.fixture
def draw():
    return np.random.default_rng(0)


def table(draw, n: int = 300) -> pd.DataFrame:
    size = draw.normal(size=n)
    return pd.DataFrame(
        {
            "id": [f"K-{k}" for k in range(n)],
            "size": size,
            "size in cm": 2.54 * size,
            "noise": draw.normal(size=n),
            "town": draw.choice(["Bern", "Basel", "Chur"], n),
            "always": "x",
            "answer": np.where(size + draw.normal(size=n) > 0, "yes", "no"),
        }
    )


def test_what_goes_with_the_target_is_named_and_noise_is_not(draw):
    said = found(table(draw), "answer")
    assert said["relation"].startswith("'answer' goes most with 'size")
    assert "noise" not in said["relation"] and "town" not in said["relation"]
    assert said["same"] == "These say nearly the same: 'size' and 'size in cm'."
    assert "gives away" not in said
    assert said["unused"] == (
        "Not learned from: 'id' only names things, and 'always' never changes."
    )


def test_a_column_that_gives_the_answer_away_is_a_caution(draw):
    frame = table(draw).assign(
        left=lambda f: f["answer"].map({"yes": "ja", "no": "nein"})
    )
    assert found(frame, "answer")["gives away"].startswith(
        "'left' almost tells 'answer'"
    )


def test_of_noise_no_relation_is_claimed(draw):
    frame = pd.DataFrame({f"x{i}": draw.normal(size=200) for i in range(30)})
    frame["y"] = draw.choice(["a", "b"], 200)
    said = found(frame, "y")
    assert said["relation"].startswith("No single column goes with 'y'")
    assert set(said) == {"relation"}


def test_one_odd_cell_is_named_and_a_long_tail_is_not(draw):
    ages = draw.integers(18, 80, 300).astype(float)
    ages[17] = 999
    frame = pd.DataFrame({"age": ages, "pay": np.exp(draw.normal(8, 1, 300))})
    said = found(frame)
    assert said["outliers"].startswith("Far from all other values: 999 in 'age'.")
    assert "'pay'" in said["skew"]


def test_what_is_often_empty_and_repeated_is_said(draw):
    frame = table(draw).drop(columns="id")
    frame.loc[:149, "noise"] = np.nan
    frame = pd.concat([frame, frame.iloc[-2:]])
    said = found(frame)
    assert said["missing"].startswith("Often empty: 'noise' (49.7 % of the rows)")
    assert said["duplicates"].startswith("2 rows repeat an earlier one")


def test_a_table_without_rows_values_or_a_target_says_nothing_wrong():
    empty = pd.DataFrame({"a": [None] * 30, "b": [1.0] * 30})
    assert set(found(empty)) <= {"duplicates", "unused"}
    assert found(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), "b").keys() <= {
        "relation"
    }


def test_equal_values_have_no_outliers_and_no_skew():
    assert len(far_out(np.ones(50))) == 0 and skewness(np.ones(50)) == 0
    assert len(far_out(np.array([1.0, 2.0]))) == 0 and skewness(np.zeros(0)) == 0
    assert skewness(np.array([1e300, -1e300, 3e300])) >= 0
