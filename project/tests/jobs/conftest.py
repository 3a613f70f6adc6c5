"""A data directory with tables that train fast or slowly, and a hand on the processes that train them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.accounts import Actor
from app.jobs import Jobs
from app.jobs.queue import Queue, exclusive
from app.settings import Settings
from app.storage import DatasetStore, RunStore
from app.storage.runs import Run, TrainingRun
from tests.conftest import wait_for


def small_table(n_rows: int = 120) -> pd.DataFrame:
    """Two classes that a number tells apart, with gaps, categories, groups and dates."""
    generator = np.random.default_rng(0)
    size = generator.normal(size=n_rows)
    frame = pd.DataFrame(
        {
            "size": size,
            "weight": generator.normal(size=n_rows),
            "colour": generator.choice(["red", "green", "blue"], n_rows),
            "group": [f"g{i % 12}" for i in range(n_rows)],
            "day": pd.date_range("2020-01-01", periods=n_rows, freq="D"),
            "sick": np.where(size + generator.normal(size=n_rows) > 0, "yes", "no"),
            "kind": [("a", "b", "c")[i % 3] for i in range(n_rows)],
            "price": 3 * size + generator.normal(size=n_rows),
        }
    )
    frame.loc[::10, "weight"] = np.nan
    return frame


def slow_table() -> pd.DataFrame:
    """Noise, on which one fit of a random forest takes many seconds in compiled code."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        generator.normal(size=(30_000, 12)), columns=[f"x{i}" for i in range(12)]
    )
    return frame.assign(sick=generator.choice(["yes", "no"], len(frame)))


def settings_for(frame: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    """Settings to train the small or slow table; the features are its numbers and colours."""
    roles = {
        name: "category" if name == "colour" else "number"
        for name in frame.columns
        if name in ("size", "weight", "colour") or name.startswith("x")
    }
    return {
        "target": "sick",
        "task": "binary",
        "roles": roles,
        "models": ["linear"],
        "scoring": "roc_auc",
        "n_splits": 3,
        **changes,
    }


@dataclass
class Workshop:
    """The stores and jobs of one data directory."""

    data_dir: Path
    training_slots: int = 1
    started: list[str] = field(default_factory=list)
    actor: str = ""
    settings: Settings = Settings()

    def __post_init__(self):
        settings = replace(self.settings, training_slots=self.training_slots)
        asks = Actor(role="editor", address=self.actor, opens_by_id=True)
        self.jobs = Jobs(self.data_dir, settings, lambda: asks)
        self.runs = RunStore(self.data_dir / "runs")
        self.datasets = DatasetStore(self.data_dir / "datasets")

    def train(self, frame: pd.DataFrame, **changes: Any) -> str:
        """Keep the table and start a training."""
        dataset = self.datasets.add(frame, "A table")
        settings = settings_for(frame, **changes)
        about = {"id": dataset, "name": "A table"}
        return self.note(self.jobs.start("training", dataset=about, settings=settings))

    def train_slowly(self, **changes: Any) -> Run:
        """Start a training; return its record as it is in the middle of a long fit, or search."""
        run_id = self.train(slow_table(), models=["random_forest"], **changes)
        return self.wait(run_id, lambda run: "forest" in _doing(run))

    def note(self, run_id: str) -> str:
        """Remember a run, whose process is killed in the end if need be."""
        self.started.append(run_id)
        return run_id

    def wait(self, run_id: str, condition) -> Run:
        """Return the record of a run as soon as it meets a condition."""

        def meets():
            run = self.runs.get(run_id)
            return run if condition(run) else None

        try:
            return wait_for(meets, what=f"run {run_id}")
        except AssertionError as error:
            raise AssertionError(f"{error} It is {self.runs.get(run_id)}") from None

    def wait_for_state(self, run_id: str, *states: str) -> Run:
        """Return the record of a run as soon as it is in one of the states."""
        return self.wait(run_id, lambda run: run.state in states)

    def wait_for_end(self, run_id: str) -> Run:
        """Return the record of a run as soon as it is neither queued nor running."""
        return self.wait(run_id, lambda run: not run.active)

    def wait_until_known(self, run_id: str) -> int:
        """Return the number of a run's process as soon as it has said it itself."""
        return self.wait(run_id, lambda run: run.pid).pid

    @contextlib.contextmanager
    def occupied(self) -> Iterator[None]:
        """Work, as another visitor's run, while the block runs."""
        queue = Queue(self.data_dir)
        with exclusive(self.data_dir, Queue.DOOR):
            descriptor = queue.take(queue.add("another", "somebody else"))
        try:
            yield
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Kill what still runs, and leave no queue behind."""
        self.jobs.close()
        for run_id in self.started:
            for pid in processes_of(run_id):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not processes_of(run_id), what="the process to be buried")
        shutil.rmtree(Queue(self.data_dir).folder)


def _doing(run: Run) -> str:
    return run.progress.doing if run.progress else ""


def processes_of(run_id: str) -> list[int]:
    """Return the processes that work on a run, from the moment they were started until they are buried."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                if run_id.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def is_buried(pid: int) -> bool:
    """Tell whether a process is gone, and not even a zombie of it is left."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def workshop(tmp_path) -> Iterator[Workshop]:
    """A data directory in which one training works at a time."""
    made = Workshop(tmp_path / "data")
    yield made
    made.close()


@dataclass
class Trained:
    """A workshop with a training that is done."""

    workshop: Workshop
    run_id: str

    @property
    def run(self) -> TrainingRun:
        return self.workshop.runs.training(self.run_id)


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Iterator[Trained]:
    """A training of two models that is done; do not change it."""
    made = Workshop(tmp_path_factory.mktemp("trained"))
    run_id = made.train(small_table(), models=["linear", "k_neighbors"])
    run = made.wait_for_end(run_id)
    assert run.state == "done", run
    yield Trained(made, run_id)
    made.close()
