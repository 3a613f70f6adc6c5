"""`python -m app contract …`: whether a file keeps the data contract of a model, for somebody's pipeline.

The exit code is 0 if it does, 1 if it does not, and 2 if that cannot be told.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import functions
from app.settings import Settings, writable_data_dir
from app.storage import DatasetStore, NotFound, RunStore, records

from .contracts import contract_of_run

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.scoring.contract_check import ContractReport

_INSTANCE = Path(__file__).resolve().parents[2] / "instance"


class _Unusable(click.ClickException):
    exit_code = 2


@click.group()
def contract() -> None:
    """Check files against the data contract of a model."""


@contract.command()
@click.argument("run_or_file")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
)
@click.option("--sheet", help="Which sheet of a workbook; the first by default.")
def check(run_or_file: str, table: Path, form: str, sheet: str | None) -> None:
    """Tell whether TABLE keeps a contract: that of a run, by its id, or a contract.json.

    TABLE is any file that can be uploaded. Rows are counted from 1, below the header. Exits with 0 if the contract is
    kept, 1 if it is broken, 2 if that cannot be told.
    """
    document = _contract(run_or_file)
    try:
        frame, notes = _read(table, sheet)
        report = functions.scoring.contract_check.check(frame, document)
    except ValueError as error:
        raise _Unusable(str(error)) from None
    write = _as_json if form == "json" else _as_text
    click.echo(write(report, table.name, notes))
    if not report.ok:
        sys.exit(1)


@contract.command()
@click.argument("run_or_file")
def show(run_or_file: str) -> None:
    """Print the contract of a run as JSON."""
    click.echo(json.dumps(_contract(run_or_file), indent=2, ensure_ascii=False))


def _contract(run_or_file: str) -> Mapping[str, Any]:
    path = Path(run_or_file)
    if path.is_file():
        return _contract_in(path)
    try:
        settings = Settings.from_environ()
        data_dir = writable_data_dir(settings.data_dir, str(_INSTANCE))
        runs = RunStore(data_dir / "runs")
        return contract_of_run(runs, DatasetStore(data_dir / "datasets"), run_or_file)
    except NotFound:
        raise _Unusable(
            f"There is neither a file nor a run called '{run_or_file}' in {data_dir}. Name a contract.json, or the id "
            "in the address of a run; DATA_DIR says where runs are."
        ) from None
    except ValueError as error:
        raise _Unusable(str(error)) from None


def _contract_in(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        functions.scoring.contract.schema_in(document)
    except OSError as error:
        raise _Unusable(f"{path} cannot be read: {error.strerror}.") from None
    except json.JSONDecodeError as error:
        raise _Unusable(
            f"{path} is no JSON: {error.msg} in line {error.lineno}."
        ) from None
    except ValueError as error:
        raise _Unusable(f"{path}: {error}") from None
    return document


def _read(path: Path, sheet: str | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a table as an upload is read, with the cells as they stand in the file where that matters."""
    max_bytes = Settings.from_environ().max_upload_bytes
    try:
        with path.open("rb") as content:
            table = functions.tables.reading.read_table(
                content, path.name, max_bytes, sheet, to_learn=False
            )
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    return table.frame.assign(**table.texts), table.notes


def _as_text(report: ContractReport, name: str, notes: tuple[str, ...]) -> str:
    lines = [f"{name}: {report.says}"]
    lines += [f"  broken: {found.sentence}" for found in report.violations]
    lines += [f"  new: {found.sentence}" for found in report.warnings]
    lines += [f"  read: {note}" for note in notes]
    return "\n".join(lines)


def _as_json(report: ContractReport, name: str, notes: tuple[str, ...]) -> str:
    head = {"table": name, "ok": report.ok, "says": report.says, "notes": notes}
    return json.dumps(head | records.plain(report), indent=2, ensure_ascii=False)
