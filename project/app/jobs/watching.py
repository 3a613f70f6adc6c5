"""Scorings are remembered and judged: at once those of the page, at most once a minute those of programs."""

from __future__ import annotations

import atexit
import contextlib
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from app import functions
from app.storage import DatasetStore, NotFound, RunStore, watching

from .training_reference import reference_of_run

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from app.functions.scoring.drift import Counted, DriftCounter
    from app.functions.scoring.reference import Reference
    from app.functions.scoring.sequential import ColumnChange

# The server knows this module too, and does without them until it needs them.

PREDICTIONS = "predictions"
WRITE_SECONDS = 60.0
_ROWS_AT_ONCE = 2_000
_MOST_MODELS = 16


def note_scoring(
    runs: RunStore,
    run_id: str,
    model: str,
    reference: Reference,
    counted: Counted,
    refused: int = 0,
    source: str = "page",
) -> None:
    """Remember a scoring, and keep what all of them say.

    A table that a page scores again, such as at another threshold, is not remembered twice: it is no further evidence.

    Parameters
    ----------
    runs : RunStore
    run_id : str
        Of the training.
    model : str
    reference : Reference
        Of the training.
    counted : Counted
        What a `DriftCounter` has counted of the rows that were scored.
    refused : int
        How many rows could not be scored.
    source : {"page", "api"}

    Raises
    ------
    NotFound
        There is no such training, or no longer.
    """
    scoring = watching.Scoring(
        time.time(),
        source,
        model,
        counted.rows + refused,
        refused,
        counted.columns,
        counted.predictions,
    )
    kept = watching.scorings(runs, run_id)
    if source == "page" and any(_is_same_table(each, scoring) for each in kept):
        return
    watching.note(runs, run_id, scoring)
    kept = watching.scorings(runs, run_id)
    changes = changes_of(reference, kept)
    noticed = [each for each in changes if each.is_noticeable]
    since = min((kept[each.since].time for each in noticed), default=None)
    summary = watching.Summary(
        sum(each.scorings for each in kept),
        sum(each.rows for each in kept),
        sum(each.refused for each in kept),
        tuple(each.name for each in noticed),
        since,
        time.time(),
    )
    watching.keep_summary(runs, run_id, summary)


def _is_same_table(one: watching.Scoring, other: watching.Scoring) -> bool:
    columns = {name: tuple(counts) for name, counts in one.columns.items()}
    watched = list(other.columns)[: watching.MAX_COLUMNS]
    return one.rows == other.rows and columns == {
        name: tuple(other.columns[name]) for name in watched
    }


def changes_of(
    reference: Reference, kept: tuple[watching.Scoring, ...]
) -> tuple[ColumnChange, ...]:
    """Test what is remembered for a change of any column since training, and of the predictions.

    Dates are left out: those of new rows are later.

    Parameters
    ----------
    reference : Reference
    kept : tuple of Scoring

    Returns
    -------
    tuple of ColumnChange
        The predictions are called 'predictions', and come last; those of the model that scored last are looked at.
    """
    training = {
        each.name: each.grouped_training()
        for each in reference.columns[: watching.MAX_COLUMNS]
        if each.kind != "date"
    }
    model = next((each.model for each in reversed(kept) if each.predictions), "")
    predicted = reference.predictions.get(model)
    if predicted is not None:
        training[PREDICTIONS] = predicted.grouped_training()
    observed = []
    for each in kept:
        # What an older version counted in other bins says nothing here.
        counts = {
            name: values
            for name, values in each.columns.items()
            if name in training and len(values) == len(training[name])
        }
        if predicted is not None and each.model == model and each.predictions:
            if len(each.predictions) == len(training[PREDICTIONS]):
                counts[PREDICTIONS] = each.predictions
        observed.append(counts)
    return functions.scoring.sequential.watch(training, observed)


class Watcher:
    """Remembers what programs have scored: a note costs microseconds, and is written at most once a minute.

    Parameters
    ----------
    runs : RunStore
        Without a guard: when it writes, nobody asks any more.
    datasets : DatasetStore
    seconds : float
        Between two writes for the same model.
    """

    def __init__(
        self, runs: RunStore, datasets: DatasetStore, seconds: float = WRITE_SECONDS
    ):
        self._runs, self._datasets, self._seconds = runs, datasets, seconds
        self._lock = threading.Lock()
        self._noted: OrderedDict[tuple[str, str], _Noted] = OrderedDict()
        self._timer: threading.Timer | None = None
        atexit.register(self.flush)

    def note(
        self,
        run_id: str,
        model: str,
        rows: pd.DataFrame,
        output: np.ndarray | None,
        refused: int = 0,
    ) -> None:
        """Remember some rows.

        Parameters
        ----------
        run_id : str
            Of the training.
        model : str
        rows : DataFrame of shape (n_rows, n_columns)
            Those that were scored, as `conforming.conform` typed them.
        output : ndarray of shape (n_rows, n_classes) or (n_rows,), or None
        refused : int
            How many others could not be scored.
        """
        with self._lock:
            noted = self._noted.setdefault((run_id, model), _Noted())
            noted.add(rows, output, refused)
            self._noted.move_to_end((run_id, model))
            full = noted.waiting >= _ROWS_AT_ONCE
            oldest = next(iter(self._noted))
            over = oldest if len(self._noted) > _MOST_MODELS else None
            if self._timer is None:
                self._timer = threading.Timer(self._seconds, self.flush)
                self._timer.daemon = True
                self._timer.start()
        if full:
            self._count(run_id, model)
        if over is not None:
            self._write(*over)

    def flush(self) -> None:
        """Write what has been noted so far."""
        with self._lock:
            self._timer = None
            names = list(self._noted)
        for run_id, model in names:
            self._write(run_id, model)

    def _count(self, run_id: str, model: str) -> None:
        """Turn rows that wait into counts, so that they take no memory."""
        with contextlib.suppress(NotFound), self._lock:
            noted = self._noted.get((run_id, model))
            if noted is not None:
                noted.count(self._runs, self._datasets, run_id, model)

    def _write(self, run_id: str, model: str) -> None:
        with self._lock:
            noted = self._noted.pop((run_id, model), None)
        if noted is None:
            return
        # A training that has been deleted in the meantime, or a full disk, must not stop who predicts.
        with contextlib.suppress(NotFound, OSError):
            noted.count(self._runs, self._datasets, run_id, model)
            if noted.counter is not None:
                note_scoring(
                    self._runs,
                    run_id,
                    model,
                    noted.counter.reference,
                    noted.counter.counts(),
                    noted.refused,
                    "api",
                )


class _Noted:
    """What was noted of one model since the last write."""

    def __init__(self) -> None:
        self.counter: DriftCounter | None = None
        self.refused = self.waiting = 0
        self._parts: list[tuple[pd.DataFrame, np.ndarray | None]] = []

    def add(self, rows: pd.DataFrame, output: np.ndarray | None, refused: int) -> None:
        self._parts.append((rows, output))
        self.waiting += len(rows)
        self.refused += refused

    def count(
        self, runs: RunStore, datasets: DatasetStore, run_id: str, model: str
    ) -> None:
        parts, self._parts, self.waiting = self._parts, [], 0
        if self.counter is None:
            reference = reference_of_run(runs, datasets, run_id)
            if reference is None:
                return
            self.counter = functions.scoring.drift.DriftCounter(reference, model)
        self.counter.add_parts(parts)
