"""A training: from the stored table to the models, scores and checks that its run keeps."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from app import functions
from app.storage import PaceStore

from .contracts import keep_contract
from .job import Job
from .training_reference import keep_reference

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.evaluation.results import LeaderboardRow
    from app.functions.models.fitting import TrainingData
    from app.functions.models.settings import TrainingSettings
    from app.functions.models.training import TrainedModel

_VERSIONED = ("scikit-learn", "numpy", "pandas", "scipy", "skops")


def train(job: Job) -> Mapping[str, Any]:
    """Train every model that the run's settings name, and keep each as soon as it is finished.

    Parameters
    ----------
    job : Job

    Returns
    -------
    mapping
        The last fields of the run's record.

    Raises
    ------
    ValueError
        The table cannot be trained with these settings.
    NotFound
        The table is gone.
    """
    fitting, training = functions.models.fitting, functions.models.training
    began = time.perf_counter()
    run = job.runs.training(job.run_id)
    settings = run.settings
    frame = job.datasets.table(run.run.dataset.id)
    data = fitting.prepare(frame, settings)
    models, notes = fitting.models_to_train(settings, len(data.split.train))
    if notes and len(models) == 1:
        raise ValueError(f"{' '.join(notes)} Choose another model as well.")
    # The checks are a step too.
    job.progress.begin(training.n_steps(settings, models) + 1)
    job.progress.update(
        notes=[*data.notes, *notes],
        classes=data.classes,
        n_train=len(data.split.train),
        n_test=len(data.split.test),
        versions=versions(),
    )
    _keep_data(job, data, settings)
    leaderboard, best, outputs = [], None, {}
    for step in training.training_steps(
        settings, data, models, time.perf_counter, job.n_jobs
    ):
        job.progress.at(step.done, step.doing)
        if step.finished:
            leaderboard.append(step.finished.row)
            best = step.best
            _keep_model(job, step.finished, data)
            outputs[step.finished.row.model] = step.finished.output
            job.progress.update(leaderboard=leaderboard)
    _refuse_if_nothing_was_learned(leaderboard, best)
    keep_reference(job.runs, job.run_id, settings, data, outputs)
    keep_contract(job.runs, job.datasets, job.run_id)
    job.progress.doing("Checking whether the results can be trusted")
    checks = _check(frame, settings, data, leaderboard)
    job.progress.advance()
    _keep_pace(job, settings, data, time.perf_counter() - began)
    return {"checks": checks, "best": best}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that train."""
    libraries = {name: version(name) for name in _VERSIONED}
    return libraries | {"python": platform.python_version()}


def _keep_pace(
    job: Job, settings: TrainingSettings, data: TrainingData, seconds: float
) -> None:
    durations = functions.models.durations
    profile = job.datasets.get(job.runs.get(job.run_id).dataset.id).profile
    distinct = {column.name: column.distinct for column in profile.columns}
    expected = durations.expected_seconds(
        settings,
        profile.rows,
        durations.width_of(settings.roles, distinct),
        len(data.classes),
    )
    PaceStore(job.runs.root.parent / "pace.json").add(seconds, expected)


def _keep_data(job: Job, data: TrainingData, settings: TrainingSettings) -> None:
    roles = {name: settings.roles[name] for name in data.X.columns}
    dataset = job.datasets.get(job.runs.get(job.run_id).dataset.id)
    schema = functions.tables.schema.TableSchema.of(
        data.X, roles, dataset.missing, dataset.written
    )
    job.runs.write_result(job.run_id, "schema", schema)
    job.runs.write_table(job.run_id, "holdout", data.holdout())


def _keep_model(job: Job, trained: TrainedModel, data: TrainingData) -> None:
    if trained.pipeline is None:
        return
    key = trained.row.model
    content = functions.models.persistence.model_to_bytes(trained.pipeline)
    output = functions.models.fitting.output_table(trained.output, data.classes)
    job.runs.write_result(job.run_id, f"model-{key}", trained.result)
    job.runs.write_table(job.run_id, f"output-{key}", output)
    job.runs.write_model(job.run_id, key, content)


def _refuse_if_nothing_was_learned(
    leaderboard: list[LeaderboardRow], best: str | None
) -> None:
    chosen = leaderboard[1:] or leaderboard  # without the baseline
    if all(row.error for row in chosen):
        raise ValueError(
            "No model could be trained on this table; the leaderboard says why."
        )
    if best is None:
        raise ValueError(
            "No model can be judged: the metric is not defined on any of the folds, as if each held a single class. "
            "Choose another metric, fewer folds or another split."
        )


def _check(
    frame: pd.DataFrame,
    settings: TrainingSettings,
    data: TrainingData,
    leaderboard: list[LeaderboardRow],
) -> Any:
    checks = functions.checks.registry
    return functions.evaluation.summary.RunChecks(
        run=checks.check_run(leaderboard, settings.scoring),
        data=checks.check_data(frame, settings, data),
        models={
            row.model: checks.check_model(
                row,
                leaderboard[0],
                settings.scoring,
                settings.task,
                len(data.split.test),
            )
            for row in leaderboard
            if row.error is None
        },
    )
