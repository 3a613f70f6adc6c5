"""Whether a model can tell the rows of two tables apart: what no single column shows may show in several together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier

from ...wording import fixed, number, plural, quoted
from ..checks.quick_model import MAX_COLUMNS, N_FOLDS, Problem, Table
from ..evaluation.intervals import score_interval
from ..evaluation.scoring import score

MAX_ROWS = 2_000
MIN_ROWS = 50
# From here on two rows, one of each table, are told apart noticeably more often than by guessing.
_NOTICEABLE = 0.55
_CLEARLY = 0.7
_N_NAMED = 3
_TREES = 64
# A column with less than this part of the weight of the strongest is not worth a name.
_PART = 0.2
_GUESS = 0.5


@dataclass(frozen=True)
class TwoTables:
    """How well rows of the new table and of the training table can be told apart.

    Attributes
    ----------
    auc, low, high : float
        The area under the ROC curve of a model that had not seen the rows, and its 95 % interval; 0.5 is a guess.
    rows_before, rows_after : int
        Of the training table and of the new one, how many were looked at.
    columns : tuple of str
        Those that tell them apart, the strongest first; empty if nothing does.
    says : str
    reason : str
        Why there is no comparison: a sentence.
    """

    auc: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    rows_before: int = 0
    rows_after: int = 0
    columns: tuple[str, ...] = ()
    says: str = ""
    reason: str = ""

    @property
    def is_alarm(self) -> bool:
        """Whether they can be told apart, surely and noticeably."""
        return self.low > _GUESS and self.auc >= _NOTICEABLE


def tell_apart(
    before: pd.DataFrame,
    after: pd.DataFrame,
    roles: Mapping[str, str],
    random_state: int = 0,
) -> TwoTables:
    """Learn to tell the rows of two tables apart, and judge that by cross-validation.

    Parameters
    ----------
    before, after : DataFrame of shape (n_rows, n_columns)
        In the same columns and types; of each at most 2,000 rows are used.
    roles : mapping of str to str
        The columns to learn from. Dates are best left out: new rows have later ones.
    random_state : int

    Returns
    -------
    TwoTables

    References
    ----------
    D. Lopez-Paz, M. Oquab (2017), "Revisiting classifier two-sample tests".
    """
    names = [name for name in roles if name in before and name in after]
    if not names:
        return TwoTables(reason="No column is left to compare the tables by.")
    generator = np.random.default_rng(random_state)
    first, second = (_sample(table[names], generator) for table in (before, after))
    if min(len(first), len(second)) < MIN_ROWS:
        few = plural(min(len(first), len(second)), "row")
        return TwoTables(
            reason=f"To compare the tables as a whole takes at least {MIN_ROWS} rows of each: there are {few}."
        )
    # Codes are given in order of appearance: below each other, a high one would say which table a rare value is of.
    order = generator.permutation(len(first) + len(second))
    y = np.repeat([0, 1], [len(first), len(second)])[order]
    together = _joined(first, second).iloc[order].reset_index(drop=True)
    problem = Table(together, y, roles, True, random_state).problem(np.arange(len(y)))
    output = problem.cross_predict(_folds(y, generator))
    auc, interval = score("roc_auc", y, output), score_interval("roc_auc", y, output)
    found = TwoTables(auc, interval.low, interval.high, len(first), len(second))
    columns: tuple[str, ...] = ()
    if found.is_alarm:
        columns = _strongest(problem)
    return replace(found, columns=columns, says=_says(found, columns, len(names)))


def _strongest(problem: Problem) -> tuple[str, ...]:
    """Return the columns that tell the tables apart; large leaves, so that values that hardly repeat have no lead."""
    forest = ExtraTreesClassifier(
        _TREES,
        max_features=0.5,
        min_samples_leaf=max(5, len(problem.y) // 50),
        random_state=problem.random_state,
    )
    weights = forest.fit(problem.X, problem.y).feature_importances_
    first = np.argsort(-weights, kind="stable")[:_N_NAMED]
    return tuple(problem.names[i] for i in first if weights[i] >= _PART * weights.max())


def _sample(table: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    if len(table) <= MAX_ROWS:
        return table
    return table.iloc[np.sort(generator.choice(len(table), MAX_ROWS, replace=False))]


def _joined(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Put the tables below each other; a column that is read as another type in one of them is text in both."""
    joined = {}
    for name in first:
        parts = [first[name], second[name]]
        kinds = {part.dtype.kind for part in parts}
        numeric = kinds <= set("iuf")
        if len(kinds) > 1 and not numeric:
            parts = [part.astype("str").str.lower() for part in parts]
        joined[name] = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(joined)


def _folds(y: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    folds = np.empty(len(y), dtype=int)
    for side in (0, 1):
        rows = np.flatnonzero(y == side)
        folds[rows] = generator.permutation(len(rows)) % N_FOLDS
    return folds


def _says(found: TwoTables, columns: tuple[str, ...], n_columns: int) -> str:
    area = f"ROC AUC {fixed(found.auc, 2)}, {fixed(found.low, 2)} to {fixed(found.high, 2)}"
    looked = (
        f", of the first {number(MAX_COLUMNS)} columns"
        if n_columns > MAX_COLUMNS
        else ""
    )
    if found.is_alarm:
        how = "clearly" if found.auc >= _CLEARLY else "somewhat"
        return (
            f"A model can tell new rows from training rows {how} better than by guessing ({area}{looked}), mostly by "
            f"{quoted(columns)}."
        )
    if found.high < _GUESS:
        # A row whose copy the model has seen on the other side looks as if it came from there.
        return f"Many rows seem to be copies of training rows ({area}{looked})."
    return (
        f"As a whole, a model cannot tell new rows from training rows ({area}{looked})."
    )
