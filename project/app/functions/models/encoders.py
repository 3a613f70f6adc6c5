"""Transformers that take raw columns, whatever they hold, and give what scikit-learn's own can work with."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import KFold
from sklearn.utils.validation import check_is_fitted

from ..tables.columns import label_of

# float32, which trees work in, ends at 3.4e38; the square of this still fits into float64.
_LARGEST = 1e30
_MISSING = "(missing)"
_EPOCH = pd.Timestamp("1970-01-01").as_unit("us")
_DATE_PARTS = ("days", "month", "weekday", "day", "hour")


class ToNumber(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Make every column numeric: what is no number becomes missing, what is too large is clipped."""

    def fit(self, X: pd.DataFrame, y=None) -> ToNumber:
        """Remember the columns."""
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return an array of shape (n_rows, n_columns) of float64 without infinities."""
        check_is_fitted(self)
        numbers = np.empty(X.shape, dtype=np.float64)
        for j, name in enumerate(X.columns):
            numbers[:, j] = _as_number(X[name])
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
        self.n_features_in_ = X.shape[1]
        known = ~np.isnan(X)
        self.fills_ = np.full(X.shape[1], np.nan)
        for j in np.flatnonzero(known.mean(axis=0) < 0.01):
            lowest = X[known[:, j], j].min(initial=0.0)
            self.fills_[j] = lowest - max(1.0, abs(lowest))
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return an array of shape (n_rows, n_columns)."""
        check_is_fitted(self)
        return np.where(np.isnan(X), self.fills_, X)


class ToCategory(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Make every column text, so that 1, 1.0 and "1" are one category; a missing value is one too."""

    def fit(self, X: pd.DataFrame, y=None) -> ToCategory:
        """Remember the columns."""
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return an array of shape (n_rows, n_columns) of str."""
        check_is_fitted(self)
        columns = [_as_text(X[name]) for name in X.columns]
        return np.column_stack(columns).astype(object)


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


class DateParts(TransformerMixin, BaseEstimator):
    """Turn every date into numbers: days since the first date seen, month, weekday, day of month, hour."""

    def fit(self, X: pd.DataFrame, y=None) -> DateParts:
        """Remember the columns and the first date of each."""
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        starts = [_as_date(X[name]).min() for name in X.columns]
        self.start_ = np.array(
            [0.0 if pd.isna(start) else start.timestamp() for start in starts]
        )
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return an array of shape (n_rows, 5 n_columns); a missing or unreadable date gives missing numbers."""
        check_is_fitted(self)
        parts = []
        for name, start in zip(X.columns, self.start_):
            dates = _as_date(X[name])
            seconds = (dates - _EPOCH).dt.total_seconds()
            parts += [
                (seconds - start) / 86_400,
                dates.dt.month,
                dates.dt.day_of_week,
                dates.dt.day,
                dates.dt.hour,
            ]
        return np.column_stack([part.to_numpy(dtype=np.float64) for part in parts])

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Return one name for each column of the result."""
        check_is_fitted(self)
        return np.asarray(
            [
                f"{name} ({part})"
                for name in self.feature_names_in_
                for part in _DATE_PARTS
            ],
            dtype=object,
        )


def _as_date(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return pd.Series(pd.NaT, index=column.index, dtype="datetime64[us]")
    dates = pd.to_datetime(column, errors="coerce", utc=True, format="mixed")
    # Nanoseconds would reach from 1677 to 2262 only.
    return dates.dt.tz_localize(None).dt.as_unit("us")


class ToText(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Make one column plain text for a vectorizer; a missing value is an empty text."""

    def fit(self, X: pd.Series, y=None) -> ToText:
        """Remember the column."""
        self.feature_names_in_ = np.asarray([X.name], dtype=object)
        self.n_features_in_ = 1
        return self

    def transform(self, X: pd.Series) -> np.ndarray:
        """Return an array of shape (n_rows,) of str."""
        check_is_fitted(self)
        return X.astype(object).where(X.notna(), "").astype(str).to_numpy(dtype=object)


class WordWeights(TfidfVectorizer):
    """TF-IDF that also learns from texts without a single word: all weights are zero then."""

    def fit(self, raw_documents, y=None) -> WordWeights:
        """Learn the words and how rare they are."""
        return super().fit(
            raw_documents if self._has_words(raw_documents) else ["text"]
        )

    def fit_transform(self, raw_documents, y=None):
        """Return a sparse array of shape (n_rows, n_words)."""
        if self._has_words(raw_documents):
            return super().fit_transform(raw_documents, y)
        return self.fit(raw_documents).transform(raw_documents)

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Return the words, after the name of the column that they come from."""
        words = super().get_feature_names_out()
        if input_features is None:
            return words
        return np.asarray([f"{input_features[0]}: {word}" for word in words], object)

    def _has_words(self, documents) -> bool:
        words_of = self.build_analyzer()
        return any(words_of(document) for document in documents)


class InnerFolds(KFold):
    """Shuffled folds for target encoding; where rows are fewer than folds, each row is one."""

    def __init__(self, n_splits: int = 5, random_state: int = 0):
        super().__init__(n_splits, shuffle=True, random_state=random_state)

    def split(self, X, y=None, groups=None):
        """Yield the positions of training and validation rows."""
        n_splits = min(self.n_splits, len(X))
        folds = KFold(n_splits, shuffle=True, random_state=self.random_state)
        return folds.split(X, y, groups)
