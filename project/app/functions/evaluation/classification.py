"""How good class probabilities are: curves, counts and reports, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn import metrics

from .scoring import predicted_classes, score

N_THRESHOLDS = 1001
_CURVE_POINTS = 300
_CURVE_POINTS_MANY = 80
_CALIBRATION_BINS = 10
_SCORE_BINS = 40
MAX_CURVES = 12

# An ndarray as it is computed, a list as it is read back from JSON.
Values = Sequence[float]


@dataclass(frozen=True)
class RocCurve:
    """The ROC curve, thinned; its area is that of all points."""

    area: float
    false_positive_rate: Values
    true_positive_rate: Values


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """The precision-recall curve, thinned; its area is the average precision of all points."""

    area: float
    precision: Values
    recall: Values


@dataclass(frozen=True)
class Calibration:
    """Mean predicted probability, observed share and number of rows of each bin."""

    predicted: Values
    observed: Values
    rows: Values


@dataclass(frozen=True)
class ScoreCounts:
    """Rows of either class by predicted probability, in equal bins from 0 to 1."""

    positive: Values
    negative: Values


@dataclass(frozen=True)
class OneAgainstRest:
    """The curves of one class; a curve is None where only one class is present.

    Attributes
    ----------
    n_positive, n_negative : int
    roc : RocCurve or None
    precision_recall : PrecisionRecallCurve or None
    calibration : Calibration
    brier : float
        The mean squared difference of probability and outcome.
    scores : ScoreCounts
    """

    n_positive: int
    n_negative: int
    roc: RocCurve | None
    precision_recall: PrecisionRecallCurve | None
    calibration: Calibration
    brier: float
    scores: ScoreCounts


@dataclass(frozen=True)
class ThresholdCounts:
    """How many rows of either class have a score of at least k / 1000, for k = 0 … 1000; at 0 these are all rows."""

    true_positives: Values
    false_positives: Values


@dataclass(frozen=True)
class Recalibration:
    """What the calibration of a model's probabilities has changed, on the holdout.

    Attributes
    ----------
    curves_before : mapping of str to Calibration
        By class code: of the positive class, or of those that `MulticlassResult` has curves of.
    brier_before, brier_after : float
        The mean over the rows of the squared difference of probability and outcome; of several classes, of its sum
        over the classes.
    log_loss_before, log_loss_after : float
    """

    curves_before: Mapping[str, Calibration]
    brier_before: float
    brier_after: float
    log_loss_before: float
    log_loss_after: float


@dataclass(frozen=True)
class BinaryResult(OneAgainstRest):
    """What the Evaluate page shows of a model for two classes.

    Attributes
    ----------
    true_positives, false_positives : sequence of int
        As in `ThresholdCounts`, on the holdout.
    validated : ThresholdCounts or None
        The counts of the cross-validation: a threshold that is chosen on the holdout would look better there than
        it is.
    recalibration : Recalibration or None
        None where the probabilities are those of the model itself.
    """

    true_positives: Values
    false_positives: Values
    validated: ThresholdCounts | None = None
    recalibration: Recalibration | None = None


@dataclass(frozen=True)
class ClassReport:
    """Precision, recall, F1 and number of rows by class code."""

    precision: Values
    recall: Values
    f1: Values
    rows: Values


@dataclass(frozen=True)
class MulticlassResult:
    """What the Evaluate page shows of a model for several classes.

    Attributes
    ----------
    confusion : sequence of shape (n_classes, n_classes)
        Counts, true classes as rows.
    report : ClassReport
    curves : mapping of str to OneAgainstRest
        By class code, for the classes with the most rows, at most 12.
    recalibration : Recalibration or None
        None where the probabilities are those of the model itself.
    """

    confusion: Sequence[Values]
    report: ClassReport
    curves: Mapping[str, OneAgainstRest]
    recalibration: Recalibration | None = None


def evaluate_binary(
    y: np.ndarray,
    scores: np.ndarray,
    validated: tuple[np.ndarray, np.ndarray] | None = None,
) -> BinaryResult:
    """Evaluate the probability of the positive class.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        0 or 1.
    scores : ndarray of shape (n_rows,)
        Probability of class 1.
    validated : tuple of ndarray of shape (n_validated,), optional
        Class code and probability of class 1 for the rows of the cross-validation, each predicted by a model that
        had not seen it.

    Returns
    -------
    BinaryResult

    References
    ----------
    https://scikit-learn.org/stable/modules/classification_threshold.html
    """
    curves = one_against_rest(y, scores, _CURVE_POINTS)
    return BinaryResult(
        **vars(curves),
        **vars(threshold_counts(y, scores)),
        validated=threshold_counts(*validated) if validated else None,
    )


def threshold_counts(y: np.ndarray, scores: np.ndarray) -> ThresholdCounts:
    """Count the rows that each threshold classifies as positive.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        0 or 1.
    scores : ndarray of shape (n_rows,)
        Probability of class 1.

    Returns
    -------
    ThresholdCounts
        Everything that depends on a threshold follows from them.
    """
    return ThresholdCounts(_counts_above(scores[y == 1]), _counts_above(scores[y == 0]))


def evaluate_multiclass(y: np.ndarray, output: np.ndarray) -> MulticlassResult:
    """Evaluate class probabilities, each class against the rest.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Class codes.
    output : ndarray of shape (n_rows, n_classes)

    Returns
    -------
    MulticlassResult
    """
    predicted = predicted_classes(output)
    labels = np.arange(output.shape[1])
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        y, predicted, labels=labels, zero_division=0
    )
    return MulticlassResult(
        confusion=metrics.confusion_matrix(y, predicted, labels=labels),
        report=ClassReport(precision.round(4), recall.round(4), f1.round(4), support),
        curves={
            str(k): one_against_rest(
                (y == k).astype(int), output[:, k], _CURVE_POINTS_MANY
            )
            for k in _frequent(support)
        },
    )


def compare_calibration(
    y: np.ndarray, before: np.ndarray, after: np.ndarray
) -> Recalibration:
    """Compare class probabilities before and after they were calibrated.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Class codes.
    before, after : ndarray of shape (n_rows, n_classes)

    Returns
    -------
    Recalibration

    References
    ----------
    https://scikit-learn.org/stable/modules/calibration.html
    """
    n_classes = before.shape[1]
    support = np.bincount(y, minlength=n_classes)
    shown = _frequent(support) if n_classes > 2 else [1]
    return Recalibration(
        {str(k): _calibration((y == k).astype(int), before[:, k]) for k in shown},
        _brier(y, before),
        _brier(y, after),
        round(score("log_loss", y, before), 5),
        round(score("log_loss", y, after), 5),
    )


def _brier(y: np.ndarray, output: np.ndarray) -> float:
    hits = y[:, np.newaxis] == np.arange(output.shape[1])
    squares = (output - hits) ** 2
    two = output.shape[1] == 2
    return round(float(squares[:, 1].mean() if two else squares.sum(axis=1).mean()), 5)


def _frequent(support: np.ndarray) -> list[int]:
    """Return the most frequent classes that are there, in order; none that all rows have."""
    most = np.argsort(-support, kind="stable")[:MAX_CURVES]
    return [int(k) for k in sorted(most) if 0 < support[k] < support.sum()]


def one_against_rest(
    y: np.ndarray, scores: np.ndarray, n_points: int
) -> OneAgainstRest:
    """Return the curves of one class: ROC, precision-recall, calibration, and the distribution of scores.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        0 or 1.
    scores : ndarray of shape (n_rows,)
        Probability of class 1.
    n_points : int
        The approximate number of points that curves are thinned to.

    Returns
    -------
    OneAgainstRest
        Areas and Brier score are computed from all rows, before thinning.

    References
    ----------
    https://scikit-learn.org/stable/modules/model_evaluation.html; G. Brier (1950), "Verification of forecasts
    expressed in terms of probability".
    """
    both = 0 < y.sum() < len(y)
    return OneAgainstRest(
        n_positive=int(y.sum()),
        n_negative=int(len(y) - y.sum()),
        roc=_roc(y, scores, n_points) if both else None,
        precision_recall=_precision_recall(y, scores, n_points) if both else None,
        calibration=_calibration(y, scores),
        brier=round(float(np.mean((scores - y) ** 2)), 5),
        scores=_score_distribution(y, scores),
    )


def _roc(y: np.ndarray, scores: np.ndarray, n_points: int) -> RocCurve:
    false_rate, true_rate, _ = metrics.roc_curve(y, scores)
    keep = _thin(false_rate + true_rate, n_points)
    area = round(float(metrics.auc(false_rate, true_rate)), 5)
    return RocCurve(area, false_rate[keep].round(4), true_rate[keep].round(4))


def _precision_recall(
    y: np.ndarray, scores: np.ndarray, n_points: int
) -> OneAgainstRest:
    precision, recall, _ = metrics.precision_recall_curve(y, scores)
    steps = np.abs(np.diff(precision)) + np.abs(np.diff(recall))
    keep = _thin(np.concatenate([[0.0], np.cumsum(steps)]), n_points)
    area = round(float(metrics.average_precision_score(y, scores)), 5)
    return PrecisionRecallCurve(area, precision[keep].round(4), recall[keep].round(4))


def _thin(position: np.ndarray, n_points: int) -> np.ndarray:
    """Choose about `n_points` indices, evenly spread along an increasing position, both ends included."""
    if len(position) <= n_points:
        return np.arange(len(position))
    even = np.linspace(position[0], position[-1], n_points)
    chosen = np.searchsorted(position, even).clip(0, len(position) - 1)
    return np.unique(np.concatenate([[0], chosen, [len(position) - 1]]))


def _calibration(y: np.ndarray, scores: np.ndarray) -> Calibration:
    """Group the rows by predicted probability into bins of about equal size; equal values stay together."""
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    n_bins = min(_CALIBRATION_BINS, max(1, len(y) // 5))
    even = np.arange(1, n_bins) * len(y) // n_bins
    starts = np.unique(np.searchsorted(ranked, ranked[even]))
    bins = np.split(order, starts[starts > 0])
    return Calibration(
        predicted=np.array([scores[part].mean() for part in bins]).round(4),
        observed=np.array([y[part].mean() for part in bins]).round(4),
        rows=np.array([len(part) for part in bins]),
    )


def _score_distribution(y: np.ndarray, scores: np.ndarray) -> ScoreCounts:
    edges = np.linspace(0, 1, _SCORE_BINS + 1)
    # The sum of a forest's votes may be slightly above 1.
    scores = scores.clip(0, 1)
    return ScoreCounts(
        positive=np.histogram(scores[y == 1], edges)[0],
        negative=np.histogram(scores[y == 0], edges)[0],
    )


def _counts_above(scores: np.ndarray) -> np.ndarray:
    thresholds = np.arange(N_THRESHOLDS) / (N_THRESHOLDS - 1)
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")
