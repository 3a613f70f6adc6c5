"""Starts the processes that read uploads and train models, and never waits for a training."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess  # nosec B404: only our own modules, never a shell
import sys
import weakref
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.accounts import Permissions, WhoAsks, audit, the_server
from app.jobs import score
from app.jobs.dispatcher import Dispatcher
from app.jobs.kinds import KINDS
from app.jobs.limits import Limits
from app.jobs.processes import PROJECT
from app.jobs.queue import exclusive
from app.jobs.readers import Readers
from app.settings import Settings, without_secrets
from app.storage import NotFound, RunStore, belongings, files
from app.storage.budget import RUN_BYTES, Budget
from app.storage.machine import machine
from app.storage.runs import DatasetName

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

# What the record of a training holds from the start.
_ASKED = ("dataset", "settings", "parameters")

logger = logging.getLogger(__name__)


class Jobs:
    """Starts jobs that work on one data directory.

    Parameters
    ----------
    data_dir : pathlib.Path
    settings : Settings
    actor : callable, optional
        Returns who asks, who must be allowed to, and to whom what is made then belongs.
    """

    def __init__(self, data_dir: Path, settings: Settings, actor: WhoAsks = the_server):
        self.data_dir = data_dir
        self._actor = actor
        self.settings = settings
        self._permissions = Permissions(data_dir, actor)
        self._runs = RunStore(data_dir / "runs", self._permissions.guard("run"))
        self._dispatcher = Dispatcher(data_dir, settings.training_slots)
        budget = Budget(data_dir, settings.disk_mb, settings.retention_days)
        self.limits = Limits(settings, budget)
        # Its thread must not outlive whoever can ask for runs.
        weakref.finalize(self, self._dispatcher.stop)
        # Each takes memory and occupies a thread of the server.
        self._correcting = Readers(2)

    def start(self, kind: str, **fields: Any) -> str:
        """Start a job and return the id of its run.

        Parameters
        ----------
        kind : str
            A key of ``kinds.KINDS``.
        **fields
            What the record holds from the start. A training: 'dataset', with 'id' and 'name', and 'settings', the
            fields of ``functions.models.settings.TrainingSettings``.

        Raises
        ------
        NotFound
            The one who asks may not see the rows of the table.
        Refused
            The one who asks may not train.
        TooMany
            The one who asks has as many runs as one may have, or keeps too much.
        NoRoom
            The disk has no room for another.
        OSError
            It cannot be written. Nothing is left of it.
        """
        self._permissions.require("create")
        if "dataset" in fields:
            self._permissions.guard("table")(fields["dataset"]["id"], "rows")
        actor = self._actor()
        self.limits.budget.require(RUN_BYTES)
        # At the door, so that nobody sees half a run, and nobody asks for two more at once than they may.
        with self._dispatcher.door():
            self.limits.check_run(actor, self._dispatcher.queue.count(actor.key))
            run_id = self._runs.create(kind, machine=machine(), **fields)
            with files.or_removed(self._runs.root / run_id):
                belongings.claim(self._runs.root, run_id, actor.owner)
                self.limits.charge("runs", run_id, actor)
                self._dispatcher.add(run_id, actor.key)
        requested = {"run": run_id, "kind": kind}
        logger.info("A run was asked for: %s", kind, extra={"fields": requested})
        audit.record(actor, f"start {kind}", "run", run_id)
        self._dispatcher.wake(run_id)
        return run_id

    def watch(self) -> None:
        """Start the runs that wait, also those of a process that has ended, from now on."""
        self._dispatcher.watch()

    def close(self) -> None:
        """Leave the runs that wait to others."""
        self._dispatcher.close()

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
            # Who only sees the results starts nothing on the rows.
            self._permissions.guard("run")(run, "work")
            run_id = self.start(kind, parent=run, parameters=parameters)
            self._runs.link_derived(kind, run, parameters, run_id)
        return run_id

    def score(self, run: str, dataset: DatasetName, **parameters: Any) -> str:
        """Start to predict a table with a model of a training, and return the id of the run that does it.

        It belongs to the one who asks, and not to whom the training belongs.

        Parameters
        ----------
        run : str
            The id of the training.
        dataset : DatasetName
            The table.
        **parameters
            As in ``score.check``.

        Raises
        ------
        NotFound
            There is no such training or table, or the one who asks may not predict with it.
        ValueError
            It cannot be scored so.
        """
        self._permissions.guard("run")(run, "score")
        score.check(self._runs.training(run), parameters)
        asked = {"run": run, **parameters}
        return self.start("score", dataset=asdict(dataset), parameters=asked)

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
        if run.kind == "score":
            parameters = dict(run.parameters)
            return self.score(parameters.pop("run"), run.dataset, **parameters)
        asked = {name: content[name] for name in _ASKED if name in content}
        return self.start(run.kind, **asked)

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
        self._permissions.require("create")
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

        Raises
        ------
        NotFound
            The one who asks may not see the table, or not the whole file that is to be read otherwise.
        TooMany
            The one who asks keeps too much.
        NoRoom
            The disk has no room for another table.
        """
        self._permissions.require("create")
        self._check_readable(dataset_id, kind)
        self.limits.check_copy(self._actor(), self.data_dir / "datasets" / dataset_id)
        with self._correcting.place(dataset_id, self._actor()) as is_free:
            if not is_free:
                return {"error": _BUSY}
            return self._made_now(self._read("correct", dataset_id, kind, choice))

    def _made_now(self, outcome: dict) -> dict:
        """Note to whom a table belongs that was made now, or that somebody else has made of the same file."""
        root = self.data_dir / "datasets"
        dataset, owner = outcome.get("dataset", ""), self._actor().owner
        if dataset:
            self.limits.charge("datasets", dataset, self._actor())
            audit.record(self._actor(), "keep", "table", dataset)
        if dataset and not (
            belongings.owners(root, dataset)
            and self._permissions.may("rows", "table", dataset)
        ):
            belongings.claim(root, dataset, owner)
        return outcome

    def _check_readable(self, dataset_id: str, kind: str) -> None:
        """Refuse a table that the one who asks may not see; and more of its file to whom only this is shared."""
        guard = self._permissions.guard("table")
        guard(dataset_id, "rows")
        datasets = self.data_dir / "datasets"
        try:
            record = files.file_of(datasets, dataset_id, "table", "dataset.json")
            known = files.read_json(record)
        except NotFound:  # which the process itself says
            return
        if kind == "offer":
            guard(known.get("source") or dataset_id, "rows")
        else:
            guard(known.get("workbook") or dataset_id, "file")

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

    def spreadsheet(self, scoring: str) -> Path:
        """Write a scored table as an Excel workbook, unless it is there, and return where it is.

        Raises
        ------
        NotFound
            There is no such scored table, or no longer.
        """
        table = self._runs.table_path(scoring, score.SCORED)
        subprocess.run(  # nosec B603
            [sys.executable, "-m", "app.jobs.spreadsheet", str(self.data_dir), scoring],
            cwd=PROJECT,
            env=without_secrets(os.environ),
            stdin=subprocess.DEVNULL,
            check=True,
        )
        return table.with_name(score.WORKBOOK)

    def make_sample(self, dataset_id: str) -> None:
        """Make a sample that nobody has opened yet, in a process whose memory is given back after it."""
        subprocess.run(  # nosec B603
            [sys.executable, "-m", "app.jobs.sample", str(self.data_dir), dataset_id],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            check=True,
        )


def _waited(seconds: int) -> str:
    return (
        f"Reading the table took more than {seconds} seconds, because the server is busy, and was stopped. "
        "Try again in a few minutes."
    )
