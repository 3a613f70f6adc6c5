"""Files to take away from a run: ``GET /runs/<id>/files/<name>?model=<key>``.

What takes longer than a moment is prepared by a job beforehand; here it is only sent. Names are the keys of
``app.exports.registry.EXPORTS``; without a model, the file is that of the best one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Blueprint, Response, abort, request, send_file

from app.accounts import audit
from app.exports import registry
from app.exports.export import Context, Export
from app.services import Services
from app.storage import NotFound
from app.storage.run_files import RunFiles
from app.storage.runs import TrainingRun

_NOT_PREPARED = (
    "This file has not been prepared yet, or has expired and was deleted. "
    "Open the run's page and choose Prepare."
)
_DELETED = "This file has just been deleted."


# ``make(services, training, model)`` returns the HTML of what the pages draw.
Drawn = Callable[[Services, TrainingRun, str], str]


def blueprint(services: Services, drawn: Mapping[str, Drawn]) -> Blueprint:
    """Create the route that sends files of runs; `drawn` has what makes those without a ``make``, by name."""
    routes = Blueprint("run_files", __name__)
    kept = RunFiles(services.runs.root, services.permissions.guard("run"))

    @routes.get("/runs/<run_id>/files/<name>")
    def send(run_id: str, name: str) -> Response:
        try:
            export = registry.export_of(name)
        except ValueError as error:
            abort(404, str(error))
        services.permissions.guard("run")(run_id, export.action)
        training = services.runs.training(run_id)
        model = request.args.get("model") or training.summary.best
        try:
            registry.check(training, {"name": name, "model": model})
            content = _content(services, kept, drawn, export, training, model)
        except ValueError as error:
            abort(409, str(error))
        audit.record(services.actor(), f"download {name}", "run", run_id)
        return _sent(content, export, registry.file_name(export, training, model))

    return routes


def _content(
    services: Services,
    kept: RunFiles,
    drawn: Mapping[str, Drawn],
    export: Export,
    training: TrainingRun,
    model: str,
) -> bytes | Path:
    if export.make is None:
        return drawn[export.name](services, training, model).encode()
    if not export.in_job:
        return export.make(Context(training, model, services.runs, services.datasets))
    asked = registry.parameters_of(export, training, model, services.runs)
    run = services.runs.derived("export", training.id, asked)
    if run is None or run.state != "done":
        raise ValueError(_NOT_PREPARED)
    return kept.path(run.id, export.action)


def _sent(content: bytes | Path, export: Export, name: str) -> Response:
    try:
        response = send_file(
            io.BytesIO(content) if isinstance(content, bytes) else content,
            mimetype=export.mimetype,
            as_attachment=True,
            download_name=name,
        )
    except FileNotFoundError:
        raise NotFound(_DELETED) from None
    # It is for the one who asks alone.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
