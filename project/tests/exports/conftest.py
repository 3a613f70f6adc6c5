"""Runs of odd tables that were trained in this process, and what is exported of them."""

from __future__ import annotations

import contextlib
import io
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from app.exports.export import Context
from app.functions.evaluation.summary import RunChecks
from app.functions.tables.reading import read_table
from app.jobs import train
from app.jobs.job import Job
from app.storage import DatasetStore, RunStore
from app.storage.files import new_id

TEXTS = ("late again", "on time, friendly", "broken; sent back", "", "très bon 😀")
ODD = "a 'b' \"c\"\n{d} 😀"


class Quiet:
    """The progress of a job that nobody watches."""

    def __init__(self, runs: RunStore, run_id: str):
        self._runs, self._id = runs, run_id

    def update(self, **fields: Any) -> None:
        self._runs.write(self._runs.content(self._id) | fields)

    def begin(self, total: int) -> None:
        """Say nothing."""

    def doing(self, text: str) -> None:
        """Say nothing."""

    def advance(self) -> None:
        """Say nothing."""

    def at(self, done: int, doing: str) -> None:
        """Say nothing."""


def one_thread() -> threadpool_limits:
    """Let boosting use one thread: several wait for each other wherever somebody else uses the cores too."""
    return threadpool_limits(1, "openmp")


class Bench:
    """Stores in which a training is done at once."""

    def __init__(self, folder: Path):
        self.runs = RunStore(folder / "runs")
        self.datasets = DatasetStore(folder / "datasets")

    def train(
        self, table: pd.DataFrame | str, checked: bool = False, **settings: Any
    ) -> str:
        """Train on a table or the text of a CSV file, and return the id of the run; checks take longer than a model."""
        name = "a table.csv"
        if isinstance(table, str):
            read = read_table(io.BytesIO(table.encode()), name, 1_000_000)
            dataset = self.datasets.add_read(read, name, new_id())
        else:
            dataset = self.datasets.add(table, name)
        settings = {"n_splits": 3, "models": ["linear"], **settings}
        about = {"id": dataset, "name": name}
        run = self.runs.create("training", dataset=about, settings=settings)
        job = Job(run, Quiet(self.runs, run), self.datasets, self.runs)
        with contextlib.ExitStack() as stack:
            if not checked:
                no_checks = mock.patch.object(train, "_check", lambda *_: RunChecks())
                stack.enter_context(no_checks)
            stack.enter_context(one_thread())
            found = train.train(job)
        now = time.time()
        end = {"state": "done", "started": now, "finished": now}
        self.runs.write(self.runs.content(run) | end | dict(found))
        return run

    def context(self, run: str, model: str = "") -> Context:
        """What an export of a run is made from."""
        training = self.runs.training(run)
        chosen = model or training.summary.best
        return Context(training, chosen, self.runs, self.datasets)


def odd_table(n_rows: int = 150) -> pd.DataFrame:
    """Numbers, dates, categories, ordered words, truths, texts and groups, some missing, with odd names."""
    draw = np.random.default_rng(0)
    size = draw.normal(size=n_rows)
    colours = ["red", "green, dark", 'bl"ue', "None"]
    frame = pd.DataFrame(
        {
            "size": size,
            ODD: draw.normal(size=n_rows) * 1e6,
            "year": draw.integers(1990, 2020, n_rows),
            "colour": draw.choice(colours, n_rows),
            "city": [f"city {i % 40}" for i in range(n_rows)],
            "level": draw.choice(["low", "medium", "high"], n_rows),
            "member": draw.random(n_rows) > 0.5,
            "day": pd.date_range("2020-01-01", periods=n_rows, freq="D"),
            "says": draw.choice(TEXTS, n_rows),
            "group": [f"g{i % 13}" for i in range(n_rows)],
            "sick": np.where(size + draw.normal(size=n_rows) > 0, "yes", "no"),
            "kind": [("a", "b", "c")[i % 3] for i in range(n_rows)],
            "price": 3 * size + draw.normal(size=n_rows),
            "weight": draw.uniform(0.5, 2, n_rows),
        }
    )
    frame.loc[::10, "size"] = np.nan
    frame.loc[::7, "colour"] = None
    frame.loc[::9, "day"] = pd.NaT
    return frame


ROLES = {
    "size": "number",
    ODD: "number",
    "colour": "category",
    "city": "category",
    "level": "ordered",
    "member": "boolean",
    "day": "date",
    "says": "text",
}
BINARY = {"target": "sick", "task": "binary", "roles": ROLES, "scoring": "roc_auc"}
MULTICLASS = BINARY | {"target": "kind", "task": "multiclass", "scoring": "log_loss"}
REGRESSION = BINARY | {"target": "price", "task": "regression", "scoring": "rmse"}


@pytest.fixture(scope="session")
def bench(tmp_path_factory) -> Bench:
    """One place for all trainings of the session."""
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="session")
def binary(bench) -> str:
    """A calibrated run of the odd table."""
    return bench.train(
        odd_table(),
        checked=True,
        **BINARY,
        models=["linear", "random_forest"],
        calibration="sigmoid",
    )
