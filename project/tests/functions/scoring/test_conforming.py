"""New rows made to fit the schema of a training table, and what is said of those that do not."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.scoring.conforming import (
    conform,
    merge,
    notation_of,
    similar_names,
)
from app.functions.tables.reading import read_table
from app.functions.tables.schema import ColumnSchema, TableSchema

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


def kinds(conformed) -> dict[str, str]:
    return {problem.column: problem.kind for problem in conformed.problems}


def test_what_counted_as_missing_in_training_counts_as_missing_in_new_rows():
    roles = {"grade": "category", "size": "number"}
    table = pd.DataFrame({"grade": ["NA", "b", None], "size": [1.0, None, 2.0]})
    spelled = {"grade": {"none yet": 1}, "size": {"-999": 1}}
    schema = TableSchema.of(table, roles, spelled)
    new = pd.DataFrame({"grade": ["NA", "none yet", "b"], "size": ["NA", "-", "2"]})
    conformed = conform(new, schema)
    # 'NA' was a grade there, and is none among numbers.
    assert conformed.rows["grade"].isna().tolist() == [False, True, False]
    assert conformed.rows["size"].isna().tolist() == [True, True, False]
    assert conformed.problems == ()
    numbers = new.assign(size=[-999.0, 1.0, 2.0])
    assert conform(numbers, schema).rows["size"].isna().tolist() == [True, False, False]


def test_a_table_of_texts_gets_the_types_of_the_training_table():
    row = {
        "member": ["TRUE"],
        "day": ["2024-06-01"],
        "rooms": ["3"],
        "size": ["NA"],
        "code": ["0012"],
    }
    conformed = conform(pd.DataFrame(row), SCHEMA)
    frame = conformed.rows
    assert list(frame) == list(ROLES) and conformed.problems == ()
    assert frame["code"].tolist() == ["0012"]
    assert frame["size"].isna().all() and frame["size"].dtype == np.float64
    assert frame["rooms"].tolist() == [3]
    assert frame["day"][0] == pd.Timestamp("2024-06-01")
    assert frame["member"].tolist() == [True]


def test_the_training_table_itself_fits():
    conformed = conform(TABLE, SCHEMA)
    assert not (conformed.problems or conformed.refused or conformed.doubts)
    pd.testing.assert_frame_equal(conformed.rows, TABLE, check_dtype=False)


def test_columns_that_are_missing_or_surplus_are_named():
    conformed = conform(TABLE[["code", "rooms"]].assign(colour="red"), SCHEMA)
    assert conformed.rows[["size", "day", "member"]].isna().all(axis=None)
    absent = dict.fromkeys(["size", "day", "member"], "absent")
    assert kinds(conformed) == absent | {"colour": "surplus"}
    assert not conformed.refused


def test_a_table_with_none_of_the_columns_is_refused():
    with pytest.raises(ValueError, match="none of the columns that the model uses"):
        conform(pd.DataFrame({"x": [1]}), SCHEMA)


def test_a_row_with_a_cell_of_another_type_is_refused_with_the_cell_or_scored_on_request():
    odd = TABLE.astype("str")
    odd.loc[:1, "rooms"] = ["many", "many"]
    odd.loc[1, "day"] = "soon"
    conformed = conform(odd, SCHEMA)
    assert set(conformed.refused) == {0, 1}
    assert "“many” is not a number" in conformed.refused[1]
    assert "“soon” is not a date" in conformed.refused[1]
    rooms, day = conformed.problems
    assert (rooms.n_rows, rooms.rows, rooms.examples) == (2, (1, 2), {"many": 2})
    assert day.rows == (2,)
    taken = conform(odd, SCHEMA, unreadable_as_missing=True)
    assert not taken.refused and "“many” is not a number" in taken.doubts[0]


def test_a_row_in_which_all_is_empty_is_refused():
    frame = pd.concat([TABLE.astype(object), TABLE.head(1).map(lambda _: None)])
    assert list(conform(frame, SCHEMA).refused) == [30]


def test_levels_and_values_that_training_never_saw_are_counted_with_their_rows():
    odd = TABLE.assign(code=["9999", *TABLE["code"][1:]])
    odd["size"] = [1.5, 100.0, *TABLE["size"][2:]]
    odd["day"] = [*TABLE["day"][:-1], pd.Timestamp("2025-02-01")]
    conformed = conform(odd, SCHEMA, first_row=100)
    assert kinds(conformed) == {"code": "unseen", "size": "outside", "day": "outside"}
    assert [problem.rows for problem in conformed.problems] == [(101,), (102,), (130,)]
    assert set(conformed.doubts) == {0, 1, 29} and not conformed.refused
    assert conformed.problems[1].expected == "1.5 to 3"
    assert "2025-02-01 is outside 2024-01-02 to 2024-12-31" in conformed.doubts[29]


def test_a_column_under_another_name_is_taken_on_request():
    named = TABLE.rename(columns={"rooms": "Rooms "})
    assert kinds(conform(named, SCHEMA))["rooms"] == "absent"
    conformed = conform(named, SCHEMA, {"rooms": "Rooms "})
    assert conformed.problems == ()
    assert conformed.rows["rooms"].tolist() == TABLE["rooms"].tolist()


@pytest.mark.parametrize(
    ("absent", "surplus", "found"),
    [
        (["total price"], ["TotalPrice", "price"], {"total price": "TotalPrice"}),
        (["temperature"], ["temprature"], {"temperature": "temprature"}),
        (["age"], ["wage tax"], {}),
        (["a_b", "a b"], ["A-B"], {"a_b": "A-B"}),
        (["!"], ["?"], {}),
    ],
)
def test_similar_names_are_proposed(absent, surplus, found):
    assert similar_names(absent, surplus) == found


def test_problems_of_parts_add_up():
    odd = TABLE.assign(code=["9999"] * 20 + ["8888"] * 10)
    parts = [odd.iloc[:15], odd.iloc[15:]]
    found = [conform(part, SCHEMA, first_row=15 * i) for i, part in enumerate(parts)]
    whole = merge(part.problems for part in found)
    assert whole == conform(odd, SCHEMA).problems


def test_a_label_in_another_case_is_the_one_of_the_training_table():
    data = pd.DataFrame({"x": ["Bern", "Basel", "US", "us"] * 5})
    schema = TableSchema.of(data, {"x": "category"})
    new = pd.DataFrame({"x": ["bern", " BASEL", "US", "us", "Us", None]})
    conformed = conform(new, schema)
    known = ["Bern", "Basel", "US", "us", "Us"]
    assert conformed.rows["x"].dropna().tolist() == known
    # Where the training table has two spellings, a third is neither.
    assert conformed.problems[0].examples == {"Us": 1}


def test_a_number_where_a_text_was_becomes_that_text():
    assert set(conform(TABLE.assign(code=12), SCHEMA).rows["code"]) == {"12"}


@pytest.mark.parametrize("trained", [[True, False] * 5, ["true", None, "false"] * 5])
@pytest.mark.parametrize("given_", [[True, False], ["TRUE", None], [None, "false"]])
def test_truth_values_are_the_categories_of_the_training_whatever_is_missing(
    trained, given_
):
    data = pd.DataFrame({"x": trained, "n": 1})
    schema = TableSchema.of(data, {"x": "boolean", "n": "number"})
    conformed = conform(pd.DataFrame({"x": given_, "n": 1}), schema)
    assert conformed.problems == ()
    assert {str(value) for value in conformed.rows["x"].dropna()} <= set(
        schema.columns[0].categories
    )


@given(st.lists(st.one_of(st.none(), st.text(max_size=5), st.integers()), max_size=5))
def test_any_table_conforms_to_the_same_columns(values):
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name in ROLES})
    conformed = conform(frame, SCHEMA)
    assert list(conformed.rows) == list(ROLES) and len(conformed.rows) == len(values)
    assert all(problem.sentence.endswith(".") for problem in conformed.problems)


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
    new = pd.DataFrame({"x": [text, text], "n": 1})
    frame = conform(new, schema).rows
    expected = pd.Timestamp(value) if role == "date" else value
    assert frame["x"].iloc[0] == expected


def test_a_label_of_the_table_is_one_in_new_rows_though_it_may_mean_missing():
    data = pd.DataFrame({"x": ["n/a", "CA"] * 10})
    schema = TableSchema.of(data, {"x": "category"})
    frame = conform(pd.DataFrame({"x": ["n/a", "null"]}), schema).rows
    assert frame["x"].iloc[0] == "n/a"
    assert frame["x"].isna().tolist() == [False, True]


NUMBERS = ["1795.05", "1,795.05", "1.795", "0.5", "44,9 %", "100,512", "2,5", "x", "1e999"]  # fmt: skip
DATES = ["2024-08-05", "05.08.2024", "8.13.2024", "2/3/1990", "1/13/1990", "13/1/1990"]


@pytest.mark.parametrize(
    ("texts", "dtype", "written"),
    [(NUMBERS, "decimal", w) for w in ("", "decimal point", "decimal comma")]
    + [(DATES, "date", w) for w in ("", "day first", "month first")],
)
@given(order=st.permutations(range(9)), n=st.integers(1, 9))
def test_a_text_is_read_alike_whatever_the_others_are(texts, dtype, written, order, n):
    column = ColumnSchema("x", "number", dtype, written=written)
    chosen = [texts[k % len(texts)] for k in order[:n]]
    together = column.read(pd.Series(chosen, dtype="str"))
    alone = [column.read(pd.Series([text], dtype="str"))[0] for text in chosen]
    pd.testing.assert_series_equal(
        together, pd.Series(alone), check_dtype=False, check_names=False
    )


def test_day_and_month_are_never_turned_round_cell_by_cell():
    column = ColumnSchema("x", "date", "date", written="day first")
    texts = pd.Series(["08/05/2024", "08/13/2024", "13/08/2024"], dtype="str")
    read = column.read(texts)
    assert read[0] == pd.Timestamp("2024-05-08") and read.isna().tolist() == [False, True, False]  # fmt: skip


def test_a_file_in_another_notation_is_read_in_its_own_where_that_fits_better():
    trained = pd.DataFrame({"area": np.linspace(50, 200, 40).round(3), "n": 1.0})
    schema = TableSchema.of(
        trained, {"area": "number", "n": "number"}, written={"area": "decimal point"}
    )
    lines = ["area;n", *(f"{v:.3f};1".replace(".", ",") for v in trained["area"])]
    table = read_table(io.BytesIO("\n".join(lines).encode()), "de.csv", 10**6)
    texts = table.frame[[]].assign(**table.texts)
    written = {name: each.written for name, each in table.columns.items()}
    notation = notation_of(table.frame, texts, schema, written)
    conformed = conform(
        table.frame, notation.schema, texts=texts, as_read=notation.as_read
    )
    np.testing.assert_allclose(conformed.rows["area"], trained["area"])
    assert not conformed.problems and not conformed.refused
