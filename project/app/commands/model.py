"""`python -m app model …`: the folder of a model that is brought: check it, or write one from a run."""

from __future__ import annotations

import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import orjson

from app import functions, wording
from app.jobs import bring
from app.jobs.challenge import seen_rows
from app.storage import brought, records
from app.storage.runs import TrainingRun

from . import saying
from .session import Session, as_json, as_user, opened, show

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def model() -> None:
    """Check the folder of a model that is to be brought to MODELS_DIR, or write one from a run."""


@model.command()
@click.argument("folder", type=_FOLDER)
@as_json
def check(folder: Path, as_json: bool) -> None:
    """Tell what FOLDER lacks to become a run of this server; the exit code is 1 if that is anything."""
    problems, notes, found = _look(folder)

    def say() -> None:
        for sentence in problems:
            click.echo(f"{folder}: {sentence}")
        for sentence in notes:
            click.echo(f"{folder}: note: {sentence}")
        if not problems:
            click.echo(f"{folder}: nothing is missing. {found}".strip())

    show(as_json, {"problems": problems, "notes": notes, "found": found}, say)
    if problems:
        sys.exit(1)


@model.command("write")
@click.argument("run")
@click.argument("folder", type=_FOLDER)
@click.option("--model", metavar="KEY", help="One of its models; the best by default.")
@as_user
def write_(run: str, folder: Path, model: str | None, user: str) -> None:
    """Write FOLDER from a model of RUN, as MODELS_DIR and `train --challenge` take it; what is there is replaced.

    Its sample are the rows that the run held out: whoever has the folder has those rows.
    """
    with opened(user) as session:
        training, model = saying.named(session, run, model)
        files = contents(session, training, saying.model_of(training, model))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"{folder} cannot be made: {error.strerror}.") from None
        # The card last: without it, the folder is no model yet.
        for name, content in files.items():
            saying.write(folder / name, content)
        session.note("take away", "run", training.id, what="folder")
        click.echo(f"Wrote {folder}.", err=True)


def contents(session: Session, training: TrainingRun, key: str) -> dict[str, bytes]:
    """Return the files of a folder by name."""
    services, tables = session.services, functions.tables.serialization
    settings, summary = training.settings, training.summary
    holdout = services.runs.table(training.id, "holdout")
    schema = services.runs.schema(training.id)
    if holdout is None or schema is None:
        raise ValueError("This run is of a version that kept too little: train again.")
    columns = [column.name for column in schema.columns]
    table = services.datasets.table(training.run.dataset.id)
    sample = table.iloc[holdout["position"].to_numpy()][[*columns, settings.target]]
    seen = seen_rows(services.runs, services.datasets, training)
    label = next(row.label for row in summary.trained if row.model == key)
    card = {
        "title": f"{label}: {settings.target}",
        "target": settings.target,
        "task": settings.task,
        "metric": settings.scoring,
    }
    if settings.task == "binary":
        card["positive"] = summary.classes[1]
    chosen = records.plain(asdict(settings))
    for decided in ("target", "task", "roles", "positive", "scoring"):
        chosen.pop(decided)
    files = {
        brought.MODEL: services.runs.model(training.id, key),
        brought.SCHEMA: orjson.dumps(records.plain(schema)),
        brought.SAMPLES[0]: tables.table_to_bytes(sample.reset_index(drop=True)),
    }
    if seen is not None:
        table = functions.evaluation.challenge.table_of(seen)
        files[brought.SEEN] = tables.table_to_bytes(table)
    files[brought.CARD] = brought.card_text(card, chosen).encode()
    return files


def _look(folder: Path) -> tuple[list[str], list[str], str]:
    """Return what is wrong with a folder, what should be known, and how good its model is on the sample."""
    if not folder.is_dir():
        return ["There is no such folder."], [], ""
    problems: list[str] = []
    parts: dict[str, Any] = {}
    for name, read in (
        ("card", brought.read_card),
        ("sample", bring.read_sample),
        ("model", bring.load),
    ):
        try:
            parts[name] = read(folder)
        except ValueError as error:
            problems.append(str(error))
    notes = brought.unknown_keys(folder) if "card" in parts else []
    if "model" in parts:
        notes += _on_version(parts["model"][1])
    if problems:
        return problems, notes, ""
    try:
        bring.settings_of(parts["card"], {})
        judged = bring.judge(parts["model"][0], parts["sample"].frame, parts["card"])
    except ValueError as error:
        return [str(error)], notes, ""
    notes += judged.notes
    return [], notes, _found(judged)


def _on_version(made_with: str) -> list[str]:
    here = version("scikit-learn")
    if made_with == here:
        return []
    was = f"scikit-learn {made_with}" if made_with else "an unknown version"
    return [f"The model was made with {was}, here is {here}: it may predict otherwise."]


def _found(judged: Any) -> str:
    if not judged.can_be_judged:
        return ""
    row = next(iter(judged.models.values())).row
    rows = wording.plural(len(judged.y), "row")
    return f"On {rows} of its sample the score is {wording.fixed(row.holdout)}."
