"""The learning curve of one model of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import functions, wording
from app.storage.brought import is_brought
from app.storage.runs import TrainingRun

from .job import Job


def check(training: TrainingRun, parameters: Mapping[str, Any]) -> None:
    """Refuse a model that the training does not have.

    Parameters
    ----------
    training : TrainingRun
    parameters : mapping
        'model'.

    Raises
    ------
    ValueError
        The training has not trained this model.
    """
    if is_brought(training.run):
        raise ValueError(
            "This model was trained elsewhere: without its training rows there is no learning curve."
        )
    if parameters.get("model") not in [row.model for row in training.summary.trained]:
        raise ValueError(
            "This run has not trained this model: choose one from its leaderboard."
        )


def compute(job: Job) -> dict[str, Any]:
    """Fit a model of a finished training on growing shares of the rows, and keep the curve as the run's result.

    Parameters
    ----------
    job : Job
        Of a run whose parameter 'model' is a model of its parent.

    Returns
    -------
    dict
        No further fields of the run's record.

    Raises
    ------
    ValueError
        The table cannot be trained with these settings.
    NotFound
        The table or the training is gone.
    """
    curves, fitting = functions.evaluation.learning_curves, functions.models.fitting
    run = job.runs.get(job.run_id)
    training, model = job.runs.training(run.parent), run.parameters["model"]
    table = job.datasets.table(training.run.dataset.id)
    data = fitting.prepare(table, training.settings)
    row = next(row for row in training.summary.trained if row.model == model)
    job.progress.begin(curves.n_steps(data))
    steps = []
    for step in curves.learning_steps(
        model, training.settings, data, row.parameters, job.n_jobs
    ):
        steps.append(step)
        rows = wording.plural(step.n_rows, "row")
        job.progress.doing(f"{rows}, fold {step.fold + 1}")
        job.progress.advance()
    job.runs.write_result(job.run_id, "result", curves.summarise_steps(steps))
    return {}
