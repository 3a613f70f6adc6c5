"""What is kept of one trained model: its place on the leaderboard, and all that the Evaluate page draws."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..models.catalogue import MODELS
from .classification import (
    BinaryResult,
    MulticlassResult,
    compare_calibration,
    evaluate_binary,
    evaluate_multiclass,
)
from .intervals import score_interval
from .regression import RegressionResult, evaluate_regression
from .scoring import METRICS, score

Result = BinaryResult | MulticlassResult | RegressionResult
_RESULTS = {
    "binary": BinaryResult,
    "multiclass": MulticlassResult,
    "regression": RegressionResult,
}


@dataclass(frozen=True)
class LeaderboardRow:
    """One model's scores and times.

    Attributes
    ----------
    model, label : str
    cv_mean, cv_std : float
        Mean and standard deviation of the scores on the folds.
    cv_scores : tuple of float
    train_score : float
        The score on rows that the model was fitted on.
    holdout : float
        The score on rows that no model had seen.
    holdout_low, holdout_high : float
        The ends of its 95 % interval; NaN where there is none.
    fit_seconds : float
        Time of the fit on the whole training part.
    predict_ms : float
        Time to predict 1,000 rows, in milliseconds.
    parameters : dict
        Hyperparameters that a search found.
    error : str or None
        Why the model could not be trained; all scores are NaN then.
    no_interval : str
        Why the score on the holdout has no interval.
    """

    model: str
    label: str
    cv_mean: float = float("nan")
    cv_std: float = float("nan")
    cv_scores: tuple[float, ...] = ()
    train_score: float = float("nan")
    holdout: float = float("nan")
    holdout_low: float = float("nan")
    holdout_high: float = float("nan")
    fit_seconds: float = float("nan")
    predict_ms: float = float("nan")
    parameters: dict[str, Any] | None = None
    error: str | None = None
    no_interval: str = ""


def leaderboard_row(
    model: str,
    metric: str,
    cv_scores: list[float],
    train_score: float,
    y_test: np.ndarray,
    output: np.ndarray,
    fit_seconds: float,
    predict_seconds: float,
    parameters: dict[str, Any],
) -> LeaderboardRow:
    """Sum up one trained model.

    Parameters
    ----------
    model, metric : str
    cv_scores : list of float
        The score on each fold.
    train_score : float
    y_test : ndarray of shape (n_test,)
    output : ndarray of shape (n_test, n_classes) or (n_test,)
        The output of the model for the holdout.
    fit_seconds, predict_seconds : float
        Time of the fit, and of the prediction of the holdout.
    parameters : dict

    Returns
    -------
    LeaderboardRow
    """
    interval = score_interval(metric, y_test, output)
    scores = np.asarray(cv_scores, dtype=float)
    known = scores[np.isfinite(scores)]
    return LeaderboardRow(
        model=model,
        label=MODELS[model].label,
        cv_mean=float(known.mean()) if len(known) else float("nan"),
        cv_std=float(known.std()) if len(known) else float("nan"),
        cv_scores=tuple(cv_scores),
        train_score=train_score,
        holdout=score(metric, y_test, output),
        holdout_low=interval.low,
        holdout_high=interval.high,
        fit_seconds=fit_seconds,
        predict_ms=1e6 * predict_seconds / len(y_test),
        parameters=parameters,
        no_interval=interval.reason,
    )


def best_model(leaderboard: list[LeaderboardRow], metric: str) -> str | None:
    """Return the model with the best cross-validated score; the holdout has no say in the choice.

    Parameters
    ----------
    leaderboard : list of LeaderboardRow
    metric : str

    Returns
    -------
    str or None
        None if no model could be trained.
    """
    best = None
    for row in leaderboard:
        if row.error is None and np.isfinite(row.cv_mean):
            if best is None or METRICS[metric].is_better(row.cv_mean, best.cv_mean):
                best = row
    return best.model if best else None


def tied_models(leaderboard: list[LeaderboardRow], metric: str) -> tuple[str, ...]:
    """Return the models that share the best cross-validated score exactly; empty if one is better than all others.

    Parameters
    ----------
    leaderboard : list of LeaderboardRow
    metric : str

    Returns
    -------
    tuple of str
    """
    best = best_model(leaderboard, metric)
    scores = {row.model: row.cv_mean for row in leaderboard if row.error is None}
    tied = tuple(
        model
        for model, score in scores.items()
        # Sums in another order differ in the last digits.
        if math.isclose(score, scores.get(best, math.nan), rel_tol=1e-12)
    )
    return tied if len(tied) > 1 else ()


def evaluate_model(
    task: str,
    y: np.ndarray,
    output: np.ndarray,
    validated: tuple[np.ndarray, np.ndarray] | None = None,
    uncalibrated: np.ndarray | None = None,
) -> Result:
    """Return all that the Evaluate page shows of one model; its size does not grow with the number of rows.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}
    y : ndarray of shape (n_rows,)
        The holdout's class codes or numbers.
    output : ndarray of shape (n_rows, n_classes) or (n_rows,)
    validated : tuple of ndarray of shape (n_validated,), optional
        Of two classes: see `evaluate_binary`.
    uncalibrated : ndarray of shape (n_rows, n_classes), optional
        The probabilities before they were calibrated.

    Returns
    -------
    BinaryResult, MulticlassResult or RegressionResult
    """
    if task == "binary":
        result = evaluate_binary(y, output[:, 1], validated)
    elif task == "multiclass":
        result = evaluate_multiclass(y, output)
    else:
        return evaluate_regression(y, output)
    if uncalibrated is None:
        return result
    return replace(result, recalibration=compare_calibration(y, uncalibrated, output))


def result_type(task: str) -> type[Result]:
    """Return the class of what `evaluate_model` returns.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}

    Returns
    -------
    type
    """
    return _RESULTS[task]
