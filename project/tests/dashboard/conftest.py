"""Fixtures of the dashboard without a browser: stores, runs in every state, and helpers for layouts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import functions
from app.app import create_server
from app.functions.evaluation.results import LeaderboardRow
from app.services import Services
from app.settings import Settings

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory):
    """A server for tests that only read."""
    folder: Path = tmp_path_factory.mktemp("dashboard")
    return create_server(Settings(data_dir=str(folder)))


@pytest.fixture(scope="session")
def shared(shared_server) -> Services:
    """The stores of `shared_server`."""
    return shared_server.extensions["services"]


def result_of(task: str, n_rows: int = 60):
    """The stored result of a model that is better than guessing."""
    draw = np.random.default_rng(0)
    if task == "regression":
        y = draw.normal(size=n_rows)
        return functions.evaluation.results.evaluate_model(
            task, y, y + draw.normal(size=n_rows)
        )
    n_classes = len(CLASSES[task])
    y = np.arange(n_rows) % n_classes
    output = draw.random((n_rows, n_classes)) + np.eye(n_classes)[y]
    output /= output.sum(axis=1, keepdims=True)
    return functions.evaluation.results.evaluate_model(task, y, output)


def result_that_misses(n_rows: int = 400):
    """The stored result of a model that ranks a rare class well and at 0.5 finds none of it."""
    y = (np.arange(n_rows) % 10 == 0).astype(int)
    scores = 0.1 + 0.2 * y + 0.1 * np.random.default_rng(0).random(n_rows)
    output = np.column_stack([1 - scores, scores])
    return functions.evaluation.results.evaluate_model("binary", y, output)


def check(key: str, level: str) -> dict[str, str]:
    """One check as a run stores it."""
    return {
        "key": key,
        "title": f"Title of {key}",
        "level": level,
        "finding": f"Finding of {key}.",
        "advice": "" if level == "good" else f"Advice on {key}.",
    }


def fields_of(task: str) -> dict[str, Any]:
    """The record of a finished run, without its id."""
    metric = functions.evaluation.scoring.DEFAULT_METRIC[task]
    settings = functions.models.settings.TrainingSettings(
        target="target",
        task=task,
        roles={"x": "number"},
        models=("linear",),
        scoring=metric,
    )
    scores = {"cv_mean": 0.8, "cv_std": 0.05, "holdout": 0.75}
    interval = {"holdout_low": 0.7, "holdout_high": 0.8}
    times = {"fit_seconds": 0.2, "predict_ms": 1.5}
    rows = [
        LeaderboardRow("dummy", "Baseline", cv_mean=0.5, holdout=0.5, **times),
        LeaderboardRow("linear", "Linear model", **scores, **interval, **times),
        LeaderboardRow("svm", "Support vector machine", error="It cannot be trained."),
    ]
    return {
        "kind": "training",
        "dataset": {"id": "sample-iris", "name": "Iris"},
        "settings": asdict(settings),
        "leaderboard": [asdict(row) for row in rows],
        "classes": CLASSES[task],
        "best": "linear",
        "n_train": 240,
        "n_test": 60,
        "started": 1000.0,
        "finished": 1004.0,
        "notes": [],
        "checks": {
            "data": [check("rows", "good"), check("leak", "bad")],
            "models": {"linear": [check("gap", "warning")]},
        },
    }


@pytest.fixture(scope="session")
def finished(shared) -> Callable[..., str]:
    """Store a finished run without training: ``finished("binary", result={…})``; return its id."""

    def keep(task: str, result=None, **changes: Any) -> str:
        run = shared.runs.create(**fields_of(task) | {"state": "done"} | changes)
        for model in ("dummy", "linear"):
            shared.runs.write_result(run, f"model-{model}", result or result_of(task))
        return run

    return keep


@pytest.fixture(scope="session")
def stored(shared, finished) -> Callable[[Any], Any]:
    """Return a result as a page reads it: written as JSON and read back."""

    def through(result: Any) -> Any:
        run = finished("binary", result)
        return shared.runs.result(run, "model-linear", type(result))

    return through


def walk(component: Any) -> Iterator[Any]:
    """Yield every component of a layout."""
    if isinstance(component, (list, tuple)):
        for child in component:
            yield from walk(child)
    elif hasattr(component, "_traverse"):
        yield component
        yield from component._traverse()


def ids(component: Any) -> list[Any]:
    """Return the ids of a layout."""
    found = (getattr(part, "id", None) for part in walk(component))
    return [each for each in found if each is not None]


def words(component: Any) -> str:
    """Return all texts of a layout."""
    parts = []
    for part in walk(component):
        children = getattr(part, "children", None)
        children = children if isinstance(children, (list, tuple)) else [children]
        parts += [str(child) for child in children if isinstance(child, (str, int))]
    return " ".join(parts)
