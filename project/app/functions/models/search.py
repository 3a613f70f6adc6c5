"""Hyperparameter search within a time budget."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
)
from sklearn.pipeline import Pipeline

from ..evaluation.scoring import METRICS
from .catalogue import MODELS

_N_CANDIDATES = 24
_N_SPLITS = 3
# With fewer rows, the first of three rungs would learn from a handful.
_MIN_ROWS_OF_HALVING = 300


class _SearchEnded(Exception):
    """Raised to leave scikit-learn's search loop when the budget is spent or no candidate is left."""


class _WithinBudget:
    """Mixin for a search: evaluates candidates one by one, and can be stopped without losing results.

    A candidate that cannot be fitted is skipped.
    """

    def _run_search(self, evaluate_candidates, *, callback_ctx=None):
        n_tried = 0

        def evaluate(candidates, cv=None, more_results=None, callback_ctx=None):
            nonlocal n_tried
            results = None
            for i, candidate in enumerate(candidates):
                if n_tried and self.should_stop():
                    raise _SearchEnded
                n_tried += 1
                one = {
                    name: values[i : i + 1]
                    for name, values in (more_results or {}).items()
                }
                try:
                    results = evaluate_candidates([candidate], cv=cv, more_results=one)
                except ValueError:
                    # Raised if every fit of a call fails; here a call has a single candidate.
                    continue
            if results is None:
                raise _SearchEnded
            return results

        try:
            super()._run_search(evaluate, callback_ctx=callback_ctx)
        except _SearchEnded:
            return


class _Randomised(_WithinBudget, RandomizedSearchCV):
    should_stop: Callable[[], bool]


class _Halving(_WithinBudget, HalvingRandomSearchCV):
    should_stop: Callable[[], bool]


def search_parameters(
    pipeline: Pipeline,
    model: str,
    task: str,
    X: pd.DataFrame,
    y: np.ndarray,
    metric: str,
    strategy: str,
    should_stop: Callable[[], bool],
    random_state: int = 0,
    fit_parameters: Mapping[str, np.ndarray] | None = None,
) -> dict[str, Any]:
    """Return the best hyperparameters found for a model before `should_stop` returns True.

    Only training rows may be given: the search cross-validates on three inner folds of them.

    Parameters
    ----------
    pipeline : Pipeline
        Unfitted, with the estimator as step 'model'.
    model : str
        A key of ``models.MODELS``.
    task : {"binary", "multiclass", "regression"}
    X : DataFrame of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    metric : str
        A key of ``scoring.METRICS``.
    strategy : {"halving", "random"}
        Tables too small for successive halving are searched at random.
    should_stop : callable
        Called before each candidate except the first.
    random_state : int
    fit_parameters : mapping of str to ndarray of shape (n_rows,), optional
        What each fit takes besides X and y, such as weights; the scores do not.

    Returns
    -------
    dict
        Parameters for ``pipeline.set_params``; empty if the model has none to search, or if no candidate has a score.

    References
    ----------
    K. Jamieson, A. Talwalkar (2016), "Non-stochastic best arm identification and hyperparameter optimization",
    for successive halving; J. Bergstra, Y. Bengio (2012), "Random search for hyper-parameter optimization".
    """
    space = MODELS[model].search_space(task)
    if not space:
        return {}
    options = {
        "param_distributions": {f"model__{k}": v for k, v in space.items()},
        "scoring": METRICS[metric].scorer,
        "cv": _inner_folds(task, random_state),
        "random_state": random_state,
        "refit": False,
        "error_score": np.nan,
    }
    if strategy == "halving" and len(y) >= _MIN_ROWS_OF_HALVING:
        # The last rung uses all rows, however few the first one uses.
        search = _Halving(
            pipeline,
            n_candidates=_N_CANDIDATES,
            factor=3,
            min_resources="exhaust",
            **options,
        )
    else:
        search = _Randomised(pipeline, n_iter=_N_CANDIDATES, **options)
    search.should_stop = should_stop
    return _best(_run(search, X, y, fit_parameters or {}))


def _inner_folds(task: str, random_state: int):
    kind = KFold if task == "regression" else StratifiedKFold
    return kind(_N_SPLITS, shuffle=True, random_state=random_state)


def _run(
    search, X: pd.DataFrame, y: np.ndarray, fit_parameters: Mapping[str, np.ndarray]
) -> Mapping[str, Any]:
    with warnings.catch_warnings():
        # Candidates that fail or do not converge have a bad score.
        warnings.simplefilter("ignore")
        try:
            return search.fit(X, y, **fit_parameters).cv_results_
        except (ValueError, IndexError):
            # Too few rows for the inner folds, or no candidate that can be fitted.
            return {}


def _best(results: Mapping[str, Any]) -> dict[str, Any]:
    scores = np.array(results.get("mean_test_score", []), dtype=float)
    # In successive halving only the last rung uses the most rows.
    rung = np.asarray(results.get("iter", np.zeros(len(scores))))
    usable = np.isfinite(scores)
    if not usable.any():
        return {}
    last = rung == rung[usable].max()
    scores[~(last & usable)] = -np.inf
    return dict(results["params"][int(scores.argmax())])
