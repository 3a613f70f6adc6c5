"""Starts the processes that read uploads and train models, and never waits for a training."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import subprocess  # nosec B404: only our own modules, never a shell
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.accounts import WhoAsks, the_server
from app.jobs.kinds import KINDS
from app.jobs.queue import Ticket, exclusive
from app.settings import Settings, without_secrets
from app.storage import NotFound, RunStore, belongings, files
from app.storage.runs import Run

PROJECT = Path(__file__).resolve().parents[2]
# A file of the largest size may be compressed, and unpack to so many times as much.
UNPACKED_FACTOR = 4
CLOCK_FACTOR = 2
_KILLED = (
    "The server was interrupted while it read the table, or ran out of memory. Try again in a few seconds; "
    "if that fails too, leave out rows or columns."
)
_FELL = (
    "The table cannot be read: the file is damaged, or needs more memory than this server has for it. "
    "Save it again, or leave out rows or columns, and upload that."
)
_TOO_SLOW = (
    "Reading the table took more processor time than a table of its size should, and was stopped. "
    "Leave out rows or columns, or save it as Parquet, which is read faster, and upload it again."
)
_CRASHED = (
    "The server made a mistake when it read the table, which has been logged. "
    "Save the table as CSV in UTF-8 and upload it again."
)
# What a reader dies of that a file has brought to fall; of all else it is not the file's fault.
_FALLS = (
    *(signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS),
    *(signal.SIGFPE, signal.SIGILL, signal.SIGTRAP),
)
_BUSY = "Other tables are being read. Try again in a few seconds."

# Threads that wait for each other let go of the core: as they come by default, spinning, two trainings on two cores
# take many times as long as one after the other.
_ENVIRONMENT = {"OMP_WAIT_POLICY": "passive"}
_SERVER_ONLY = ("MALLOC_ARENA_MAX", "ARROW_DEFAULT_MEMORY_POOL")

# What the record of a training holds from the start.
_ASKED = ("dataset", "settings")

# How `app.jobs.worker` begins each message on its standard error.
_LEVEL = re.compile(r"^(DEBUG|INFO|WARNING|ERROR|CRITICAL) ", re.MULTILINE)

logger = logging.getLogger(__name__)


class Jobs:
    """Starts jobs that work on one data directory.

    Parameters
    ----------
    data_dir : pathlib.Path
    settings : Settings
    actor : callable, optional
        Returns who asks, to whom what is made then belongs.
    """

    def __init__(self, data_dir: Path, settings: Settings, actor: WhoAsks = the_server):
        self.data_dir = data_dir
        self._actor = actor
        self.settings = settings
        self._runs = RunStore(data_dir / "runs")
        # Each takes memory and occupies a thread of the server.
        self._correcting = threading.BoundedSemaphore(2)

    def start(self, kind: str, **fields: Any) -> str:
        """Start a job and return the id of its run.

        Parameters
        ----------
        kind : str
            A key of ``kinds.KINDS``.
        **fields
            What the record holds from the start. A training: 'dataset', with 'id' and 'name', and 'settings', the
            fields of ``functions.models.settings.TrainingSettings``.
        """
        # Drawn here and handed over, so that the order is that of the clicks.
        ticket = Ticket.draw(self.data_dir)
        try:
            run_id = self._runs.create(kind, **fields)
            belongings.claim(self._runs.root, run_id, self._actor().owner)
            process = self._spawn(run_id, ticket)
        finally:
            ticket.hand_over()
        requested = {"run": run_id, "kind": kind}
        logger.info("A run was asked for: %s", kind, extra={"fields": requested})
        threading.Thread(target=self._reap, args=(process, run_id), daemon=True).start()
        return run_id

    def derive(self, kind: str, run: str, **parameters: Any) -> str:
        """Return the run that computes something of a training, started unless it is under way or done.

        Parameters
        ----------
        kind : str
            A key of ``kinds.KINDS`` that has a check.
        run : str
            The id of a training.
        **parameters
            Plain values: what is to be computed. The same ones lead to the same run.

        Raises
        ------
        NotFound
            There is no such training, or no longer.
        ValueError
            It cannot be computed of this training.
        """
        KINDS[kind].check(self._runs.training(run), parameters)
        # A second click, which another worker may answer, must not start it twice.
        with exclusive(self.data_dir, "derived"):
            known = self._runs.derived(kind, run, parameters)
            if known and (known.active or known.state == "done"):
                return known.id
            run_id = self.start(kind, parent=run, parameters=parameters)
            self._runs.link_derived(kind, run, parameters, run_id)
        return run_id

    def start_again(self, run_id: str) -> str:
        """Start a run with what an earlier one was asked for, and return its id.

        Raises
        ------
        NotFound
            There is no such run, or no longer.
        """
        run, content = self._runs.get(run_id), self._runs.content(run_id)
        if run.parent:
            return self.derive(run.kind, run.parent, **run.parameters)
        return self.start(run.kind, **{name: content[name] for name in _ASKED})

    def ingest(self, upload_id: str) -> dict:
        """Turn an upload into a dataset, in a process with bounds on time and memory, and wait for it.

        Parameters
        ----------
        upload_id : str

        Returns
        -------
        dict
            ``{"dataset": id, "notes": [sentence, …]}``, or ``{"error": sentence}``; with ``"again": True`` if the
            machine is to blame, not the file.
        """
        outcome = self._read("ingest", upload_id)
        if "error" in outcome:
            self._forget_half(upload_id)
        return self._made_now(outcome)

    def correct(self, dataset_id: str, kind: str, choice: str) -> dict:
        """Read columns, a sheet or the file of a dataset otherwise, in a process with the same bounds, and wait for it.

        Parameters
        ----------
        dataset_id : str
        kind : {"offer", "sheet", "reading"}
        choice : str
            The number of an offer, its place in ``Dataset.offers``, the name of a sheet, or ``ReadingChoices`` as JSON.

        Returns
        -------
        dict
            ``{"dataset": id}`` of the table that is read so, or ``{"error": sentence}``.
        """
        if not self._correcting.acquire(blocking=False):
            return {"error": _BUSY}
        try:
            return self._made_now(self._read("correct", dataset_id, kind, choice))
        finally:
            self._correcting.release()

    def _made_now(self, outcome: dict) -> dict:
        """Note to whom a new table belongs; one that somebody else has made before stays as it is."""
        root = self.data_dir / "datasets"
        dataset, owner = outcome.get("dataset", ""), self._actor().owner
        if dataset and owner:
            record = files.read_json(root / dataset / "dataset.json")
            if time.time() - record["created"] < self.settings.ingest_seconds:
                belongings.claim(root, dataset, owner)
        return outcome

    @property
    def _max_unpacked(self) -> int:
        return UNPACKED_FACTOR * self.settings.max_upload_bytes

    def _read(self, module: str, item: str, *arguments: str) -> dict:
        seconds = self.settings.ingest_seconds
        command = [sys.executable, "-m", f"app.jobs.{module}", self.data_dir, item]
        command += [self._max_unpacked, seconds, *arguments]
        try:
            done = subprocess.run(  # nosec B603
                list(map(str, command)),
                cwd=PROJECT,
                env=without_secrets(os.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                # Processor time has a bound of its own: what takes longer waits for a machine that is busy.
                timeout=CLOCK_FACTOR * seconds,
            )
        except subprocess.TimeoutExpired:
            return {"error": _waited(CLOCK_FACTOR * seconds), "again": True}
        said = done.stderr.decode(errors="replace")
        if done.returncode == 0:
            if said:
                logger.warning("Reading a table said: %s", said)
            return json.loads(done.stdout.splitlines()[-1])
        if done.returncode == -signal.SIGXCPU:
            return {"error": _TOO_SLOW}
        if -done.returncode in _FALLS:
            logger.warning("A file ended its reader by signal %d", -done.returncode)
            return {"error": _FELL}
        logger.error("Reading a table failed with %d: %s", done.returncode, said)
        if done.returncode < 0:
            return {"error": _KILLED, "again": True}
        return {"error": _CRASHED}

    def _forget_half(self, dataset_id: str) -> None:
        """Delete what a reader kept that could not tidy up itself."""
        folder = self.data_dir / "datasets" / dataset_id
        if files.is_id(dataset_id) and not (folder / "dataset.json").exists():
            shutil.rmtree(folder, ignore_errors=True)

    def make_sample(self, dataset_id: str) -> None:
        """Make a sample that nobody has opened yet, in a process whose memory is given back after it."""
        subprocess.run(  # nosec B603
            [sys.executable, "-m", "app.jobs.sample", str(self.data_dir), dataset_id],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            check=True,
        )

    def _spawn(self, run_id: str, ticket: Ticket) -> subprocess.Popen:
        server = os.environ.get("SERVER_PID") or os.getpid()
        arguments = (
            self.data_dir,
            run_id,
            self.settings.training_slots,
            server,
            ticket.path,
            ticket.descriptor,
        )
        return subprocess.Popen(  # nosec B603
            [sys.executable, "-m", "app.jobs.worker", *map(str, arguments)],
            cwd=PROJECT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[ticket.descriptor],
            # A signal to the server's group, such as Ctrl-C, must not cut it off before it could say so.
            start_new_session=True,
        )

    def _reap(self, process: subprocess.Popen, run_id: str) -> None:
        said = process.communicate()[1].decode(errors="replace").strip()
        for level, message in _messages(said):
            logger.log(level, "The process of run %s said: %s", run_id, message)
        try:
            self._runs.mark_interrupted(run_id)
            _log_end(self._runs.get(run_id))
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


def _waited(seconds: int) -> str:
    return (
        f"Reading the table took more than {seconds} seconds, because the server is busy, and was stopped. "
        "Try again in a few minutes."
    )
