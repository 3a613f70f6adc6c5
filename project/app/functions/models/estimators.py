"""Estimators of scikit-learn that also learn from few rows and from classes with a single row."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.utils import _safe_indexing, check_consistent_length, column_or_1d
from sklearn.utils.validation import _num_features

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


class _FirstColumnsMonotone:
    """Mixed into trees: `monotonic_cst` may name the directions of the first columns alone; the rest is free."""

    def fit(self, X, y, sample_weight=None):
        """Fit on an array or sparse array X of shape (n_rows, n_features)."""
        given = self.monotonic_cst
        if given is not None:
            free = max(0, _num_features(X) - len(given))
            self.monotonic_cst = [*given, *[0] * free]
        try:
            return super().fit(X, y, sample_weight)
        finally:
            self.monotonic_cst = given


class MonotoneBoosting(_FirstColumnsMonotone, HistGradientBoostingRegressor):
    """Gradient boosting for numbers that can be told which way a column goes."""


class MonotoneForestClassifier(_FirstColumnsMonotone, RandomForestClassifier):
    """A random forest for classes that can be told which way a column goes."""


class MonotoneForestRegressor(_FirstColumnsMonotone, RandomForestRegressor):
    """A random forest for numbers that can be told which way a column goes."""


class MonotoneExtraTreesClassifier(_FirstColumnsMonotone, ExtraTreesClassifier):
    """Extra trees for classes that can be told which way a column goes."""


class MonotoneExtraTreesRegressor(_FirstColumnsMonotone, ExtraTreesRegressor):
    """Extra trees for numbers that can be told which way a column goes."""


class RareClassBoosting(_FirstColumnsMonotone, HistGradientBoostingClassifier):
    """Gradient boosting that can hold rows back for early stopping although a class has a single one."""

    def fit(self, X, y, sample_weight=None):
        """Fit on an array X of shape (n_rows, n_features)."""
        X, y, sample_weight = _with_repeats(X, y, sample_weight, 2)
        return super().fit(X, y, sample_weight=sample_weight)


_MONOTONE = {
    HistGradientBoostingRegressor: MonotoneBoosting,
    RareClassBoosting: RareClassBoosting,
    RandomForestClassifier: MonotoneForestClassifier,
    RandomForestRegressor: MonotoneForestRegressor,
    ExtraTreesClassifier: MonotoneExtraTreesClassifier,
    ExtraTreesRegressor: MonotoneExtraTreesRegressor,
}


def takes_directions(estimator) -> bool:
    """Tell whether an estimator can be told which way a column goes.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    bool
    """
    return type(estimator) in _MONOTONE


def with_directions(estimator, directions: Sequence[int]):
    """Return an unfitted estimator whose prediction only rises or falls with its first columns.

    Parameters
    ----------
    estimator : estimator
        One that `takes_directions`.
    directions : sequence of int
        Of the first columns: 1 to rise, -1 to fall, 0 for any. A classifier's prediction is the probability of the
        last of its classes.

    Returns
    -------
    estimator

    References
    ----------
    https://scikit-learn.org/stable/modules/ensemble.html#monotonic-constraints
    """
    kind = _MONOTONE[type(estimator)]
    parameters = estimator.get_params() | {"monotonic_cst": list(directions)}
    return kind(**parameters)


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
