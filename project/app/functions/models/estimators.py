"""Estimators of scikit-learn that also learn from few rows and from classes with a single row."""

from __future__ import annotations

from copy import copy

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.utils import _safe_indexing, check_consistent_length, column_or_1d

_CALIBRATION_FOLDS = 3


class _FewNeighbors:
    """Mixed into nearest neighbours: with fewer rows than neighbours, all rows are neighbours."""

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        """Return the distances and positions of the nearest rows, at most as many as there are."""
        n_neighbors = self._at_most_all(X, n_neighbors)
        return super().kneighbors(X, n_neighbors, return_distance)

    def kneighbors_graph(self, X=None, n_neighbors=None, mode="connectivity"):
        """Return the nearest rows as a sparse array of shape (n_queries, n_rows)."""
        n_neighbors = self._at_most_all(X, n_neighbors)
        return super().kneighbors_graph(X, n_neighbors, mode)

    def _at_most_all(self, X, n_neighbors: int | None) -> int | None:
        if not hasattr(self, "n_samples_fit_"):
            return n_neighbors  # scikit-learn then says that it is not fitted
        wanted = self.n_neighbors if n_neighbors is None else n_neighbors
        # Without X, the neighbours of each fitted row are sought, and a row is not its own.
        return min(wanted, self.n_samples_fit_ - (X is None))


class FewNeighborsClassifier(_FewNeighbors, KNeighborsClassifier):
    """Nearest neighbours that vote; at most as many as there are rows."""

    def predict_proba(self, X):
        """Return an array of shape (n_rows, n_classes)."""
        # With equal weights scikit-learn counts votes without `kneighbors`.
        bounded = copy(self)
        bounded.n_neighbors = self._at_most_all(X, self.n_neighbors)
        return super(FewNeighborsClassifier, bounded).predict_proba(X)


class FewNeighborsRegressor(_FewNeighbors, KNeighborsRegressor):
    """Nearest neighbours that are averaged; at most as many as there are rows."""


class RareClassBoosting(HistGradientBoostingClassifier):
    """Gradient boosting that can hold rows back for early stopping although a class has a single one."""

    def fit(self, X, y, sample_weight=None):
        """Fit on an array X of shape (n_rows, n_features)."""
        X, y, sample_weight = _with_repeats(X, y, sample_weight, 2)
        return super().fit(X, y, sample_weight=sample_weight)


class RareClassCalibration(CalibratedClassifierCV):
    """One fit of a classifier, whose scores become probabilities by cross-validation, however rare a class is."""

    def __init__(self, estimator=None):
        super().__init__(estimator, cv=_CALIBRATION_FOLDS, ensemble=False)

    def fit(self, X, y, sample_weight=None):
        """Fit on an array or sparse array X of shape (n_rows, n_features)."""
        X, y, sample_weight = _with_repeats(X, y, sample_weight, _CALIBRATION_FOLDS)
        return super().fit(X, y, sample_weight=sample_weight)


def _with_repeats(X, y, sample_weight, minimum: int) -> tuple:
    """Return X, y and weights with the rows of rare classes repeated until each class has at least `minimum`."""
    if y is None:
        return X, y, sample_weight  # scikit-learn then says that it needs a target
    classes = column_or_1d(y, warn=True)
    check_consistent_length(X, classes)
    codes, counts = np.unique(classes, return_inverse=True, return_counts=True)[1:]
    if counts.min(initial=minimum) >= minimum:
        return X, classes, sample_weight
    times = np.ceil(minimum / counts)[codes].astype(int)
    rows = np.repeat(np.arange(len(classes)), times)
    if sample_weight is not None:
        # What is repeated weighs no more than before.
        weights = np.broadcast_to(sample_weight, len(classes)).astype(np.float64)
        sample_weight = (weights / times)[rows]
    return _safe_indexing(X, rows), classes[rows], sample_weight
