"""Signal: how often pure noise is called a signal, and how often tables with one are called noise."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

from app.functions.checks.registry import check_run
from app.functions.evaluation.scoring import DEFAULT_METRIC
from app.functions.models import fitting, training
from app.functions.models.settings import TrainingSettings

from .results import Result

N_TABLES = 60
N_COLUMNS = 6
SIZES = (60, 200, 800)
TASKS = ("binary", "regression")
MODELS = ("linear", "k_neighbors", "hist_gradient_boosting")
# Two tests of 2.5 % each may be fooled; with 180 tables a twentieth more may be chance.
MAX_FALSE_SIGNAL = 0.08
MAX_MISSED = 0.05


def measure() -> Iterator[Result]:
    """Train on tables of noise, and on the same ones with a target that depends on two columns."""
    for task in TASKS:
        fooled, missed, n = 0, 0, 0
        for size in SIZES:
            for seed in range(N_TABLES):
                fooled += _has_signal(_table(task, size, seed, strength=0.0), task)
                # Less than this cannot be told from noise in 60 rows.
                strength = 1.0 if size >= 200 else 2.0
                missed += not _has_signal(_table(task, size, seed, strength), task)
                n += 1
        of = f"of {n} tables of {', '.join(map(str, SIZES))} rows"
        yield Result(
            f"Noise called a signal, {task}", fooled / n, MAX_FALSE_SIGNAL, "", of
        )
        yield Result(f"Signal called noise, {task}", missed / n, MAX_MISSED, "", of)


def _table(task: str, size: int, seed: int, strength: float) -> pd.DataFrame:
    generator = np.random.default_rng([seed, size])
    X = generator.normal(size=(size, N_COLUMNS))
    y = strength * (X[:, 0] - X[:, 1]) + generator.normal(size=size)
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(N_COLUMNS)])
    return frame.assign(y=y if task == "regression" else np.where(y > 0, "yes", "no"))


def _has_signal(frame: pd.DataFrame, task: str) -> bool:
    settings = TrainingSettings(
        target="y",
        task=task,
        roles={name: "number" for name in frame if name != "y"},
        models=MODELS,
        scoring=DEFAULT_METRIC[task],
    )
    data = fitting.prepare(frame, settings)
    models, _ = fitting.models_to_train(settings, len(data.split.train))
    steps = training.training_steps(settings, data, models, time.perf_counter)
    rows = [step.finished.row for step in steps if step.finished]
    (finding,) = check_run(rows, settings.scoring)
    return finding.level == "good"
