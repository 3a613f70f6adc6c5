"""``GET /served/<name>``: the page on which rows are scored by whichever model serves under a name."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect

from app.services import Services
from app.storage.served import ServedModels

from . import prefix


def blueprint(services: Services) -> Blueprint:
    """Create the route."""
    routes = Blueprint("served", __name__)
    names = ServedModels(services.jobs.data_dir)

    @routes.get("/served/<name>")
    def send(name: str) -> Response:
        now = names.run_of(name)
        services.permissions.guard("run")(now.run, "results")
        query = urlencode({"run": now.run, "model": now.model})
        answer = redirect(prefix.address(f"/score?{query}"))
        # Another model may serve a moment later.
        answer.headers["Cache-Control"] = "private, no-cache"
        return answer

    return routes
