"""Transformers that take raw columns, whatever they hold, and give what scikit-learn's own can work with."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

# float32, which trees work in, ends at 3.4e38; the square of this still fits into float64.
_LARGEST = 1e30
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
            column = X[name]
            if not pd.api.types.is_numeric_dtype(column):
                column = pd.to_numeric(column, errors="coerce")
            numbers[:, j] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        numbers[np.isinf(numbers)] = np.nan
        return np.clip(numbers, -_LARGEST, _LARGEST)


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
    codes, levels = pd.factorize(column)
    names = [_level_name(level) for level in levels] + ["(missing)"]
    return np.asarray(names, dtype=object)[codes]


def _level_name(level) -> str:
    if isinstance(level, (float, np.floating)) and float(level).is_integer():
        return str(int(level))
    return str(level)


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
            first = pd.Timestamp(start, unit="s")
            parts += [
                (dates - first).dt.total_seconds() / 86_400,
                dates.dt.month,
                dates.dt.dayofweek,
                dates.dt.day,
                dates.dt.hour,
            ]
        return np.column_stack([part.to_numpy(dtype=np.float64) for part in parts])

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Return one name for each column of the result."""
        check_is_fitted(self)
        return np.asarray(
            [f"{name} ({part})" for name in self.feature_names_in_ for part in _DATE_PARTS],
            dtype=object,
        )


def _as_date(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return pd.Series(pd.NaT, index=column.index, dtype="datetime64[ns]")
    dates = pd.to_datetime(column, errors="coerce", utc=True, format="mixed")
    return dates.dt.tz_localize(None)


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
