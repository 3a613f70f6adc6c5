"""Estimators of scikit-learn that also learn from few rows and from classes that are rarer than theirs may be."""

from __future__ import annotations

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

_CALIBRATION_FOLDS = 3


class _FewNeighbors:
    """Mixed into nearest neighbours: where rows are fewer than neighbours, all of them are asked."""

    def fit(self, X, y):
        """Fit on an array or sparse array X of shape (n_rows, n_features)."""
        self.n_neighbors = min(self.n_neighbors, X.shape[0])
        return super().fit(X, y)


class FewNeighborsClassifier(_FewNeighbors, KNeighborsClassifier):
    """Nearest neighbours that vote; at most as many as there are rows."""


class FewNeighborsRegressor(_FewNeighbors, KNeighborsRegressor):
    """Nearest neighbours that are averaged; at most as many as there are rows."""


class RareClassBoosting(HistGradientBoostingClassifier):
    """Gradient boosting that can hold rows back for early stopping although a class has a single one."""

    def fit(self, X, y):
        """Fit on an array X of shape (n_rows, n_features)."""
        return super().fit(*_with_repeats(X, y, 2))


class RareClassCalibration(CalibratedClassifierCV):
    """One fit of a classifier, whose scores are made probabilities by cross-validation, however rare a class is."""

    def __init__(self, estimator=None):
        super().__init__(estimator, cv=_CALIBRATION_FOLDS, ensemble=False)

    def fit(self, X, y):
        """Fit on an array or sparse array X of shape (n_rows, n_features)."""
        return super().fit(*_with_repeats(X, y, _CALIBRATION_FOLDS))


def _with_repeats(X, y: np.ndarray, minimum: int) -> tuple:
    """Return X and y with the rows of rare classes as often as it takes to have `minimum` of each class."""
    codes, counts = np.unique(y, return_inverse=True, return_counts=True)[1:]
    if counts.min() >= minimum:
        return X, y
    rows = np.repeat(np.arange(len(y)), np.ceil(minimum / counts)[codes].astype(int))
    return X[rows], y[rows]
