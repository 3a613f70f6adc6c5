"""A run beside a plain scikit-learn script that fits the same pipelines on the same folds, both from their very start.

The run is started by the page's callback and its time is that of its record, from asked for to done. The script's
time is that of its process, with its imports, at the same priority and with the same patience of idle threads. They
take turns; the ratio of the medians counts, after the scores of both have been found equal.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .results import Result, spread
from .server import PROJECT, PYTHON, running
from .trained import keep_table, train

ROWS = 10_000
ROUNDS = 3
MAX_RATIO = 1.15
MODELS = ("linear", "random_forest", "hist_gradient_boosting")
_SCRIPT = Path(__file__).with_name("plain_script.py")
# What the product gives its trainings, so that pages are answered first.
_NICENESS = 5
# Likewise; it decides much on a machine that does other things too, and nothing of it is the product's own work.
_ENVIRONMENT = {"OMP_WAIT_POLICY": "passive"}


def measure() -> Iterator[Result]:
    """Train and run the script in turn."""
    runs, scripts = [], []
    with running() as server:
        server.wait_until_warm()
        dataset = keep_table(server, ROWS, "binary")
        table = server.data_dir / "datasets" / dataset / "table.parquet"
        for _ in range(ROUNDS):
            run = train(server, dataset, "binary", MODELS)
            runs.append(run["finished"] - run["created"])
            seconds, scores = _plain(table, run["settings"])
            scripts.append(seconds)
            _require_same_scores(run, scores)
    yield Result(
        "A run beside a plain script",
        statistics.median(runs) / statistics.median(scripts),
        MAX_RATIO,
        "× the script",
        f"{spread(runs, 's')} against {spread(scripts, 's')}, {ROUNDS} each",
    )


def _plain(table: Path, settings: dict[str, Any]) -> tuple[float, dict[str, float]]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(settings, file)
        file.flush()
        begun = time.perf_counter()
        done = subprocess.run(
            # -P: beside the script lies a module with the name of Python's own `signal`.
            [PYTHON, "-P", str(_SCRIPT), str(table), file.name],
            cwd=PROJECT,
            env=_ENVIRONMENT | {**os.environ, "PYTHONPATH": str(PROJECT)},
            preexec_fn=lambda: os.nice(_NICENESS),
            start_new_session=True,
            stdout=subprocess.PIPE,
            check=True,
        )
        return time.perf_counter() - begun, json.loads(done.stdout)


def _require_same_scores(run: dict[str, Any], scores: dict[str, float]) -> None:
    for row in run["leaderboard"]:
        if not math.isclose(row["cv_mean"], scores[row["model"]], abs_tol=1e-9):
            raise RuntimeError(
                f"{row['label']}: the run scored {row['cv_mean']}, the script {scores[row['model']]}; "
                "they did not do the same work."
            )
