"""A trained run for a generated table, made as the page makes one: through the callback of the Train button."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urlencode

from app.functions.models.settings import OPTIONS
from app.storage import DatasetStore, RunStore

from .server import Server, Visitor
from .tables import TARGET, generated_table

_POLL_SECONDS = 1.0


def keep_table(server: Server, n_rows: int, task: str) -> str:
    """Keep a generated table with the server and return its id."""
    datasets = DatasetStore(server.data_dir / "datasets")
    return datasets.add(generated_table(n_rows, task), f"{task}.csv")


def train(
    server: Server,
    dataset: str,
    task: str,
    models: tuple[str, ...],
    folds: int = 5,
    holdout: int = 20,
) -> dict[str, Any]:
    """Train models by the page's own callbacks, look at the progress once a second, and return the record.

    Parameters
    ----------
    server : Server
    dataset : str
    task : {"binary", "multiclass", "regression"}
    models : tuple of str
    folds : int
    holdout : int
        Percent of the rows.

    Returns
    -------
    dict
        The run's record.

    Raises
    ------
    RuntimeError
        The run has not ended well.
    """
    visitor = Visitor(server.port)
    visitor.load_app()
    run_id = start_run(visitor, dataset, TARGET, task, models, folds, holdout)
    return _finished(server, visitor, run_id)


def start_run(
    visitor: Visitor,
    dataset: str,
    target: str,
    task: str,
    models: tuple[str, ...],
    folds: int,
    holdout: int = 20,
) -> str:
    """Ask for a training as the Train button does, and return the run's id.

    Parameters
    ----------
    visitor : Visitor
        Has loaded the app.
    dataset, target : str
    task : {"binary", "multiclass", "regression"}
    models : tuple of str
    folds : int
    holdout : int
        Percent of the rows.

    Returns
    -------
    str

    Raises
    ------
    RuntimeError
        The page refused.
    """
    query = {"dataset": dataset, "target": target, "task": task}
    held = {option.key: option.default_for(task) for option in OPTIONS.values()}
    held |= {"models": list(models), "folds": folds, "holdout": holdout}
    values = {
        "train-start.n_clicks": 1,
        "url.search": "?" + urlencode(query),
        **{f"train-{key}.value": value for key, value in held.items()},
    }
    answer = visitor.call("train-start.n_clicks", values)
    # The page is led to the run.
    found = re.search(rb"\?run=([a-z0-9]+)", answer.content)
    if found is None:
        raise RuntimeError(f"The training was refused: {answer.content!r}")
    return found[1].decode()


def _finished(server: Server, visitor: Visitor, run_id: str) -> dict[str, Any]:
    runs = RunStore(server.data_dir / "runs")
    while (run := runs.get(run_id)).active:
        time.sleep(_POLL_SECONDS)
        visitor.call("run-poll.n_intervals", {"url.search": f"?run={run_id}"})
    if run.state != "done":
        raise RuntimeError(f"The run ended as '{run.state}': {run.message}")
    return runs.content(run_id)
