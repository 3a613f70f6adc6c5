"""Runs: what is written is read, and a run whose process is gone says so."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from app.storage import NotFound, RunStore
from app.storage.runs import SILENCE_SECONDS, machine, pid_exists


@pytest.fixture
def store(tmp_path) -> RunStore:
    return RunStore(tmp_path)


@pytest.fixture
def ended_process() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def _silence(store: RunStore, run_id: str, seconds: float) -> None:
    beat = store.root / run_id / "heartbeat"
    beat.write_text(str(time.time() - seconds))


def test_a_new_run_is_queued_and_keeps_its_fields(store):
    run = store.get(store.create(kind="training", dataset="abc"))
    assert (run["state"], run["kind"], run["dataset"]) == ("queued", "training", "abc")


def test_a_run_that_works_is_running(store):
    run_id = store.create(kind="training")
    store.write(
        store.get(run_id)
        | {"state": "running", "pid": os.getpid(), "machine": machine()}
    )
    assert store.get(run_id)["state"] == "running"


def test_a_run_whose_process_has_ended_is_interrupted_and_says_what_to_do(
    store, ended_process
):
    run_id = store.create(kind="training")
    store.write(
        store.get(run_id)
        | {"state": "running", "pid": ended_process, "machine": machine()}
    )
    run = store.get(run_id)
    assert run["state"] == "interrupted"
    assert "start it again" in run["message"]


def test_a_run_on_another_machine_is_interrupted_only_after_a_silence(
    store, ended_process
):
    run_id = store.create(kind="training")
    store.write(
        store.get(run_id)
        | {"state": "running", "pid": ended_process, "machine": "elsewhere"}
    )
    _silence(store, run_id, SILENCE_SECONDS - 5)
    assert store.get(run_id)["state"] == "running"
    _silence(store, run_id, SILENCE_SECONDS + 1)
    assert store.get(run_id)["state"] == "interrupted"


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_run_that_has_ended_stays_as_it_ended(store, state):
    run_id = store.create(kind="training")
    store.write(store.get(run_id) | {"state": state})
    _silence(store, run_id, 10 * SILENCE_SECONDS)
    assert store.get(run_id)["state"] == state


def test_results_and_the_model_are_read_as_they_were_written(store):
    run_id = store.create(kind="training")
    store.write_result(run_id, "forest", {"score": 0.5})
    store.write_model(run_id, b"model")
    assert store.result(run_id, "forest") == {"score": 0.5}
    assert store.result(run_id, "other") is None
    assert store.model(run_id) == b"model"


def test_a_run_without_a_model_says_so(store):
    with pytest.raises(NotFound, match="model does not exist"):
        store.model(store.create(kind="training"))


def test_a_cancelled_run_is_told(store):
    run_id = store.create(kind="training")
    assert not store.is_cancelled(run_id)
    store.cancel(run_id)
    assert store.is_cancelled(run_id)


@pytest.mark.parametrize("run_id", ["nothing", "../runs", ""])
def test_an_unknown_run_is_not_found(store, run_id):
    for ask in (store.get, store.model, store.cancel):
        with pytest.raises(NotFound):
            ask(run_id)


def test_a_process_that_ended_without_being_waited_for_does_not_exist():
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    process.stdout.read()
    deadline = time.monotonic() + 10
    while pid_exists(process.pid) and time.monotonic() < deadline:
        os.sched_yield()
    assert not pid_exists(process.pid)
    process.wait()
