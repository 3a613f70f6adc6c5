"""The command line: `python -m app --version`, `… train TABLE`, `… runs list`, `… report new NAME`, `… user add`."""

from __future__ import annotations

import keyword
import os
import sys
from pathlib import Path
from string import Template

import click

from app import __version__
from app.accounts.commands import user
from app.commands.model import model
from app.commands.runs import runs
from app.commands.score import score
from app.commands.train import train
from app.hosting.report_server import build_report
from app.jobs.contract_commands import contract
from app.reporting import check as report_check
from app.reporting.check_process import build_once
from app.settings import Settings

PROJECT = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).with_name("reporting") / "template"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    __version__, prog_name="Dashboard", message="%(prog)s %(version)s"
)
def main() -> None:
    """Train models, and work on the runs, the models, the reports and the users of this server."""


for command in (train, score, runs, model, user, contract):
    main.add_command(command)


@main.group()
def report() -> None:
    """Start a new report, or check an existing one."""


@report.command()
@click.argument("name")
def new(name: str) -> None:
    """Write a working report with its picture and its test, as a starting point.

    NAME becomes the file's name and the report's address. The folder is REPORTS_DIR, by default the project's own.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise click.ClickException(
            f"{name!r} cannot be the name of a report: use letters, digits and underscores, starting with a letter."
        )
    folder = _reports_folder()
    files = {
        folder / f"{name}.py": "report.py.txt",
        folder / f"{name}.assets" / "picture.svg": "picture.svg",
    }
    tests = PROJECT / "tests" / "reports"
    if tests.is_dir():
        files[tests / f"test_{name}.py"] = "test.py.txt"
    for path in files:
        if path.exists():
            raise click.ClickException(
                f"{_shown(path)} already exists: choose another name, or delete it first."
            )
    words = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "folder": Path(os.path.relpath(folder, tests)).as_posix(),
    }
    for path, template in files.items():
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        _write(path, Template(text).substitute(words))
        click.echo(f"Wrote {_shown(path)}")
    click.echo(f"Run it alone: python {_shown(folder / name)}.py")
    click.echo(f"On a server with this folder it is at /reports/{name}/.")


@report.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Report what is wrong with the report in FILE; nothing is changed.

    The report is run in a separate process.
    """
    try:
        findings = report_check.check(file, _settings().report_seconds)
    except OSError as error:
        raise click.ClickException(
            f"{file} cannot be read: {error.strerror}."
        ) from None
    for line, sentence in findings:
        click.echo(f"{file}:{line}: {sentence}" if line else f"{file}: {sentence}")
    if findings:
        sys.exit(1)
    click.echo(f"{file}: no problems found.")


@report.command(hidden=True)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("result", type=click.Path(path_type=Path))
def build(file: Path, result: Path) -> None:
    """Build the report in FILE and write the outcome to RESULT; `check` starts this as a process."""
    build_once(file, result, build_report)


def _settings() -> Settings:
    try:
        return Settings.from_environ()
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _reports_folder() -> Path:
    folder = Path(_settings().reports_dir or PROJECT / "app" / "reports").resolve()
    if not folder.is_dir():
        raise click.ClickException(
            f"REPORTS_DIR is '{folder}', which is not a folder. Name the folder that holds the reports."
        )
    return folder


def _write(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(
            f"{_shown(path)} cannot be written: {error.strerror}."
        ) from None


def _shown(path: Path) -> str:
    """Return a path relative to the current directory if it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
