"""How long a training is likely to take, before it starts.

The time of a fit is ``base + rate * rows ** a * width ** b``: the constants of each model are those of one core of a
common machine. What a machine really needs, as a multiple of that, is its *pace*: the median of what its own trainings
took, divided by what was expected of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from .catalogue import MODELS

# The process starts, the table is read, the checks are made.
_START_SECONDS = 3.0
_CHECK_SECONDS_A_CELL = 6e-6
_ENCODE_SECONDS, _ENCODE_SECONDS_A_CELL = 0.01, 3e-7
# Of a search: candidates times three inner folds, and what they cost together in fits on all rows.
_SEARCH_FITS = {"halving": (105, 17.0), "random": (72, 48.0)}
# How many numbers a column becomes, about.
_WIDTHS = {"date": 4, "text": 60}
_MAX_WIDTH_OF_CATEGORY = 12
_MIN_PACE, _MAX_PACE = 0.05, 50.0


@dataclass(frozen=True)
class _Cost:
    base: float
    rate: float
    of_rows: float = 1.0
    of_width: float = 1.0

    def seconds(self, rows: int, width: float) -> float:
        return self.base + self.variable(rows, width)

    def variable(self, rows: int, width: float) -> float:
        return self.rate * rows**self.of_rows * width**self.of_width


_COSTS = {
    "dummy": _Cost(0.004, 1e-8),
    "linear": _Cost(0.01, 4e-7),
    "random_forest": _Cost(0.08, 6e-5, 1, 0.5),
    "hist_gradient_boosting": _Cost(0.05, 1e-4, 1, 0.1),
    "extra_trees": _Cost(0.07, 2.5e-5, 1, 0.5),
    "k_neighbors": _Cost(0.01, 2e-9, 2, 0.5),
    "svm": _Cost(0.01, 1.2e-8, 2, 0.5),
    "neural_network": _Cost(0.06, 1.9e-4, 1, 0.1),
}
# For a number a forest looks at all columns in each split.
_COSTS_OF_NUMBERS = {
    "random_forest": _Cost(0.08, 5e-5),
    "extra_trees": _Cost(0.07, 1.7e-5),
}
_UNKNOWN = _Cost(0.1, 1e-4)


def width_of(roles: Mapping[str, str], distinct: Mapping[str, int]) -> float:
    """Return how many numbers the columns become for a model, about.

    Parameters
    ----------
    roles : mapping of str to str
        Of the columns that are learned from.
    distinct : mapping of str to int
        Their distinct values.

    Returns
    -------
    float
    """
    width = 0.0
    for name, role in roles.items():
        if role == "category":
            width += min(max(1, distinct.get(name, 1)), _MAX_WIDTH_OF_CATEGORY)
        else:
            width += _WIDTHS.get(role, 1)
    return max(1.0, width)


def expected_seconds(
    settings: Any, n_rows: int, width: float, n_classes: int = 2, pace: float = 1.0
) -> float:
    """Return how long a training is likely to take.

    Parameters
    ----------
    settings : TrainingSettings
    n_rows : int
        Of the table.
    width : float
        As `width_of` returns it.
    n_classes : int
        Of the target; of no account for a number.
    pace : float
        Of the machine; 1 until it has trained.

    Returns
    -------
    float
        Seconds.
    """
    rows = max(1, round(n_rows * (1 - settings.test_size)))
    models = [m for m in settings.models if m in MODELS and _is_trained(m, rows)]
    models = ["dummy", *(m for m in models if m != "dummy")]
    fold_rows = rows * (1 - 1 / settings.n_splits)
    searched = max(1, sum(bool(MODELS[m].search_space(settings.task)) for m in models))
    seconds = _START_SECONDS + _CHECK_SECONDS_A_CELL * n_rows * width
    for model in models:
        cost, times = _cost(model, settings.task), _times(model, settings, n_classes)
        encode = _ENCODE_SECONDS + _ENCODE_SECONDS_A_CELL * rows * width
        folds = encode + times * cost.seconds(round(fold_rows), width)
        whole = encode + times * cost.seconds(rows, width)
        seconds += settings.n_splits * folds + whole
        if settings.search in _SEARCH_FITS and MODELS[model].search_space(
            settings.task
        ):
            fits, in_all = _SEARCH_FITS[settings.search]
            search = fits * (_ENCODE_SECONDS + times * cost.base)
            search += in_all * (encode + times * cost.variable(rows, width))
            # The budget is in seconds of this machine, whatever its pace.
            seconds += min(search, settings.search_seconds / searched / pace)
    return pace * seconds


def pace_of(ratios: Iterable[float]) -> float:
    """Return the pace of a machine.

    Parameters
    ----------
    ratios : iterable of float
        What its trainings took, each divided by what was expected with a pace of 1.

    Returns
    -------
    float
        Their median, within reason; 1 if there are none.

    Raises
    ------
    ValueError
        A ratio is not positive.
    """
    known = list(ratios)
    if any(not ratio > 0 for ratio in known):
        raise ValueError("The time of a training is positive: leave this one out.")
    return min(_MAX_PACE, max(_MIN_PACE, median(known))) if known else 1.0


def _is_trained(model: str, rows: int) -> bool:
    most = MODELS[model].max_rows
    return most is None or rows <= most


def _cost(model: str, task: str) -> _Cost:
    if task == "regression" and model in _COSTS_OF_NUMBERS:
        return _COSTS_OF_NUMBERS[model]
    return _COSTS.get(model, _UNKNOWN)


def _times(model: str, settings: Any, n_classes: int) -> float:
    # Boosting grows a tree for each class.
    if model == "hist_gradient_boosting" and settings.task == "multiclass":
        return float(max(2, n_classes))
    return 1.0
