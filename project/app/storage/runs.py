"""Runs: what a job was asked for, how far it is, what it found, and the fitted models of a training.

Only the job's process writes ``run.json`` once it has begun, and before that whoever holds the queue's lock. Others may
leave it a message: the file ``cancel``. The file ``heartbeat`` tells that somebody works on it, or that its turn will
come; the file ``waiting`` says how many are first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app import functions

from . import belongings, files, records
from .machine import machine, pid_exists
from .run_record import ACTIVE, DatasetName, Run, RunProgress, TrainingRun

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.evaluation.results import Result
    from app.functions.tables.schema import TableSchema
    from app.functions.tables.serialization import TableWriter

__all__ = ["ACTIVE", "DatasetName", "Run", "RunProgress", "RunStore", "TrainingRun"]

Record = TypeVar("Record")

# Of the records that this version writes. 1: no field 'schema', the model of a learning curve in a field of its own.
SCHEMA = 2
ENDED_EARLY = ("cancelled", "interrupted", "failed")
# A process that has been silent for so long is gone; it writes a heartbeat every few seconds.
SILENCE_SECONDS = 30
# What the leaderboard and the checks of a run take, and more.
_ROOM = 128 * 1024
_GONE = {
    "state": "interrupted",
    "message": "Its process ended unexpectedly, perhaps because memory ran out or the server stopped. "
    "Nothing else is lost: start it again.",
}
_DELETED = "This run has expired and was deleted. Train again."
_DAMAGED = "The record of this run is damaged and cannot be read. Train again."
_UNJUDGED = (
    "Nobody can say how good this model is: no row that came with it has the target."
)
_OTHER = "This link leads to a run that is no training. Choose a training."


class RunStore:
    """The runs below one directory.

    Parameters
    ----------
    root : pathlib.Path
        Made if it does not exist.
    guard : callable, optional
        Asked before a run is opened; allows everything by default.
    """

    def __init__(self, root: Path, guard: files.Guard = files.allow_all):
        self.root = root
        self._guard = guard
        root.mkdir(parents=True, exist_ok=True)

    def create(self, kind: str, **fields: Any) -> str:
        """Keep a new run with the given fields; return its id."""
        run_id = files.new_id()
        new = {"id": run_id, "schema": SCHEMA, "kind": kind, "created": time.time()}
        # With the folder of all: somebody may have removed it while the server runs.
        (self.root / run_id).mkdir(parents=True)
        with files.or_removed(self.root / run_id):
            self.beat(run_id)
            self.write(new | {"state": "queued"} | fields)
        return run_id

    def write(self, content: Mapping[str, Any]) -> None:
        """Replace a run's record."""
        path = self.root / content["id"] / "run.json"
        if belongings.aside(path).exists():  # deleted meanwhile, and maybe brought back
            path = belongings.aside(path)
        files.write_json(path, records.plain(content))

    def content(self, run_id: str) -> dict[str, Any]:
        """Return all fields of a run's record, also those that this version does not know.

        Raises
        ------
        NotFound
            There is no such run, or no longer, or its record is damaged.
        """
        return _migrated(_read(self._record(run_id)))

    def get(self, run_id: str) -> Run:
        """Return a run's record; the state is 'interrupted' if its process is gone.

        Raises
        ------
        NotFound
            There is no such run, or no longer, or its record is damaged.
        """
        return self._checked(run_id)[0]

    def training(self, run_id: str) -> TrainingRun:
        """Return a training with its settings and what it has found so far.

        Raises
        ------
        NotFound
            There is no such training, or no longer, or its record is damaged.
        """
        run, content = self._checked(run_id)
        if "settings" not in content:
            raise files.NotFound(_OTHER)
        as_settings = functions.models.settings.TrainingSettings.from_dict
        settings = _structured(as_settings, content["settings"])
        summary = _as_record(functions.evaluation.summary.TrainingSummary, content)
        if run.state in ENDED_EARLY and not summary.best:
            finished = functions.evaluation.summary.as_far_as_finished
            summary = finished(summary, settings.scoring, len(settings.models))
        if settings.task == "binary" and settings.positive is None and summary.classes:
            # What was guessed then may be guessed otherwise today.
            settings = replace(settings, positive=summary.classes[1])
        return TrainingRun(run, settings, summary)

    def end_waiting(self, run_id: str, state: str, message: str) -> None:
        """Note how a run ended that no process has begun; one that is gone is no error."""
        record = self.root / run_id / "run.json"
        with contextlib.suppress(files.NotFound):
            deleted = belongings.aside(record)
            content = _read(deleted if deleted.exists() else record)
            end = {"state": state, "message": message, "finished": time.time()}
            self.write(content | end)

    def tell_waiting(self, run_id: str, sentence: str) -> None:
        """Say what a run waits for; its record is left to the process that will work on it."""
        files.write_bytes(self.root / run_id / "waiting", sentence.encode())

    def mark_interrupted(self, run_id: str) -> None:
        """Note that the run's process has ended, unless the process itself noted how it ended.

        To be called once the process has ended: it is the only other one that writes the record.
        """
        content = self.content(run_id)
        if content["state"] in ACTIVE:
            self.write(content | _GONE | {"finished": time.time()})

    def write_result(self, run_id: str, name: str, result: Any) -> None:
        """Keep what a page shows of one part of a run, such as one model."""
        path = self._record(run_id, "work").with_name(f"{name}.json")
        files.write_json(path, records.plain(result))

    def result(self, run_id: str, name: str, kind: type[Record]) -> Record | None:
        """Return what `write_result` kept under `name`, or None.

        Raises
        ------
        NotFound
            There is no such run, or no longer, or the result is damaged.
        """
        path = self._record(run_id).with_name(f"{files.plain_name(name)}.json")
        return _as_record(kind, _read(path)) if path.is_file() else None

    def remove_result(self, run_id: str, name: str) -> None:
        """Forget what `write_result` kept under `name`, if it is there."""
        path = self._record(run_id, "work").with_name(f"{name}.json")
        path.unlink(missing_ok=True)

    def model_result(self, training: TrainingRun, model: str) -> Result:
        """Return what the Evaluate page shows of one model.

        Raises
        ------
        NotFound
            The training has no such model, or the result is damaged.
        """
        kind = functions.evaluation.results.result_type(training.settings.task)
        result = self.result(training.id, f"model-{model}", kind)
        if result is None:
            raise files.NotFound(_DAMAGED if training.summary.n_test else _UNJUDGED)
        return result

    def schema(self, run_id: str) -> TableSchema | None:
        """Return the schema of the columns that a training learned from; None for a run of before they were kept.

        Raises
        ------
        NotFound
            There is no such run, or no longer, or the schema is damaged.
        """
        return self.result(run_id, "schema", functions.tables.schema.TableSchema)

    def write_table(self, run_id: str, name: str, frame: pd.DataFrame) -> None:
        """Keep a table of a run, such as the rows held out and what a model predicts for them."""
        content = functions.tables.serialization.table_to_bytes(frame)
        files.write_bytes(
            self._record(run_id, "work").with_name(f"{name}.parquet"), content
        )

    def table(self, run_id: str, name: str) -> pd.DataFrame | None:
        """Return the table that `write_table` kept under `name`, or None.

        Raises
        ------
        NotFound
            There is no such run, or no longer.
        """
        path = self._record(run_id, "rows").with_name(f"{name}.parquet")
        if not path.is_file():
            return None
        return functions.tables.serialization.table_from_bytes(
            files.bytes_of(path, "run")
        )

    @contextlib.contextmanager
    def writing_table(self, run_id: str, name: str) -> Iterator[TableWriter]:
        """Write a table of a run in parts; it is there once all of them are.

        Yields
        ------
        TableWriter
        """
        path = self._record(run_id, "work").with_name(f"{name}.parquet")
        with files.writing(path) as target:
            writer = functions.tables.serialization.TableWriter(target)
            yield writer
            writer.close()

    def table_path(self, run_id: str, name: str) -> Path:
        """Return where a table of a run is, for whoever reads it in parts.

        Raises
        ------
        NotFound
            There is no such run, or no longer, or it has no such table.
        """
        path = self._record(run_id, "rows").with_name(f"{name}.parquet")
        if not path.is_file():
            raise files.NotFound(_DELETED)
        return path

    def write_model(self, run_id: str, model: str, content: bytes) -> None:
        """Keep a fitted model of a training, as skops bytes."""
        path = self._record(run_id, "work").with_name(f"model-{model}.skops")
        files.write_bytes(path, content)

    def model(self, run_id: str, model: str) -> bytes:
        """Return a fitted model of a training as skops bytes.

        Raises
        ------
        NotFound
            There is no such run, or it has no such model.
        """
        name = f"model-{model}.skops"
        kept = self._record(run_id, "score").with_name(name).is_file()
        # Up to schema 1 a run kept its best model alone.
        if not kept and self.content(run_id).get("best") == model:
            name = "model.skops"
        path = files.file_of(self.root, run_id, "model", name)
        return files.bytes_of(path, "model")

    def derived(
        self, kind: str, run_id: str, parameters: Mapping[str, Any]
    ) -> Run | None:
        """Return the run that computes, or has computed, something of a training; None if nobody asked for it yet.

        Raises
        ------
        NotFound
            There is no such training, or no longer.
        """
        try:
            name = _link(kind, parameters)
            return self.get(_read(self._record(run_id).with_name(name))["run"])
        except (files.NotFound, KeyError):
            # Of the training itself that is worth a sentence; what was derived of it is computed again.
            self._record(run_id)
            return None

    def link_derived(
        self, kind: str, run_id: str, parameters: Mapping[str, Any], derived: str
    ) -> None:
        """Remember the run that computes something of a training."""
        path = self._record(run_id).with_name(_link(kind, parameters))
        files.write_json(path, {"run": derived})

    def derived_result(self, run: Run, kind: type[Record]) -> Record:
        """Return what a derived run has found.

        Raises
        ------
        NotFound
            The result is damaged, or there is none.
        """
        result = self.result(run.id, "result", kind)
        if result is None and run.schema == 1:
            # Up to schema 1 it was a field of the record.
            result = _as_record(kind, self.content(run.id).get("curve"))
        if result is None:
            raise files.NotFound(_DAMAGED)
        return result

    def cancel(self, run_id: str) -> None:
        """Ask the run's process to stop."""
        files.write_bytes(self._record(run_id, "work").with_name("cancel"), b"")

    def is_cancelled(self, run_id: str) -> bool:
        """Tell whether somebody asked the run's process to stop."""
        return (self.root / run_id / "cancel").exists()

    def take_room(self, run_id: str) -> None:
        """Reserve what the last word of a run takes on a disk that is full by then."""
        path = self._record(run_id).with_name("room")
        files.write_bytes(
            path, bytes(2 * path.with_name("run.json").stat().st_size + _ROOM)
        )

    def give_room(self, run_id: str) -> None:
        """Give back what `take_room` reserved."""
        (self.root / run_id / "room").unlink(missing_ok=True)

    def beat(self, run_id: str) -> None:
        """Note that the run's process is alive."""
        files.write_bytes(self.root / run_id / "heartbeat", str(time.time()).encode())

    def _record(self, run_id: str, action: str = "results") -> Path:
        self._guard(run_id, action)
        return files.file_of(self.root, run_id, "run", "run.json")

    def _checked(self, run_id: str) -> tuple[Run, dict[str, Any]]:
        content = self.content(run_id)
        run = _as_record(Run, content)
        if run.active and not self._alive(run):
            # The process may have written its last word in the meantime.
            content = self.content(run_id)
            run = _as_record(Run, content)
            if run.active:
                run = replace(run, **_GONE)
        if run.state == "queued" and not run.pid:
            run = replace(run, message=self._waits_for(run_id))
        return run, content

    def _waits_for(self, run_id: str) -> str:
        try:
            return (self.root / run_id / "waiting").read_text(encoding="utf-8")
        except (OSError, ValueError):  # it has just been asked for
            return ""

    def _alive(self, run: Run) -> bool:
        if run.pid and run.machine == machine() and not pid_exists(run.pid):
            return False
        try:
            beat = float((self.root / run.id / "heartbeat").read_bytes())
        except (OSError, ValueError):  # deleted or damaged in the meantime
            return False
        return time.time() - beat < SILENCE_SECONDS


def _link(kind: str, parameters: Mapping[str, Any]) -> str:
    """The file of a training that names the run which was derived of it with these parameters."""
    if kind == "learning" and set(parameters) == {"model"}:
        return f"learning-{parameters['model']}.json"  # as in schema 1
    text = json.dumps(parameters, sort_keys=True)
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = files.read_json(path)
    except FileNotFoundError:  # deleted in the meantime
        raise files.NotFound(_DELETED) from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise files.NotFound(_DAMAGED)
    return content


def _migrated(content: dict[str, Any]) -> dict[str, Any]:
    """Return a record of an older schema as this version would have written it."""
    if "schema" not in content and content.get("kind") == "learning":
        return content | {"parameters": {"model": content.get("model")}}
    return content


def _as_record(kind: type[Record], content: Mapping[str, Any]) -> Record:
    return _structured(lambda values: records.read(kind, values), content)


def _structured(make: Any, content: Any) -> Any:
    try:
        return make(content)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise files.NotFound(_DAMAGED) from None
