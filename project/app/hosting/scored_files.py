"""A scored table as a file: ``GET /scorings/<id>/scored.csv``, ``.parquet`` or ``.xlsx``."""

from __future__ import annotations

from pathlib import Path, PurePath

from flask import Blueprint, Response, abort, send_file, stream_with_context

from app import functions
from app.accounts import audit
from app.jobs.readers import Readers
from app.jobs.score import SCORED
from app.services import Services
from app.storage import NotFound, files
from app.storage.runs import Run

_ROWS_AT_ONCE = 20_000
_WORKBOOKS_AT_ONCE = 1
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PARQUET = "application/vnd.apache.parquet"
_BUSY = "Another workbook is being written. Try again in a few seconds."
_NOT_DONE = "This table has not been scored yet, or not to the end. Open its page to see how far it is."
_MAX_STEM = 60


def blueprint(services: Services) -> Blueprint:
    """Create the routes of scored tables."""
    routes = Blueprint("scored_files", __name__)
    writing = Readers(_WORKBOOKS_AT_ONCE)

    def table_of(scoring: str) -> tuple[Run, Path]:
        run = services.runs.get(scoring)
        path = services.runs.table_path(scoring, SCORED)
        if run.kind != "score" or run.state != "done":
            raise NotFound(_NOT_DONE)
        audit.record(services.actor(), "download", "run", scoring)
        return run, path

    @routes.get("/scorings/<scoring>/scored.csv")
    def send_csv(scoring: str) -> Response:
        run, path = table_of(scoring)
        parts = functions.tables.serialization.batches_of(path, _ROWS_AT_ONCE)
        lines = functions.scoring.exporting.csv_of(parts)
        response = Response(stream_with_context(lines), mimetype="text/csv")
        response.headers.set(
            "Content-Disposition", "attachment", filename=_name(run, ".csv")
        )
        return _private(response)

    @routes.get("/scorings/<scoring>/scored.parquet")
    def send_parquet(scoring: str) -> Response:
        run, path = table_of(scoring)
        return _sent(path, _PARQUET, _name(run, ".parquet"))

    @routes.get("/scorings/<scoring>/scored.xlsx")
    def send_excel(scoring: str) -> Response:
        run, _ = table_of(scoring)
        result = functions.scoring.results.ScoringResult
        n_rows = services.runs.result(scoring, "result", result).n_rows
        try:
            functions.scoring.exporting.refuse_too_long(n_rows)
        except ValueError as error:
            abort(413, str(error))
        return _sent(_workbook(services, writing, scoring), _EXCEL, _name(run, ".xlsx"))

    return routes


def _workbook(services: Services, writing: Readers, scoring: str) -> Path:
    with writing.place(scoring, services.actor()) as is_free:
        if not is_free:
            abort(503, _BUSY)
        return services.jobs.spreadsheet(scoring)


def _name(run: Run, ending: str) -> str:
    stem = PurePath(run.dataset.name if run.dataset else "").stem
    return (
        (files.plain_name(stem)[:_MAX_STEM].strip("_-") or "table") + "-scored" + ending
    )


def _sent(path: Path, mimetype: str, name: str) -> Response:
    try:
        response = send_file(
            path, mimetype=mimetype, as_attachment=True, download_name=name
        )
    except FileNotFoundError:
        raise NotFound("This file has just been deleted.") from None
    return _private(response)


def _private(response: Response) -> Response:
    # It is for the one who asks alone.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
