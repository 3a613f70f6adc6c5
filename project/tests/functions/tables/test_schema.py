"""The schema of a training table: what it says of each column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

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


def test_a_schema_keeps_the_typical_value_of_each_column():
    typical = {column.name: column.typical for column in SCHEMA.columns}
    assert typical["code"] == "0012" and typical["member"] == "True"
    assert typical["size"] == 2.25 and typical["rooms"] == 2
    assert typical["day"] == "2024-03-01"
