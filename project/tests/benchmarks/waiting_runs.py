"""Waiting runs: what 50 of them add to the memory of the machine, and how many processes they take."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from app.jobs import Jobs
from app.settings import Settings
from app.storage import DatasetStore, RunStore
from tests.waiting import wait_for

from .results import Result

RUNS = 50
MAX_MB = 20
MAX_PROCESSES = 0
_SETTLE_SECONDS = 3


def measure() -> Iterator[Result]:
    """Let one long run work, ask for 50 more, and weigh the machine before and after."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        data_dir = Path(folder)
        jobs, runs = Jobs(data_dir, Settings()), RunStore(data_dir / "runs")
        dataset = DatasetStore(data_dir / "datasets").add(_noise(), "Noise")
        asked = [_ask(jobs, dataset)]
        try:
            wait_for(lambda: runs.get(asked[0]).state == "running", what="the first")
            before = _weigh(data_dir)
            begun = time.perf_counter()
            asked += [_ask(jobs, dataset) for _ in range(RUNS)]
            each = (time.perf_counter() - begun) / RUNS
            wait_for(lambda: runs.get(asked[-1]).message, what="the last to wait")
            time.sleep(_SETTLE_SECONDS)
            after = _weigh(data_dir)
        finally:
            for run_id in reversed(asked):
                runs.cancel(run_id)
            wait_for(lambda: not _processes(data_dir), what="the runs to end")
    yield Result(
        f"Memory of {RUNS} waiting runs",
        (after[0] - before[0]) / 1e6,
        MAX_MB,
        "MB",
        f"{1000 * each:.0f} ms to ask for one",
    )
    yield Result(
        f"Processes of {RUNS} waiting runs", after[1] - before[1], MAX_PROCESSES, ""
    )


def _ask(jobs: Jobs, dataset: str) -> str:
    settings = {
        "target": "y",
        "task": "binary",
        "roles": {f"x{i}": "number" for i in range(12)},
        "models": ["random_forest"],
        "scoring": "roc_auc",
    }
    about = {"id": dataset, "name": "Noise"}
    return jobs.start("training", dataset=about, settings=settings)


def _noise() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    columns = [f"x{i}" for i in range(12)]
    frame = pd.DataFrame(generator.normal(size=(100_000, 12)), columns=columns)
    return frame.assign(y=generator.choice(["yes", "no"], len(frame)))


def _processes(data_dir: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(data_dir) in process.cmdline():
                found.append(process)
    return found


def _weigh(data_dir: Path) -> tuple[int, int]:
    """Return the bytes of what this process and those of the runs that wait have for themselves, and their number.

    The one that works takes what its training takes, which is not the question.
    """
    working = {
        process.pid for process in _processes(data_dir) if process.cpu_percent(0.5) > 20
    }
    waiting = [p for p in _processes(data_dir) if p.pid not in working]
    bytes_ = psutil.Process(os.getpid()).memory_full_info().uss
    for process in waiting:
        with contextlib.suppress(psutil.Error):
            bytes_ += process.memory_full_info().pss
    return bytes_, len(waiting)
