"""Durations and tables of numbers in reports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports import kit

SIZES = {"d": 86_400, "h": 3600, "min": 60, "s": 1}


@pytest.mark.parametrize(
    "seconds, text",
    [
        (float("nan"), "–"),
        (0, "0 s"),
        (0.2, "200 ms"),
        (1, "1 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3599.7, "1 h"),
        (5400, "1 h 30 min"),
        (86_399, "1 d"),
        (100_000, "1 d 4 h"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(seconds, text):
    assert kit.span(seconds) == text


@given(st.floats(1, 1e9))
def test_a_span_is_never_far_from_the_truth(seconds):
    parts = kit.span(seconds).split(" ")
    told = sum(
        float(n.replace(",", "")) * SIZES[unit]
        for n, unit in zip(parts[::2], parts[1::2])
    )
    assert told == pytest.approx(seconds, rel=0.05)


def test_long_names_of_a_table_stay_apart():
    names = ["x" * 60 + end for end in "ab"]
    table = kit.number_table(["step", *names], [[name, 1, 2] for name in names], "T")
    head, body = table.children.children
    shown = [row.children[0].children for row in body.children]
    heads = [cell.children for cell in head.children.children]
    assert len(set(shown)) == 2 and len(set(heads)) == 3
    assert body.children[0].children[1].className == "number"


def test_a_band_is_filled_between_its_edges_and_has_no_legend():
    low, high = kit.band([1, 2], [0, 1], [2, 3], "1,2,3")
    assert high["fill"] == "tonexty" and "fill" not in low
    assert not low["showlegend"] and not high["showlegend"]
