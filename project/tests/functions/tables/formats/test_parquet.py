"""Parquet files: their many types become the six of the project."""

from __future__ import annotations

import datetime
import decimal
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.functions.tables.reading import read_table
from app.functions.tables.serialization import table_to_bytes

LIMIT = 10_000_000
TIME = datetime.datetime(2020, 6, 1, 12)


def packed(table: pa.Table | pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    if isinstance(table, pd.DataFrame):
        table.to_parquet(buffer)
    else:
        pq.write_table(table, buffer)
    return buffer.getvalue()


def read(table: pa.Table | pd.DataFrame | bytes, max_bytes: int = LIMIT):
    content = table if isinstance(table, bytes) else packed(table)
    return read_table(io.BytesIO(content), "table.parquet", max_bytes)


@pytest.mark.parametrize(
    "column, kind, values",
    [
        (pa.array([1, 2], pa.int8()), "int64", [1, 2]),
        (pa.array([1, None], pa.int32()), "float64", [1.0, None]),
        (pa.array([1, 2**64 - 1], pa.uint64()), "str", ["1", str(2**64 - 1)]),
        (pa.array([1.5, None], pa.float32()), "float64", [1.5, None]),
        (pa.array([decimal.Decimal("1.25"), None]), "float64", [1.25, None]),
        (pa.array([True, False]), "bool", [True, False]),
        (pa.array([True, None]), "str", ["true", None]),
        (pa.array(["x", None]), "str", ["x", None]),
        (pa.array(["x", None], pa.string_view()), "str", ["x", None]),
        (pa.array(["x", None]).dictionary_encode(), "str", ["x", None]),
        (pa.array([3, 4]).dictionary_encode(), "int64", [3, 4]),
        (pa.array([TIME, None], pa.timestamp("ns")), "datetime64[us]", [TIME, None]),
        (pa.array([TIME.date()] * 2), "datetime64[us]", [pd.Timestamp(2020, 6, 1)] * 2),
        (pa.array([datetime.time(1), None]), "float64", [3600.0, None]),
        (pa.array([b"x", None]), "str", ["x", None]),
        (pa.nulls(2), "float64", [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_a_type_becomes_one_of_the_project(column, kind, values):
    frame = read(pa.table({"x": column, "n": [1, 2]})).frame
    assert str(frame["x"].dtype) == kind
    found = [None if pd.isna(value) else value for value in frame["x"]]
    assert found == values
    table_to_bytes(frame)


def test_times_with_a_zone_become_utc_and_a_note_says_so():
    berlin = pd.DataFrame({"t": [TIME, TIME], "n": [1, 2]})
    berlin["t"] = berlin["t"].dt.tz_localize("Europe/Berlin")
    result = read(berlin)
    assert result.frame["t"][0] == pd.Timestamp(2020, 6, 1, 10)
    assert result.notes == ('Times with a time zone were turned into UTC: "t".',)


def test_lists_and_records_are_left_out_with_a_note():
    table = pa.table(
        {"a": [1, 2], "l": [[1], [2]], "b": [3, 4], "r": [{"k": 1}, {"k": 2}]}
    )
    result = read(table)
    assert list(result.frame) == ["a", "b"]
    assert '"l", "r"' in result.notes[0]


def test_a_named_index_is_kept_and_an_unnamed_one_is_not():
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    named = frame.set_axis(pd.Index(["x", "y"], name="key"))
    assert set(read(named).frame) == {"a", "b", "key"}
    assert set(read(frame.set_axis(["x", "y"])).frame) == {"a", "b"}


def test_names_that_are_numbers_become_text_and_repeated_ones_are_numbered():
    assert list(read(pd.DataFrame({0: [1, 2], 1: [3, 4]})).frame) == ["0", "1"]
    columns = [pa.array([1, 2]), pa.array([3, 4])]
    result = read(pa.Table.from_arrays(columns, names=["a", "a"]))
    assert result.frame.to_dict("list") == {"a": [1, 2], "a (2)": [3, 4]}
    assert '"a (2)"' in result.notes[0]


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"a": np.zeros(3_000_000, "i1"), "b": np.zeros(3_000_000, "i1")}),
        pa.table({"a": ["x" * 100_000] * 1000, "b": range(1000)}),
    ],
    ids=["many cells", "long repeated texts"],
)
def test_a_small_file_that_unpacks_to_a_large_table_is_refused(table):
    content = packed(table)
    assert len(content) < LIMIT / 20
    with pytest.raises(ValueError, match="more than 9.537 MB, unpacked"):
        read(content)


@pytest.mark.parametrize("keep", [4, 100, -1])
def test_a_damaged_file_is_refused_with_a_sentence(keep):
    content = packed(pd.DataFrame({"a": [1, 2], "b": [3, 4]}))
    with pytest.raises(ValueError, match="damaged, encrypted or cut short"):
        read(content[:keep])
