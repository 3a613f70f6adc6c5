"""Tables as bytes and back."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from app.functions.tables.serialization import (
    table_from_bytes,
    table_to_bytes,
)

N_ROWS = 4
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)


def column(cells, dtype: str):
    drawn = st.lists(cells, min_size=N_ROWS, max_size=N_ROWS)
    return drawn.map(lambda values: pd.Series(values, dtype=dtype))


COLUMNS = st.one_of(
    column(st.integers(-(2**63), 2**63 - 1), "int64"),
    column(st.floats(), "float64"),
    column(st.booleans(), "bool"),
    column(st.none() | TEXTS, "str"),
    column(st.none() | st.datetimes(), "datetime64[us]"),
)


@settings(max_examples=60)
@given(st.dictionaries(TEXTS, COLUMNS, min_size=1, max_size=5))
def test_any_table_comes_back_as_it_was(columns):
    frame = pd.DataFrame(columns)
    pd.testing.assert_frame_equal(table_from_bytes(table_to_bytes(frame)), frame)


def test_only_the_columns_asked_for_are_read():
    content = table_to_bytes(pd.DataFrame({"a": [1], "b": [2], "c": [3]}))
    assert list(table_from_bytes(content, ["c", "a"]).columns) == ["c", "a"]
