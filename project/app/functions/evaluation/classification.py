"""How good class probabilities are: curves, counts and reports, ready to be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import metrics

N_THRESHOLDS = 1001
_CURVE_POINTS = 300
_CURVE_POINTS_MANY = 80
_CALIBRATION_BINS = 10
_SCORE_BINS = 40
MAX_CURVES = 12


def evaluate_binary(y: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Evaluate the probability of the positive class.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        0 or 1.
    scores : ndarray of shape (n_rows,)
        Probability of class 1.

    Returns
    -------
    dict
        The entries of `one_against_rest` and of `threshold_counts`.
    """
    return {
        **one_against_rest(y, scores, _CURVE_POINTS),
        **threshold_counts(y, scores),
    }


def threshold_counts(y: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """Count the rows that each threshold classifies as positive.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        0 or 1.
    scores : ndarray of shape (n_rows,)
        Probability of class 1.

    Returns
    -------
    dict
        'true_positives' and 'false_positives': how many rows of either class have a score of at least k / 1000,
        for k = 0 … 1000; at 0 these are all there are. Everything that depends on a threshold follows from them.
    """
    return {
        "true_positives": _counts_above(scores[y == 1]),
        "false_positives": _counts_above(scores[y == 0]),
    }


def evaluate_multiclass(y: np.ndarray, output: np.ndarray) -> dict[str, Any]:
    """Evaluate class probabilities, each class against the rest.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Class codes.
    output : ndarray of shape (n_rows, n_classes)

    Returns
    -------
    dict
        'confusion': counts of shape (n_classes, n_classes), true classes as rows; 'report': precision, recall,
        F1 and number of rows by class; 'curves': `one_against_rest` by class code, for the classes with the
        most rows, at most 12.
    """
    n_classes = output.shape[1]
    predicted = output.argmax(axis=1)
    labels = np.arange(n_classes)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        y, predicted, labels=labels, zero_division=0
    )
    frequent = np.argsort(-support, kind="stable")[:MAX_CURVES]
    return {
        "confusion": metrics.confusion_matrix(y, predicted, labels=labels),
        "report": {
            "precision": precision.round(4),
            "recall": recall.round(4),
            "f1": f1.round(4),
            "rows": support,
        },
        "curves": {
            str(k): one_against_rest(
                (y == k).astype(int), output[:, k], _CURVE_POINTS_MANY
            )
            for k in sorted(frequent)
            if 0 < support[k] < len(y)
        },
    }


def one_against_rest(
    y: np.ndarray, scores: np.ndarray, n_points: int
) -> dict[str, Any]:
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
    dict
        Areas and Brier score are computed from all rows, before thinning. They are None if only one class
        is present.

    References
    ----------
    https://scikit-learn.org/stable/modules/model_evaluation.html; G. Brier (1950), "Verification of forecasts
    expressed in terms of probability".
    """
    both = 0 < y.sum() < len(y)
    return {
        "n_positive": int(y.sum()),
        "n_negative": int(len(y) - y.sum()),
        "roc": _roc(y, scores, n_points) if both else None,
        "precision_recall": _precision_recall(y, scores, n_points) if both else None,
        "calibration": _calibration(y, scores),
        "brier": round(float(np.mean((scores - y) ** 2)), 5),
        "scores": _score_distribution(y, scores),
    }


def _roc(y: np.ndarray, scores: np.ndarray, n_points: int) -> dict[str, Any]:
    false_rate, true_rate, _ = metrics.roc_curve(y, scores)
    keep = _thin(false_rate + true_rate, n_points)
    return {
        "area": round(float(metrics.auc(false_rate, true_rate)), 5),
        "false_positive_rate": false_rate[keep].round(4),
        "true_positive_rate": true_rate[keep].round(4),
    }


def _precision_recall(
    y: np.ndarray, scores: np.ndarray, n_points: int
) -> dict[str, Any]:
    precision, recall, _ = metrics.precision_recall_curve(y, scores)
    steps = np.abs(np.diff(precision)) + np.abs(np.diff(recall))
    keep = _thin(np.concatenate([[0.0], np.cumsum(steps)]), n_points)
    return {
        "area": round(float(metrics.average_precision_score(y, scores)), 5),
        "precision": precision[keep].round(4),
        "recall": recall[keep].round(4),
    }


def _thin(position: np.ndarray, n_points: int) -> np.ndarray:
    """Choose about `n_points` indices, evenly spread along an increasing position, both ends included."""
    if len(position) <= n_points:
        return np.arange(len(position))
    even = np.linspace(position[0], position[-1], n_points)
    chosen = np.searchsorted(position, even).clip(0, len(position) - 1)
    return np.unique(np.concatenate([[0], chosen, [len(position) - 1]]))


def _calibration(y: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Group the rows by predicted probability into bins of about equal size; equal values stay together."""
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    n_bins = min(_CALIBRATION_BINS, max(1, len(y) // 5))
    even = np.arange(1, n_bins) * len(y) // n_bins
    starts = np.unique(np.searchsorted(ranked, ranked[even]))
    bins = np.split(order, starts[starts > 0])
    return {
        "predicted": np.array([scores[part].mean() for part in bins]).round(4),
        "observed": np.array([y[part].mean() for part in bins]).round(4),
        "rows": np.array([len(part) for part in bins]),
    }


def _score_distribution(y: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    edges = np.linspace(0, 1, _SCORE_BINS + 1)
    # The sum of a forest's votes may be slightly above 1.
    scores = scores.clip(0, 1)
    return {
        "positive": np.histogram(scores[y == 1], edges)[0],
        "negative": np.histogram(scores[y == 0], edges)[0],
    }


def _counts_above(scores: np.ndarray) -> np.ndarray:
    thresholds = np.arange(N_THRESHOLDS) / (N_THRESHOLDS - 1)
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")
