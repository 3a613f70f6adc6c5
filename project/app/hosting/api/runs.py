"""Runs: start a training, follow it, cancel it, and read what it has found."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from typing import Any

from flask import abort

from app import functions
from app.dashboard.state import LEFT_OUT, View
from app.dashboard.training_subject import subject_of
from app.dashboard.trust import standing
from app.dashboard.verdict import judge
from app.services import Services
from app.storage import NotFound
from app.storage.runs import TrainingRun

from . import belongings
from .datasets import finite
from .operations import Operations

_TAG = "Runs"
_ENDED = "This run has ended already: it is {state}."
_NOT_YET = (
    "This run has no results yet. Wait until it is done; its state says how far it is."
)
_NO_MODEL = "This run has no such model. Its results list those that it has."
_NO_SCHEMA = "This run was trained by an older version, which did not keep what its columns hold. Train again."


def register(operations: Operations, services: Services) -> None:
    """Add the operations on runs."""

    @operations.add(
        "POST",
        "/runs",
        _TAG,
        body="NewRun",
        gives={202: "Run"},
        fails=(404, 507),
    )
    def start_run(body):
        """Start a training."""
        run_id = start(services, body)
        return described(services.runs.training(run_id)), 202

    @operations.add("GET", "/runs", _TAG, query="Page", gives={200: "Runs"})
    def list_runs(query):
        """List your runs."""
        return {"runs": listed(services, query.limit, query.offset)}

    @operations.add("GET", "/runs/<run_id>", _TAG, gives={200: "Run"}, fails=(404,))
    def get_run(run_id: str):
        """Get a run and how far it is."""
        return described(services.runs.training(run_id))

    @operations.add(
        "POST", "/runs/<run_id>/cancel", _TAG, gives={202: "Run"}, fails=(404, 409)
    )
    def cancel_run(run_id: str):
        """Cancel a run; models that are finished stay."""
        # First: who may not is told nothing of its state.
        services.permissions.guard("run")(run_id, "work")
        training = services.runs.training(run_id)
        if not training.run.active:
            abort(409, _ENDED.format(state=training.run.state))
        services.runs.cancel(run_id)
        return described(training), 202

    @operations.add("DELETE", "/runs/<run_id>", _TAG, gives={204: ""}, fails=(404,))
    def delete_run(run_id: str):
        """Delete a run, and end it if it is active."""
        refused = belongings.delete(services, "run", run_id)
        if refused:
            abort(403, refused)
        return "", 204

    @operations.add(
        "GET", "/runs/<run_id>/results", _TAG, gives={200: "Results"}, fails=(404,)
    )
    def get_results(run_id: str):
        """Get the scores of a run's models, as far as they are finished."""
        return results(services.runs.training(run_id))

    @operations.add(
        "GET",
        "/runs/<run_id>/results/<model>",
        _TAG,
        gives={200: "ModelResult"},
        fails=(404, 409),
    )
    def get_result(run_id: str, model: str):
        """Get how good a model is, and what the checks say of it."""
        return result(services, services.runs.training(run_id), model)

    @operations.add(
        "GET",
        "/runs/<run_id>/schema",
        _TAG,
        gives={200: "Schema"},
        fails=(404, 409),
    )
    def get_schema(run_id: str):
        """Get the columns that a run's models take, with the values that they have seen."""
        return schema(services, services.runs.training(run_id))


def start(services: Services, asked: Any) -> str:
    """Start the training that a `taken.NewRun` describes; return the id of its run."""
    dataset = services.datasets.get(asked.dataset)
    view = View(asked.dataset, asked.target, asked.task, _roles(dataset.profile, asked))
    held = {}
    for option in functions.models.settings.OPTIONS.values():
        value = getattr(asked.options, option.key)
        if value is not None:
            held[option.key] = _as_control(option, value)
    try:
        settings = _settings(services, view, held)
    except ValueError as error:
        abort(422, str(error))
    return services.jobs.start(
        "training",
        dataset={"id": dataset.id, "name": dataset.name},
        settings=asdict(settings),
    )


def _roles(profile: Any, asked: Any) -> dict[int, str]:
    names = [column.name for column in profile.columns]
    known = (*functions.tables.profiling.ROLES, LEFT_OUT)
    roles = {}
    for name, role in asked.columns.items():
        if name not in names:
            abort(422, f"The table has no column '{name[:100]}'.")
        if role not in known:
            abort(422, f"A role is one of these: {', '.join(known)}.")
        if role != LEFT_OUT:
            column = profile.columns[names.index(name)]
            possible = functions.tables.profiling.possible_roles(column)
            if role not in possible:
                says = ", ".join((*possible, LEFT_OUT))
                abort(422, f"The column '{name[:100]}' can be one of these: {says}.")
        roles[names.index(name)] = role
    if asked.target is not None and asked.target not in names:
        abort(422, f"The table has no column '{asked.target[:100]}' to predict.")
    return roles


def _as_control(option: Any, value: Any) -> Any:
    """Return what the control of the page would hold."""
    if isinstance(value, list) and value and not isinstance(value[0], str):
        filters = functions.models.row_filters.RowFilter
        try:
            return [filters.of(each.model_dump()).text for each in value]
        except ValueError as error:
            abort(422, f"'{option.label}' {error}")
    if isinstance(option, functions.models.options.Columns):
        return option.to_control(value)
    return value


def _settings(services: Services, view: View, held: dict[str, Any]) -> Any:
    subject = subject_of(services, view, held)
    if subject.problem:
        raise ValueError(subject.problem)
    if view.task and subject.task != view.task:
        raise ValueError(
            f"The target cannot be predicted as {view.task}: its values make it {subject.task}."
        )
    settings = functions.models.settings.TrainingSettings.from_controls(
        subject.target, subject.task, subject.features, held
    )
    names = [column.name for column in subject.columns]
    functions.models.settings.check_settings(settings, names)
    functions.tables.positive_class.check_positive(settings.positive, subject.classes)
    return settings


def listed(services: Services, limit: int, offset: int = 0) -> list[dict[str, Any]]:
    """Return the trainings of whoever asks, the newest first."""
    found: list[dict[str, Any]] = []
    skipped = 0
    for run_id in belongings.listed(services, "run"):
        if len(found) == limit:
            break
        # Others are derived of a training, or deleted meanwhile.
        with contextlib.suppress(NotFound):
            training = services.runs.training(run_id)
            if skipped < offset:
                skipped += 1
                continue
            found.append(described(training))
    return found


def described(training: TrainingRun) -> dict[str, Any]:
    """Return a training as `given.Run` has it."""
    run, progress = training.run, training.run.progress
    return {
        "id": run.id,
        "state": run.state,
        "message": run.message,
        "created": run.created,
        "started": run.started,
        "finished": run.finished,
        "progress": asdict(progress) if progress else None,
        "dataset": asdict(run.dataset) if run.dataset else None,
        "target": training.settings.target,
        "task": training.settings.task,
        "best": training.summary.best,
    }


def results(training: TrainingRun) -> dict[str, Any]:
    """Return the scores of a training's models as `given.Results` has them."""
    summary = training.summary
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    return {
        "run": training.id,
        "metric": {
            "key": metric.key,
            "label": metric.label,
            "explanation": metric.explanation,
            "greater_is_better": metric.greater_is_better,
        },
        "best": summary.best,
        "models": [_scores(row) for row in summary.leaderboard],
        "classes": list(summary.classes),
        "n_train": summary.n_train,
        "n_test": summary.n_test,
        "notes": list(summary.notes),
    }


def result(services: Services, training: TrainingRun, model: str) -> dict[str, Any]:
    """Return what is known of one model as `given.ModelResult` has it."""
    summary = training.summary
    rows = {row.model: row for row in summary.trained}
    if not summary.best:
        abort(409, _NOT_YET)
    if model not in rows:
        abort(404, _NO_MODEL)
    judged, _, _ = judge(services, training, model)
    kept = services.runs.model_result(training, model)
    open_, _ = standing(services, training, model)
    return {
        "run": training.id,
        **_scores(rows[model]),
        **_measured(kept, training.summary.classes),
        "verdict": judged.says,
        "against": judged.against,
        "caution": judged.caution,
        "findings": [asdict(finding) for finding in open_],
    }


def _measured(kept: Any, classes: tuple[str, ...]) -> dict[str, Any]:
    """Return the metrics of a model on the holdout, and of classes how often which was taken for which."""
    if not classes:
        metrics = {key: finite(value) for key, value in kept.metrics.items()}
        return {"metrics": metrics, "confusion": None}
    if len(classes) > 2:
        return {"metrics": {}, "confusion": [list(row) for row in kept.confusion]}
    # The counts are by thousandths of the threshold.
    found, alarms = int(kept.true_positives[500]), int(kept.false_positives[500])
    areas = {"roc_auc": kept.roc, "average_precision": kept.precision_recall}
    metrics = {key: finite(curve.area) for key, curve in areas.items() if curve}
    metrics["precision"] = found / (found + alarms) if found + alarms else None
    metrics["recall"] = found / kept.n_positive if kept.n_positive else None
    confusion = [
        [kept.n_negative - alarms, alarms],
        [kept.n_positive - found, found],
    ]
    return {"metrics": metrics | {"brier": finite(kept.brier)}, "confusion": confusion}


def schema(services: Services, training: TrainingRun) -> dict[str, Any]:
    """Return what a training's models take as `given.Schema` has it."""
    found = services.runs.schema(training.id)
    if found is None:
        # Kept as soon as the work begins, unless an older version did it.
        abort(409, _NO_SCHEMA if training.summary.best else _NOT_YET)
    return {
        "run": training.id,
        "target": training.settings.target,
        "task": training.settings.task,
        "classes": list(training.summary.classes),
        "columns": [
            {
                "name": column.name,
                "role": column.role,
                "dtype": column.dtype,
                "missing_share": column.missing_share,
                "minimum": finite(column.minimum),
                "maximum": finite(column.maximum),
                "categories": list(column.categories),
            }
            for column in found.columns
        ],
    }


def _scores(row: Any) -> dict[str, Any]:
    names = ("cv_mean", "cv_std", "holdout", "holdout_low", "holdout_high")
    return {
        "model": row.model,
        "label": row.label,
        **{name: finite(getattr(row, name)) for name in (*names, "fit_seconds")},
        "error": row.error,
    }
