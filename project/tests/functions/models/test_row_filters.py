"""A filter is written in an address and read again, and said as a person would."""

from __future__ import annotations

from dataclasses import asdict

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.models.row_filters import RowFilter
from app.functions.models.row_options import FILTERS

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("_.*sd-"), max_size=8
)
BOUNDS = st.floats(allow_nan=False, allow_infinity=False).map(repr)


@st.composite
def filters(draw) -> RowFilter:
    column = draw(TEXTS)
    flags = {"leave_out": draw(st.booleans()), "missing": draw(st.booleans())}
    if draw(st.booleans()):
        values = draw(st.lists(TEXTS, min_size=1, max_size=4))
        return RowFilter(column, tuple(values), **flags)
    low, high = sorted([draw(BOUNDS), draw(BOUNDS)], key=float)
    shown = draw(st.sampled_from([(low, ""), ("", high), (low, high)]))
    return RowFilter(column, (), *shown, **flags)


@given(st.lists(filters(), max_size=4, unique=True))
def test_filters_survive_the_address_and_json(chosen):
    held = FILTERS.to_control(tuple(chosen))
    assert FILTERS.from_control(held, "binary") == tuple(chosen)
    if chosen:
        assert FILTERS.from_address(".".join(held), "binary") == held
    stored = orjson.loads(orjson.dumps([asdict(each) for each in chosen]))
    assert FILTERS.from_record(stored) == tuple(chosen)


def test_an_address_can_be_read_by_a_person():
    assert RowFilter("age", minimum="18").text == "age*from*18*"
    assert RowFilter("city", ("Bern", "Chur"), leave_out=True).text == (
        "city*not*Bern*Chur"
    )
    share = RowFilter("a.share_of*b", minimum="0.5", maximum="1", missing=True)
    assert share.text == "a_dshare__of_sb*from-or-missing*0_d5*1"


@pytest.mark.parametrize(
    "chosen, sentence",
    [
        (RowFilter("age", minimum="18", maximum="65"), "age from 18 to 65"),
        (RowFilter("age", minimum="18"), "age at least 18"),
        (RowFilter("age", maximum="65", missing=True), "age at most 65 or missing"),
        (RowFilter("age", minimum="18", leave_out=True), "age below 18"),
        (RowFilter("age", maximum="65", leave_out=True), "age above 65"),
        (
            RowFilter(
                "day", minimum="2024-01-01", maximum="2024-02-01", leave_out=True
            ),
            "day outside 2024-01-01 to 2024-02-01",
        ),
        (RowFilter("city", ("Bern",)), "city is Bern"),
        (
            RowFilter("city", ("Bern", "Chur"), leave_out=True),
            "city is not Bern or Chur",
        ),
        (RowFilter("city", tuple("abcdef")), "city is a, b, c or 3 more"),
    ],
)
def test_a_filter_is_said_as_a_person_would(chosen, sentence):
    assert chosen.sentence == sentence


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({}, "has no value for 'age'"),
        ({"values": ("a",), "minimum": "1"}, "has no value for 'age'"),
        ({"minimum": "eighteen"}, "has the bound 'eighteen': type a number such as 18"),
        ({"minimum": "nan"}, "not finite"),
        ({"minimum": "1", "maximum": "2024-01-01"}, "from a number to a date"),
        ({"minimum": "2024-02-01", "maximum": "2024-01-01"}, "ends before it begins"),
        (
            {"values": tuple(map(str, range(101)))},
            "101 values for 'age': choose at most",
        ),
        ({"values": (1,)}, "no text"),
        ({"values": ("a",), "missing": 1}, "neither on nor off"),
    ],
)
def test_what_is_no_filter_is_refused_with_a_sentence(change, sentence):
    with pytest.raises(ValueError, match=sentence) as refused:
        RowFilter("age", **change)
    assert str(refused.value).endswith(".")


def test_what_makes_no_sense_in_an_address_is_left_out_alone():
    text = "age*from*1*2.nonsense.city*is.age*from*9*1.city*is*Bern.city*is*Bern"
    assert FILTERS.from_address(text, "binary") == ["age*from*1*2", "city*is*Bern"]
    assert FILTERS.from_address(None, "binary") == []
    many = ".".join(f"age*from*{n}*" for n in range(30))
    assert len(FILTERS.from_address(many, "binary")) == 10
