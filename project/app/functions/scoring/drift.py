"""Whether new rows are like those of the training: column by column, the predictions, and the tables as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...wording import listed, plural, quoted
from . import two_tables
from .column_drift import ALARMS, MIN_ROWS, ColumnDrift, compare_columns
from .labelled import ScoreChange
from .reference import BinnedColumn, Reference, prediction_column
from .two_tables import MAX_ROWS, TwoTables

_ORDER = ("large", "moderate", "later", "small", "none", "few")


@dataclass(frozen=True)
class Drift:
    """How a new table differs from the training table.

    Attributes
    ----------
    rows, training_rows : int
    says : str
        The verdict.
    level : {"large", "moderate", "none", "few"}
    columns : tuple of ColumnDrift
        What has changed most comes first.
    predictions : ColumnDrift or None
        Compared with the predictions for the holdout.
    whole : TwoTables or None
    whole_reason : str
        Why the tables were not compared as a whole; empty if they were.
    scores : tuple of ScoreChange
        Where the new table has the target.
    """

    rows: int
    training_rows: int
    says: str
    level: str
    columns: tuple[ColumnDrift, ...]
    predictions: ColumnDrift | None = None
    whole: TwoTables | None = None
    whole_reason: str = ""
    scores: tuple[ScoreChange, ...] = ()

    @property
    def changed(self) -> tuple[ColumnDrift, ...]:
        """The columns that have changed, surely and noticeably."""
        return tuple(each for each in self.columns if each.is_alarm)


class DriftCounter:
    """Counts a new table batch by batch, and compares it with the training table in the end.

    The counts of batches are those of all rows. Only the comparison as a whole looks at a random sample of rows, which
    is all that is kept of them.

    Parameters
    ----------
    reference : Reference
    model : str
        The one that predicts; without it predictions are not compared.
    random_state : int
    """

    def __init__(self, reference: Reference, model: str = "", random_state: int = 0):
        self.reference = reference
        self._generator = np.random.default_rng(random_state)
        self._random_state = random_state
        self._counts = {
            each.name: np.zeros(len(each.counts), dtype=np.int64)
            for each in reference.columns
        }
        self._missing = dict.fromkeys(self._counts, 0)
        self._prediction = reference.predictions.get(model)
        n_bins = len(self._prediction.counts) if self._prediction else 0
        self._predicted = np.zeros(n_bins, dtype=np.int64)
        self._unpredicted = 0
        self._rows = 0
        self.sample: pd.DataFrame | None = None
        self._keys = np.zeros(0)

    def add(self, rows: pd.DataFrame, predictions: np.ndarray | None = None) -> None:
        """Count some rows.

        Parameters
        ----------
        rows : DataFrame of shape (n_rows, n_columns)
            In the columns and types of the training table.
        predictions : ndarray of shape (n_predicted, n_classes) or (n_predicted,), optional
            Class probabilities or numbers; rows that were refused have none.
        """
        self._rows += len(rows)
        for column in self.reference.columns:
            counts, missing = column.count(rows[column.name])
            self._counts[column.name] += counts
            self._missing[column.name] += missing
        if self._prediction and predictions is not None and len(predictions):
            values = prediction_column(predictions, self.reference.classes)
            counts, missing = self._prediction.count(values)
            self._predicted += counts
            self._unpredicted += missing
        self._keep_some(rows)

    def counts(self) -> Counted:
        """Return what was counted, in the groups that are watched over time."""
        columns = {
            each.name: _grouped(each, self._counts[each.name], self._missing[each.name])
            for each in self.reference.columns
        }
        predicted: tuple[int, ...] = ()
        if self._prediction and self._predicted.sum():
            predicted = _grouped(self._prediction, self._predicted, self._unpredicted)
        return Counted(self._rows, columns, predicted)

    def result(
        self,
        training_rows: pd.DataFrame | None = None,
        reason: str = "",
        scores: tuple[ScoreChange, ...] = (),
    ) -> Drift:
        """Compare what was counted with the training table.

        Parameters
        ----------
        training_rows : DataFrame of shape (n_rows, n_columns), optional
            Some thousand of the training's rows, typed as they were then.
        reason : str
            Why there are none: a sentence.
        scores : tuple of ScoreChange
            What `labelled.compare_scores` returned, if the new table has the target.

        Returns
        -------
        Drift
        """
        compared = [
            (each, self._counts[each.name], self._missing[each.name])
            for each in self.reference.columns
        ]
        is_predicted = self._prediction is not None and self._predicted.sum() > 0
        if is_predicted:
            compared.append((self._prediction, self._predicted, self._unpredicted))
        found = list(compare_columns(compared))
        predictions = found.pop() if is_predicted else None
        columns = tuple(sorted(found, key=_by_how_much))
        whole = None
        if training_rows is not None and self.sample is not None:
            roles = {c.name: c.role for c in self.reference.columns if c.kind != "date"}
            whole = two_tables.tell_apart(
                training_rows, self.sample, roles, self._random_state
            )
            reason = whole.reason
        drift = Drift(
            self._rows,
            self.reference.rows,
            "",
            "none",
            columns,
            predictions,
            whole,
            reason,
            scores,
        )
        return replace(drift, says=_verdict(drift), level=_level(drift))

    def _keep_some(self, rows: pd.DataFrame) -> None:
        """Keep the rows with the smallest of random numbers: a sample of all rows, whatever the batches."""
        keys = self._generator.random(len(rows))
        if len(self._keys) == MAX_ROWS:
            rows, keys = rows[keys < self._keys.max()], keys[keys < self._keys.max()]
        if not len(keys):
            return
        if self.sample is None:
            together = rows
        else:
            together = pd.concat([self.sample, rows], ignore_index=True)
        keys = np.concatenate([self._keys, keys])
        kept = np.argsort(keys, kind="stable")[:MAX_ROWS]
        self.sample, self._keys = together.iloc[kept], keys[kept]


@dataclass(frozen=True)
class Counted:
    """One scoring as it is remembered: counts in groups, and no rows.

    Attributes
    ----------
    rows : int
    columns : dict of str to tuple of int
        Rows in each group of `BinnedColumn.groups`, and those without a value last.
    predictions : tuple of int
        The same of the predictions; empty without any.
    """

    rows: int
    columns: dict[str, tuple[int, ...]]
    predictions: tuple[int, ...] = ()


def together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of the same columns below each other.

    Parameters
    ----------
    parts : sequence of DataFrame
        One at least.

    Returns
    -------
    DataFrame
    """
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def stacked(outputs: Sequence[np.ndarray]) -> np.ndarray:
    """Put predictions of the same model below each other.

    Parameters
    ----------
    outputs : sequence of ndarray of shape (n_rows, n_classes) or (n_rows,)
        One at least.

    Returns
    -------
    ndarray
    """
    return np.concatenate(outputs)


def _grouped(column: BinnedColumn, counts: np.ndarray, missing: int) -> tuple[int, ...]:
    return (*(int(n) for n in column.grouped(counts)), int(missing))


def _by_how_much(found: ColumnDrift) -> tuple[int, float]:
    beyond = found.psi - found.psi_by_chance
    return _ORDER.index(found.level), -beyond


def _level(drift: Drift) -> str:
    found = [*drift.columns, *filter(None, [drift.predictions])]
    levels = {each.level for each in found}
    for level in ALARMS:
        if level in levels:
            return level
    if drift.whole and drift.whole.is_alarm:
        return "moderate"
    return "few" if levels <= {"few"} else "none"


def _verdict(drift: Drift) -> str:
    if min(drift.rows, drift.training_rows) < MIN_ROWS:
        fewer = "here" if drift.rows < MIN_ROWS else "in the training table"
        few = plural(min(drift.rows, drift.training_rows), "row")
        return f"{few} {fewer} are too few to tell whether anything has changed."
    changed = [each.name for each in drift.changed]
    said = [_on_columns(changed, len(drift.columns)), *_on_predictions(drift)]
    if drift.whole and not drift.whole_reason:
        said.append(drift.whole.says)
    later = [each.name for each in drift.columns if each.level == "later"]
    if later:
        said.append(
            f"{quoted(later)} {_has(later)} later dates, as new rows usually do."
        )
    return " ".join(said)


def _on_columns(changed: list[str], n_columns: int) -> str:
    if not changed:
        return "No column has changed noticeably since training."
    if len(changed) == 1:
        return f"One of {plural(n_columns, 'column')} has changed since training: {quoted(changed)}."
    return (
        f"{len(changed)} of {plural(n_columns, 'column')} have changed since training, most of all "
        f"{listed([quoted([name]) for name in changed[:3]])}."
    )


def _on_predictions(drift: Drift) -> list[str]:
    if drift.predictions is None or drift.predictions.level == "few":
        return []
    if drift.predictions.is_alarm:
        return [
            (
                "The predictions have changed too."
                if drift.changed
                else "The predictions have changed."
            )
        ]
    return ["The predictions are distributed as for the holdout."]


def _has(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"
