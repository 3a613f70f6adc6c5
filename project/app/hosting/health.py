"""`/health/live` says that the process runs, and which version; `/health/ready` that it can serve.

A platform wants its answer within a second, whatever the disk does: one request tries to write, the others say what was
found last.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

from flask import Blueprint

from app import __version__
from app.services import Services

# A disk that takes longer is as good as none.
_MAX_WRITE_SECONDS = 5.0
_STARTING = "The server is still loading its libraries. Ask again in a few seconds."
_STUCK = "The disk of the tables and runs does not answer. Check DATA_DIR and what is mounted there."
_NEVER_KEPT = {"Cache-Control": "no-store"}


def blueprint(services: Services) -> Blueprint:
    """Create the health routes for the platform that runs the container."""
    routes = Blueprint("health", __name__, url_prefix="/health")
    disk = _Disk(services.jobs.data_dir)

    @routes.get("/live")
    def live():
        return {"status": "live", "version": __version__}, 200, _NEVER_KEPT

    @routes.get("/ready")
    def ready():
        complaint = disk.complaint() if services.warm.is_set() else _STARTING
        if complaint:
            return {"status": "not ready", "error": complaint}, 503, _NEVER_KEPT
        return {"status": "ready"}, 200, _NEVER_KEPT

    return routes


class _Disk:
    """Tries to write, once at a time."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._writing = threading.Lock()
        self._begun = 0.0
        self._found: str | None = None

    def complaint(self) -> str | None:
        """Return what is wrong; None if the folder can be written."""
        if not self._writing.acquire(blocking=False):
            too_long = time.monotonic() > self._begun + _MAX_WRITE_SECONDS
            return _STUCK if too_long else self._found
        try:
            self._begun = time.monotonic()
            self._found = _complaint(self._folder)
            return self._found
        finally:
            self._writing.release()


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
