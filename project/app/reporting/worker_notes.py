"""Notes that the workers of a server exchange: requests to rebuild reports, and which could not be built."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from pathlib import Path

from app.storage import files

_RELOAD = "reload"
# Identifies one start of the server: what failed may succeed after the next.
_SERVER = os.environ.get("SERVER_ID") or f"process {os.getpid()} {time.time_ns()}"

logger = logging.getLogger(__name__)


class WorkerNotes:
    """Notes in a folder, one file each; if it is not writable, the workers exchange none.

    Parameters
    ----------
    folder : pathlib.Path or None
    """

    def __init__(self, folder: Path | None):
        self._folder = folder
        self._generation = ""
        try:
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._give_up(error)

    def generation(self) -> str:
        """Return a token that changes with each `reload`."""
        if self._folder:
            try:
                return (self._folder / _RELOAD).read_text()
            except OSError:
                return ""
        return self._generation

    def reload(self) -> None:
        """Request that all workers rebuild the reports that were visited."""
        self._generation = str(time.time_ns())
        if self._folder:
            try:
                content = self._generation.encode()
                files.write_bytes(self._folder / _RELOAD, content)
            except OSError as error:
                self._give_up(error)

    def note(self, name: str, stamp: tuple, problem: str | None) -> None:
        """Note whether this version of a report could be built."""
        if not self._folder:
            return
        path = self._folder / f"{name}.json"
        try:
            if problem is None:
                path.unlink(missing_ok=True)
                return
            note = {"server": _SERVER, "version": _id(stamp), "problem": problem}
            files.write_json(path, note)
        except OSError as error:
            logger.warning("Other workers are not told of a problem: %s", error)

    def problem(self, name: str, stamp: tuple) -> str | None:
        """Return why a worker of this server could not build this version of a report."""
        if not self._folder:
            return None
        try:
            note = files.read_json(self._folder / f"{name}.json")
        except (OSError, ValueError):
            return None
        same = (note["server"], note["version"]) == (_SERVER, _id(stamp))
        return note["problem"] if same else None

    def _give_up(self, error: OSError) -> None:
        logger.warning("Workers cannot tell each other of reports: %s", error)
        self._folder = None


def _id(stamp: tuple) -> str:
    return hashlib.sha256(repr(stamp).encode()).hexdigest()
