"""Starts the processes that read uploads and train models, and never waits for a training."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from app.settings import Settings
from app.storage import RunStore

PROJECT = Path(__file__).resolve().parents[2]
# A file of the largest size may be compressed, and unpack to so many times as much.
UNPACKED_FACTOR = 4
_KILLED = (
    "The server ran out of memory while it read the table, or was interrupted. "
    "Upload it again; if that fails too, leave out rows or columns."
)
_CRASHED = (
    "The server made a mistake when it read the table, which has been logged. "
    "Save the table as CSV in UTF-8 and upload it again."
)

logger = logging.getLogger(__name__)


class Jobs:
    """Starts jobs that work on one data directory.

    Parameters
    ----------
    data_dir : pathlib.Path
    settings : Settings
    """

    def __init__(self, data_dir: Path, settings: Settings):
        self.data_dir = data_dir
        self.settings = settings
        self._runs = RunStore(data_dir / "runs")

    def train(self, dataset_id: str, dataset_name: str, settings: dict) -> str:
        """Start a training and return the id of its run.

        Parameters
        ----------
        dataset_id, dataset_name : str
        settings : dict
            The fields of ``functions.training.TrainingSettings``.
        """
        dataset = {"id": dataset_id, "name": dataset_name}
        return self._start(kind="training", dataset=dataset, settings=settings)

    def learn(self, parent: str, model: str) -> str:
        """Start the learning curve of one model of a finished run and return the id of the new run."""
        run_id = self._start(kind="learning", parent=parent, model=model)
        self._runs.write_result(parent, f"learning-{model}", {"run": run_id})
        return run_id

    def start_again(self, run_id: str) -> str:
        """Start a run with the settings of an earlier one and return its id.

        Raises
        ------
        NotFound
            There is no such run, or no longer.
        """
        run = self._runs.get(run_id)
        if run["kind"] == "learning":
            return self.learn(run["parent"], run["model"])
        return self.train(run["dataset"]["id"], run["dataset"]["name"], run["settings"])

    def ingest(self, upload_id: str) -> dict:
        """Turn an upload into a dataset, in a process with bounds on time and memory, and wait for it.

        Parameters
        ----------
        upload_id : str

        Returns
        -------
        dict
            ``{"dataset": id, "notes": [sentence, …]}``, or ``{"error": sentence}``.
        """
        seconds = self.settings.ingest_seconds
        unpacked = UNPACKED_FACTOR * self.settings.max_upload_bytes
        command = [sys.executable, "-m", "app.jobs.ingest"]
        try:
            done = subprocess.run(
                command + [str(self.data_dir), upload_id, str(unpacked)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return {"error": _too_slow(seconds)}
        if done.returncode == 0:
            return json.loads(done.stdout.splitlines()[-1])
        logger.error(
            "Reading upload failed with status %d: %s",
            done.returncode,
            done.stderr.decode(errors="replace"),
        )
        return {"error": _KILLED if done.returncode < 0 else _CRASHED}

    def _start(self, **fields: Any) -> str:
        run_id = self._runs.create(**fields)
        server = os.environ.get("SERVER_PID") or os.getpid()
        slots = self.settings.training_slots
        process = subprocess.Popen(
            [sys.executable, "-m", "app.jobs.work"]
            + [str(part) for part in (self.data_dir, run_id, slots, server)],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            # A signal to the server's group, such as Ctrl-C, must not cut it off before it could say so.
            start_new_session=True,
        )
        threading.Thread(target=process.wait, daemon=True).start()
        return run_id


def _too_slow(seconds: int) -> str:
    return (
        f"Reading the table took more than {seconds} seconds and was stopped. "
        "Leave out rows or columns, or save it as Parquet, which is read faster, and upload it again."
    )
