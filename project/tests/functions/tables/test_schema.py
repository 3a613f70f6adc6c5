"""The schema of a training table: what it says of each column, and how another table is typed by it."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.tables.reading import read_table
from app.functions.tables.schema import TableSchema

TABLE = pd.DataFrame(
    {
        "code": ["0012", "0450", "1200"] * 10,
        "size": [1.5, np.nan, 3.0] * 10,
        "rooms": [1, 2, 3] * 10,
        "day": pd.to_datetime(["2024-01-02", "2024-03-01", "2024-12-31"] * 10),
        "member": [True, False, True] * 10,
    }
)
ROLES = {
    "code": "category",
    "size": "number",
    "rooms": "number",
    "day": "date",
    "member": "boolean",
}
SCHEMA = TableSchema.of(TABLE, ROLES)


def one(name: str):
    return next(column for column in SCHEMA.columns if column.name == name)


def test_a_schema_says_type_range_levels_and_what_is_missing():
    assert (one("code").dtype, one("code").role) == ("text", "category")
    assert one("code").categories == ("0012", "0450", "1200")
    assert (one("size").minimum, one("size").maximum) == (1.5, 3.0)
    assert one("size").missing_share == pytest.approx(1 / 3)
    assert one("rooms").dtype == "integer" and one("rooms").categories == ()
    assert (one("day").minimum, one("day").maximum) == ("2024-01-02", "2024-12-31")


def test_a_schema_says_which_spellings_counted_as_missing_and_keeps_to_them():
    roles = {"grade": "category", "size": "number"}
    table = pd.DataFrame({"grade": ["NA", "b", None], "size": [1.0, None, 2.0]})
    schema = TableSchema.of(table, roles, {"grade": {"none yet": 1}})
    assert schema.columns[0].missing_values == ("none yet",)
    new = pd.DataFrame({"grade": ["NA", "none yet", "b"], "size": ["NA", "-", "3"]})
    frame, notes = schema.conform(new)
    # 'NA' was a grade there, and is none among numbers.
    assert frame["grade"].isna().tolist() == [False, True, False]
    assert frame["size"].isna().tolist() == [True, True, False]
    assert notes == ()


def test_a_table_of_texts_gets_the_types_of_the_training_table():
    row = {
        "member": ["TRUE"],
        "day": ["2025-06-01"],
        "rooms": ["4"],
        "size": ["NA"],
        "code": ["0012"],
    }
    frame, notes = SCHEMA.conform(pd.DataFrame(row))
    assert list(frame) == list(ROLES) and notes == ()
    assert frame["code"].tolist() == ["0012"]
    assert frame["size"].isna().all() and frame["size"].dtype == np.float64
    assert frame["rooms"].tolist() == [4]
    assert frame["day"][0] == pd.Timestamp("2025-06-01")
    assert frame["member"].tolist() == [True]


def test_the_training_table_itself_conforms_without_a_note():
    frame, notes = SCHEMA.conform(TABLE)
    assert notes == ()
    pd.testing.assert_frame_equal(frame, TABLE, check_dtype=False)


def test_columns_that_are_missing_or_surplus_are_named():
    frame, notes = SCHEMA.conform(TABLE[["code", "rooms"]].assign(colour="red"))
    assert frame[["size", "day", "member"]].isna().all(axis=None)
    assert len(notes) == 2
    assert "'size', 'day' and 'member'" in notes[0] and "'colour'" in notes[1]


def test_cells_that_cannot_be_read_are_missing_and_counted():
    odd = TABLE.astype("str")
    odd.loc[:1, "rooms"] = ["many", "many"]
    odd.loc[2, "day"] = "soon"
    frame, notes = SCHEMA.conform(odd)
    assert frame["rooms"].isna().sum() == 2 and frame["day"].isna().sum() == 1
    assert any("2 cells" in note and '"many" (2)' in note for note in notes)
    assert any('"soon" (1)' in note for note in notes)


def test_a_number_where_a_text_was_becomes_that_text():
    frame, _ = SCHEMA.conform(TABLE.assign(code=12))
    assert set(frame["code"]) == {"12"}


@given(st.lists(st.one_of(st.none(), st.text(max_size=5), st.integers()), max_size=5))
def test_any_table_conforms_to_the_same_columns(values):
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name in ROLES})
    typed, notes = SCHEMA.conform(frame)
    assert list(typed) == list(ROLES) and len(typed) == len(values)
    assert all(note.endswith(".") for note in notes)


@pytest.mark.parametrize(
    ("column", "delimiter", "text", "value"),
    [
        # One row of it would be read as 1.631, or not at all.
        (["1.631,5", "987,25"], ";", "1.631", 1631),
        (["1,234.5", "2.5"], ";", "1,234", 1234),
        (["13/02/2023", "01/02/2023"], ",", "03/02/2023", "2023-02-03"),
        (["02/13/2023", "01/02/2023"], ";", "03/02/2023", "2023-03-02"),
    ],
)
def test_new_rows_are_read_in_the_notation_of_the_table(column, delimiter, text, value):
    lines = [f"x{delimiter}n", *(f'"{cell}"{delimiter}1' for cell in column * 10)]
    table = read_table(io.BytesIO("\n".join(lines).encode()), "a.csv", 10**6)
    role = "date" if table.columns["x"].kind == "date" else "number"
    written = {"x": table.columns["x"].written}
    schema = TableSchema.of(table.frame, {"x": role}, written=written)
    frame, notes = schema.conform(pd.DataFrame({"x": [text, None]}))
    assert notes == ()
    expected = pd.Timestamp(value) if role == "date" else value
    assert frame["x"].iloc[0] == expected


def test_a_label_of_the_table_is_one_in_new_rows_though_it_may_mean_missing():
    data = pd.DataFrame({"x": ["n/a", "CA"] * 10})
    frame, _ = TableSchema.of(data, {"x": "category"}).conform(
        pd.DataFrame({"x": ["n/a", "null"]})
    )
    assert frame["x"].iloc[0] == "n/a"
    assert frame["x"].isna().tolist() == [False, True]
