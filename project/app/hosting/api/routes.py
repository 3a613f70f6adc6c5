"""The blueprint of `/api/v1`."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, request
from werkzeug.exceptions import MethodNotAllowed

from app.jobs.models import Refused, Unavailable
from app.services import Services

from .. import uploads
from . import datasets, description, predictions, problems, runs
from .operations import Operations

_DELETED = "What you asked for was deleted meanwhile."


def blueprint(services: Services, arrivals: uploads.Arrivals) -> Blueprint:
    """Create the routes for programs.

    Parameters
    ----------
    services : Services
    arrivals : Arrivals
        Takes uploads in.

    Returns
    -------
    flask.Blueprint
    """
    routes = Blueprint("api", __name__, url_prefix=problems.PREFIX)
    operations = Operations(routes)
    datasets.register(operations, services, arrivals)
    runs.register(operations, services)
    predictions.register(operations, services)
    description.register(routes, operations)
    routes.errorhandler(Unavailable)(predictions.unavailable)
    routes.errorhandler(Refused)(predictions.refused)

    @routes.get("/<path:rest>")
    def nothing_here(rest: str):
        """Answer instead of the pages, which would take every address."""
        adapter = current_app.create_url_adapter(request)
        allowed = {"GET", "HEAD", "OPTIONS"} ^ set(adapter.allowed_methods())
        if allowed:
            raise MethodNotAllowed(valid_methods=sorted(allowed | {"OPTIONS"}))
        abort(404)

    @routes.errorhandler(OSError)
    def not_kept(error: OSError):
        if isinstance(error, FileNotFoundError):
            return problems.problem(404, _DELETED)
        sentence, status = uploads.not_kept_because(error)
        return problems.problem(status, sentence)

    return routes
