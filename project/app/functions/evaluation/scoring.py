"""Scoring metrics: their meaning, their computation, and their uncertainty."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn import metrics


@dataclass(frozen=True)
class Metric:
    """One way to judge predictions.

    Attributes
    ----------
    key, label, explanation : str
        `explanation` describes it in a few words for a newcomer.
    tasks : tuple of str
    compute : callable
        ``compute(y, output)``: `y` are class codes or numbers; `output` is an array of class probabilities of
        shape (n_rows, n_classes), or of predicted numbers of shape (n_rows,).
    scorer : str
        The name of the same metric among scikit-learn's scorers.
    greater_is_better : bool
    bounds : tuple of float
        Between which it lies, whatever is predicted.
    """

    key: str
    label: str
    explanation: str
    tasks: tuple[str, ...]
    compute: Callable[[np.ndarray, np.ndarray], float]
    scorer: str
    greater_is_better: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)

    def lead(self, score: float, other: float) -> float:
        """Return by how much `score` is better than `other`; negative if it is worse."""
        return score - other if self.greater_is_better else other - score

    def is_better(self, score: float, other: float) -> bool:
        """Return whether `score` is better than `other`."""
        return score > other if self.greater_is_better else score < other


def predicted_classes(output: np.ndarray) -> np.ndarray:
    """Return the class that each row is assigned to: of two, the positive one from a probability of 0.5 on.

    Parameters
    ----------
    output : ndarray of shape (n_rows, n_classes)
        Class probabilities.

    Returns
    -------
    ndarray of shape (n_rows,)
        Class codes.
    """
    if output.shape[1] == 2:
        return (output[:, 1] >= 0.5).astype(int)
    return output.argmax(axis=1)


# scikit-learn's functions give the same values, but refuse a class without rows, and check their input for longer than
# the computation takes.


def _roc_auc(y: np.ndarray, values: np.ndarray) -> float:
    """The area as the rank sum of the positive rows: J. Hanley, B. McNeil (1982)."""
    positive = y == 1
    n_positive = int(positive.sum())
    n_pairs = n_positive * (len(y) - n_positive)
    if not n_pairs:
        return float("nan")
    ranks = rankdata(values)[positive].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / n_pairs)


def _ovr_auc(y: np.ndarray, output: np.ndarray) -> float:
    # Class by class, so that a class without rows is left out instead of an error.
    areas = [_roc_auc(y == k, output[:, k]) for k in range(output.shape[1])]
    return float(np.nanmean(areas))


def average_precision(y: np.ndarray, values: np.ndarray) -> float:
    """Return the mean precision over the positive rows; NaN without any.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        1 for the positive rows.
    values : ndarray of shape (n_rows,)
        Higher for rows that are more likely positive.

    Returns
    -------
    float
    """
    order = np.argsort(values)[::-1]
    # A threshold never separates rows with equal values.
    last = np.flatnonzero(np.diff(values[order], append=-np.inf))
    hits = np.cumsum(y[order] == 1)[last]
    if not hits[-1]:
        # Without positive rows the score is not defined; scikit-learn returns 0.
        return float("nan")
    return float(np.diff(hits, prepend=0) @ (hits / (last + 1)) / hits[-1])


def _balanced_accuracy(y: np.ndarray, output: np.ndarray) -> float:
    rows, _, hits = class_counts(y, output)
    return float((hits[rows > 0] / rows[rows > 0]).mean())


def _f1(y: np.ndarray, output: np.ndarray) -> np.ndarray:
    """Return the score of each class; NaN for one that is neither present nor predicted."""
    rows, predicted, hits = class_counts(y, output)
    return 2 * hits / (rows + predicted)


def class_counts(y: np.ndarray, output: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the rows, predicted rows and correctly predicted rows of each class.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Class codes.
    output : ndarray of shape (n_rows, n_classes)
        Class probabilities.

    Returns
    -------
    (rows, predicted, hits) : tuple of ndarray of shape (n_classes,)
    """
    labels, n_classes = predicted_classes(output), output.shape[1]
    return tuple(
        np.bincount(codes, minlength=n_classes) for codes in (y, labels, y[y == labels])
    )


def _log_loss(y: np.ndarray, output: np.ndarray) -> float:
    chosen = output[np.arange(len(y)), y]
    return float(-np.log(chosen.clip(np.finfo(np.float64).eps, 1)).mean())


_BINARY, _MULTI, _REGRESSION = ("binary",), ("multiclass",), ("regression",)
_CLASSES = _BINARY + _MULTI
_ERROR = (0.0, float("inf"))

METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "roc_auc",
            "ROC AUC",
            "How often a positive row gets a higher score than a negative one; 0.5 is guessing, 1 is perfect.",
            _BINARY,
            lambda y, output: _roc_auc(y, output[:, 1]),
            "roc_auc",
        ),
        Metric(
            "average_precision",
            "Average precision",
            "How pure the top of the ranking is; the metric of choice when positives are rare.",
            _BINARY,
            lambda y, output: average_precision(y, output[:, 1]),
            "average_precision",
        ),
        Metric(
            "balanced_accuracy",
            "Balanced accuracy",
            "The share of each class that is recognised, averaged over the classes, however rare they are.",
            _CLASSES,
            _balanced_accuracy,
            "balanced_accuracy",
        ),
        Metric(
            "accuracy",
            "Accuracy",
            "The share of rows that are predicted correctly.",
            _CLASSES,
            lambda y, output: float((y == predicted_classes(output)).mean()),
            "accuracy",
        ),
        Metric(
            "f1",
            "F1",
            "One number for precision and recall of the positive class; both must be high.",
            _BINARY,
            lambda y, output: float(np.nan_to_num(_f1(y, output)[1])),
            "f1",
        ),
        Metric(
            "f1_macro",
            "F1, macro average",
            "Precision and recall in one number, averaged over the classes.",
            _MULTI,
            lambda y, output: float(np.nanmean(_f1(y, output))),
            "f1_macro",
        ),
        Metric(
            "roc_auc_ovr",
            "ROC AUC, one against the rest",
            "How well each class is ranked above all others; 0.5 is guessing, 1 is perfect.",
            _MULTI,
            _ovr_auc,
            "roc_auc_ovr",
        ),
        Metric(
            "log_loss",
            "Log loss",
            "How wrong the probabilities are; confident errors cost most. Lower is better.",
            _CLASSES,
            _log_loss,
            "neg_log_loss",
            greater_is_better=False,
            bounds=_ERROR,
        ),
        Metric(
            "r2",
            "R²",
            "The share of the target's variation that is explained; 0 is no better than the mean, 1 is perfect.",
            _REGRESSION,
            lambda y, output: metrics.r2_score(y, output),
            "r2",
            bounds=(float("-inf"), 1.0),
        ),
        Metric(
            "mae",
            "Mean absolute error",
            "How far off a prediction is on average, in the target's own unit. Lower is better.",
            _REGRESSION,
            lambda y, output: float(np.abs(y - output).mean()),
            "neg_mean_absolute_error",
            greater_is_better=False,
            bounds=_ERROR,
        ),
        Metric(
            "rmse",
            "Root mean squared error",
            "Like the mean absolute error, but large errors weigh more. Lower is better.",
            _REGRESSION,
            lambda y, output: float(np.sqrt(((y - output) ** 2).mean())),
            "neg_root_mean_squared_error",
            greater_is_better=False,
            bounds=_ERROR,
        ),
        Metric(
            "median_ae",
            "Median absolute error",
            "Half of the predictions are closer than this; outliers do not matter. Lower is better.",
            _REGRESSION,
            lambda y, output: float(np.median(np.abs(y - output))),
            "neg_median_absolute_error",
            greater_is_better=False,
            bounds=_ERROR,
        ),
    )
}

DEFAULT_METRIC = {
    "binary": "roc_auc",
    "multiclass": "balanced_accuracy",
    "regression": "r2",
}


def metrics_for(task: str) -> tuple[Metric, ...]:
    """Return the metrics for a task, the default first.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}

    Returns
    -------
    tuple of Metric
    """
    fitting = [metric for metric in METRICS.values() if task in metric.tasks]
    return tuple(sorted(fitting, key=lambda metric: metric.key != DEFAULT_METRIC[task]))


def score(metric: str, y: np.ndarray, output: np.ndarray) -> float:
    """Score predictions by a metric; NaN if it is not defined, such as an area with one class.

    Parameters
    ----------
    metric : str
        A key of ``METRICS``.
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    output : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Class probabilities or predicted numbers.

    Returns
    -------
    float
    """
    if not len(y):
        return float("nan")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Undefined values are NaN; scikit-learn would also warn about each.
        warnings.simplefilter("ignore")
        return float(METRICS[metric].compute(y, output))
