"""`python -m app train TABLE --target COLUMN`: the same training as the page's."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from app import functions, wording
from app.dashboard.state import LEFT_OUT, View
from app.dashboard.training_subject import settings_of, task_of
from app.functions.models.settings import OPTIONS
from app.storage.runs import TrainingRun

from . import challenge as contest
from . import saying
from .following import follow
from .options import completed, flags_of, given, training_options
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
@click.option(
    "--challenge",
    metavar="RUN",
    help="The present model, which a new one is to beat: a run, a served name, or a folder of a model.",
)
@click.option("--model", metavar="KEY", help="Which model of the run with --challenge.")
@click.option(
    "--markdown",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --challenge: the file for the text of a pull request.",
)
@training_options
@as_user
@as_json
def train(
    table, target, task, drop, roles, effort, challenge, model, markdown, user, as_json, **options
) -> None:  # fmt: skip
    """Train models for TABLE, a file or the id of a table that is kept, and say how good they are.

    The run is the same as one that is started on the page, with or without a server that runs. Ctrl-C cancels it.

    With --challenge, the new models are trained with the settings of the present one, and the best of them is judged
    beside it on rows that neither has learned from. The exit code is 0 if it is better by more than luck, 3 if the
    difference may be luck, 4 if it is worse, 5 if nobody can say how sure the difference is; 1 if something failed.
    """
    held = given(options)
    if challenge:
        decided = {"--target": target, "--task": task, "--drop": drop, "--role": roles}
        decided |= {
            flags_of(option)[0]: option.key in held for option in OPTIONS.values()
        }
        contest.check_alone(decided)
        _challenge(table, challenge, model, markdown, user, as_json)
        return
    if model or markdown:
        raise click.UsageError(
            "--model and --markdown have an effect only with --challenge."
        )
    with opened(user, makes=True) as session:
        with kept(session, table) as dataset:
            view = _view(dataset, target, task, drop, roles)
            settings = _settings(session, dataset, view, held, effort)
        training = trained(session, dataset, settings)
        found = saying.described(session, training, training.summary.best)
        show(as_json, found, lambda: saying.say(session, training, found))


def _challenge(
    table: str, named: str, model: str | None, markdown: Path | None, user: str, as_json: bool
) -> None:  # fmt: skip
    with opened(user, makes=True) as session:
        champion = contest.champion_of(session, named, model)
        with kept(session, table) as dataset:
            settings = contest.settings_of(champion, dataset)
        challenger = trained(session, dataset, settings)
        found = contest.decide(session, champion, challenger)
        if markdown:
            text = contest.markdown(session, found, champion, challenger)
            saying.write(markdown, text.encode())

        def say() -> None:
            for line in contest.lines_of(found, champion, challenger):
                click.echo(line)
            page = session.address(f"/evaluate?run={challenger.id}")
            click.echo(f"Run {challenger.id}: {page}")

        show(as_json, contest.plain(found, champion, challenger), say)
    sys.exit(contest.code_of(found))


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
