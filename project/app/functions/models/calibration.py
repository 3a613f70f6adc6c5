"""Probabilities that come true as often as they say: corrected by what came true on the folds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.pipeline import Pipeline

from ... import wording

# From scikit-learn's user guide: with fewer rows, isotonic regression follows chance.
MIN_ROWS_OF_ISOTONIC = 1_000
_MIN_ROWS_OF_A_CLASS = 20
_LEAST = 1e-12

Fold = tuple[np.ndarray, np.ndarray]


class ProbabilityCalibration(BaseEstimator):
    """Learns from probabilities and what came true how to correct further ones, each class against the rest.

    Parameters
    ----------
    method : {"sigmoid", "isotonic"}

    References
    ----------
    J. Platt (1999), "Probabilistic outputs for support vector machines", here of the log odds, so that good
    probabilities can stay as they are; B. Zadrozny, C. Elkan (2002), "Transforming classifier scores into accurate
    multiclass probability estimates".
    """

    def __init__(self, method: str = "sigmoid"):
        self.method = method

    def fit(
        self,
        probabilities: np.ndarray,
        y: np.ndarray,
        sample_weight: np.ndarray | None = None,
    ) -> ProbabilityCalibration:
        """Learn from rows that the model had not seen.

        Parameters
        ----------
        probabilities : ndarray of shape (n_rows, n_classes)
        y : ndarray of shape (n_rows,)
            Class codes.
        sample_weight : ndarray of shape (n_rows,), optional

        Returns
        -------
        ProbabilityCalibration
        """
        n_classes = probabilities.shape[1]
        inside = probabilities[(probabilities > 0) & (probabilities < 1)]
        least = np.minimum(inside, 1 - inside).min(initial=0.5)
        # No share of votes is certain: 0 counts as half the smallest share there is.
        self.least_ = max(float(least) / 2, _LEAST)
        self.curves_ = [
            self._curve(probabilities[:, k], y == k, sample_weight)
            for k in ([1] if n_classes == 2 else range(n_classes))
        ]
        return self

    def _curve(self, column: np.ndarray, hits: np.ndarray, sample_weight):
        if hits.all() or not hits.any():
            return None  # nothing to learn from
        if self.method == "isotonic":
            # So many rows cannot show that something never happens.
            least = 1 / (len(hits) + 2)
            curve = IsotonicRegression(
                y_min=least, y_max=1 - least, out_of_bounds="clip"
            )
            return curve.fit(column, hits.astype(float), sample_weight)
        return _SigmoidCalibration().fit(self._log_odds(column), hits, sample_weight)

    def transform(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the corrected probabilities, an array of shape (n_rows, n_classes) whose rows add up to 1."""
        if probabilities.shape[1] == 2:
            positive = self._corrected(self.curves_[0], probabilities[:, 1])
            return np.column_stack([1 - positive, positive])
        columns = map(self._corrected, self.curves_, probabilities.T)
        corrected = np.column_stack(list(columns))
        total = corrected.sum(axis=1, keepdims=True)
        return np.divide(corrected, total, out=probabilities.copy(), where=total > 0)

    def _corrected(self, curve, column: np.ndarray) -> np.ndarray:
        if curve is None:
            return column
        values = column if self.method == "isotonic" else self._log_odds(column)
        return curve.predict(values)

    def _log_odds(self, column: np.ndarray) -> np.ndarray:
        inside = column.clip(self.least_, 1 - self.least_)
        return np.log(inside / (1 - inside))


class CalibratedClassifier(ClassifierMixin, BaseEstimator):
    """A fitted classifier and the fitted correction of its probabilities.

    Parameters
    ----------
    estimator : classifier
    calibration : ProbabilityCalibration
        For the classes in the order of the estimator.
    """

    def __init__(self, estimator=None, calibration=None):
        self.estimator = estimator
        self.calibration = calibration

    @property
    def classes_(self) -> np.ndarray:
        """The classes, in the order of the columns of `predict_proba`."""
        return self.estimator.classes_

    def fit(self, X, y, sample_weight=None) -> CalibratedClassifier:
        """Learn the correction from rows that the estimator, which stays as it is, has not seen."""
        codes = np.searchsorted(self.classes_, y)
        self.calibration.fit(self.estimator.predict_proba(X), codes, sample_weight)
        return self

    def predict_proba(self, X) -> np.ndarray:
        """Return the corrected probabilities, an array of shape (n_rows, n_classes)."""
        return self.calibration.transform(self.estimator.predict_proba(X))

    def predict(self, X) -> np.ndarray:
        """Return the class with the highest corrected probability of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self.estimator, "classes_")


def calibrate(
    pipeline: Pipeline, method: str, validated: Sequence[Fold], classes: Sequence[str]
) -> Pipeline:
    """Return a fitted pipeline with its probabilities corrected by those of the cross-validation.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted on all rows of the folds.
    method : {"sigmoid", "isotonic"}
    validated : sequence of (ndarray of shape (n,), ndarray of shape (n, n_classes))
        Class codes and probabilities of the rows of each fold, predicted by a model that had not seen them.
    classes : sequence of str
        The classes by code.

    Returns
    -------
    Pipeline
        With the same steps, the last of them in a `CalibratedClassifier`.
    """
    codes, probabilities = map(np.concatenate, zip(*validated))
    # The estimator has the classes in the order of their names, and only those that it has seen.
    order = [classes.index(name) for name in pipeline.classes_]
    position = np.zeros(len(classes), dtype=int)
    position[order] = np.arange(len(order))
    calibration = ProbabilityCalibration(method)
    calibration.fit(probabilities[:, order], position[codes])
    *before, (name, estimator) = pipeline.steps
    return Pipeline([*before, (name, CalibratedClassifier(estimator, calibration))])


def cross_calibrated(
    validated: Sequence[Fold], method: str, in_time: bool = False
) -> list[Fold]:
    """Correct the probabilities of each fold by those of the others.

    Parameters
    ----------
    validated : sequence of (ndarray of shape (n,), ndarray of shape (n, n_classes))
        Class codes and probabilities of the rows of each fold.
    method : {"sigmoid", "isotonic"}
    in_time : bool
        The folds follow one another in time: only earlier ones count, and the first stays as it is.

    Returns
    -------
    list of (ndarray of shape (n,), ndarray of shape (n, n_classes))
    """
    corrected = []
    for i, (codes, probabilities) in enumerate(validated):
        others = [*validated[:i], *(() if in_time else validated[i + 1 :])]
        if others:
            y, known = map(np.concatenate, zip(*others))
            calibration = ProbabilityCalibration(method).fit(known, y)
            probabilities = calibration.transform(probabilities)
        corrected.append((codes, probabilities))
    return corrected


def calibration_notes(
    method: str, y: np.ndarray, classes: Sequence[str]
) -> tuple[str, ...]:
    """Return sentences on rows that are too few to calibrate probabilities well.

    Parameters
    ----------
    method : {"none", "sigmoid", "isotonic"}
    y : ndarray of shape (n_rows,)
        Class codes of the rows of the folds' validation parts.
    classes : sequence of str
        Empty for a regression, which has no probabilities.

    Returns
    -------
    tuple of str
    """
    if method == "none" or not classes:
        return ()
    notes = []
    if method == "isotonic" and len(y) < MIN_ROWS_OF_ISOTONIC:
        notes.append(
            f"Isotonic calibration learns from {wording.plural(len(y), 'row')} here. With fewer than "
            f"{wording.number(MIN_ROWS_OF_ISOTONIC)} it may overfit: sigmoid calibration is safer."
        )
    counts = np.bincount(y, minlength=len(classes))
    rarest = int(counts.argmin())
    if counts[rarest] < _MIN_ROWS_OF_A_CLASS:
        notes.append(
            f"Calibration learns class '{wording.shortened(classes[rarest])}' from "
            f"{wording.plural(int(counts[rarest]), 'row')} only: its probabilities are a rough guess."
        )
    return tuple(notes)
