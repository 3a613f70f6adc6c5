"""A learning curve, asked for from the Evaluate page; run by `app.jobs.worker` in a process of its own."""

from __future__ import annotations

from typing import Any

import joblib

from app import functions, wording
from app.jobs.progress import Progress
from app.storage import DatasetStore, RunStore


def learn(record: Progress, datasets: DatasetStore, runs: RunStore) -> dict[str, Any]:
    """Compute the learning curve of one model of a finished training.

    Parameters
    ----------
    record : Progress
        Its field 'parent' is the training's id, 'model' the model.
    datasets : DatasetStore
    runs : RunStore

    Returns
    -------
    dict
        The last fields of the run's record: 'curve'.

    Raises
    ------
    ValueError
        The table cannot be trained with these settings.
    NotFound
        The table is gone.
    """
    parent = runs.get(record["parent"])
    settings = functions.models.settings.TrainingSettings.from_dict(parent["settings"])
    data = functions.models.training.prepare(
        datasets.table(parent["dataset"]["id"]), settings
    )
    row = next(r for r in parent["leaderboard"] if r["model"] == record["model"])
    record.begin(functions.evaluation.learning_curves.n_steps(data))
    steps = []
    for step in functions.evaluation.learning_curves.learning_steps(
        record["model"], settings, data, row["parameters"], joblib.cpu_count()
    ):
        steps.append(step)
        record.doing(f"{wording.plural(step.n_rows, 'row')}, fold {step.fold + 1}")
        record.advance()
    return {"curve": functions.evaluation.learning_curves.summarise_steps(steps)}
