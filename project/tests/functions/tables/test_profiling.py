"""The profile of a table: roles and their reasons, counts that agree, a target that makes sense."""

from __future__ import annotations

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.functions.tables import profiling
from app.functions.tables.profiling import (
    TableProfile,
    possible_roles,
    profile_table,
)
from app.storage import records

ROWS = 200


def profile_of(values, name: str = "column", **options) -> profiling.ColumnProfile:
    return profile_table(pd.DataFrame({name: pd.Series(values, **options)})).columns[0]


@st.composite
def frames(draw) -> pd.DataFrame:
    """Any table of the dtypes that readers give, also with values that hurt."""
    rows = draw(st.integers(1, 30))

    def listed(values):
        return st.lists(values, min_size=rows, max_size=rows)

    columns = st.one_of(
        listed(st.booleans()).map(pd.Series),
        listed(st.integers(-(2**63), 2**63 - 1)).map(
            lambda v: pd.Series(v, dtype="int64")
        ),
        listed(st.one_of(st.integers(-3, 3).map(float), st.floats(), st.none())).map(
            lambda v: pd.Series(v, dtype="float64")
        ),
        listed(st.one_of(st.sampled_from(["", "a", "yes", "no"]), st.text())).map(
            lambda v: pd.Series(v, dtype="str")
        ),
        listed(st.one_of(st.none(), st.text(max_size=3))).map(
            lambda v: pd.Series(v, dtype="str")
        ),
        listed(st.one_of(st.none(), st.datetimes())).map(
            lambda v: pd.Series(v, dtype="datetime64[us]")
        ),
    )
    names = draw(st.lists(st.text(), min_size=1, max_size=6, unique=True))
    return pd.DataFrame({name: draw(columns) for name in names})


@settings(max_examples=150)
@given(frames())
def test_any_table_is_profiled_with_counts_that_agree(frame):
    profile = profile_table(frame)

    assert [column.name for column in profile.columns] == list(frame.columns)
    assert profile.suggested_target in frame.columns
    assert profile.duplicate_rows == frame.duplicated().sum()
    assert profile.missing_cells == frame.isna().sum().sum()
    assert len(profile.head) == min(10, len(frame))
    for column in profile.columns:
        values = frame[column.name]
        present = len(frame) - column.missing
        assert present == values.notna().sum()
        assert column.distinct == values.nunique()
        assert sum(column.histogram) <= present and len(column.histogram) <= 20
        assert sum(count for _, count in column.top) <= present
        assert column.role in possible_roles(column)
        assert set(possible_roles(column)) <= set(profiling.ROLES)
        assert column.reason.endswith(".")
        if isinstance(column.minimum, float):
            low, high = column.minimum, column.maximum
            rounding = 1e-9 * max(abs(low), abs(high))
            assert low <= high
            assert low - rounding <= column.mean <= high + rounding


@settings(max_examples=60)
@given(frames())
def test_a_profile_survives_json(frame):
    profile = profile_table(frame)
    assert records.read(TableProfile, orjson.loads(orjson.dumps(profile))) == profile


@pytest.mark.parametrize(
    ("values", "role"),
    [
        ([None] * ROWS, "constant"),
        (["EUR"] * ROWS, "constant"),
        ([0, 1] * (ROWS // 2), "boolean"),
        ([0.0, 1.0, np.nan, 1.0] * (ROWS // 4), "boolean"),
        (["Yes", "no"] * (ROWS // 2), "boolean"),
        ([True, False] * (ROWS // 2), "boolean"),
        (["m", "f"] * (ROWS // 2), "category"),
        ([1, 2] * (ROWS // 2), "number"),
        ([3, 1, 2, 5] * (ROWS // 4), "number"),
        (np.linspace(0.1, 7.7, ROWS), "number"),
        (np.arange(ROWS) ** 2 * 37 % 100_003, "number"),
        (np.arange(ROWS) + 1_000, "identifier"),
        (np.random.default_rng(0).permutation(ROWS), "identifier"),
        (np.arange(ROWS) * 3, "identifier"),
        ([2010, 2011, 2012, 2013, 2014], "number"),
        ([f"R-{i:05d}" for i in range(ROWS)], "identifier"),
        (["Ann Lee", "Bo Berg", "Cy Young", "Di Fox"] * (ROWS // 4), "category"),
        ([f"town{i % 80}" for i in range(ROWS)], "category"),
        ([f"the {i} cats sat here" for i in range(ROWS)], "text"),
        ([f"First{i} Last{i}" for i in range(ROWS)], "text"),
        (["strongly agree with this", "do not agree at all"] * 100, "category"),
        (
            ["很好的产品，我会再次购买，谢谢" + chr(0x4E00 + i) for i in range(ROWS)],
            "category",
        ),
        (pd.date_range("2024-01-01", periods=ROWS, freq="h"), "date"),
        (["red", "blue"], "category"),
    ],
)
def test_the_role_follows_from_the_values(values, role):
    assert profile_of(values).role == role


@pytest.mark.parametrize(
    ("name", "values", "role"),
    [
        ("customerID", [f"c{i % 70}" for i in range(ROWS)], "identifier"),
        ("customer_id", np.arange(ROWS) % 70, "identifier"),
        ("plan id", np.arange(ROWS) % 3, "number"),
        ("Order Key", np.arange(ROWS) ** 2 * 37 % 100_003, "identifier"),
        ("id", [7, 3], "identifier"),
        ("idea", np.arange(ROWS) ** 2 * 37 % 100_003, "number"),
        ("id score", np.linspace(0.1, 7.7, ROWS), "number"),
    ],
)
def test_a_name_that_says_id_makes_an_identifier(name, values, role):
    assert profile_of(values, name=name).role == role


def test_the_reason_tells_the_number_that_decided():
    columns = {
        "grade": (["low", "mid", "high", "top"] * 150)[:569],
        "currency": ["EUR"] * 569,
        "nothing": [None] * 569,
        "size": np.linspace(0, 1, 569),
    }
    profile = profile_table(pd.DataFrame(columns))
    assert [column.reason for column in profile.columns] == [
        "Text with 4 distinct values in 569 rows.",
        "All 569 values are 'EUR'.",
        "All 569 values are missing.",
        "Numbers with 569 distinct values in 569 rows.",
    ]


def test_numbers_have_a_range_a_mean_and_bins_of_equal_width():
    column = profile_of([1.5, 2.5, np.nan, 11.5])
    assert (column.minimum, column.maximum) == (1.5, 11.5)
    assert column.mean == pytest.approx(15.5 / 3)
    assert column.histogram == (1, 0, 1, *[0] * 16, 1)
    assert column.top == ()


def test_a_few_whole_numbers_have_a_bin_each():
    assert profile_of([1, 1, 2, 5, 5, 5]).histogram == (2, 1, 0, 0, 3)


def test_whole_numbers_spread_evenly_show_no_comb():
    values = list(range(64)) * 5
    assert set(profile_of(values).histogram) == {20}


def test_whole_numbers_with_gaps_are_still_whole():
    assert profile_of([1.0, np.nan, 3.0]).dtype == "integer"
    assert profile_of([1.0, 2.0, 3.0]).dtype == "decimal"


def test_infinities_do_not_spoil_the_range():
    column = profile_of([1.0, np.inf, -np.inf, 3.0])
    assert (column.minimum, column.maximum, column.mean) == (1.0, 3.0, 2.0)
    assert sum(column.histogram) == 2 and column.missing == 0


def test_the_largest_floats_do_not_overflow():
    column = profile_of([1.7e308, -1.7e308, 1.7e308, 1.6e308])
    assert column.mean == pytest.approx(0.825e308)
    assert sum(column.histogram) == 4


def test_dates_have_an_iso_range():
    column = profile_of(
        pd.to_datetime(["2024-03-01", None, "2024-05-06T07:08:09"], format="ISO8601")
    )
    assert (column.minimum, column.maximum) == ("2024-03-01", "2024-05-06T07:08:09")
    assert sum(column.histogram) == 2 and column.missing == 1


def test_categories_show_their_most_frequent_values_first():
    column = profile_of(["b", "a", "b", None, "c", "a", "b"])
    assert column.top == (("b", 3), ("a", 2), ("c", 1))
    assert column.histogram == (3, 2, 1)


def test_the_head_writes_values_for_people():
    frame = pd.DataFrame(
        {
            "n": [1.0, np.nan, 0.1 + 0.2],
            "when": pd.to_datetime(
                ["2024-03-01", None, "2024-03-02T10:30"], format="ISO8601"
            ),
            "text": ["x" * 100, None, ""],
        },
        index=[0.5, 0.1, 0.2],
    )
    head = profile_table(frame).head
    assert head[0] == ("1", "2024-03-01", "x" * 79 + "…")
    assert head[1] == ("", "", "")
    assert head[2] == ("0.3", "2024-03-02T10:30:00", "")


def test_rows_equal_to_an_earlier_one_are_counted_also_with_missing_values():
    frame = pd.DataFrame({"a": [1.0, np.nan, np.nan, 1.0], "b": ["x", None, None, "y"]})
    assert profile_table(frame).duplicate_rows == 1


@pytest.mark.parametrize(
    ("names", "target"),
    [
        (["price", "target", "width"], "target"),
        (["Survived", "Pclass", "Fare"], "Survived"),
        (["SalePrice", "rooms", "area"], "SalePrice"),
        (["is_churn", "months", "calls"], "is_churn"),
        (["vehicle class", "weight", "power"], "power"),
        (["a", "b", "c"], "c"),
    ],
)
def test_the_target_is_the_column_whose_name_says_so_else_the_last(names, target):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=names)
    assert profile_table(frame).suggested_target == target


def test_no_identifier_constant_date_or_text_is_suggested_as_target():
    frame = pd.DataFrame(
        {
            "weight": np.linspace(0.5, 3.5, ROWS),
            "label": [f"R-{i}" for i in range(ROWS)],
            "target": ["same"] * ROWS,
            "outcome": pd.date_range("2024-01-01", periods=ROWS),
            "diagnosis": [f"patient {i} has a cold" for i in range(ROWS)],
            "town": [f"town{i % 120}" for i in range(ROWS)],
        }
    )
    assert profile_table(frame).suggested_target == "weight"


def test_a_role_is_offered_only_where_the_values_allow_it():
    words = profile_of(["red", "blue", "red", "green"])
    assert possible_roles(words) == ("category", "text", "identifier")
    assert possible_roles(profile_of([0, 1, 1])) == (
        "number",
        "category",
        "boolean",
        "identifier",
    )
    assert possible_roles(profile_of(["same", "same"])) == ("constant",)
    assert possible_roles(profile_of(["same", None])) == ("category", "constant")
    assert "category" not in possible_roles(profile_of(np.linspace(0, 1, ROWS)))


def test_an_unknown_column_is_refused_with_a_sentence():
    profile = profile_table(pd.DataFrame({"a": [1, 2]}))
    assert profile.column("a").name == "a"
    with pytest.raises(ValueError, match="no column 'b'.*Choose.*\\."):
        profile.column("b")


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([[1], {}, None, "x"], dtype=object),
        pd.Series([True, None, 1, "\ud800"], dtype=object),
        pd.Series([1, None, 3, 4], dtype="Int64"),
        pd.Series([True, None, True, False], dtype="boolean"),
        pd.Series(["a", "b", None, "a"], dtype="category"),
        pd.to_timedelta(pd.Series([1, 2, 3, None]), unit="s"),
        pd.Series(pd.date_range("2024-01-01", periods=4, tz="Europe/Berlin")),
        pd.Series([1 + 2j, 3, 4, 5]),
    ],
)
def test_a_column_of_another_dtype_is_profiled_too(values):
    profile = profile_table(pd.DataFrame({"odd": values}))
    assert records.read(TableProfile, orjson.loads(orjson.dumps(profile))) == profile
    assert profile.columns[0].missing == values.isna().sum()


def test_a_table_without_rows_or_columns_is_profiled():
    assert profile_table(pd.DataFrame({"a": []})).rows == 0
    assert profile_table(pd.DataFrame()).columns == ()


@pytest.mark.parametrize(
    ("years", "are"),
    [
        ([1959, 1990, 2023, 2023], True),
        ([1959, None, 2023, 2000], True),
        ([1959, 90, 2023, 1], False),
        ([2001.5, 1990, 1991, 1992], False),
        ([2000, 2000, 2000, 2000], False),
    ],
)
def test_whole_years_may_be_given_the_role_of_a_date(years, are):
    profile = profile_table(pd.DataFrame({"year": years, "n": range(4)}))
    assert ("date" in possible_roles(profile.column("year"))) == are


@pytest.mark.parametrize(
    ("name", "are"),
    [
        ("flight number", True),
        ("customer_type", True),
        ("Pclass", True),
        ("passengerClass", True),
        ("zip", True),
        ("number of rooms", False),
        ("age group", False),
        ("children", False),
    ],
)
def test_whole_numbers_that_are_named_like_codes_may_be_some(name, are):
    values = [k % 7 for k in range(40)]
    profile = profile_table(pd.DataFrame({name: values, "n": 1.5}))
    assert profile.column(name).may_be_codes == are
