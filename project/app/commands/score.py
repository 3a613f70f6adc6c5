"""`python -m app score RUN TABLE`: predict new rows, as the page Use does."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from app import functions, wording
from app.dashboard.scoring_results import summary
from app.jobs.score import DRIFT, SCORED
from app.storage.runs import DatasetName, TrainingRun

from . import saying
from .following import follow
from .session import Session, as_json, as_user, opened, show
from .tables import kept

_ROWS_AT_ONCE = 20_000
_ENDINGS = (".csv", ".parquet", ".xlsx")


@click.command()
@click.argument("run")
@click.argument("table")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write: .csv, .parquet or .xlsx. Without it, CSV is printed.",
)
@click.option("--model", metavar="KEY", help="One of its models; the best by default.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Of two classes: from which probability on the positive one is predicted.",
)
@click.option(
    "--rename",
    "renamed",
    multiple=True,
    metavar="COLUMN=NAME",
    help="What a column of the model is called in TABLE; may be repeated.",
)
@click.option(
    "--unreadable-as-missing",
    is_flag=True,
    help="Also score rows with a cell that is not of the column's type.",
)
@click.option(
    "--reasons", is_flag=True, help="Add the three columns that move a row most."
)
@as_user
@as_json
def score(
    run, table, output, model, threshold, renamed, unreadable_as_missing, reasons, user, as_json
) -> None:  # fmt: skip
    """Predict the rows of TABLE, a file or the id of a table that is kept, with a model of RUN.

    RUN is the id of a run, or the name under which a model serves. Every row of TABLE is in the result; one that cannot
    be scored has the reason in the column 'note'.
    """
    if output is not None and output.suffix.lower() not in _ENDINGS:
        raise click.UsageError(f"{output} must end with {' or '.join(_ENDINGS)}.")
    with opened(user, makes=True) as session:
        training, model = saying.named(session, run, model)
        asked = {
            "model": saying.model_of(training, model),
            "threshold": _threshold(session, training, threshold),
            "renamed": dict(map(_renamed, renamed)),
            "unreadable_as_missing": unreadable_as_missing or None,
            "reasons": reasons or None,
        }
        with kept(session, table, to_learn=False) as dataset:
            about = DatasetName(dataset.id, dataset.name)
            made = session.services.jobs.score(
                training.id, about, **{k: v for k, v in asked.items() if v}
            )
        follow(session, made, "Scoring")
        _deliver(session, made, output, as_json)
        _say(session, training, made, output, as_json)


def _threshold(
    session: Session, training: TrainingRun, given: float | None
) -> float | None:
    if given is not None:
        return given
    # Of a model that somebody brought.
    return session.services.runs.content(training.id).get("threshold")


def _renamed(text: str) -> tuple[str, str]:
    column, _, name = text.partition("=")
    if not column or not name:
        raise click.UsageError(
            f"--rename {text!r} must be a column of the model and its name in the table, such as 'age=AGE'."
        )
    return column, name


def _deliver(session: Session, made: str, output: Path | None, as_json: bool) -> None:
    if output is None and as_json:
        return
    services = session.services
    path = services.runs.table_path(made, SCORED)
    ending = output.suffix.lower() if output else ".csv"
    if ending == ".parquet":
        saying.write(output, path)
    elif ending == ".xlsx":
        kind = functions.scoring.results.ScoringResult
        n_rows = services.runs.result(made, "result", kind).n_rows
        functions.scoring.exporting.refuse_too_long(n_rows)
        saying.write(output, services.jobs.spreadsheet(made))
    else:
        _write_csv(output, path)


def _write_csv(output: Path | None, path: Path) -> None:
    parts = functions.tables.serialization.batches_of(path, _ROWS_AT_ONCE)
    lines = functions.scoring.exporting.csv_of(parts)
    if output is None:
        stream = sys.stdout.buffer
        for line in lines:
            stream.write(line.removeprefix(codecs.BOM_UTF8))
        return
    try:
        with output.open("wb") as file:
            file.writelines(lines)
    except OSError as error:
        raise ValueError(f"{output} cannot be written: {error.strerror}.") from None


def _say(
    session: Session,
    training: TrainingRun,
    made: str,
    output: Path | None,
    as_json: bool,
) -> None:
    runs = session.services.runs
    result = runs.result(made, "result", functions.scoring.results.ScoringResult)
    drift = runs.result(made, DRIFT, functions.scoring.drift.Drift)
    page = session.address(f"/score?run={training.id}&scoring={made}")
    found = {
        "run": training.id,
        "scoring": made,
        "model": result.model,
        "threshold": result.threshold if training.settings.task == "binary" else None,
        "rows": result.n_rows,
        "scored": result.n_scored,
        "refused": [{"row": r.row, "reason": r.reason} for r in result.refused],
        "problems": [
            {
                "column": p.column,
                "kind": p.kind,
                "rows": p.n_rows,
                "first_rows": p.rows,
                "says": p.sentence,
            }
            for p in result.problems
        ],
        "drift": drift and {"level": drift.level, "says": drift.says},
        "output": str(output) if output else None,
        "page": page,
    }

    def say() -> None:
        for line in _lines(training, result, drift):
            click.echo(line, err=True)
        if output:
            click.echo(f"Wrote {output}.", err=True)
        click.echo(f"Scoring {made}: {page}", err=True)

    show(as_json, found, say)


def _lines(training: TrainingRun, result, drift) -> Iterator[str]:
    yield summary(training, result)
    for problem in result.problems:
        yield f"- {problem.sentence}"
    for refused in result.refused:
        yield f"- Row {wording.number(refused.row)} was not scored: {refused.reason}"
    more = result.n_refused - len(result.refused)
    if more > 0:
        yield f"- {wording.plural(more, 'more row was', 'more rows were')} not scored."
    for absent, surplus in result.similar.items():
        yield f"- Is {surplus!r} the column {absent!r}? Then add --rename '{absent}={surplus}'."
    if drift is not None:
        yield drift.says
