"""A million rows scored in parts, beside `predict_proba` of the same pipeline on the same table in one go.

Each is a process of its own, in turn; what the one measures begins once the libraries and the model are loaded. The
ratio of the medians counts, and the most memory that the process of the scoring took.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from .results import Result, spread
from .server import PROJECT

ROWS, TRAINING_ROWS, ROUNDS = 1_000_000, 20_000, 3
MODELS = ("linear", "hist_gradient_boosting", "random_forest")
# At least 0.8 of its speed.
MAX_RATIO = 1.25
MAX_MB = 1024


def measure() -> Iterator[Result]:
    """Train once, then score and predict in turn."""
    with tempfile.TemporaryDirectory() as folder:
        _child(folder, "prepare", "")
        for model in MODELS:
            parts, whole = [], []
            for _ in range(ROUNDS):
                parts.append(_child(folder, "score", model))
                whole.append(_child(folder, "predict", model))
            seconds = [[each["seconds"] for each in both] for both in (parts, whole)]
            yield Result(
                f"Scoring 1,000,000 × 20: {model}",
                statistics.median(seconds[0]) / statistics.median(seconds[1]),
                MAX_RATIO,
                "× predict_proba",
                f"{spread(seconds[0], 's')} against {spread(seconds[1], 's')}",
            )
            yield Result(
                f"Its memory: {model}", max(e["mb"] for e in parts), MAX_MB, "MB"
            )


def _child(folder: str, what: str, model: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.scoring", folder, what, model],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout or b"{}")


def _table(n_rows: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    days = pd.to_timedelta(draw.integers(0, 900, (3, n_rows)).ravel(), "D")
    days = (pd.Timestamp("2020-01-01") + days).to_numpy().reshape(3, n_rows)
    table = pd.DataFrame(
        {f"x{i}": draw.normal(size=n_rows) for i in range(12)}
        | {f"c{i}": draw.choice(list("abcdefgh"), n_rows) for i in range(5)}
        | {f"d{i}": days[i] for i in range(3)}
    )
    signal = table["x0"] + table["x1"] * table["x2"] + (table["c0"] == "a")
    return table.assign(y=np.where(signal + draw.normal(size=n_rows) > 0, "yes", "no"))


def _main(folder: str, what: str, model: str) -> None:
    from app import functions
    from app.jobs import score, train
    from app.jobs.job import Job
    from app.storage import DatasetStore, RunStore
    from tests.jobs.notebook import Notebook

    datasets, runs = (
        DatasetStore(Path(folder) / "datasets"),
        RunStore(Path(folder) / "runs"),
    )
    kept = Path(folder) / "ids.json"
    kinds = {"x": "number", "c": "category", "d": "date"}

    def job(run_id: str) -> Job:
        return Job(run_id, Notebook(runs, run_id), datasets, runs, 2)

    if what == "prepare":
        frame = _table(TRAINING_ROWS, 0)
        settings = {
            "target": "y",
            "task": "binary",
            "roles": {name: kinds[name[0]] for name in frame if name != "y"},
            "models": list(MODELS),
            "scoring": "roc_auc",
            "n_splits": 2,
        }
        about = {"id": datasets.add(frame, "training")}
        run = runs.create("training", dataset=about, settings=settings)
        asked = job(run)
        asked.progress.update(**train.train(asked), state="done")
        big = datasets.add(_table(ROWS, 1).drop(columns="y"), "new")
        kept.write_text(json.dumps([run, big]))
        return
    run, big = json.loads(kept.read_text())
    scorer = score.scorer_of(runs, runs.training(run), model)
    if what == "score":
        asked = {"run": run, "model": model}
        work = job(runs.create("score", dataset={"id": big}, parameters=asked))
        begun = time.perf_counter()
        score.score(work)
    else:
        X = datasets.table(big)
        begun = time.perf_counter()
        functions.models.fitting.predict_table(scorer.pipeline, X, scorer.classes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.perf_counter() - begun, "mb": round(peak)}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
