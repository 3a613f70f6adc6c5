"""The training's reference: bins that add up, that read back, and that do not grow with the rows."""

from __future__ import annotations

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.scoring.reference import Reference, bin_column, reference_of
from app.storage import records


def numbers(values, name="x") -> pd.Series:
    return pd.Series(values, name=name, dtype="float64")


def stored(reference: Reference) -> bytes:
    return orjson.dumps(records.plain(reference), option=orjson.OPT_SERIALIZE_NUMPY)


@given(
    st.lists(
        st.floats(allow_nan=True, allow_infinity=False, width=32), min_size=1
    ).filter(lambda values: not all(np.isnan(values)))
)
def test_the_training_table_is_counted_again_as_it_was(values):
    column = numbers(values)
    binned = bin_column(column, "number", 12)
    counts, missing = binned.count(column)
    assert tuple(counts) == binned.counts
    assert missing == binned.missing == np.isnan(values).sum()
    assert binned.counts[0] == binned.counts[-1] == 0


def test_what_is_outside_of_the_training_table_has_bins_of_its_own():
    binned = bin_column(numbers(np.arange(1000)), "number")
    counts, _ = binned.count(numbers([-1, 0, 999, 1000, 5000]))
    assert (counts[0], counts[-1], counts.sum()) == (1, 2, 5)


def test_the_counts_of_batches_add_up():
    generator = np.random.default_rng(0)
    binned = bin_column(numbers(generator.normal(size=500)), "number")
    new = numbers(generator.normal(1, 2, size=97))
    parts = [binned.count(new[:40])[0], binned.count(new[40:])[0]]
    assert (sum(parts) == binned.count(new)[0]).all()


def test_categories_are_counted_the_most_frequent_first():
    column = pd.Series(["b"] * 5 + ["a"] * 3 + ["c"] * 2 + [None], dtype="str")
    binned = bin_column(column, "category")
    assert binned.levels == ("b", "a", "c")
    assert (binned.counts, binned.missing, binned.once) == ((5, 3, 2, 0), 1, 0)
    counts, missing = binned.count(pd.Series(["c", "new", None, "b"], dtype="str"))
    assert (counts.tolist(), missing) == ([1, 0, 1, 1], 1)


def test_values_that_may_not_all_be_known_are_chosen_by_other_rows_than_count_them():
    generator = np.random.default_rng(0)
    shares = 1 / np.arange(1, 301)
    differences = []
    for _ in range(40):
        rows = generator.choice(300, 3000, p=shares / shares.sum())
        before, after = (pd.Series(part.astype(str)) for part in np.split(rows, 2))
        binned = bin_column(before, "category", n_levels=50)
        assert binned.once and len(binned.levels) == 50
        counts, _ = binned.count(after)
        other = np.array(binned.counts)[-1] / binned.present
        differences.append(counts[-1] / counts.sum() - other)
    error = np.std(differences) / np.sqrt(len(differences))
    assert abs(np.mean(differences)) < 4 * error


@pytest.mark.parametrize(
    "later",
    [
        pd.Series([True, False, True]),
        pd.Series(["true", "false", "true"], dtype="str"),
        pd.Series(["True", "False", "True"], dtype="str"),
    ],
)
def test_what_is_true_or_false_counts_alike_however_it_was_read(later):
    binned = bin_column(pd.Series([True] * 5 + [False] * 3), "boolean")
    assert binned.count(later)[0].tolist() == [2, 1, 0]


def test_a_whole_number_with_gaps_is_the_same_category_as_before():
    binned = bin_column(pd.Series([1, 1, 1, 2, 2]), "category")
    assert binned.count(numbers([1, np.nan, 2]))[0].tolist() == [1, 1, 0]


def test_dates_and_texts_are_counted_by_time_and_length():
    dates = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02", None]))
    binned = bin_column(dates.astype("datetime64[us]"), "date")
    later = pd.Series(pd.to_datetime(["2024-06-01"]))
    assert binned.missing == 1
    assert binned.count(later)[0].tolist() == [0, 0, 0, 1]
    assert binned.group_labels()[-1] == "above 2024-01-02"
    texts = bin_column(pd.Series(["a", "bb"], dtype="str"), "text")
    assert texts.count(pd.Series(["cc", "dddd"], dtype="str"))[0].tolist() == [
        0,
        0,
        1,
        1,
    ]


def test_a_reference_is_small_and_reads_back_exactly():
    generator = np.random.default_rng(0)
    X = pd.DataFrame({f"x{i}": generator.normal(size=20_000) for i in range(20)})
    output = generator.random((4_000, 2))
    before = reference_of(
        X, dict.fromkeys(X, "number"), {"linear": output}, ("no", "yes")
    )
    content = stored(before)
    assert len(content) < 64 * 1024
    after = records.read(Reference, orjson.loads(content))
    assert after == before
    assert after.column("x3").count(X["x3"])[0].tolist() == list(
        before.column("x3").counts
    )


def test_a_wide_table_has_fewer_bins_for_each_column():
    X = pd.DataFrame({f"x{i}": np.arange(300.0) + i for i in range(500)})
    assert len(stored(reference_of(X, dict.fromkeys(X, "number")))) < 300 * 1024


def test_columns_without_any_value_are_counted_too():
    binned = bin_column(numbers([np.nan, np.nan]), "number")
    counts, missing = binned.count(numbers([1.0, np.nan]))
    assert (counts.sum(), missing) == (1, 1)
