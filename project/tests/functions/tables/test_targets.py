"""A suggestion says why, and where no name tells there are three."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from app.functions.tables.profiling import profile_table
from app.functions.tables.targets import other_targets, suggest_targets


@dataclass
class Column:
    name: str
    role: str = "number"
    distinct: int = 50


def suggested(*columns: Column | str) -> list[str]:
    table = [Column(c) if isinstance(c, str) else c for c in columns]
    return [suggestion.name for suggestion in suggest_targets(table)]


@pytest.mark.parametrize(
    ("names", "target"),
    [
        (("x", "y", "z"), "z"),
        (("x1", "x2", "y"), "y"),
        (("temperature", "minute"), "temperature"),
        (("yield", "year"), "yield"),
        (("rooms", "latitude", "longitude"), "rooms"),
        (("brand", "shoe size"), "brand"),
        (("year", "month"), "month"),
    ],
)
def test_a_place_a_time_or_a_size_is_suggested_only_where_there_is_nothing_else(
    names, target
):
    assert suggested(*names)[0] == target


def test_a_name_that_tells_is_the_only_suggestion():
    (suggestion,) = suggest_targets([Column("churn", "boolean", 2), Column("calls")])
    assert suggestion.name == "churn" and "name" in suggestion.reason


def test_where_no_name_tells_three_are_proposed_each_with_its_reason():
    table = [
        Column("a"),
        Column("answer", "boolean", 2),
        Column("town", "category", 12),
        Column("b"),
    ]
    suggestions = suggest_targets(table)
    assert [s.name for s in suggestions] == ["b", "answer", "town"]
    assert len({s.reason for s in suggestions}) == 3
    assert all(s.reason.endswith(".") for s in suggestions)


def test_a_table_without_a_usable_column_still_gets_a_suggestion():
    assert suggested(Column("when", "date"), Column("id", "identifier")) == ["id"]
    assert suggested() == []


def test_where_several_may_be_meant_none_is_sure():
    numbers = [k % 7 for k in range(20)]
    frame = pd.DataFrame({"town": ["a", "b"] * 10, "x1": numbers, "x2": numbers})
    profile = profile_table(frame)
    assert profile.sure_target == ""
    assert len(profile.suggestions) > 1
    named = profile_table(frame.rename(columns={"x1": "price"}))
    assert named.sure_target == "price"
    unusable = profile_table(pd.DataFrame({"id": range(30), "no": range(30)}))
    assert unusable.sure_target == ""


def test_beside_a_sure_target_others_are_proposed_and_never_the_target_itself():
    table = [
        Column("churn", "boolean", 2),
        Column("id", "identifier", 900),
        Column("town", "category", 12),
        Column("calls"),
    ]
    others = other_targets(table, "churn")
    assert [s.name for s in others] == ["calls", "town"]
    assert [s.name for s in other_targets(table, "calls")][0] == "churn"
    assert other_targets(table[:2], "churn") == ()
