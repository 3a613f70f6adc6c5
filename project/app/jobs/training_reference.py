"""What later tables are compared with: kept by a training, and made of its table for one of before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app import functions
from app.storage import DatasetStore, NotFound, RunStore

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from app.functions.models.fitting import TrainingData
    from app.functions.models.settings import TrainingSettings
    from app.functions.scoring.reference import Reference

NAME = "reference"
_SAMPLED = 4_000
_GONE = "The training table is gone, so the tables are not compared as a whole."


def keep_reference(
    runs: RunStore,
    run_id: str,
    settings: TrainingSettings,
    data: TrainingData,
    outputs: Mapping[str, np.ndarray | None],
) -> Reference:
    """Keep what later tables are compared with.

    Parameters
    ----------
    runs : RunStore
    run_id : str
    settings : TrainingSettings
    data : TrainingData
    outputs : mapping of str to ndarray or None
        By model, what it predicts for the holdout; None for one that could not be trained.
    """
    roles = {name: settings.roles[name] for name in data.X.columns}
    known = {model: output for model, output in outputs.items() if output is not None}
    reference = functions.scoring.reference.reference_of(
        data.X, roles, known, data.classes
    )
    runs.write_result(run_id, NAME, reference)
    return reference


def reference_of_run(
    runs: RunStore, datasets: DatasetStore, run_id: str
) -> Reference | None:
    """Return what later tables are compared with; None for a training of before whose table is gone.

    Raises
    ------
    NotFound
        There is no such training, or no longer.
    """
    kept = runs.result(run_id, NAME, functions.scoring.reference.Reference)
    if kept is not None:
        return kept
    training = runs.training(run_id)
    if training.run.dataset is None:
        return None
    try:
        frame = datasets.table(training.run.dataset.id)
        data = functions.models.fitting.prepare(frame, training.settings)
    except (NotFound, ValueError):  # gone, or of a version that took other rows
        return None
    outputs = {
        row.model: _output(runs, run_id, row.model, len(data.classes))
        for row in training.summary.trained
    }
    return keep_reference(runs, run_id, training.settings, data, outputs)


def sample_of_training(
    runs: RunStore, datasets: DatasetStore, run_id: str
) -> tuple[pd.DataFrame | None, str]:
    """Return some rows of the training table, spread evenly over it; or None and a sentence that says why not.

    Raises
    ------
    NotFound
        There is no such training, or no longer.
    """
    training = runs.training(run_id)
    settings = training.settings
    if training.run.dataset is None:
        return None, _GONE
    try:
        rows = datasets.thinned(training.run.dataset.id, _SAMPLED)
        rows = rows[rows[settings.target].notna()]
        for each in settings.row_filters:
            rows = rows[functions.models.rows.passes(rows[each.column], each)]
    except (NotFound, ValueError, KeyError):
        return None, _GONE
    return rows[[name for name in settings.roles if name in rows]], ""


def _output(
    runs: RunStore, run_id: str, model: str, n_classes: int
) -> np.ndarray | None:
    table = runs.table(run_id, f"output-{model}")
    if table is None:
        return None
    output = table.to_numpy()
    return output if n_classes else output[:, 0]
