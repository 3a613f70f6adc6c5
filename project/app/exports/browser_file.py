"""The file with a model of a training that predicts in the browser, and which models have none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app import exports, functions, wording
from app.storage.runs import TrainingRun

from .export import Context, threshold_of

if TYPE_CHECKING:
    from app.functions.evaluation.results import LeaderboardRow

# By model, why it has no such file.
NEEDS_ROWS = {
    "k_neighbors": "Nearest neighbours predict from the training rows themselves, so this file would hold all of them. "
    "Take another model of this run.",
    "svm": "A support vector machine predicts from training rows that it keeps, so this file would hold them. Take "
    "another model of this run.",
}
_NO_SCHEMA = (
    "This run is from a version that did not keep what its columns hold. Train again."
)


def unavailable(training: TrainingRun, model: str) -> str:
    """Say why a model of a training has no file for the browser; empty if it has one.

    Parameters
    ----------
    training : TrainingRun
    model : str
    """
    return NEEDS_ROWS.get(model, "")


def make(context: Context) -> bytes:
    """Return the file with a model that predicts in the browser.

    Parameters
    ----------
    context : Context

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        The model cannot be calculated in a browser, or is too large.
    NotFound
        The run or its model is gone.
    """
    training, model = context.training, context.model
    schema = context.runs.schema(training.id)
    if schema is None:
        raise ValueError(_NO_SCHEMA)
    context.say("Reading the model")
    content = context.runs.model(training.id, model)
    pipeline = functions.models.persistence.model_from_bytes(content)
    context.say("Writing it as a page")
    page = exports.browser_model.browser_model(
        pipeline, schema, _facts(training, model, threshold_of(context))
    )
    return page.encode()


def _facts(training: TrainingRun, model: str, threshold: float):
    summary, settings = training.summary, training.settings
    row = next(row for row in summary.trained if row.model == model)
    when = training.run.finished or training.run.created
    day = datetime.fromtimestamp(when, UTC)
    return exports.browser_model.BrowserModelFacts(
        target=settings.target,
        model=row.label,
        task=settings.task,
        classes=summary.classes,
        table=training.run.dataset.name,
        made=f"{day.day} {day:%B %Y}",
        facts=_scores_and_versions(training, row),
        notes=_notes(training, model, "warning"),
        problems=_notes(training, model, "bad"),
        threshold=threshold,
    )


def _scores_and_versions(
    training: TrainingRun, row: LeaderboardRow
) -> list[tuple[str, str]]:
    summary = training.summary
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    low, high = wording.fixed(row.holdout_low), wording.fixed(row.holdout_high)
    interval = f" ({low} to {high})" if wording.UNKNOWN not in (low, high) else ""
    return [
        (
            f"{metric.label} on the rows held out",
            wording.fixed(row.holdout) + interval,
        ),
        ("Rows it learned from", wording.number(summary.n_train)),
        ("Rows held out", wording.number(summary.n_test)),
        *((name, version) for name, version in summary.versions.items()),
        ("Run", training.id),
    ]


def _notes(training: TrainingRun, model: str, level: str) -> list[str]:
    raised = [f for f in training.summary.checks.of(model) if f.level == level]
    return [f"{finding.title}. {finding.finding} {finding.advice}" for finding in raised]  # fmt: skip
