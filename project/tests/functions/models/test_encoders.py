"""The transformers encode raw columns, whatever these contain."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.models.encoders import (
    DateParts,
    FillNearlyEmpty,
    InnerFolds,
    ToCategory,
    ToNumber,
    ToRank,
    ToText,
    WordWeights,
)

# Cells of a table, or of a row that is sent for a prediction.
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["1e400", "-inf", "nan", "0x1f", "1_000", "2020-02-30", ""]),
    st.datetimes().map(pd.Timestamp),
    st.just(pd.NaT),
)
COLUMNS = st.lists(CELLS, min_size=1, max_size=12).map(
    lambda cells: pd.DataFrame({"a": pd.Series(cells, dtype=object)})
)
TYPED = st.sampled_from(
    [
        pd.Series([1, 2, 3]),
        pd.Series([1.5, np.nan, np.inf]),
        pd.Series([True, False, True]),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series(["1", None, "x"], dtype="str"),
        pd.Series(["u", "v", None], dtype="category"),
        pd.Series(pd.to_datetime(["2020-01-01", None, "0001-01-01"])),
        pd.Series(pd.to_datetime(["2020-01-01", None, "1999-01-01"], utc=True)),
        pd.Series([None, None, None], dtype=object),
    ]
).map(lambda column: column.to_frame("a"))
ANY_COLUMN = st.one_of(COLUMNS, TYPED)


def numbers_of(*cells, dtype=object) -> list[float]:
    frame = pd.DataFrame({"a": pd.Series(cells, dtype=dtype)})
    return ToNumber().fit(frame).transform(frame)[:, 0].tolist()


def categories_of(column: pd.Series) -> list[str]:
    frame = column.to_frame("a")
    return ToCategory().fit(frame).transform(frame)[:, 0].tolist()


def date_parts_of(fitted_on: list, *dates) -> np.ndarray:
    parts = DateParts().fit(pd.DataFrame({"d": fitted_on}))
    return parts.transform(pd.DataFrame({"d": pd.Series(dates)}))


@given(ANY_COLUMN)
def test_any_column_becomes_numbers_that_a_square_fits(frame):
    numbers = ToNumber().fit(frame).transform(frame)
    assert numbers.shape == frame.shape and numbers.dtype == np.float64
    assert np.isfinite(numbers[~np.isnan(numbers)] ** 2).all()


def test_text_in_a_number_column_is_read_or_missing():
    read = numbers_of("12", " 3.5 ", "x", "", None, True)
    np.testing.assert_equal(read, [12.0, 3.5, np.nan, np.nan, np.nan, 1.0])


def test_infinities_are_missing_and_huge_numbers_are_clipped():
    read = numbers_of(np.inf, -np.inf, 1e300, -1e300, 2.0, dtype=float)
    np.testing.assert_equal(read, [np.nan, np.nan, 1e30, -1e30, 2.0])


def test_dates_in_a_number_column_are_missing_and_no_counts_of_microseconds():
    frame = pd.DataFrame({"a": pd.to_datetime(["2020-01-01", None])})
    assert np.isnan(ToNumber().fit(frame).transform(frame)).all()


@given(ANY_COLUMN)
def test_any_column_becomes_categories_by_name(frame):
    categories = ToCategory().fit(frame).transform(frame)
    assert categories.shape == frame.shape
    assert all(isinstance(name, str) for name in categories[:, 0])
    missing = frame["a"].isna().to_numpy()
    assert (categories[missing, 0] == "(missing)").all()


def test_a_category_is_the_same_however_its_column_is_stored():
    assert (
        categories_of(pd.Series([1, 1.0, "1", np.int8(1)], dtype=object)) == ["1"] * 4
    )
    assert categories_of(pd.Series([1.0, np.nan])) == ["1", "(missing)"]
    assert categories_of(pd.Series([1, 2])) == ["1", "2"]
    assert categories_of(pd.Series(["01", "1"], dtype="str")) == ["01", "1"]
    days = pd.Series(pd.to_datetime(["2020-01-01"]))
    assert categories_of(days) == ["2020-01-01"]


@pytest.mark.parametrize("cells", [[True, 1], [1, True], [1.0, True, False, 0]])
def test_truth_values_are_no_numbers_whichever_comes_first(cells):
    names = [
        "True" if c is True else "False" if c is False else str(int(c)) for c in cells
    ]
    assert categories_of(pd.Series(cells, dtype=object)) == names


@pytest.mark.parametrize("dtype", [bool, "boolean", object])
def test_truth_values_are_one_category_in_every_dtype(dtype):
    assert categories_of(pd.Series([True, False], dtype=dtype)) == ["True", "False"]


@given(ANY_COLUMN, ANY_COLUMN)
def test_any_column_becomes_date_parts(fitted_on, frame):
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # pandas warns when it guesses formats
        parts = DateParts().fit(fitted_on).transform(frame)
    assert parts.shape == (len(frame), 5)
    assert not np.isinf(parts).any()


def test_dates_count_from_the_first_one_seen_in_training_even_before_it():
    seen = pd.to_datetime(["2020-03-01", "2020-02-01"]).to_list()
    first, before, missing = date_parts_of(
        seen, pd.Timestamp("2020-02-03 12:00"), pd.Timestamp("1700-01-31"), pd.NaT
    )
    np.testing.assert_allclose(first, [2.5, 2, 0, 3, 12])
    assert before[0] < 0 and before[1:].tolist() == [1, 6, 31, 0]
    assert np.isnan(missing).all()


def test_dates_written_as_text_are_read_and_numbers_are_not():
    seen = pd.to_datetime(["2020-01-01"]).to_list()
    assert date_parts_of(seen, "2020-01-11")[0, 0] == 10
    assert np.isnan(date_parts_of(seen, 20200111)).all()


def test_dates_beyond_nanoseconds_have_a_distance():
    seen = pd.to_datetime(["0001-01-01"]).to_list()
    later = pd.Series(pd.to_datetime(["2020-01-01"])).dt.as_unit("ns")
    parts = DateParts().fit(pd.DataFrame({"d": seen}))
    days = parts.transform(later.to_frame("d"))[0, 0]
    assert days == (np.datetime64("2020-01-01") - np.datetime64("0001-01-01")).astype(
        int
    )


def test_a_nearly_empty_column_is_filled_below_all_its_values():
    X = np.full((300, 3), np.nan)
    X[0, 1], X[:, 2] = 5.0, 1.0
    X[1, 2] = np.nan
    filled = FillNearlyEmpty().fit(X).transform(X)
    assert np.isfinite(filled[:, :2]).all() and np.isnan(filled[1, 2])
    assert filled[0, 1] == 5.0 and (filled[1:, 1] < 5.0).all()


@given(ANY_COLUMN)
def test_any_column_becomes_texts_and_word_weights(frame):
    texts = ToText().fit(frame["a"]).transform(frame["a"])
    assert all(isinstance(text, str) for text in texts)
    assert (texts[frame["a"].isna().to_numpy()] == "").all()
    weights = WordWeights().fit_transform(texts)
    assert weights.shape[0] == len(frame) and weights.shape[1] >= 1
    assert np.isfinite(weights.toarray()).all()


@pytest.mark.parametrize("texts", [["", ""], ["...", "!?"], ["a"]])
def test_texts_without_a_word_weigh_nothing(texts):
    vectorizer = WordWeights().fit(texts)
    assert not vectorizer.transform(["...", "hello"]).toarray().any()
    np.testing.assert_equal(
        WordWeights().fit_transform(texts).toarray(),
        vectorizer.transform(texts).toarray(),
    )


def test_words_are_named_after_their_column():
    vectorizer = WordWeights().fit(["red shoes"])
    assert vectorizer.get_feature_names_out(["note"]).tolist() == [
        "note: red",
        "note: shoes",
    ]
    assert vectorizer.get_feature_names_out().tolist() == ["red", "shoes"]


@given(st.integers(2, 30), st.integers(0, 3))
def test_inner_folds_take_every_row_once_and_repeat_themselves(n_rows, seed):
    X = np.zeros((n_rows, 1))
    folds = [rest.tolist() for _, rest in InnerFolds(random_state=seed).split(X)]
    assert sorted(sum(folds, [])) == list(range(n_rows))
    again = InnerFolds(random_state=seed).split(X)
    assert folds == [rest.tolist() for _, rest in again]


def test_words_become_their_ranks_and_unknown_ones_are_missing():
    frame = pd.DataFrame({"risk": ["high", "low", None, "medium"]})
    encoder = ToRank().fit(frame)
    low, medium, high = encoder.transform(
        pd.DataFrame({"risk": ["Low", "medium", "high"]})
    )[:, 0]
    assert low < medium < high
    unknown = pd.DataFrame({"risk": [None, "none of these", "low"]})
    assert np.isnan(encoder.transform(unknown)[:, 0]).tolist() == [True, True, False]
    assert list(encoder.get_feature_names_out()) == ["risk"]


def test_a_year_is_a_date_whose_weekday_says_nothing():
    frame = pd.DataFrame({"year": [2000, 2001, 2004, 3000, np.nan]})
    parts = DateParts().fit_transform(frame)
    assert parts[:3, 0].tolist() == [0, 366, 1461]
    assert np.isnan(parts[3:, 0]).all()
    assert (parts[:3, 1:] == 0).all()
