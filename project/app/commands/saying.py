"""What the pages show of a run, as text for a terminal and as plain values for a program."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app import functions, wording
from app.dashboard.run_status import state_of
from app.dashboard.subject import best_score
from app.dashboard.trust import trust_verdict
from app.dashboard.verdict import headline, judge
from app.storage import NotFound, served
from app.storage.runs import TrainingRun

from .session import Session


def model_of(training: TrainingRun, model: str | None) -> str:
    """Return the key of a model of a run: the named one, else the best.

    Raises
    ------
    ValueError
        The run has no such model, or none at all; the sentence names those that it has.
    """
    summary = training.summary
    known = [row.model for row in summary.trained]
    if not summary.best:
        raise ValueError(
            f"Run {training.id} has no results: {training.run.message or state_of(training.run).lower()}."
        )
    if model and model not in known:
        raise ValueError(
            f"Run {training.id} has no model {model!r}. It has: {', '.join(known)}."
        )
    return model or summary.best


def named(
    session: Session, run: str, model: str | None = None
) -> tuple[TrainingRun, str | None]:
    """Return the run that a command names, by its id or by the name that a model of it serves under.

    Returns
    -------
    (training, model) : tuple of TrainingRun and str
        The model that was named, else the one that serves; None if neither is.
    """
    services = session.services
    if served.is_name(run):
        try:
            now = served.ServedModels(services.jobs.data_dir).run_of(run)
        except NotFound:
            raise NotFound(
                f"No model serves as '{run}', and no run is called so. See: python -m app runs list"
            ) from None
        return services.runs.training(now.run), model or now.model
    return services.runs.training(run), model


def write(path: Path, content: bytes | Path) -> None:
    """Write a file that a command was asked for; raises ValueError, with a sentence, where it cannot be."""
    try:
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content)
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}.") from None


def described(session: Session, training: TrainingRun, model: str) -> dict[str, Any]:
    """Return what is known of a run and one of its models, as plain values."""
    summary, settings = training.summary, training.settings
    judged, context, checked = judge(session.services, training, model)
    return {
        **listed(training),
        "model": model,
        "verdict": {
            "title": headline(judged, context, checked),
            "level": judged.level,
            "says": judged.says,
            "against": judged.against,
            "caution": judged.caution,
            "judged": judged.judged,
            "trust": trust_verdict(*checked),
            "findings": [
                {"level": f.level, "title": f.title, "finding": f.finding}
                for f in checked[0]
            ],
        },
        "leaderboard": [
            {
                "model": row.model,
                "label": row.label,
                "cross_validated": row.cv_mean,
                "holdout": row.holdout,
                "holdout_low": row.holdout_low,
                "holdout_high": row.holdout_high,
                "error": row.error,
            }
            for row in ranked(training)
        ],
        "rows": {"train": summary.n_train, "holdout": summary.n_test},
        "notes": list(summary.notes),
        "settings": asdict(settings),
        "versions": dict(summary.versions),
        "page": session.address(f"/evaluate?run={training.id}"),
    }


def listed(training: TrainingRun) -> dict[str, Any]:
    """Return what a list shows of a run, as plain values."""
    run, summary = training.run, training.summary
    created = datetime.fromtimestamp(run.created, UTC)
    return {
        "run": run.id,
        "kind": run.kind,
        "state": run.state,
        "message": run.message,
        "created": created.isoformat(timespec="seconds"),
        "table": run.dataset.name if run.dataset else "",
        "dataset": run.dataset.id if run.dataset else "",
        "target": training.settings.target,
        "task": training.settings.task,
        "metric": training.settings.scoring,
        "best": summary.best,
        "score": best_score(training),
    }


def ranked(training: TrainingRun) -> list[Any]:
    """Return the rows of a leaderboard, the best cross-validated model first."""
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]

    def order(row: Any) -> tuple[bool, float]:
        unknown = row.cv_mean != row.cv_mean
        best_first = -row.cv_mean if metric.greater_is_better else row.cv_mean
        return unknown, 0.0 if unknown else best_first

    return sorted(training.summary.leaderboard, key=order)


def say(session: Session, training: TrainingRun, found: dict[str, Any]) -> None:
    """Print the verdict on a model, the leaderboard and where the page is."""
    verdict = found["verdict"]
    best = next(r.label for r in ranked(training) if r.model == found["model"])
    click.echo(f"{best} for {found['target']} of {found['table']}")
    click.secho(verdict["title"], bold=True)
    for key in ("says", "against", "caution", "judged"):
        if verdict[key]:
            click.echo(verdict[key])
    click.echo(f"Can I trust it? {verdict['trust']}")
    for finding in verdict["findings"]:
        click.echo(f"- {finding['title']}: {finding['finding']}")
    click.echo()
    _say_leaderboard(training)
    for note in found["notes"]:
        click.echo(note)
    click.echo(f"Run {training.id}: {found['page']}")


def _say_leaderboard(training: TrainingRun) -> None:
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    rows = [("Model", "Cross-validated", f"Holdout, {metric.label} (95 %)")]
    for row in ranked(training):
        if row.error:
            rows.append((row.label, row.error, ""))
            continue
        holdout = wording.fixed(row.holdout)
        if row.holdout_low == row.holdout_low:
            ends = wording.fixed(row.holdout_low), wording.fixed(row.holdout_high)
            holdout += f" ({ends[0]} to {ends[1]})"
        rows.append((row.label, wording.fixed(row.cv_mean), holdout))
    columns(rows)


def columns(rows: list[tuple[str, ...]]) -> None:
    """Print rows of texts in columns."""
    widths = [min(60, max(map(len, column))) for column in zip(*rows)]
    for row in rows:
        line = "  ".join(f"{text:{width}}" for text, width in zip(row, widths))
        click.echo(line.rstrip())
