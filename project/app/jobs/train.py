"""A training, from the stored table to the stored results; run by `app.jobs.worker` in a process of its own."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import joblib
import numpy as np

from app import functions
from app.jobs.progress import Progress
from app.storage import DatasetStore, NotFound, RunStore

_VERSIONED = ("scikit-learn", "numpy", "pandas", "scipy", "skops")
_MAX_SCORED_TRAINING_ROWS = 5_000


@dataclass
class _Training:
    """What one training works with."""

    record: Progress
    runs: RunStore
    settings: Any
    data: Any
    n_jobs: int
    leaderboard: list = field(default_factory=list)
    best: Any = None


def train(record: Progress, datasets: DatasetStore, runs: RunStore) -> dict[str, Any]:
    """Train every model that the run names.

    Parameters
    ----------
    record : Progress
    datasets : DatasetStore
    runs : RunStore

    Returns
    -------
    dict
        The last fields of the run's record.

    Raises
    ------
    ValueError
        The table cannot be trained with these settings.
    """
    settings = functions.models.settings.TrainingSettings.from_dict(record["settings"])
    frame = datasets.table(record["dataset"]["id"])
    data = functions.models.training.prepare(frame, settings)
    models, notes = functions.models.training.models_to_train(
        settings, len(data.split.train)
    )
    if notes and len(models) == 1:
        raise ValueError(f"{' '.join(notes)} Choose another model besides.")
    job = _Training(record, runs, settings, data, joblib.cpu_count())
    record.begin(sum(_n_steps(model, settings) for model in models) + 1)
    record.update(
        notes=[*data.notes, *notes],
        classes=data.classes,
        n_train=len(data.split.train),
        n_test=len(data.split.test),
        versions={name: version(name) for name in _VERSIONED}
        | {"python": platform.python_version()},
    )
    for model in models:
        job.leaderboard.append(_train_or_explain(job, model))
        record.update(leaderboard=job.leaderboard)
    _refuse_if_nothing_was_learned(job.leaderboard, job.best)
    record.doing("Checking whether the results can be trusted")
    checks = _check(job, frame)
    runs.write_model(
        record["id"], functions.models.persistence.model_to_bytes(job.best)
    )
    record.advance()
    return {
        "checks": checks,
        "best": functions.evaluation.results.best_model(
            job.leaderboard, settings.scoring
        ),
    }


def _refuse_if_nothing_was_learned(leaderboard: list, best: Any) -> None:
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


def _n_steps(model: str, settings) -> int:
    # The folds, the fit on the whole training part, and the search if there is one.
    return settings.n_splits + 1 + _is_searched(model, settings)


def _is_searched(model: str, settings) -> bool:
    has_space = bool(
        functions.models.catalogue.MODELS[model].search_space(settings.task)
    )
    return settings.search != "none" and has_space


def _train_or_explain(job: _Training, model: str):
    label = functions.models.catalogue.MODELS[model].label
    done = job.record["progress"]["done"]
    try:
        return _train_model(job, model, label)
    except (OSError, NotFound):
        raise  # the disk, not the model
    except Exception as error:
        # One model that cannot work with this table must not take the others with it.
        missing = _n_steps(model, job.settings) - (
            job.record["progress"]["done"] - done
        )
        job.record.advance(missing)
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        return functions.evaluation.results.LeaderboardRow(
            model, label, error=f"{label} cannot be trained on this table: {reason}"
        )


def _train_model(job: _Training, model: str, label: str):
    settings, data, metric = job.settings, job.data, job.settings.scoring
    parameters = _search(job, model, label)
    cv_scores, validated = _cross_validate(job, model, label, parameters)
    job.record.doing(f"{label}: fit on all training rows, judged on the holdout")
    pipeline, output, times = _fit_and_predict(job, model, parameters)
    seen = data.split.train[-_MAX_SCORED_TRAINING_ROWS:]
    train_score = functions.evaluation.scoring.score(
        metric, data.y[seen], functions.models.training.predict(pipeline, data, seen)
    )
    y_test = data.y[data.split.test]
    row = functions.evaluation.results.leaderboard_row(
        model,
        metric,
        cv_scores,
        train_score,
        y_test,
        output,
        *times,
        parameters,
        settings.random_state,
    )
    result = functions.evaluation.results.evaluate_model(
        settings.task, y_test, output, validated
    )
    job.runs.write_result(job.record["id"], f"model-{model}", result)
    if (
        functions.evaluation.results.best_model([*job.leaderboard, row], metric)
        == model
    ):
        job.best = pipeline
    job.record.advance()
    return row


def _cross_validate(
    job: _Training, model: str, label: str, parameters: dict
) -> tuple[list[float], tuple[np.ndarray, np.ndarray] | None]:
    """Return the score of each fold and, of two classes, truth and probability of all rows that were validated.

    No fitted pipeline outlives this, as a large forest fills half a small machine.
    """
    data, scores, probabilities = job.data, [], []
    for i, (fit_rows, validation) in enumerate(data.split.folds):
        job.record.doing(f"{label}: fold {i + 1} of {len(data.split.folds)}")
        pipeline = _build(job, model, parameters)
        functions.models.training.fit(pipeline, data, fit_rows)
        output = functions.models.training.predict(pipeline, data, validation)
        y = data.y[validation]
        scores.append(
            functions.evaluation.scoring.score(job.settings.scoring, y, output)
        )
        if job.settings.task == "binary":
            probabilities.append(output[:, 1])
        job.record.advance()
    if not probabilities:
        return scores, None
    rows = np.concatenate([validation for _, validation in data.split.folds])
    return scores, (data.y[rows], np.concatenate(probabilities))


def _build(job: _Training, model: str, parameters: dict):
    return functions.models.training.build(
        model, job.settings, job.data, parameters, job.n_jobs
    )


def _search(job: _Training, model: str, label: str) -> dict[str, Any]:
    settings, data = job.settings, job.data
    if not _is_searched(model, settings):
        return {}
    job.record.doing(f"{label}: search of hyperparameters")
    n_searched = sum(_is_searched(other, settings) for other in settings.models)
    deadline = time.monotonic() + settings.search_seconds / n_searched
    rows = data.split.train
    found = functions.models.search.search_parameters(
        _build(job, model, {}),
        model,
        settings.task,
        data.X.iloc[rows],
        data.y[rows],
        settings.scoring,
        settings.search,
        lambda: time.monotonic() > deadline,
        settings.random_state,
    )
    job.record.advance()
    return found


def _fit_and_predict(job: _Training, model: str, parameters: dict):
    pipeline = _build(job, model, parameters)
    start = time.perf_counter()
    functions.models.training.fit(pipeline, job.data, job.data.split.train)
    fitted = time.perf_counter()
    output = functions.models.training.predict(pipeline, job.data, job.data.split.test)
    return pipeline, output, (fitted - start, time.perf_counter() - fitted)


def _check(job: _Training, frame) -> dict[str, Any]:
    baseline = job.leaderboard[0]
    return {
        "data": functions.checks.model_checks.check_data(frame, job.settings, job.data),
        "models": {
            row.model: functions.checks.model_checks.check_model(
                row,
                baseline,
                job.settings.scoring,
                job.settings.task,
                len(job.data.split.test),
            )
            for row in job.leaderboard
            if row.error is None
        },
    }
