"""Predictions for rows whose target is known: their scores beside those of the holdout."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...wording import fixed, plural
from ..evaluation.intervals import MIN_ROWS, score_interval
from ..evaluation.scoring import METRICS, score
from ..tables.columns import as_plain, label_of

# So many rows are kept of a large table: enough for the third digit of a score.
MAX_ROWS = 20_000
_UNKNOWN = -1


@dataclass(frozen=True)
class ScoreChange:
    """One score of the new rows and of the holdout.

    Attributes
    ----------
    metric, label : str
    before, before_low, before_high : float
        Of the holdout, with its 95 % interval.
    after, after_low, after_high : float
        Of the new rows.
    change, low, high : float
        New rows less holdout, with its 95 % interval; NaN where there is none.
    level : {"worse", "better", "same", "few"}
    says : str
    n_before, n_after : int
    """

    metric: str
    label: str
    before: float
    after: float
    change: float
    level: str
    says: str
    before_low: float = float("nan")
    before_high: float = float("nan")
    after_low: float = float("nan")
    after_high: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    n_before: int = 0
    n_after: int = 0


class LabelledRows:
    """Keeps the targets and predictions of new rows, at most 20,000 drawn at random, as batches come.

    Parameters
    ----------
    classes : tuple of str
        By class code; empty for a regression.
    random_state : int
    """

    def __init__(self, classes: tuple[str, ...] = (), random_state: int = 0):
        self._classes = classes
        self._generator = np.random.default_rng(random_state)
        self._keys = np.zeros(0)
        self._y: np.ndarray | None = None
        self._output: np.ndarray | None = None
        self.n_rows = 0
        self.n_unknown = 0

    def add(self, target: pd.Series, output: np.ndarray) -> None:
        """Keep some rows; those without a target, or with one that the model does not know, are counted only.

        Parameters
        ----------
        target : Series of shape (n_rows,)
        output : ndarray of shape (n_rows, n_classes) or (n_rows,)
        """
        y = codes_of(target, self._classes)
        known = y >= 0 if self._classes else np.isfinite(y)
        self.n_unknown += int((~known).sum())
        self.n_rows += int(known.sum())
        y, output = y[known], output[known]
        keys = self._generator.random(len(y))
        if self._y is not None:
            y, keys = np.concatenate([self._y, y]), np.concatenate([self._keys, keys])
            output = np.concatenate([self._output, output])
        kept = np.argsort(keys, kind="stable")[:MAX_ROWS]
        self._y, self._output, self._keys = y[kept], output[kept], keys[kept]

    def compare(
        self, task: str, y: np.ndarray, output: np.ndarray
    ) -> tuple[ScoreChange, ...]:
        """Compare with the holdout; as `compare_scores`."""
        if self._y is None or not len(self._y):
            return ()
        return compare_scores(task, y, output, self._y, self._output)


def codes_of(target: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Return a target as the models know it.

    Parameters
    ----------
    target : Series of shape (n_rows,)
    classes : tuple of str
        By class code; empty for a regression.

    Returns
    -------
    ndarray of shape (n_rows,)
        Class codes, −1 where a value is missing or no class; or numbers, NaN where a value is none.
    """
    column = as_plain(target)
    if not classes:
        numbers = pd.to_numeric(column, errors="coerce")
        return numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    places = {name: code for code, name in enumerate(classes)}
    # What is true or false may have been read as text, and the other way round.
    lower = {name.lower(): code for code, name in enumerate(classes)}
    codes, levels = pd.factorize(column)
    labels = [label_of(level).strip() for level in levels]
    of_level = [
        places.get(label, lower.get(label.lower(), _UNKNOWN)) for label in labels
    ]
    return np.array([*of_level, _UNKNOWN], dtype=np.int64)[codes]


def compare_scores(
    task: str,
    y_before: np.ndarray,
    output_before: np.ndarray,
    y_after: np.ndarray,
    output_after: np.ndarray,
) -> tuple[ScoreChange, ...]:
    """Compare every score of the task on new rows with that on the holdout.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}
    y_before, y_after : ndarray of shape (n,)
        Class codes or numbers.
    output_before, output_after : ndarray of shape (n, n_classes) or (n,)

    Returns
    -------
    tuple of ScoreChange

    References
    ----------
    G. Zou, A. Donner (2008), "Construction of confidence limits about effect measures: a general approach", for the
    interval of a difference of two scores that have intervals of their own.
    """
    found = []
    for metric in METRICS.values():
        if task not in metric.tasks:
            continue
        parts = ((y_before, output_before), (y_after, output_after))
        (first, low_first, high_first), (second, low_second, high_second) = (
            _with_interval(metric.key, *part) for part in parts
        )
        change = second - first
        low = change - math.hypot(second - low_second, high_first - first)
        high = change + math.hypot(high_second - second, first - low_first)
        level = _level(metric.greater_is_better, low, high)
        found.append(
            ScoreChange(
                metric.key,
                metric.label,
                first,
                second,
                change,
                level,
                _says(level, change, low, high, len(y_after)),
                *(low_first, high_first, low_second, high_second, low, high),
                len(y_before),
                len(y_after),
            )
        )
    return tuple(found)


def _with_interval(
    metric: str, y: np.ndarray, output: np.ndarray
) -> tuple[float, float, float]:
    interval = score_interval(metric, y, output)
    return score(metric, y, output), interval.low, interval.high


def _level(greater_is_better: bool, low: float, high: float) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return "few"
    if low <= 0 <= high:
        return "same"
    return "better" if (low > 0) == greater_is_better else "worse"


def _says(level: str, change: float, low: float, high: float, n_rows: int) -> str:
    if level == "few":
        if n_rows < MIN_ROWS:
            return f"{plural(n_rows, 'row')} with a target: too few to compare."
        return "Too few rows to compare, or too few of a class."
    size = f"{fixed(change)} ({fixed(low)} to {fixed(high)})"
    return {
        "same": f"No difference that could not be luck: {size}.",
        "better": f"Better than on the holdout: {size}.",
        "worse": f"Worse than on the holdout: {size}.",
    }[level]
