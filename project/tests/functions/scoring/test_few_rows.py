"""Few rows of a program: the same as what reading whole columns finds, whatever the rows hold."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.functions.scoring.conforming import conform
from app.functions.scoring.few_rows import MAX_ROWS, MAX_SURPLUS_NAMED, conform_rows
from app.functions.tables import json_rows
from app.functions.tables.json_rows import table_of_rows, unusable
from app.functions.tables.schema import TableSchema

column = json_rows._column
TABLE = pd.DataFrame(
    {
        "age": [18.5, 30.0, 71.0, None],
        "floor": [1, 2, 3, 2],
        "city": ["Bern", "Basel", "Bern", None],
        "member": [True, False, True, True],
        "since": pd.to_datetime(["2020-01-01", "2021-05-03", "2022-02-02", None]),
        "note": ["some words", "other words here", None, "more words"],
    }
)
ROLES = {
    "age": "number",
    "floor": "category",
    "city": "category",
    "member": "boolean",
    "since": "date",
    "note": "text",
}
SCHEMA = TableSchema.of(TABLE, ROLES)
PLAIN = {"age": 40, "floor": 2, "city": "Bern", "member": True, "since": "2021-01-01", "note": "words"}  # fmt: skip

values = {
    "age": st.sampled_from([20, 30.5, None, 99, -1e300, "31", "old", "", True]),
    "floor": st.sampled_from([1, 2.0, 7, None, "2", "roof"]),
    "city": st.sampled_from(["Bern", " Bern", "bern", "Rome", "", None, 3, False]),
    "member": st.sampled_from([True, False, None, "yes", "TRUE", 1]),
    "since": st.sampled_from(
        ["2021-01-01", "2021-02-30", "1850-01-01", "soon", None, 5]
    ),
    "note": st.sampled_from(["words", None, "NA", 5]),
    "surplus": st.sampled_from([1, None]),
}


@settings(max_examples=150, derandomize=True)
@given(st.lists(st.fixed_dictionaries({}, optional=values), min_size=1, max_size=3))
def test_few_rows_fit_as_a_whole_table_does(drawn):
    refused = unusable(drawn, SCHEMA)
    rows = [row for i, row in enumerate(drawn) if i not in refused]
    if not rows:
        return
    whole = conform(table_of_rows(rows, SCHEMA)[0], SCHEMA)
    few = conform_rows(rows, SCHEMA)
    pd.testing.assert_frame_equal(few.rows, whole.rows, check_dtype=True)
    surplus = [p for p in few.problems if p.kind == "surplus"]
    assert len(surplus) == any("surplus" in row for row in rows)
    others = [p for p in few.problems if p.kind != "surplus"]
    assert sorted(map(repr, others)) == sorted(map(repr, whole.problems))
    assert few.refused == whole.refused
    doubts = [{k: set(v.split("; ")) for k, v in d.doubts.items()} for d in (few, whole)]  # fmt: skip
    assert doubts[0] == doubts[1]


@pytest.mark.parametrize("row", [PLAIN, {"note": "NA", "member": None, "age": 1}])
def test_of_thousands_of_surplus_names_a_few_are_named_and_none_becomes_a_column(row, monkeypatch):  # fmt: skip
    made = []
    monkeypatch.setattr(json_rows, "_column", lambda *a: made.append(a) or column(*a))
    rows = [row | {f"{'x' * 200} {i} {j}": 1 for j in range(50)} for i in range(40)]
    surplus = [p for p in conform_rows(rows, SCHEMA).problems if p.kind == "surplus"]
    assert len(surplus) == MAX_SURPLUS_NAMED + 1 and len(made) <= len(SCHEMA.columns)
    assert surplus[-1].sentence == "The model does not use 1,980 further columns."
    assert all(len(problem.column) <= 120 for problem in surplus)


@pytest.mark.parametrize(
    "value", [True, False, "true", 10**400], ids=lambda value: str(value)[:5]
)
@pytest.mark.parametrize("others", [[], [{"age": 20}], [{"age": None, "city": "Bern"}]])
def test_what_is_no_number_is_refused_in_a_column_of_numbers(value, others):
    rows = [{"age": value, "city": "Bern"}, *others]
    conformed = conform_rows(rows, SCHEMA)
    assert list(conformed.refused) == [0]
    assert "is not a number" in conformed.refused[0]


def test_more_rows_are_read_column_by_column():
    rows = [PLAIN] * (MAX_ROWS + 1)
    assert len(conform_rows(rows, SCHEMA).rows) == MAX_ROWS + 1


@pytest.mark.parametrize(
    "row, reason",
    [
        (3, "no object"),
        (None, "no object"),
        ([1], "no object"),
        ({}, "none of the columns"),
        ({"other": 1}, "none of the columns"),
        ({"age": None}, "none of the columns"),
        ({"age": [1]}, "'age' holds no single value"),
        ({"age": {"a": 1}}, "'age' holds no single value"),
    ],
)
def test_what_is_no_row_is_refused_with_the_reason(row, reason):
    frame, refused = table_of_rows([PLAIN, row], SCHEMA)
    assert list(refused) == [1] and reason in refused[1]
    assert list(frame.index) == [0]


def test_a_number_beside_texts_is_written_as_the_column_was():
    column = TableSchema.of(TABLE[["age"]], {"age": "number"}, written={"age": "decimal comma"})  # fmt: skip
    conformed = conform(table_of_rows([{"age": 20.5}, {"age": "21,5"}], column)[0], column)  # fmt: skip
    assert conformed.rows["age"].tolist() == [20.5, 21.5]


@pytest.mark.parametrize("number", [1e-7, 123456789.25, 1e22])
def test_numbers_beside_texts_keep_their_value(number):
    schema = TableSchema.of(TABLE[["age"]], {"age": "number"})
    frame = table_of_rows([{"age": number}, {"age": "20"}], schema)[0]
    assert conform(frame, schema).rows["age"].tolist() == [number, 20.0]
