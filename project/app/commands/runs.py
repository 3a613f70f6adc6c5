"""`python -m app runs …`: the runs of this server: list, show, take away, delete."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from app import wording
from app.dashboard.run_status import STATES
from app.exports import registry
from app.exports.export import Context
from app.storage import NotFound, belongings, files
from app.storage.run_files import RunFiles
from app.storage.runs import TrainingRun

from . import saying
from .following import follow
from .session import Session, as_json, as_user, opened, show

_MOST = 1_000


@click.group()
def runs() -> None:
    """List the runs of this server, show them, take them away, and delete them."""


@runs.command("list")
@click.option("--table", "name", default="", help="Only those of tables of this name.")
@click.option("--target", default="", help="Only those that predict this column.")
@as_user
@as_json
def list_(name: str, target: str, user: str, as_json: bool) -> None:
    """List the trainings, the newest first; with --as, those that this user may open."""
    with opened(user) as session:
        found = [
            saying.listed(training)
            for training in _trainings(session)
            if (not name or training.run.dataset.name == name)
            and (not target or training.settings.target == target)
        ]
        show(as_json, found, lambda: _say(found))


def _say(found: list[dict]) -> None:
    if not found:
        click.echo("There are no runs yet.")
        return
    rows = [("Run", "Made (UTC)", "Table", "Target", "Result")]
    for one in found:
        made = one["created"][:16].replace("T", " ")
        result = one["score"] or STATES.get(one["state"], one["state"])
        short = [wording.shortened(one[key], 30) for key in ("table", "target")]
        rows.append((one["run"], made, *short, result))
    saying.columns(rows)


def _trainings(session: Session) -> Iterator[TrainingRun]:
    services = session.services
    names = services.permissions.listed("run")
    if not session.actor.user:
        folders = [f for f in services.runs.root.iterdir() if files.is_id(f.name)]
        folders.sort(key=files.last_written, reverse=True)
        names = [folder.name for folder in folders]
    found = []
    for name in names[:_MOST]:
        with contextlib.suppress(NotFound):
            found.append(services.runs.training(name))
    yield from sorted(found, key=lambda one: one.run.created, reverse=True)


@runs.command("show")
@click.argument("run")
@click.option("--model", metavar="KEY", help="One of its models; the best by default.")
@as_user
@as_json
def show_(run: str, model: str | None, user: str, as_json: bool) -> None:
    """Say how good the models of RUN are, as its page does."""
    with opened(user) as session:
        training = session.services.runs.training(run)
        key = saying.model_of(training, model)
        found = saying.described(session, training, key)
        show(as_json, found, lambda: saying.say(session, training, found))


@runs.command()
@click.argument("run")
@click.argument("name")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; by default it is named after the table and what it is.",
)
@click.option("--model", metavar="KEY", help="One of its models; the best by default.")
@as_user
def export(
    run: str, name: str, output: Path | None, model: str | None, user: str
) -> None:
    """Take NAME of RUN away, such as its model, code, report or card; a wrong NAME tells which there are."""
    with opened(user) as session:
        training = session.services.runs.training(run)
        key = saying.model_of(training, model)
        wanted = registry.EXPORTS.get(name)
        if wanted is None:
            known = ", ".join(registry.EXPORTS)
            raise ValueError(f"There is no {name!r} to take away. Choose {known}.")
        path = output or Path(registry.file_name(wanted, training, key))
        content = _made(session, wanted, training, key)
        _write(path, content)
        session.note("take away", "run", run, what=name)
        click.echo(f"Wrote {path}.", err=True)


def _made(session: Session, wanted, training: TrainingRun, model: str) -> bytes | Path:
    services = session.services
    parameters = registry.parameters_of(wanted, training, model)
    registry.check(training, parameters)
    if not services.permissions.may(wanted.action, "run", training.id):
        raise NotFound(files.NOT_THERE.format(kind="run"))
    if not wanted.in_job:
        context = Context(training, model, services.runs, services.datasets)
        return wanted.make(context)
    made = services.jobs.derive("export", training.id, **parameters)
    follow(session, made, "Preparing")
    return RunFiles(services.runs.root).path(made, wanted.action)


def _write(path: Path, content: bytes | Path) -> None:
    try:
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content)
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}.") from None


@runs.command()
@click.argument("run_ids", nargs=-1, required=True, metavar="RUN…")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_user
def delete(run_ids: tuple[str, ...], yes: bool, user: str) -> None:
    """Delete runs with all their models; a run that still works is cancelled."""
    with opened(user) as session:
        services = session.services
        for run in run_ids:
            services.runs.get(run)
            if not services.permissions.may("delete", "run", run):
                raise ValueError(f"Run {run} is not yours to delete.")
        if not yes:
            click.confirm(f"Delete {wording.plural(len(run_ids), 'run')}?", abort=True)
        for run in run_ids:
            if services.runs.get(run).active:
                services.runs.cancel(run)
            belongings.delete(services.runs.root, run, "run")
            session.note("delete", "run", run)
            click.echo(f"Deleted {run}.")
