"""The process of a run: how it is started, and what is done when it has ended."""

from __future__ import annotations

import logging
import os
import re
import subprocess  # nosec B404: only our own modules, never a shell
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from app.storage import NotFound, RunStore
from app.storage.runs import Run

from .turns import Ticket

PROJECT = Path(__file__).resolve().parents[2]
# Threads that wait for each other let go of the core: as they come by default, spinning, two trainings on two cores
# take many times as long as one after the other.
_ENVIRONMENT = {"OMP_WAIT_POLICY": "passive"}
_SERVER_ONLY = ("MALLOC_ARENA_MAX", "ARROW_DEFAULT_MEMORY_POOL")
# How `app.jobs.worker` begins each message on its standard error.
_LEVEL = re.compile(r"^(DEBUG|INFO|WARNING|ERROR|CRITICAL) ", re.MULTILINE)

logger = logging.getLogger(__name__)


def start(
    ticket: Ticket, descriptor: int, runs: RunStore, ended: Callable[[], None]
) -> None:
    """Start the process of a run on this machine.

    Parameters
    ----------
    ticket : Ticket
    descriptor : int
        The open file of the ticket, which the process inherits: its place is taken for as long as it runs.
    runs : RunStore
    ended : callable
        Called, in another thread, when the process has ended.

    Raises
    ------
    OSError
        The system has no process or no memory left.
    """
    server = ticket.server.split()[0]
    arguments = (runs.root.parent, ticket.run, server)
    process = subprocess.Popen(  # nosec B603
        [sys.executable, "-m", "app.jobs.worker", *map(str, arguments)],
        cwd=PROJECT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[descriptor],
        # A signal to the server's group, such as Ctrl-C, must not cut it off before it could say so.
        start_new_session=True,
    )

    def wait():
        reap(process, runs, ticket.run)
        ended()

    threading.Thread(target=wait, daemon=True).start()


def reap(process: subprocess.Popen, runs: RunStore, run_id: str) -> None:
    """Wait until the process of a run has ended; log what it said, and see to it that the run says how it ended."""
    said = process.communicate()[1].decode(errors="replace").strip()
    for level, message in _messages(said):
        logger.log(level, "The process of run %s said: %s", run_id, message)
    try:
        runs.mark_interrupted(run_id)
        _log_end(runs.get(run_id))
    except (NotFound, OSError):  # deleted, or the disk is full
        logger.warning("How run %s ended could not be written down", run_id)


def _log_end(run: Run) -> None:
    began = run.started or run.finished
    fields = {
        "run": run.id,
        "kind": run.kind,
        "result": run.state,
        "waited_s": round(began - run.created, 1),
        "worked_s": round(run.finished - began, 1),
    }
    logger.info(
        "A run has ended: %s, %s", run.kind, run.state, extra={"fields": fields}
    )


def _messages(said: str) -> Iterator[tuple[int, str]]:
    """Yield the severity and text of each message; what stands before the first is the interpreter's last word."""
    before, *rest = _LEVEL.split(said)
    if before.strip():
        yield logging.ERROR, before.strip()
    for level, message in zip(rest[::2], rest[1::2]):
        yield logging.getLevelName(level), message.strip()


def _environment() -> dict[str, str]:
    # What keeps an idle server small would slow many threads down.
    inherited = {k: v for k, v in os.environ.items() if k not in _SERVER_ONLY}
    return _ENVIRONMENT | inherited
