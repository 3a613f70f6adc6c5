"""The API: what one row takes beside the pipeline itself, a hundred requests at once, and the memory of the worker.

Requests and calls of the pipeline, in this process and with the same row, take turns, so that whatever else the machine
does hits both alike; the medians count.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from typing import Any

import pandas as pd

from app.functions.models.persistence import model_from_bytes
from app.storage import RunStore

from .results import Result, spread
from .server import Server, Visitor, running
from .tables import TARGET, generated_table
from .trained import keep_table, train

ROWS = 2_000
ROUNDS = 150
MODELS = ("linear", "hist_gradient_boosting", "random_forest")
FACTOR, MAX_MORE_MS = 3, 5
AT_ONCE, EACH = 100, 20
MAX_GROWTH_MB = 25
_WARM_UP = 10


def measure() -> Iterator[Result]:
    """Ask for one row again and again, then a hundred times at once, and weigh the worker."""
    with running() as server:
        dataset = keep_table(server, ROWS, "binary")
        run = train(server, dataset, "binary", MODELS, folds=3)["id"]
        server.wait_until_warm()
        before = _megabytes(server)
        row = _row()
        for model in MODELS:
            yield _one_row(server, run, model, row)
        yield from _many(server, f"/api/v1/runs/{run}/predict", row)
        growth = _megabytes(server) - before
        yield Result(
            "Growth of the worker's memory by all that",
            max(0.0, growth),
            MAX_GROWTH_MB,
            "MB",
            f"from {before:.0f} MB; the process of the models has {_models(server):.0f} MB",
        )


def _row() -> dict[str, Any]:
    """Return a row of the table as JSON holds it."""
    row = generated_table(ROWS, "binary").drop(columns=TARGET).iloc[0]
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item() if hasattr(value, "item") else value


def _one_row(server: Server, run: str, model: str, row: dict[str, Any]) -> Result:
    runs = RunStore(server.data_dir / "runs")
    pipeline = model_from_bytes(runs.model(run, model))
    names = [column.name for column in runs.schema(run).columns]
    frame = generated_table(ROWS, "binary")[names].iloc[:1]
    visitor, path = Visitor(server.port), f"/api/v1/runs/{run}/predict?model={model}"

    def ask() -> None:
        answer = visitor.ask("POST", path, {"rows": [row]})
        if answer.status != 200:
            raise RuntimeError(f"The API answered {answer.status}")

    times: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * (ROUNDS + _WARM_UP)):
        asks = bool(number % 2)
        began = time.perf_counter()
        ask() if asks else pipeline.predict(frame)
        if number >= 2 * _WARM_UP:
            times[asks].append(1000 * (time.perf_counter() - began))
    more = statistics.median(times[True]) - FACTOR * statistics.median(times[False])
    return Result(
        f"One row beyond {FACTOR} × pipeline.predict, {model}",
        more,
        MAX_MORE_MS,
        "ms",
        f"{spread(times[True], 'ms')} against {spread(times[False], 'ms')}, {ROUNDS} each",
    )


def _many(server: Server, path: str, row: dict[str, Any]) -> Iterator[Result]:
    failed: list[str] = []
    seconds: list[float] = []
    begin = threading.Barrier(AT_ONCE)

    def work() -> None:
        visitor = Visitor(server.port)
        begin.wait()
        for _ in range(EACH):
            began = time.perf_counter()
            try:
                status = visitor.ask("POST", path, {"rows": [row]}).status
            except OSError as error:
                status = str(error)
            seconds.append(time.perf_counter() - began)
            if status != 200:
                failed.append(str(status))

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = AT_ONCE * EACH / (time.perf_counter() - began)
    slowest = statistics.quantiles(seconds, n=100)[98]
    yield Result(
        f"{AT_ONCE} requests in flight: failed",
        len(failed),
        0,
        "",
        f"of {AT_ONCE * EACH:,}: {rate:.0f} a second, 99th percentile {slowest:.2f} s {sorted(set(failed)) or ''}",
    )


def _megabytes(server: Server) -> float:
    return server.worker().memory_info().rss / 1e6


def _models(server: Server) -> float:
    return sum(c.memory_info().rss for c in server.worker().children()) / 1e6
