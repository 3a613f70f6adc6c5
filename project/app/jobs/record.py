"""The record of a run as its own process writes it, and the watch that it keeps on the world meanwhile."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from app.storage import RunStore
from app.storage.runs import machine, pid_exists

_BEAT_SECONDS = 4
_LOOK_SECONDS = 0.5


class RunRecord:
    """What a job process tells of itself.

    While it exists, a thread says every few seconds that the process lives, and ends the process when somebody
    cancels the run or the server is gone.

    Parameters
    ----------
    store : RunStore
    run_id : str
    server_pid : int
        The process without which nobody would look at the result.
    """

    def __init__(self, store: RunStore, run_id: str, server_pid: int):
        self._store = store
        self._server_pid = server_pid
        self._lock = threading.Lock()
        self._run = store.get(run_id)
        self.update(pid=os.getpid(), machine=machine())
        threading.Thread(target=self._watch, daemon=True).start()

    def __getitem__(self, name: str) -> Any:
        return self._run[name]

    def update(self, **fields: Any) -> None:
        """Write some fields of the record."""
        with self._lock:
            self._write(fields)

    def waiting(self, ahead: int) -> None:
        """Say that others are first."""
        runs = "1 other run is" if ahead == 1 else f"{ahead} other runs are"
        self.update(message=f"{runs} before this one. It starts by itself.")

    def begin(self, total: int) -> None:
        """Say that the work has begun, and how many steps it has."""
        self.update(
            state="running",
            message="",
            started=time.time(),
            progress={"done": 0, "total": total, "doing": ""},
        )

    def doing(self, text: str) -> None:
        """Say what is being worked on."""
        self.update(progress=self._run["progress"] | {"doing": text})

    def advance(self, steps: int = 1) -> None:
        """Say that some steps are done."""
        done = self._run["progress"]["done"] + steps
        self.update(progress=self._run["progress"] | {"done": done})

    def finish(self, state: str, message: str = "", **fields: Any) -> None:
        """Say how it ended; nothing can be written after that."""
        self._lock.acquire()
        self._write(
            {"state": state, "message": message, "finished": time.time(), **fields}
        )

    def _write(self, fields: dict[str, Any]) -> None:
        self._run |= fields
        self._store.write(self._run)

    def _watch(self) -> None:
        beaten = 0.0
        while True:
            if time.time() - beaten >= _BEAT_SECONDS:
                self._store.beat(self._run["id"])
                beaten = time.time()
            if self._store.is_cancelled(self._run["id"]):
                self._end("cancelled", "Cancelled. What was finished before is below.")
            if not pid_exists(self._server_pid):
                self._end("interrupted", "The server stopped during this run.")
            time.sleep(_LOOK_SECONDS)

    def _end(self, state: str, message: str) -> None:
        self.finish(state, message)
        # At once, in the middle of whatever is being fitted: the user has said that it is not wanted.
        os._exit(0)
