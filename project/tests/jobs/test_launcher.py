"""Training in a process of its own: it waits its turn, ends when told, and nothing that dies goes unsaid."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.jobs import Jobs, processes
from app.jobs.progress import Progress
from app.jobs.queue import Queue
from app.settings import Settings
from app.storage import belongings
from app.storage.runs import SILENCE_SECONDS, machine
from tests.conftest import wait_for
from tests.jobs.conftest import (
    Workshop,
    is_buried,
    processes_of,
    slow_table,
    small_table,
)


def trained_models(workshop, run) -> list[str]:
    return [row.model for row in workshop.runs.training(run.id).summary.leaderboard]


def test_a_second_run_waits_its_turn_says_so_and_starts_by_itself(workshop):
    with workshop.occupied():
        run_id = workshop.train(small_table(), models=["dummy"])
        run = workshop.wait(run_id, lambda run: run.message)
        assert run.state == "queued"
        assert run.message == "1 other run is before this one. It starts by itself."
    assert workshop.wait_for_end(run_id).state == "done"


def test_runs_are_in_the_order_of_the_clicks(workshop):
    with workshop.occupied():
        runs = [workshop.train(small_table(40)) for _ in range(3)]
        waiting = [workshop.wait(run, lambda run: run.message) for run in runs]
    assert [run.message.split(" before")[0] for run in waiting] == [
        "1 other run is",
        "2 other runs are",
        "3 other runs are",
    ]


def test_with_two_slots_a_second_run_does_not_wait(tmp_path):
    workshop = Workshop(tmp_path / "data", training_slots=2)
    with workshop.occupied():
        run_id = workshop.train(small_table(), models=["dummy"])
        assert workshop.wait_for_end(run_id).state == "done"
    workshop.close()


def test_a_queued_run_can_be_cancelled_and_those_behind_it_move_up(workshop):
    with workshop.occupied():
        first, second = (workshop.train(small_table(40)) for _ in range(2))
        workshop.wait(second, lambda run: run.message.startswith("2 other"))
        workshop.runs.cancel(first)
        run = workshop.wait_for_state(first, "cancelled")
        assert "Cancelled" in run.message and run.pid is None
        workshop.wait(second, lambda run: run.message.startswith("1 other"))


def test_a_run_that_is_cancelled_before_its_process_looks_never_works(workshop):
    run_id = workshop.train(slow_table(), models=["random_forest"])
    workshop.runs.cancel(run_id)
    run = workshop.wait_for_end(run_id)
    assert run.state == "cancelled"
    assert run.started is None


@pytest.mark.parametrize("search, doing", [("none", "fold 1"), ("halving", "search")])
def test_cancel_in_the_middle_of_a_long_fit_ends_at_once_and_keeps_what_was_finished(
    workshop, search, doing
):
    run = workshop.train_slowly(search=search)
    run_id, pid = run.id, run.pid
    assert doing in run.progress.doing
    workshop.runs.cancel(run_id)
    run = workshop.wait_for_state(run_id, "cancelled")
    assert trained_models(workshop, run) == ["dummy"]
    assert workshop.runs.model_result(workshop.runs.training(run_id), "dummy")
    assert run.finished >= run.started
    wait_for(lambda: is_buried(pid), what="no zombie to be left")


def test_a_killed_training_is_interrupted_and_the_next_one_starts(workshop):
    slow = workshop.train_slowly()
    following = workshop.train(small_table(), models=["dummy"])
    workshop.wait(following, lambda run: run.message)
    os.kill(slow.pid, signal.SIGKILL)
    run = workshop.wait_for_state(slow.id, "interrupted")
    assert "start it again" in run.message
    assert trained_models(workshop, run) == ["dummy"]
    assert workshop.wait_for_end(following).state == "done"
    wait_for(lambda: is_buried(slow.pid), what="no zombie to be left")


def test_progress_tells_elapsed_and_remaining_time_while_the_leaderboard_fills(
    workshop,
):
    run = workshop.train_slowly()
    done, total = run.progress.done, run.progress.total
    # Two models, each on three folds and the whole training part, and the checks.
    assert (done, total) == (4, 9)
    assert run.created <= run.started <= time.time()
    assert trained_models(workshop, run) == ["dummy"]


def test_a_process_that_dies_before_its_first_word_is_interrupted(workshop):
    run_id = workshop.train(slow_table(), models=["random_forest"])
    (pid,) = processes_of(run_id)
    os.kill(pid, signal.SIGKILL)
    workshop.wait_for_state(run_id, "interrupted")
    assert workshop.runs.get(run_id).state == "interrupted"


@pytest.fixture
def server(monkeypatch) -> Iterator[subprocess.Popen]:
    """A process that passes for the server."""
    process = subprocess.Popen(["sleep", "infinity"])
    monkeypatch.setenv("SERVER_PID", str(process.pid))
    yield process
    process.kill()
    process.wait()


def test_a_training_whose_server_was_killed_says_so_and_ends(workshop, server):
    pid = workshop.train_slowly().pid
    (run_id,) = workshop.started
    server.kill()
    run = workshop.wait_for_state(run_id, "interrupted")
    assert "server stopped" in run.message
    assert "start it again" in run.message
    wait_for(lambda: is_buried(pid), what="the process to end")


def test_a_waiting_run_whose_server_was_killed_says_so_and_never_starts(
    workshop, server
):
    with workshop.occupied():
        run_id = workshop.train(small_table(40))
        server.kill()
        server.wait()
        run = workshop.wait_for_state(run_id, "interrupted")
    assert "server stopped" in run.message and "start it again" in run.message
    assert run.pid is None


def test_a_run_of_another_machine_is_believed_until_it_was_silent_for_long(
    workshop, monkeypatch
):
    with workshop.occupied():
        run_id = workshop.train(small_table(40))
        workshop.jobs.close()
        assert workshop.runs.get(run_id).machine == machine()
        monkeypatch.setattr("app.storage.runs.machine", lambda: "elsewhere")
        assert workshop.runs.get(run_id).state == "queued"
        beat = workshop.data_dir / "runs" / run_id / "heartbeat"
        beat.write_text(str(time.time() - SILENCE_SECONDS - 1))
        assert workshop.runs.get(run_id).state == "interrupted"


def test_a_waiting_run_costs_no_process_and_shows_that_somebody_looks_after_it(
    workshop,
):
    with workshop.occupied():
        run_id = workshop.train(small_table(40))
        beat = workshop.data_dir / "runs" / run_id / "heartbeat"
        beat.write_text(str(time.time() - SILENCE_SECONDS + 5))
        second = Jobs(workshop.data_dir, Settings())
        workshop.jobs.close()
        second.watch()
        workshop.wait(run_id, lambda _: _age(beat) < SILENCE_SECONDS - 5)
        assert workshop.runs.get(run_id).state == "queued"
        assert processes_of(run_id) == []
        second.close()


def _age(beat) -> float:
    try:
        return time.time() - float(beat.read_text())
    except (OSError, ValueError):
        return float("inf")


def test_a_worker_that_ends_leaves_the_runs_that_wait_to_another(workshop):
    other = Workshop(workshop.data_dir)
    with workshop.occupied():
        run_id = workshop.train(small_table(), models=["dummy"])
        workshop.jobs.close()
        other.jobs.watch()
    assert other.wait_for_end(run_id).state == "done"
    other.jobs.close()


def test_one_visitor_with_many_runs_lets_another_go_first(tmp_path):
    visitors = [Workshop(tmp_path / "data", actor=name) for name in ("one", "two")]
    first, second = visitors
    with first.occupied():
        many = [first.train(small_table(40)) for _ in range(3)]
        single = second.train(small_table(40))
        waiting = [first.wait(run, lambda run: run.message) for run in many]
        assert _ahead(second.runs.get(single)) == 2
        first.wait(many[1], lambda run: _ahead(run) == 3)
        assert [_ahead(first.runs.get(run)) for run in many] == [1, 3, 4]
        assert "address" not in str([first.runs.content(run.id) for run in waiting])
    for workshop in visitors:
        workshop.jobs.close()
    first.started += [single]
    first.close()


def _ahead(run) -> int:
    return int(run.message.split()[0])


def test_start_again_trains_with_the_same_settings_and_the_same_seed_gives_the_same_scores(
    trained,
):
    workshop = trained.workshop
    again = workshop.note(workshop.jobs.start_again(trained.run_id))
    assert again != trained.run_id
    run = workshop.wait_for_end(again)
    assert run.state == "done"
    one, other = trained.run, workshop.runs.training(again)
    assert (other.settings, other.run.dataset) == (one.settings, one.run.dataset)
    for name in ("classes", "best", "checks"):
        assert getattr(other.summary, name) == getattr(one.summary, name)
    assert _untimed(other) == _untimed(one)


def _untimed(training) -> list:
    return [
        replace(row, fit_seconds=0, predict_ms=0)
        for row in training.summary.leaderboard
    ]


def test_a_table_that_was_deleted_meanwhile_fails_with_a_sentence(workshop):
    with workshop.occupied():
        run_id = workshop.train(small_table(40))
        shutil.rmtree(workshop.datasets.root)
    run = workshop.wait_for_end(run_id)
    assert run.state == "failed"
    assert "table does not exist" in run.message


def test_settings_that_cannot_be_trained_fail_with_a_sentence(workshop):
    run = workshop.wait_for_end(workshop.train(small_table(40), target="nothing"))
    assert run.state == "failed"
    assert "no column 'nothing'" in run.message


def test_a_mistake_is_logged_and_the_run_says_so_without_a_traceback(workshop, caplog):
    run_id = workshop.note(workshop.jobs.start("no_such_kind"))
    run = workshop.wait_for_end(run_id)
    assert run.state == "failed"
    assert "it was logged" in run.message and "Traceback" not in run.message
    wait_for(lambda: run_id in caplog.text, what="the mistake in the log")
    assert "no_such_kind" in caplog.text


def test_the_log_tells_that_a_run_was_asked_for_and_how_it_ended(workshop, caplog):
    caplog.set_level("INFO")
    run_id = workshop.train(small_table(), models=["dummy"])

    def told() -> list[dict]:  # of this run: those of tests before may end late
        fields = [getattr(record, "fields", {}) for record in caplog.records]
        return [each for each in fields if each.get("run") == run_id]

    wait_for(lambda: len(told()) == 2, what="the run's end in the log")
    asked, ended = told()
    assert asked == {"run": run_id, "kind": "training"}
    run = workshop.runs.get(run_id)
    assert ended == {
        **asked,
        "result": "done",
        "waited_s": round(run.started - run.created, 1),
        "worked_s": round(run.finished - run.started, 1),
    }


def _cannot_write(pid: int) -> None:
    """Let every write of a process fail, as on a full disk."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


def test_a_training_whose_disk_is_full_ends(workshop):
    run = workshop.train_slowly()
    run_id, pid = run.id, run.pid
    _cannot_write(pid)
    assert workshop.wait_for_end(run_id).state == "interrupted"
    wait_for(lambda: is_buried(pid), what="the process to end")


def test_a_training_whose_disk_is_full_can_be_cancelled(workshop):
    run = workshop.train_slowly()
    run_id, pid = run.id, run.pid
    _cannot_write(pid)
    workshop.runs.cancel(run_id)
    wait_for(lambda: is_buried(pid), what="the process to end")
    workshop.wait_for_state(run_id, "interrupted")


def test_a_training_whose_run_was_deleted_ends(workshop):
    run = workshop.train_slowly()
    folder = workshop.runs.root / run.id
    while folder.exists():  # the process may be writing into it
        shutil.rmtree(folder, ignore_errors=True)
    wait_for(lambda: is_buried(run.pid), what="the process to end")
    assert not folder.exists()


def test_a_waiting_run_that_was_deleted_never_starts(workshop, caplog):
    with workshop.occupied():
        gone, aside = (workshop.train(small_table(40)) for _ in range(2))
        shutil.rmtree(workshop.runs.root / gone)
        belongings.delete(workshop.runs.root, aside, "run")
        last = workshop.train(small_table(40), models=["dummy"])
        workshop.wait(last, lambda run: run.message.startswith("1 other"))
    assert workshop.wait_for_end(last).state == "done"
    assert not (workshop.runs.root / gone).exists()
    belongings.restore(workshop.runs.root, aside, "run")
    assert workshop.runs.get(aside).state == "cancelled"
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []


def test_what_cannot_be_written_leaves_nothing_behind(workshop, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    dataset = workshop.datasets.add(small_table(40), "A table")
    for where in ("RunStore.write", "RunStore.beat", "belongings.claim"):
        with monkeypatch.context() as patch, pytest.raises(OSError, match="space"):
            patch.setattr(f"app.storage.runs.{where}", full)
            workshop.jobs.start("training", dataset={"id": dataset}, settings={})
        assert list(workshop.runs.root.iterdir()) == []
    assert Queue(workshop.data_dir).look() == ([], [])


def test_a_system_without_a_process_left_is_said_by_the_run(workshop, monkeypatch):
    def none_left(*_, **__):
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    with monkeypatch.context() as patch:
        patch.setattr("app.jobs.processes.subprocess.Popen", none_left)
        run = workshop.runs.get(workshop.train(small_table(40)))
    assert run.state == "failed"
    assert "could not start it: Resource temporarily unavailable" in run.message
    following = workshop.train(small_table(), models=["dummy"])
    assert workshop.wait_for_end(following).state == "done"


def test_threads_of_a_training_wait_without_spinning_unless_told_otherwise(
    workshop, monkeypatch
):
    assert _environment(workshop)["OMP_WAIT_POLICY"] == "passive"
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert _environment(workshop)["OMP_WAIT_POLICY"] == "active"


def _environment(workshop) -> dict[str, str]:
    run_id = workshop.train(slow_table(), models=["random_forest"])
    pid = workshop.wait_until_known(run_id)
    with open(f"/proc/{pid}/environ") as file:
        pairs = file.read().split("\0")
    workshop.runs.cancel(run_id)
    workshop.wait_for_end(run_id)
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", []),
        ("WARNING slow disk", [("WARNING", "slow disk")]),
        (
            "ERROR run x failed\nTraceback (most recent call last):\n  File\nKeyError: 1\nINFO bye",
            [
                (
                    "ERROR",
                    "run x failed\nTraceback (most recent call last):\n  File\nKeyError: 1",
                ),
                ("INFO", "bye"),
            ],
        ),
        (
            "Fatal Python error: Segmentation fault",
            [("ERROR", "Fatal Python error: Segmentation fault")],
        ),
    ],
)
def test_what_a_process_said_is_logged_as_severely_as_it_said_it(
    workshop, caplog, said, expected
):
    caplog.set_level("INFO")
    run_id = workshop.runs.create(kind="training")
    script = f"import sys; sys.stderr.write({said!r})"
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    processes.reap(process, workshop.runs, run_id)
    begun = f"The process of run {run_id} said: "
    logged = [(r.levelname, r.getMessage()) for r in caplog.records]
    assert expected == [
        (level, message.removeprefix(begun))
        for level, message in logged
        if message.startswith(begun)
    ]
    assert workshop.runs.get(run_id).state == "interrupted"


def test_a_run_gives_the_last_word_the_room_that_it_took_when_it_began(
    workshop, monkeypatch
):
    run_id = workshop.runs.create("training")
    # It would end this very process once the run is gone.
    monkeypatch.setattr(Progress, "_watch", lambda _: None)
    progress = Progress(workshop.runs, run_id, os.getpid())
    progress.begin(3)
    room = workshop.runs.root / run_id / "room"
    assert room.stat().st_size > 100_000
    write = workshop.runs.write

    def full(content):
        if room.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(content)

    monkeypatch.setattr(workshop.runs, "write", full)
    progress.finish("failed", "The disk is full.")
    assert workshop.runs.get(run_id).message == "The disk is full."
