"""Search of hyperparameters within a budget of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline

from .models import MODELS
from .scoring import METRICS

SEARCHES = ("none", "halving", "random")
SEARCH_LABELS = {
    "none": "None: sensible defaults",
    "halving": "Successive halving",
    "random": "Randomised",
}
_N_CANDIDATES = 24
_N_SPLITS = 3


class _BudgetSpent(Exception):
    """Raised to leave scikit-learn's search loop."""


class _WithinBudget:
    """Mixed into a search: evaluates candidates one by one and stops when told to, keeping what it has."""

    def _run_search(self, evaluate_candidates):
        done = []

        def evaluate(candidates, cv=None, more_results=None):
            results = None
            for i, candidate in enumerate(candidates):
                if done and self.should_stop():
                    raise _BudgetSpent
                one = {
                    name: values[i : i + 1]
                    for name, values in (more_results or {}).items()
                }
                results = evaluate_candidates([candidate], cv=cv, more_results=one)
                done.append(candidate)
            return results

        try:
            super()._run_search(evaluate)
        except _BudgetSpent:
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
) -> dict[str, Any]:
    """Return the best hyperparameters found for a model until `should_stop` says so.

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
    should_stop : callable
        Asked before each candidate but the first.
    random_state : int

    Returns
    -------
    dict
        Parameters for ``pipeline.set_params``; empty if the model has none to search.

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
        "cv": _N_SPLITS,
        "random_state": random_state,
        "refit": False,
        "error_score": np.nan,
    }
    if strategy == "halving":
        search = _Halving(pipeline, n_candidates=_N_CANDIDATES, factor=3, **options)
    else:
        search = _Randomised(pipeline, n_iter=_N_CANDIDATES, **options)
    search.should_stop = should_stop
    search.fit(X, y)
    return _best(search.cv_results_)


def _best(results: Mapping[str, Any]) -> dict[str, Any]:
    scores = np.array(results["mean_test_score"], dtype=float)
    # In successive halving only the last, largest rung judges candidates by the most rows.
    rung = np.asarray(results.get("iter", np.zeros(len(scores))))
    usable = np.isfinite(scores)
    if not usable.any():
        return {}
    last = rung == rung[usable].max()
    scores[~(last & usable)] = -np.inf
    return dict(results["params"][int(scores.argmax())])
