"""Transformers that take raw columns, whatever they hold, and return what scikit-learn's own can work with."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import KFold
from sklearn.utils.validation import (
    _check_feature_names_in,
    _num_samples,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from ..tables.columns import label_of, years_to_dates
from ..tables.ordinals import rank, scale_of

# float32, which trees work in, ends at 3.4e38; the square of this still fits into float64.
_LARGEST = 1e30
_MISSING = "(missing)"
_EPOCH = pd.Timestamp("1970-01-01").as_unit("us")
_DATE_PARTS = ("days", "month", "weekday", "day", "hour")


class _RawColumns(TransformerMixin, BaseEstimator):
    """Takes columns of any type, as a DataFrame or as an array."""

    def fit(self, X: pd.DataFrame, y=None):
        """Remember the columns."""
        self._frame(X, reset=True)
        return self

    def _frame(self, X, reset: bool = False) -> pd.DataFrame:
        """Return X as a DataFrame with the columns of the fit, or remember them if `reset`."""
        if isinstance(X, pd.DataFrame):
            # Converted to an array, its columns would lose their types.
            return validate_data(self, X, reset=reset, skip_check_array=True)
        array = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)
        return pd.DataFrame(array)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


class ToNumber(OneToOneFeatureMixin, _RawColumns):
    """Make every column numeric: what is no number becomes missing, what is too large is clipped."""

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return an array of shape (n_rows, n_columns) of float64 without infinities."""
        check_is_fitted(self)
        frame = self._frame(X)
        numbers = np.empty(frame.shape, dtype=np.float64)
        for j, (_, column) in enumerate(frame.items()):
            numbers[:, j] = _as_number(column)
        numbers[np.isinf(numbers)] = np.nan
        return np.clip(numbers, -_LARGEST, _LARGEST)


def _as_number(column: pd.Series) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(column):
        column = pd.to_numeric(column.astype(object), errors="coerce")
    if column.dtype.kind not in "biuf":
        # Dates and durations would become counts of microseconds, which nobody meant.
        return np.full(len(column), np.nan)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


class FillNearlyEmpty(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Fill columns with a value in less than 1 % of the rows by a number below all of them.

    Histogram gradient boosting takes missing values, but not a column without any other, which such a column may
    be in the part of the rows that it draws. To a tree the fill is as good as missing.
    """

    def fit(self, X: np.ndarray, y=None) -> FillNearlyEmpty:
        """Find these columns and what to fill them with."""
        X = self._numbers(X, reset=True)
        known = ~np.isnan(X)
        self.fills_ = np.full(X.shape[1], np.nan)
        for j in np.flatnonzero(known.mean(axis=0) < 0.01):
            lowest = X[known[:, j], j].min(initial=0.0)
            self.fills_[j] = lowest - max(1.0, abs(lowest))
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return an array of shape (n_rows, n_columns)."""
        check_is_fitted(self)
        X = self._numbers(X)
        return np.where(np.isnan(X), self.fills_, X)

    def _numbers(self, X, reset: bool = False) -> np.ndarray:
        return validate_data(
            self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan"
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class ToCategory(OneToOneFeatureMixin, _RawColumns):
    """Make every column text, so that 1, 1.0 and "1" are one category; a missing value is one too."""

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return an array of shape (n_rows, n_columns) of str."""
        check_is_fitted(self)
        columns = [_as_text(column) for _, column in self._frame(X).items()]
        return np.column_stack(columns).astype(object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


def _as_text(column: pd.Series) -> np.ndarray:
    if column.dtype == object:
        # To pandas 1 and True are one value.
        missing = column.isna()
        names = [
            _MISSING if gone else _level_name(value)
            for value, gone in zip(column, missing)
        ]
        return np.asarray(names, dtype=object)
    codes, levels = pd.factorize(column)
    names = [_level_name(level) for level in levels] + [_MISSING]
    return np.asarray(names, dtype=object)[codes]


def _level_name(level) -> str:
    if isinstance(level, (float, np.floating)) and float(level).is_integer():
        return str(int(level))
    return label_of(level)


class ToRank(OneToOneFeatureMixin, _RawColumns):
    """Turn words that have an order, such as low, medium and high, into their ranks."""

    def fit(self, X: pd.DataFrame, y=None) -> ToRank:
        """Find the scale of each column; one that has none gives missing numbers."""
        frame = self._frame(X, reset=True)
        levels = [pd.unique(column.dropna().astype(str)) for _, column in frame.items()]
        self.scales_ = [dict(scale_of(words)) for words in levels]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return an array of shape (n_rows, n_columns) of float64; missing and unknown words are missing."""
        check_is_fitted(self)
        frame = self._frame(X)
        ranks = np.empty(frame.shape, dtype=np.float64)
        for j, ((_, column), scale) in enumerate(zip(frame.items(), self.scales_)):
            codes, words = pd.factorize(column)
            known = [rank(word, scale) for word in words]
            ranks[:, j] = np.array([*known, np.nan])[codes]
        return ranks


class DateParts(_RawColumns):
    """Turn every date into numbers: days since the first date seen, month, weekday, day of month, hour.

    A number is a year.
    """

    def fit(self, X: pd.DataFrame, y=None) -> DateParts:
        """Remember the columns and the first date of each."""
        frame = self._frame(X, reset=True)
        starts = [_as_date(column).min() for _, column in frame.items()]
        self.start_ = np.array(
            [0.0 if pd.isna(start) else start.timestamp() for start in starts]
        )
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return an array of shape (n_rows, 5 n_columns); a missing or unreadable date gives missing numbers."""
        check_is_fitted(self)
        parts = []
        for (_, column), start in zip(self._frame(X).items(), self.start_):
            dates = _as_date(column)
            seconds = (dates - _EPOCH).dt.total_seconds()
            calendar = dates.dt.month, dates.dt.day_of_week, dates.dt.day, dates.dt.hour
            if pd.api.types.is_numeric_dtype(column):
                # On which weekday a year begins says nothing.
                calendar = (dates.dt.hour,) * 4
            parts += [(seconds - start) / 86_400, *calendar]
        return np.column_stack([part.to_numpy(dtype=np.float64) for part in parts])

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Return one name for each column of the result."""
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        parts = [f"{name} ({part})" for name in names for part in _DATE_PARTS]
        return np.asarray(parts, dtype=object)


def _as_date(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return years_to_dates(column)
    dates = pd.to_datetime(column, errors="coerce", utc=True, format="mixed")
    # Nanoseconds would reach from 1677 to 2262 only.
    return dates.dt.tz_localize(None).dt.as_unit("us")


class ToText(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Make one column plain text for a vectorizer; a missing value is an empty text."""

    def fit(self, X: pd.Series, y=None) -> ToText:
        """Remember the column."""
        column = _as_series(X)
        self.n_features_in_ = 1
        if isinstance(column.name, str):
            self.feature_names_in_ = np.asarray([column.name], dtype=object)
        return self

    def transform(self, X: pd.Series) -> np.ndarray:
        """Return an array of shape (n_rows,) of str."""
        check_is_fitted(self)
        column = _as_series(X)
        texts = column.astype(object).where(column.notna(), "").astype(str)
        return texts.to_numpy(dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _as_series(X) -> pd.Series:
    if isinstance(X, pd.Series):
        return X
    return pd.Series(column_or_1d(X, input_name="X"))


class WordWeights(TfidfVectorizer):
    """TF-IDF that also learns from texts without a single word: all weights are zero then."""

    def fit(self, raw_documents, y=None) -> WordWeights:
        """Learn the words and how rare they are."""
        documents = _as_list(raw_documents)
        return super().fit(documents if self._has_words(documents) else ["text"])

    def fit_transform(self, raw_documents, y=None):
        """Return a sparse array of shape (n_rows, n_words)."""
        documents = _as_list(raw_documents)
        if self._has_words(documents):
            return super().fit_transform(documents, y)
        return self.fit(documents).transform(documents)

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Return the words, after the name of the column that they come from."""
        words = super().get_feature_names_out()
        if input_features is None:
            return words
        return np.asarray([f"{input_features[0]}: {word}" for word in words], object)

    def _has_words(self, documents) -> bool:
        words_of = self.build_analyzer()
        return any(words_of(document) for document in documents)


def _as_list(documents) -> list[str]:
    if isinstance(documents, str):
        raise ValueError("Give a list of texts; this is a single text.")
    # They are read twice, and an iterator can be read once.
    return list(documents)


class InnerFolds(KFold):
    """Shuffled folds for target encoding; where rows are fewer than folds, each row is one."""

    def __init__(self, n_splits: int = 5, random_state: int = 0):
        super().__init__(n_splits, shuffle=True, random_state=random_state)

    def get_n_splits(self, X=None, y=None, groups=None) -> int:
        """Return the number of folds; without rows, the number that was asked for."""
        return self.n_splits if X is None else min(self.n_splits, _num_samples(X))

    def split(self, X, y=None, groups=None):
        """Yield the positions of training and validation rows."""
        n_splits = self.get_n_splits(X)
        folds = KFold(n_splits, shuffle=True, random_state=self.random_state)
        return folds.split(X, y, groups)
