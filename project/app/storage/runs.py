"""Runs: the settings, progress and results of one training, and the fitted model.

Only the training process writes ``run.json`` once the run is created, so no lock is needed. Others may
leave it a message: the file ``cancel``. That the process is alive is told by the file ``heartbeat``.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

from . import files

ACTIVE = ("queued", "running")
# A process that has not been heard of for so long is gone; it beats every few seconds.
SILENCE_SECONDS = 30


class RunStore:
    """The runs below one directory.

    Parameters
    ----------
    root : pathlib.Path
        Made if it does not exist.
    """

    def __init__(self, root: Path):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def create(self, **fields: Any) -> str:
        """Keep a new run with the given fields; return its id."""
        run_id = files.new_id()
        (self.root / run_id).mkdir()
        self.beat(run_id)
        self.write({"id": run_id, "created": time.time(), "state": "queued", **fields})
        return run_id

    def write(self, run: dict[str, Any]) -> None:
        """Replace a run's record."""
        files.write_json(self.root / run["id"] / "run.json", run)

    def get(self, run_id: str) -> dict[str, Any]:
        """Return a run's record; the state is 'interrupted' if its process is gone.

        Raises
        ------
        NotFound
            There is no such run, or no longer, or its record is damaged.
        """
        run = _read(self._record(run_id))
        if run["state"] in ACTIVE and not self._alive(run):
            # The process may have written its last word while we looked.
            run = _read(self._record(run_id))
            if run["state"] in ACTIVE:
                run |= _GONE
        return run

    def mark_interrupted(self, run_id: str) -> None:
        """Write down that the run's process has ended, unless it did so itself.

        Only for who knows that it has ended: nobody else writes the record then.
        """
        run = _read(self._record(run_id))
        if run["state"] in ACTIVE:
            self.write(run | _GONE | {"finished": time.time()})

    def write_result(self, run_id: str, name: str, result: dict[str, Any]) -> None:
        """Keep what a page shows of one part of a run, say of one model."""
        files.write_json(self._record(run_id).with_name(f"{name}.json"), result)

    def result(self, run_id: str, name: str) -> dict[str, Any] | None:
        """Return what `write_result` kept under `name`, or None.

        Raises
        ------
        NotFound
            There is no such run, or no longer, or the result is damaged.
        """
        path = self._record(run_id).with_name(f"{name}.json")
        return _read(path) if path.is_file() else None

    def write_model(self, run_id: str, content: bytes) -> None:
        """Keep the run's fitted model, as skops bytes."""
        files.write_bytes(self._record(run_id).with_name("model.skops"), content)

    def model(self, run_id: str) -> bytes:
        """Return the run's fitted model as skops bytes.

        Raises
        ------
        NotFound
            There is no such run, or it has no model.
        """
        return files.file_of(self.root, run_id, "model", "model.skops").read_bytes()

    def cancel(self, run_id: str) -> None:
        """Ask the training process to stop."""
        files.write_bytes(self._record(run_id).with_name("cancel"), b"")

    def is_cancelled(self, run_id: str) -> bool:
        """Tell whether somebody asked the training process to stop."""
        return (self.root / run_id / "cancel").exists()

    def beat(self, run_id: str) -> None:
        """Say that the run's process is alive."""
        files.write_bytes(self.root / run_id / "heartbeat", str(time.time()).encode())

    def _record(self, run_id: str) -> Path:
        return files.file_of(self.root, run_id, "run", "run.json")

    def _alive(self, run: dict[str, Any]) -> bool:
        pid = run.get("pid")
        if pid and run.get("machine") == machine() and not pid_exists(pid):
            return False
        try:
            beat = float((self.root / run["id"] / "heartbeat").read_bytes())
        except (OSError, ValueError):  # deleted or damaged meanwhile
            return False
        return time.time() - beat < SILENCE_SECONDS


def _read(path: Path) -> dict[str, Any]:
    try:
        content = files.read_json(path)
    except FileNotFoundError:  # deleted since we looked
        raise files.NotFound(_DELETED) from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise files.NotFound(_DAMAGED)
    return content


def machine() -> str:
    """Return a name of what process numbers refer to: this host, this boot, this container."""
    names = [socket.gethostname()]
    for read in (
        lambda: Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        lambda: os.readlink("/proc/self/ns/pid"),
    ):
        try:
            names.append(read())
        except OSError:  # not Linux: the host's name has to do
            continue
    return " ".join(names)


def pid_exists(pid: int) -> bool:
    """Tell whether a process of that number runs on this machine, and is not merely unburied."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:  # no /proc on this system, or the process has just ended
        return True
    return state != "Z"


_GONE = {
    "state": "interrupted",
    "message": "Training stopped half-way: its process ended without a word, because it was killed, ran out of "
    "memory, or the server went away. Nothing else is lost: start it again.",
}
_DELETED = "This run has expired and was deleted. Start again with a table."
_DAMAGED = "What was kept of this run is damaged and cannot be read. Train again."
