"""What checks look at: a table and its split, one trained model, or a training as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ...wording import fixed
from ..evaluation.results import LeaderboardRow
from ..models.fitting import TrainingData
from ..models.settings import TrainingSettings
from .column_scores import sample_rows
from .copies import share_by_chance
from .leaks import Leaks, Suspect, find_leaks
from .quick_model import Drop, Table
from .time_columns import times_of

# Where more equal rows than that are expected by chance, they are no copies.
_BY_CHANCE = 0.05
# A text with so few rows a value is the code of a person or thing, not a category.
_ROWS_OF_CODE = 20


@dataclass(frozen=True)
class DataSubject:
    """A table and its split.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The table as it was read, including unused columns.
    settings : TrainingSettings
    data : TrainingData
        What ``fitting.prepare`` made of the two.
    """

    frame: pd.DataFrame
    settings: TrainingSettings
    data: TrainingData

    @cached_property
    def columns(self) -> Mapping[str, pd.Series]:
        """All columns but the target, features or not, on the rows that are used."""
        used = self.data.positions
        if used is None:
            used = np.flatnonzero(self.frame[self.settings.target].notna())
        names = [name for name in self.frame if name != self.settings.target]
        return {name: self.frame[name].iloc[used] for name in names}

    @cached_property
    def times(self) -> Mapping[str, np.ndarray]:
        """For each column that says when a row was recorded, a number that grows with time."""
        return times_of(self.columns)

    @cached_property
    def leaks(self) -> Leaks | None:
        """What the search for leaks found; None if there are too few rows."""
        data, settings = self.data, self.settings
        rows = self._distinct(data.split.train)
        sample = sample_rows(
            data.X, data.y, rows, bool(data.classes), settings.random_state
        )
        if sample is None:
            return None
        found = find_leaks(sample, settings.roles, settings.random_state)
        suspects = [one for one in found.suspects if not self._is_explained(one)]
        return Leaks(found.best, tuple(suspects))

    def _distinct(self, rows: np.ndarray) -> np.ndarray:
        """Return some rows without copies: of a row that is in two folds every cell gives the target away."""
        data = self.data
        if share_by_chance(data.X, data.y, rows) > _BY_CHANCE:
            return rows
        hashes = pd.util.hash_pandas_object(data.X.iloc[rows], index=False)
        return rows[~pd.DataFrame({"X": hashes, "y": data.y[rows]}).duplicated()]

    def _is_explained(self, suspect: Suspect) -> bool:
        """Whether other checks say what is the matter: a number that grows with time, the code of a small group."""
        name = suspect.columns[0]
        if len(suspect.columns) > 1 or suspect.how == "presence":
            return False
        if not self.data.classes and name in self.times:
            return True
        rows = len(self.data.X) / max(1, self.data.X[name].nunique())
        is_code = self.settings.roles[name] in ("category", "text")
        return is_code and rows <= _ROWS_OF_CODE

    @cached_property
    def leaking(self) -> frozenset[str]:
        """The features that give the target away, which would hide what else is the matter."""
        return frozenset(
            name
            for suspect in (self.leaks.suspects if self.leaks else ())
            if suspect.level == "bad"
            for name in suspect.columns
        )

    @cached_property
    def table(self) -> Table:
        """The features without those that give the target away, for the quick model."""
        return self._table([name for name in self.data.X if name not in self.leaking])

    @cached_property
    def whole(self) -> Table:
        """All features."""
        return self._table(list(self.data.X))

    def _table(self, names: list[str]) -> Table:
        data, settings = self.data, self.settings
        return Table(
            data.X[names],
            data.y,
            settings.roles,
            bool(data.classes),
            settings.random_state,
        )

    def scored(self, score: float) -> str:
        """Write a score of the quick model."""
        if self.data.classes:
            return f"ROC AUC {fixed(score)}"
        return f"R² {fixed(score)}" if score >= 0 else "R² below 0"

    def before_and_after(self, drop: Drop) -> tuple[str, str]:
        """Write the scores of a drop: the first with the name of the metric."""
        after = self.scored(drop.after).removeprefix("ROC AUC ").removeprefix("R² ")
        return self.scored(drop.before), after


@dataclass(frozen=True)
class ModelSubject:
    """One trained model.

    Attributes
    ----------
    row : LeaderboardRow
    baseline : LeaderboardRow or None
        The row of the model that ignores the columns; None if it could not be trained.
    metric : str
        A key of ``scoring.METRICS``.
    task : {"binary", "multiclass", "regression"}
    n_test : int
        Rows in the holdout.
    """

    row: LeaderboardRow
    baseline: LeaderboardRow | None
    metric: str
    task: str
    n_test: int


@dataclass(frozen=True)
class RunSubject:
    """A training as a whole.

    Attributes
    ----------
    leaderboard : sequence of LeaderboardRow
        The baseline first.
    metric : str
        A key of ``scoring.METRICS``.
    """

    leaderboard: Sequence[LeaderboardRow]
    metric: str
