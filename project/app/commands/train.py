"""`python -m app train TABLE --target COLUMN`: the same training as the page's."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click

from app import functions, wording
from app.dashboard.state import LEFT_OUT, View
from app.dashboard.training_subject import settings_of, task_of
from app.storage.runs import TrainingRun

from . import saying
from .following import follow
from .options import completed, given, training_options
from .session import Session, as_json, as_user, opened, show
from .tables import kept

_EFFORTS = click.Choice(["quick", "thorough"])


@click.command()
@click.argument("table")
@click.option("--target", metavar="COLUMN", help="The column to predict.")
@click.option(
    "--task",
    type=click.Choice(["binary", "multiclass", "regression"]),
    help="What is predicted; recognised unless it is given.",
)
@click.option(
    "--drop",
    multiple=True,
    metavar="COLUMN",
    help="A column that is not learned from; may be repeated.",
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="COLUMN=ROLE",
    help="Another role of a column, such as 'zip=category'; may be repeated.",
)
@click.option(
    "--effort",
    type=_EFFORTS,
    default="quick",
    show_default=True,
    help="Which models, folds and search, unless they are given.",
)
@training_options
@as_user
@as_json
def train(table, target, task, drop, roles, effort, user, as_json, **options) -> None:
    """Train models for TABLE, a file or the id of a table that is kept, and say how good they are.

    The run is the same as one that is started on the page, with or without a server that runs. Ctrl-C cancels it.
    """
    held = given(options)
    with opened(user, makes=True) as session:
        with kept(session, table) as dataset:
            view = _view(dataset, target, task, drop, roles)
            settings = _settings(session, dataset, view, held, effort)
        training = trained(session, dataset, settings)
        found = saying.described(session, training, training.summary.best)
        show(as_json, found, lambda: saying.say(session, training, found))


def trained(session: Session, dataset: Any, settings: Any) -> TrainingRun:
    """Train with some settings on a table that is kept, and return the run once it is done.

    Parameters
    ----------
    session : Session
    dataset : Dataset
    settings : TrainingSettings

    Raises
    ------
    click.ClickException
        The training failed; the sentence says why.
    """
    run = session.services.jobs.start(
        "training",
        dataset={"id": dataset.id, "name": dataset.name},
        settings=asdict(settings),
    )
    click.echo(f"Run {run} for {wording.quoted([settings.target])} began.", err=True)
    follow(session, run, "Training")
    return session.services.runs.training(run)


def _settings(
    session: Session, dataset: Any, view: View, held: dict[str, Any], effort: str
) -> Any:
    columns = dataset.profile.columns
    target = view.target or dataset.profile.sure_target
    if not target:
        raise click.UsageError(
            f"Say with --target which column to predict: {_known(c.name for c in columns)}."
        )
    task = task_of(session.services, view, target)
    if view.task and task != view.task:
        label = functions.tables.tasks.TASK_LABELS[view.task].lower()
        raise ValueError(
            f"{wording.quoted([target])} cannot be predicted as {label}: leave out --task."
        )
    dtypes = {column.name: column.dtype for column in columns}
    values = completed(held, effort, task, dtypes)
    return settings_of(session.services, view, values)


def _view(
    dataset: Any,
    target: str | None,
    task: str | None,
    drop: Iterable[str],
    roles: Iterable[str],
) -> View:
    names = [column.name for column in dataset.profile.columns]
    if target:
        _place(names, target)
    changed = {_place(names, name): LEFT_OUT for name in drop}
    for text in roles:
        name, _, role = text.rpartition("=")
        if not name:
            raise click.UsageError(
                f"--role {text!r} must be a column and a role, such as 'zip=category'."
            )
        place = _place(names, name)
        column = dataset.profile.columns[place]
        possible = functions.tables.profiling.possible_roles(column)
        if role not in possible:
            raise ValueError(
                f"{wording.quoted([name])} cannot have the role {role!r}, only {' or '.join(possible)}."
            )
        changed[place] = role
    return View(dataset.id, target, task, changed)


def _place(names: list[str], name: str) -> int:
    if name in names:
        return names.index(name)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"It has: {_known(names)}."
    raise ValueError(f"The table has no column {wording.quoted([name])}. {hint}")


def _known(names: Iterable[str]) -> str:
    return wording.quoted(list(names), 12)
