"""What a scoring leaves: how many rows were scored, what was predicted, and what did not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .conforming import MAX_ROWS_NAMED, Conformed, Problem, merge, similar_names
from .predicting import Scored, Scorer, predicted_codes


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not scored: its number, counted from 1, and why."""

    row: int
    reason: str


@dataclass(frozen=True)
class ScoringResult:
    """What the Score page shows of a table that was scored; its size does not grow with the number of rows.

    Attributes
    ----------
    model : str
    n_rows, n_scored : int
    threshold : float
        Of two classes: the probability from which on the positive one was predicted.
    classes : tuple of str
        By class code; empty for a regression.
    predicted : tuple of int
        How many rows got each class; empty for a regression.
    lowest, highest, mean : float
        Of the predicted numbers, or of the probabilities of the positive of two classes.
    margin : float
        Of a regression: the half width of the interval; infinity where it is not known.
    problems : tuple of Problem
    refused : tuple of RefusedRow
        The first of them.
    similar : mapping of str to str
        By absent column, the surplus one that may be meant.
    """

    model: str
    n_rows: int
    n_scored: int
    threshold: float = 0.5
    classes: tuple[str, ...] = ()
    predicted: tuple[int, ...] = ()
    lowest: float = float("nan")
    highest: float = float("nan")
    mean: float = float("nan")
    margin: float = float("nan")
    problems: tuple[Problem, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    similar: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_refused(self) -> int:
        """How many rows were not scored."""
        return self.n_rows - self.n_scored


class ScoringCounter:
    """Sums up a table that is scored in parts.

    Parameters
    ----------
    scorer : Scorer
    """

    def __init__(self, scorer: Scorer):
        self._scorer = scorer
        self._n_rows = self._n_scored = 0
        self._predicted = np.zeros(len(scorer.classes), dtype=np.int64)
        self._low, self._high, self._sum = np.inf, -np.inf, 0.0
        self._problems: list[Sequence[Problem]] = []
        self._refused: list[RefusedRow] = []

    def add(self, conformed: Conformed, scored: Scored) -> None:
        """Count one part."""
        room = MAX_ROWS_NAMED - len(self._refused)
        self._refused += [
            RefusedRow(self._n_rows + position + 1, scored.refused[position])
            for position in sorted(scored.refused)[:room]
        ]
        self._n_rows += len(conformed.rows)
        self._n_scored += int(scored.scored.sum())
        self._problems.append(conformed.problems)
        if not len(scored.output):
            return
        if self._scorer.classes:
            codes = predicted_codes(self._scorer, scored.output)
            self._predicted += np.bincount(codes, minlength=len(self._predicted))
        if len(self._scorer.classes) < 3:
            numbers = scored.output[:, 1] if self._scorer.classes else scored.output
            self._low = min(self._low, float(numbers.min()))
            self._high = max(self._high, float(numbers.max()))
            self._sum += float(numbers.sum())

    def result(self, model: str) -> ScoringResult:
        """Return what was counted.

        Parameters
        ----------
        model : str

        Returns
        -------
        ScoringResult
        """
        has_numbers = np.isfinite(self._low)
        problems = merge(self._problems)
        names = {
            kind: [p.column for p in problems if p.kind == kind]
            for kind in ("absent", "surplus")
        }
        return ScoringResult(
            model,
            self._n_rows,
            self._n_scored,
            self._scorer.threshold,
            self._scorer.classes,
            tuple(map(int, self._predicted)),
            self._low if has_numbers else float("nan"),
            self._high if has_numbers else float("nan"),
            self._sum / self._n_scored if has_numbers else float("nan"),
            float(self._scorer.margin),
            problems,
            tuple(self._refused),
            similar_names(names["absent"], names["surplus"]),
        )


def joined(table: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table with their predictions behind them.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    predictions : DataFrame of shape (n_rows, n_predicted)

    Returns
    -------
    DataFrame of shape (n_rows, n_columns + n_predicted)
        A column of predictions whose name the table has already is called so with '(model)' behind it.
    """
    taken, names = set(map(str, table.columns)), {}
    for name in predictions:
        free = name
        while free in taken:
            free = f"{free} (model)"
        taken.add(free)
        names[name] = free
    both = (table.reset_index(drop=True), predictions.rename(columns=names))
    return pd.concat(both, axis=1)
