"""Starts the process of a report, and ends it."""

from __future__ import annotations

import json
import logging
import os
import select
import shutil
import subprocess  # nosec B404: only our own module, never a shell
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import wording
from app.reporting.versions import Broken
from app.settings import without_secrets

PROJECT = Path(__file__).resolve().parents[2]
_CHUNK_BYTES = 65_536
_LONGEST_LINE = 65_536
# Paths of sockets may have 107 bytes.
_LONGEST_FOLDER = 60

logger = logging.getLogger(__name__)


@dataclass
class ReportProcess:
    """The process of a report.

    Attributes
    ----------
    popen : subprocess.Popen
        Ends with all that it started once its standard input is closed.
    socket : str
        Where it listens.
    began : float
    """

    popen: subprocess.Popen
    socket: str
    began: float

    @classmethod
    def started(cls, name: str, order: bytes, seconds: float) -> ReportProcess:
        """Start a process and wait until its report is built.

        Raises
        ------
        Broken
            It could not be built.
        """
        folder = tempfile.mkdtemp(prefix="report-", dir=_short_folder())
        path = os.path.join(folder, "socket")
        reads, writes = os.pipe()
        try:
            popen = subprocess.Popen(  # nosec B603
                [sys.executable, "-m", "app.hosting.report_process", path, str(writes)],
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[writes],
                start_new_session=True,
            )
        finally:
            os.close(writes)
        process = cls(popen, path, time.monotonic())
        threading.Thread(target=_log_what_is_said, args=(popen, name), daemon=True).start()  # fmt: skip
        try:
            with suppress(BrokenPipeError):
                popen.stdin.write(order)
                popen.stdin.flush()
            problem = _outcome(reads, seconds)
        except BaseException:
            process.end()
            raise
        finally:
            os.close(reads)
        if problem:
            process.end()
            raise Broken(problem)
        return process

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self.popen.poll() is not None

    @property
    def age(self) -> float:
        """For how many seconds it has run."""
        return time.monotonic() - self.began

    def end(self) -> None:
        """End it, and what it started."""
        with suppress(OSError):
            self.popen.stdin.close()
        threading.Thread(target=self._tidy_up, daemon=True).start()

    def _tidy_up(self) -> None:
        self.popen.wait()
        shutil.rmtree(os.path.dirname(self.socket), ignore_errors=True)


def _short_folder() -> str:
    """Return a folder for temporary files whose name is short enough for sockets."""
    folders = (tempfile.gettempdir(), "/dev/shm", "/tmp")  # nosec B108
    short = [f for f in folders if len(f) <= _LONGEST_FOLDER and os.access(f, os.W_OK)]
    return short[0] if short else folders[0]


def _environment() -> dict[str, str]:
    environ = without_secrets(os.environ)
    environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    paths = [str(PROJECT), environ.get("PYTHONPATH", "")]
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    return environ


def _outcome(reads: int, seconds: float) -> str | None:
    """Return why a report could not be built, None if it was."""
    said, deadline = b"", time.monotonic() + seconds
    while not said.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reads], [], [], left)[0]:
            return (
                f"Building it took more than {wording.seconds(seconds)} and was stopped. "
                "Its author should move slow work into a callback."
            )
        part = os.read(reads, _CHUNK_BYTES)
        if not part:
            return "Building it ended its process, or took more memory than a report may have."
        said += part
    return json.loads(said).get("problem")


def _log_what_is_said(popen: subprocess.Popen, name: str) -> None:
    """Write the log of a report's process into ours; all else that it prints becomes an entry."""
    while line := popen.stdout.readline(_LONGEST_LINE):
        text = line.decode(errors="replace").rstrip()
        if _is_entry(text):
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        elif text:
            logger.info("Report %s said: %s", name, text)


def _is_entry(text: str) -> bool:
    try:
        found: Any = json.loads(text) if text.startswith("{") else None
    except ValueError:
        return False
    return isinstance(found, dict) and "severity" in found and "message" in found
