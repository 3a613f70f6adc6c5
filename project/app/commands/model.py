"""`python -m app model …`: the folder of a model that is brought: check it, or write one from a run."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from app import wording
from app.jobs import bring
from app.storage import brought

from .session import as_json, show

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
