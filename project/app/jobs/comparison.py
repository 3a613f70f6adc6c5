"""New rows beside those of the training, while they are scored: what has changed, and how good the predictions are."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from app import functions
from app.storage import NotFound
from app.storage.runs import TrainingRun

from .job import Job
from .training_reference import reference_of_run, sample_of_training
from .watching import note_scoring

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.scoring.conforming import Conformed
    from app.functions.scoring.drift import Drift
    from app.functions.scoring.labelled import ScoreChange
    from app.functions.scoring.predicting import Scored, Scorer


class Comparison:
    """Counts what is scored, part by part, and compares it with the training in the end.

    Parameters
    ----------
    job : Job
    training : TrainingRun
    model : str
    scorer : Scorer
    """

    def __init__(self, job: Job, training: TrainingRun, model: str, scorer: Scorer):
        self._job, self._training, self._model = job, training, model
        reference = reference_of_run(job.runs, job.datasets, training.id)
        self._drift = None
        if reference is not None:
            self._drift = functions.scoring.drift.DriftCounter(reference, model)
        self._labelled = functions.scoring.labelled.LabelledRows(scorer.classes)

    def add(self, table: pd.DataFrame, conformed: Conformed, scored: Scored) -> None:
        """Count a part of the table: the rows that were scored, and their target if the table has it."""
        if self._drift is not None:
            self._drift.add(conformed.rows[scored.scored], scored.output)
        target = self._training.settings.target
        if target in table:
            self._labelled.add(table[target][scored.scored], scored.output)

    def remember(self, refused: int) -> None:
        """Leave what was counted, in groups and without rows, with the training.

        Parameters
        ----------
        refused : int
            How many rows could not be scored.
        """
        if self._drift is None:
            return
        # What was scored is kept, whether its training is still there or not.
        with contextlib.suppress(NotFound):
            note_scoring(
                self._job.runs,
                self._training.id,
                self._model,
                self._drift.reference,
                self._drift.counts(),
                refused,
            )

    def result(self) -> Drift | None:
        """Return how the rows differ from the training; None for a run whose reference is gone."""
        if self._drift is None:
            return None
        rows, reason = sample_of_training(
            self._job.runs, self._job.datasets, self._training.id
        )
        return self._drift.result(rows, reason, self._scores())

    def _scores(self) -> tuple[ScoreChange, ...]:
        runs, run_id = self._job.runs, self._training.id
        holdout = runs.table(run_id, "holdout")
        output = runs.table(run_id, f"output-{self._model}")
        if holdout is None or output is None:
            return ()
        before: np.ndarray = output.to_numpy()
        task = self._training.settings.task
        if task == "regression":
            before = before[:, 0]
        return self._labelled.compare(task, holdout["target"].to_numpy(), before)
