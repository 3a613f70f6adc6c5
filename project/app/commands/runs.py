"""`python -m app runs …`: the runs of this server: list, show, take away, delete."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click

from app import wording
from app.dashboard import DRAWN
from app.dashboard.run_status import STATES
from app.exports import registry
from app.exports.export import Context
from app.jobs.challenge import keep_seen
from app.storage import NotFound, belongings, files
from app.storage.run_files import RunFiles
from app.storage.runs import TrainingRun
from app.storage.served import ServedModels

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
        training, model = saying.named(session, run, model)
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
        training, model = saying.named(session, run, model)
        key = saying.model_of(training, model)
        wanted = registry.EXPORTS.get(name)
        if wanted is None:
            known = ", ".join(registry.EXPORTS)
            raise ValueError(f"There is no {name!r} to take away. Choose {known}.")
        path = output or Path(registry.file_name(wanted, training, key))
        content = _made(session, wanted, training, key)
        saying.write(path, content)
        session.note("take away", "run", training.id, what=name)
        click.echo(f"Wrote {path}.", err=True)


def _made(session: Session, wanted, training: TrainingRun, model: str) -> bytes | Path:
    services = session.services
    parameters = registry.parameters_of(wanted, training, model, services.runs)
    registry.check(training, parameters)
    if not services.permissions.may(wanted.action, "run", training.id):
        raise NotFound(files.NOT_THERE.format(kind="run"))
    if wanted.make is None:
        return DRAWN[wanted.name](services, training, model).encode()
    if not wanted.in_job:
        context = Context(training, model, services.runs, services.datasets)
        return wanted.make(context)
    made = services.jobs.derive("export", training.id, **parameters)
    follow(session, made, "Preparing")
    return RunFiles(services.runs.root).path(made, wanted.action)


@runs.command()
@click.argument("run_ids", nargs=-1, required=True, metavar="RUN…")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_user
def delete(run_ids: tuple[str, ...], yes: bool, user: str) -> None:
    """Delete runs with all their models; a run that still works is cancelled."""
    with opened(user) as session:
        services = session.services
        names = ServedModels(services.jobs.data_dir)
        for run in run_ids:
            services.runs.get(run)
            for name in names.names_of(run):
                raise ValueError(
                    f"Run {run} serves as '{name}': demote it first, python -m app runs demote {name}"
                )
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


@runs.command()
@click.argument("run")
@click.option("--name", required=True, help="What programs ask for, such as 'churn'.")
@click.option("--model", metavar="KEY", help="One of its models; the best by default.")
@as_user
@as_json
def promote(run: str, name: str, model: str | None, user: str, as_json: bool) -> None:
    """Let a model of RUN serve under a name, from now on; `demote` takes that back."""
    with opened(user) as session:
        training = session.services.runs.training(run)
        if not session.services.permissions.may("share", "run", run):
            raise ValueError(f"Run {run} is not yours to promote.")
        key = saying.model_of(training, model)
        before, names = None, ServedModels(session.services.jobs.data_dir)
        with contextlib.suppress(NotFound):
            before = names.get(name).now
        # For when a challenger comes, and its table has expired.
        keep_seen(session.services.runs, session.services.datasets, training)
        names.promote(name, run, key, session.who)
        session.note("promote", "run", run, model=key, served=name)
        found = {"name": name, "run": run, "model": key, "before": _plain(before)}
        was = f" Before: {before.model} of run {before.run}." if before else ""
        show(
            as_json,
            found,
            lambda: click.echo(f"'{name}' is {key} of run {run} now.{was}"),
        )


@runs.command()
@click.argument("name")
@as_user
@as_json
def demote(name: str, user: str, as_json: bool) -> None:
    """Take the last promotion of NAME back: the model before serves again, if there was one."""
    with opened(user) as session:
        names = ServedModels(session.services.jobs.data_dir)
        was = names.get(name).now
        if was and not session.services.permissions.may("share", "run", was.run):
            raise ValueError(f"'{name}' is not yours to demote.")
        now = names.demote(name, session.who).now
        session.note("demote", "run", was.run, model=was.model, served=name)
        found = {"name": name, "before": _plain(was), **(_plain(now) or {})}
        says = f"'{name}' is {now.model} of run {now.run} again." if now else ""
        show(as_json, found, lambda: click.echo(says or f"Nothing serves as '{name}'."))


@runs.command()
@as_json
def served(as_json: bool) -> None:
    """List the names that models serve under."""
    with opened() as session:
        names = ServedModels(session.services.jobs.data_dir).all()
        found = [{"name": one.name, **(_plain(one.now) or {})} for one in names]

        def say() -> None:
            rows = [("Name", "Run", "Model", "By")]
            for one in names:
                now = one.now
                rows.append(
                    (
                        one.name,
                        *((now.run, now.model, now.by) if now else ("–", "–", "")),
                    )
                )
            saying.columns(rows) if found else click.echo("No model serves.")

        show(as_json, found, say)


def _plain(promotion) -> dict | None:
    if promotion is None:
        return None
    return {"run": promotion.run, "model": promotion.model, "by": promotion.by}
