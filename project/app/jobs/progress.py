"""The record of a run as its own process writes it, and the watch that it keeps on the world meanwhile."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from app.storage import RunStore
from app.storage.runs import machine, pid_exists

_BEAT_SECONDS = 4
_LOOK_SECONDS = 0.5
# The page looks once a second; a bucket that is mounted as a directory takes no more writes than that.
_PROGRESS_SECONDS = 1

logger = logging.getLogger(__name__)


class Progress:
    """What a job's process tells of itself.

    While it exists, a thread notes every few seconds that the process is alive and how far it is, and ends the process
    when somebody cancels the run or the server is gone.

    Parameters
    ----------
    store : RunStore
    run_id : str
    server_pid : int
        The process without which nobody would see the result.
    """

    def __init__(self, store: RunStore, run_id: str, server_pid: int):
        self._store = store
        self._server_pid = server_pid
        self._lock = threading.Lock()
        self._written = self._beaten = float("-inf")
        self._unwritten = self._complained = False
        # All fields: those that only another version knows are kept as they are.
        self._run = store.content(run_id)
        # A machine that was busy or asleep may have let it be taken for dead.
        self.update(state="queued", message="", pid=os.getpid(), machine=machine())
        threading.Thread(target=self._watch, daemon=True).start()

    def update(self, **fields: Any) -> None:
        """Write some fields of the record."""
        with self._lock:
            self._write(fields)

    def begin(self, total: int) -> None:
        """Say that the work has begun, and how many steps it has."""
        self._store.take_room(self._run["id"])
        self.update(
            state="running",
            message="",
            started=time.time(),
            progress={"done": 0, "total": total, "doing": ""},
        )

    def doing(self, text: str) -> None:
        """Say what is being worked on; written within a second or two."""
        self._note(doing=text)

    def advance(self) -> None:
        """Say that a step is done; written within a second or two."""
        self._note(done=self._run["progress"]["done"] + 1)

    def at(self, done: int, doing: str) -> None:
        """Say how many steps are done and what comes now; written within a second or two."""
        self._note(done=done, doing=doing)

    def finish(self, state: str, message: str = "", **fields: Any) -> None:
        """Say how it ended; nothing can be written after that."""
        self._lock.acquire()
        end = {"state": state, "message": message, "finished": time.time(), **fields}
        try:
            self._write(end)
        except FileNotFoundError:  # the run was deleted: nobody waits for it
            return
        except OSError:
            self._store.give_room(self._run["id"])
            self._write(end)

    def _note(self, **progress: Any) -> None:
        with self._lock:
            self._run["progress"] |= progress
            self._unwritten = True

    def _write(self, fields: dict[str, Any]) -> None:
        self._run |= fields
        self._store.write(self._run)
        self._written = time.monotonic()
        self._unwritten = False

    def _watch(self) -> None:
        while True:
            if not pid_exists(self._server_pid):
                self._end(
                    "interrupted",
                    "The server stopped during this run. Nothing else is lost: start it again.",
                )
            # First, so that a run can be cancelled although nothing can be written.
            if self._store.is_cancelled(self._run["id"]):
                self._end("cancelled", "Cancelled. What was finished before is below.")
            try:
                self._tell()
            except FileNotFoundError:  # the run was deleted: nobody waits for it
                os._exit(0)
            except OSError as error:  # the disk may have room again later
                self._complain(error)
            time.sleep(_LOOK_SECONDS)

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._beaten >= _BEAT_SECONDS:
            self._store.beat(self._run["id"])
            self._beaten = now
        with self._lock:
            if self._unwritten and now - self._written >= _PROGRESS_SECONDS:
                self._write({})

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            logger.warning("The progress of a run could not be written: %s", error)
        self._complained = True

    def _end(self, state: str, message: str) -> None:
        try:
            self.finish(state, message)
        finally:
            # At once, in the middle of whatever is being fitted: nobody wants it any more.
            os._exit(0)
