"""The levels of what a check finds."""

from __future__ import annotations

from app.functions.checks.findings import level_of


def test_the_worse_level_needs_the_larger_number():
    assert [level_of(value, 1, 2) for value in (0.9, 1, 2)] == [
        "good",
        "warning",
        "bad",
    ]
