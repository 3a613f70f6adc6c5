"""The data contract: a JSON Schema that others can use, and a check that finds what breaks it."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pandas as pd
import pytest

from app.functions.scoring.contract import contract_of, schema_in, unique_columns
from app.functions.scoring.contract_check import check
from app.functions.scoring.reference import reference_of
from app.functions.tables.profiling import profile_table
from app.functions.tables.schema import TableSchema

ROLES = {
    "age": "number",
    "income": "number",
    "city": "category",
    "grade": "category",
    "member": "boolean",
    "since": "date",
    "note": "text",
}


@pytest.fixture
def table() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    n = 200
    frame = pd.DataFrame(
        {
            "id": [f"c-{i:04d}" for i in range(n)],
            "age": generator.integers(18, 90, n),
            "income": generator.normal(30, 10, n),
            "city": generator.choice(["Bonn", "Köln"], n),
            "grade": generator.choice([1, 2, 3], n),
            "member": generator.random(n) < 0.3,
            "since": pd.date_range("2020-01-01", periods=n).astype("datetime64[us]"),
            "note": [f"free text {i % 50}" for i in range(n)],
        }
    )
    frame.loc[::20, "income"] = np.nan
    frame["city"] = frame["city"].astype("str")
    return frame


@pytest.fixture
def contract(table):
    X = table[list(ROLES)]
    unique = unique_columns(profile_table(table))
    return contract_of(
        TableSchema.of(X, ROLES), "price", reference_of(X, ROLES), unique
    )


def as_json(table: pd.DataFrame) -> list[dict]:
    rows = json.loads(table.to_json(orient="records", date_format="iso"))
    return [row | {"since": row["since"][:10]} for row in rows]


def test_the_contract_is_a_json_schema_that_the_training_rows_keep(table, contract):
    jsonschema.Draft202012Validator.check_schema(contract)
    validator = jsonschema.Draft202012Validator(
        contract, format_checker=jsonschema.FormatChecker()
    )
    assert contract["$schema"].endswith("2020-12/schema")
    for row in as_json(table):
        validator.validate(row)


def test_the_training_table_keeps_its_contract(table, contract):
    report = check(table, contract)
    assert report.ok and not report.warnings
    assert report.says == "The contract is kept in 200 rows."


def test_a_contract_reads_back_from_its_file(table, contract):
    again = json.loads(json.dumps(contract))
    assert schema_in(again) == TableSchema.of(table[list(ROLES)], ROLES)
    assert check(table, again).ok


BREAKS = {
    "a text among numbers": ("age", "old", "type"),
    "a part of a whole": ("age", "30.5", "type"),
    "missing, which never was": ("age", None, "missing"),
    "far outside": ("income", "3000", "range"),
    "negative, which never was": ("age", "-1", "range"),
    "an unknown value": ("city", "Rome", "level"),
    "an unknown code": ("grade", "7", "level"),
    "neither true nor false": ("member", "perhaps", "type"),
    "no date": ("since", "soon", "type"),
}


@pytest.mark.parametrize(("column", "cell", "kind"), BREAKS.values(), ids=BREAKS)
def test_one_odd_cell_breaks_the_contract_and_its_row_is_named(
    table, contract, column, cell, kind
):
    new = table.astype("str")
    new["income"] = new["income"].mask(table["income"].isna())
    new.loc[16, column] = cell
    report = check(new, contract)
    assert [(v.column, v.kind, v.rows) for v in report.violations] == [
        (column, kind, (17,))
    ]
    assert "Row 17." in report.violations[0].sentence


JSON_BREAKS = {
    "age": "old",
    "income": 3000,
    "city": "Rome",
    "grade": 7,
    "member": "perhaps",
}


@pytest.mark.parametrize("column", JSON_BREAKS)
def test_the_json_schema_alone_finds_it_too(table, contract, column):
    row = as_json(table)[1] | {column: JSON_BREAKS[column]}
    assert not jsonschema.Draft202012Validator(contract).is_valid(row)


def test_a_missing_column_is_named_with_what_may_be_meant(table, contract):
    report = check(table.rename(columns={"income": "In come"}), contract)
    assert report.violations[0].sentence == (
        "The table has no 'income'. Is 'In come' meant?"
    )
    assert "In come" in report.warnings[0].says


def test_a_number_a_little_outside_is_told_but_breaks_nothing(table, contract):
    new = table.assign(age=table["age"] + 3)
    report = check(new, contract)
    assert report.ok
    assert [v.kind for v in report.warnings] == ["range"]
    assert report.says == "The contract is kept in 200 rows; 1 thing is new."


def test_a_name_that_stands_twice_is_found_in_all_its_rows(table, contract):
    new = pd.concat([table, table.iloc[[4]]], ignore_index=True)
    (found,) = check(new, contract).violations
    assert (found.kind, found.rows) == ("unique", (5, 201))
    assert found.sentence == (
        "'id' should name a row, but 1 value stands in several. Rows 5 and 201."
    )


def test_a_table_without_the_names_of_rows_keeps_the_contract(table, contract):
    assert check(table.drop(columns="id"), contract).ok


def test_much_more_missing_than_in_training_breaks_the_contract(table, contract):
    new = table.copy()
    new.loc[::3, "income"] = np.nan
    (found,) = check(new, contract).violations
    assert found.kind == "missing share"
    assert "in training in 5 %" in found.says


def test_a_category_of_which_more_are_to_come_is_open():
    names = [f"street {i}" for i in range(30)] + ["main road"] * 70
    X = pd.DataFrame({"street": pd.Series(names, dtype="str")})
    roles = {"street": "category"}
    contract = contract_of(TableSchema.of(X, roles), "", reference_of(X, roles))
    new = pd.DataFrame({"street": ["street 99", "main road"]})
    report = check(new, contract)
    assert report.ok and report.warnings[0].rows == (1,)


def test_many_rows_are_counted_and_the_first_are_named(table, contract):
    report = check(table.assign(city="Rome"), contract)
    assert report.violations[0].n_rows == 200
    assert report.violations[0].sentence.endswith(
        "“Rome” (200). Rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 190 more."
    )


def test_new_tables_of_the_same_kind_keep_the_contract():
    generator = np.random.default_rng(0)

    def draw(n):
        return pd.DataFrame(
            {
                "normal": generator.normal(size=n),
                "skewed": generator.lognormal(0, 0.5, n),
                "count": generator.poisson(3, n),
                "city": pd.Series(generator.choice(["a", "b", "c"], n), dtype="str"),
            }
        )

    roles = {"normal": "number", "skewed": "number", "count": "number"}
    roles["city"] = "category"
    broken = 0
    for _ in range(60):
        X = draw(300)
        contract = contract_of(TableSchema.of(X, roles), "", reference_of(X, roles))
        broken += not check(draw(300), contract).ok
    assert broken <= 3


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"x-columns": []},
        {"x-columns": [{"nome": 1}], "properties": {}},
        {"x-columns": 3},
    ],
)
def test_another_json_file_is_no_contract(document):
    with pytest.raises(ValueError, match="no contract of a model"):
        check(pd.DataFrame({"a": [1]}), document)
