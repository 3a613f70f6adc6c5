"""A learning curve, asked for from the Evaluate page; run by `app.jobs.work` in a process of its own."""

from __future__ import annotations

from typing import Any

import joblib

from app import functions
from app.jobs.record import RunRecord
from app.storage import DatasetStore, RunStore


def learn(record: RunRecord, datasets: DatasetStore, runs: RunStore) -> dict[str, Any]:
    """Compute the learning curve of one model of a finished training.

    Parameters
    ----------
    record : RunRecord
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
    settings = functions.training.TrainingSettings.from_dict(parent["settings"])
    data = functions.training.prepare(datasets.table(parent["dataset"]["id"]), settings)
    row = next(r for r in parent["leaderboard"] if r["model"] == record["model"])
    record.begin(functions.learning.n_steps(data))
    steps = []
    for step in functions.learning.learning_steps(
        record["model"], settings, data, row["parameters"], joblib.cpu_count()
    ):
        steps.append(step)
        record.doing(f"{step.n_rows:,} rows, fold {step.fold + 1}")
        record.advance()
    return {"curve": functions.learning.summarise_steps(steps)}
