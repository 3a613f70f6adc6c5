"""Runs that wait outlive the worker that answered the click: another one starts them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from app.storage import RunStore
from tests.benchmarks.server import Visitor
from tests.benchmarks.trained import start_run
from tests.conftest import wait_for


def ask(live, model: str) -> str:
    visitor = Visitor(int(live.url.rpartition(":")[2]))
    visitor.load_app()
    return start_run(visitor, "sample-iris", "species", "multiclass", (model,), folds=2)


def test_runs_that_wait_are_started_although_every_worker_was_killed(start_server):
    live = start_server(workers=2)
    runs = RunStore(live.data_dir / "runs")
    first = ask(live, "random_forest")
    training = wait_for(lambda: runs.get(first).pid, what="the first to begin")
    os.kill(training, signal.SIGSTOP)
    second = ask(live, "linear")
    wait_for(lambda: runs.get(second).message, what="the second to wait")
    pid = live.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    workers = [int(child) for child in children if int(child) != training]
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    os.kill(training, signal.SIGCONT)
    wait_for(lambda: not runs.get(second).active, what="the second to end")
    assert runs.get(second).state == "done", runs.get(second)
    assert runs.get(first).state == "done", runs.get(first)
