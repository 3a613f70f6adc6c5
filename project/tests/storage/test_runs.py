"""Runs: what is written is read, and a run whose process is gone says so."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest

from app.storage import NotFound, RunStore
from app.storage.runs import SCHEMA, SILENCE_SECONDS, RunProgress, machine, pid_exists
from tests.conftest import wait_for


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
    run = store.get(store.create("training", dataset={"id": "abc"}))
    assert (run.state, run.kind, run.dataset.id) == ("queued", "training", "abc")
    assert run.schema == SCHEMA


def test_a_run_that_works_is_running(store):
    run_id = store.create(kind="training")
    store.write(
        store.content(run_id)
        | {"state": "running", "pid": os.getpid(), "machine": machine()}
    )
    assert store.get(run_id).state == "running"


def test_a_run_whose_process_has_ended_is_interrupted_and_says_what_to_do(
    store, ended_process
):
    run_id = store.create(kind="training")
    store.write(
        store.content(run_id)
        | {"state": "running", "pid": ended_process, "machine": machine()}
    )
    run = store.get(run_id)
    assert run.state == "interrupted"
    assert "start it again" in run.message


def test_a_run_on_another_machine_is_interrupted_only_after_a_silence(
    store, ended_process, monkeypatch
):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    run_id = store.create(kind="training")
    store.write(
        store.content(run_id)
        | {"state": "running", "pid": ended_process, "machine": "elsewhere"}
    )
    _silence(store, run_id, SILENCE_SECONDS - 1)
    assert store.get(run_id).state == "running"
    _silence(store, run_id, SILENCE_SECONDS + 1)
    assert store.get(run_id).state == "interrupted"


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_run_that_has_ended_stays_as_it_ended(store, state):
    run_id = store.create(kind="training")
    store.write(store.content(run_id) | {"state": state})
    _silence(store, run_id, 10 * SILENCE_SECONDS)
    assert store.get(run_id).state == state


def test_results_and_the_model_are_read_as_they_were_written(store):
    run_id = store.create(kind="training")
    store.write_result(run_id, "forest", RunProgress(1, 2, "fold 2"))
    store.write_model(run_id, "linear", b"model")
    assert store.result(run_id, "forest", RunProgress) == RunProgress(1, 2, "fold 2")
    assert store.result(run_id, "other", RunProgress) is None
    assert store.model(run_id, "linear") == b"model"
    frame = pd.DataFrame({"position": [3, 1], "no": [0.25, 1 / 3]})
    store.write_table(run_id, "holdout", frame)
    pd.testing.assert_frame_equal(store.table(run_id, "holdout"), frame)
    assert store.table(run_id, "other") is None


def test_a_run_without_a_model_says_so(store):
    with pytest.raises(NotFound, match="model does not exist"):
        store.model(store.create(kind="training"), "linear")


def test_a_cancelled_run_is_told(store):
    run_id = store.create(kind="training")
    assert not store.is_cancelled(run_id)
    store.cancel(run_id)
    assert store.is_cancelled(run_id)


@pytest.mark.parametrize("run_id", ["nothing", "../runs", ""])
def test_an_unknown_run_is_not_found(store, run_id):
    for ask in (store.get, store.training, store.content, store.cancel):
        with pytest.raises(NotFound):
            ask(run_id)
    with pytest.raises(NotFound):
        store.model(run_id, "linear")


def test_a_process_that_ended_without_being_waited_for_does_not_exist():
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    process.stdout.read()
    wait_for(lambda: not pid_exists(process.pid), what="the process's end")
    process.wait()


def test_a_reader_never_sees_half_a_record(store):
    run_id = store.create(kind="training", number=0, content="")
    record, ended = store.content(run_id), threading.Event()

    def write():
        for number in range(300):
            # Short and long in turn: a write in place would leave the end of the one before.
            content = str(number % 10) * (50_000 if number % 2 else 5)
            store.write(record | {"number": number, "content": content})
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    numbers = []
    while not ended.is_set():
        run = store.content(run_id)
        numbers.append(run["number"])
        assert set(run["content"]) <= {str(run["number"] % 10)}
    writer.join()
    assert numbers == sorted(numbers)
    assert store.content(run_id)["number"] == 299


@pytest.mark.parametrize(
    "content", [b"", b'{"id": "x", "sta', b"\x00" * 200, b"[]", b"null", b"\xff\xfe"]
)
def test_a_damaged_record_is_a_sentence(store, content):
    run_id = store.create(kind="training")
    store.write_result(run_id, "model-linear", RunProgress())
    for name in ("run", "model-linear"):
        (store.root / run_id / f"{name}.json").write_bytes(content)
    with pytest.raises(NotFound, match="damaged and cannot be read. Train again"):
        store.get(run_id)
    with pytest.raises(NotFound, match="damaged"):
        store.result(run_id, "model-linear", RunProgress)


@pytest.mark.parametrize("beat", [None, b"", b"soon"])
def test_a_run_whose_heartbeat_cannot_be_read_counts_as_silent(store, beat):
    run_id = store.create(kind="training")
    path = store.root / run_id / "heartbeat"
    path.unlink() if beat is None else path.write_bytes(beat)
    assert store.get(run_id).state == "interrupted"


def test_a_run_that_is_deleted_while_it_is_read_is_not_found(store, monkeypatch):
    run_id = store.create(kind="training")
    monkeypatch.setattr(type(store), "_record", lambda *_: store.root / "gone.json")
    with pytest.raises(NotFound, match="was deleted"):
        store.get(run_id)


def test_a_buried_run_is_interrupted_for_good(store):
    run_id = store.create(kind="training")
    store.mark_interrupted(run_id)
    store.beat(run_id)
    run = store.get(run_id)
    assert run.state == "interrupted"
    assert "start it again" in run.message
    assert run.finished >= run.created


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_run_that_said_how_it_ended_is_buried_as_it_is(store, state):
    run_id = store.create(kind="training")
    store.write(store.content(run_id) | {"state": state, "message": "its own words"})
    store.mark_interrupted(run_id)
    assert store.get(run_id).message == "its own words"


def test_numbers_that_are_none_are_kept_as_null(store):
    run_id = store.create(kind="training", score=float("nan"), limit=float("inf"))
    run = store.content(run_id)
    assert (run["score"], run["limit"]) == (None, None)
