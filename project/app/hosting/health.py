"""`/health/live` says that the process runs, and which version; `/health/ready` that it can serve."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint

from app import __version__
from app.services import Services

_NEVER_KEPT = {"Cache-Control": "no-store"}


def blueprint(services: Services) -> Blueprint:
    """Create the health routes for the platform that runs the container."""
    routes = Blueprint("health", __name__, url_prefix="/health")

    @routes.get("/live")
    def live():
        return {"status": "live", "version": __version__}, 200, _NEVER_KEPT

    @routes.get("/ready")
    def ready():
        complaint = _complaint(services.jobs.data_dir)
        if complaint:
            return {"status": "not ready", "error": complaint}, 503, _NEVER_KEPT
        return {"status": "ready"}, 200, _NEVER_KEPT

    return routes


def _complaint(data_dir: Path) -> str | None:
    try:
        with tempfile.NamedTemporaryFile(dir=data_dir) as probe:
            probe.write(b"ready?")
            probe.flush()
    except OSError as error:
        return (
            f"The server cannot write its tables and runs: {error.strerror}. "
            "Free some space, or set DATA_DIR to a directory that it may write to."
        )
    return None
