"""Learning curves in the background: asked for once, computed once, cancelled and started again."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from app.functions.evaluation.learning_curves import LearningCurve
from app.jobs.queue import Queue
from app.storage import NotFound
from tests.jobs.conftest import processes_of
from tests.waiting import wait_for


def _ask(workshop, run_id: str, model: str = "linear") -> str:
    return workshop.note(workshop.jobs.derive("learning", run_id, model=model))


def _derived(workshop, run_id: str, model: str) -> str:
    return workshop.runs.derived("learning", run_id, {"model": model}).id


def test_a_learning_curve_is_computed_in_the_background(trained):
    workshop = trained.workshop
    learning = _ask(workshop, trained.run_id, "k_neighbors")
    run = workshop.wait_for_end(learning)
    assert run.state == "done", run
    curve = workshop.runs.derived_result(run, LearningCurve)
    assert curve.rows == sorted(curve.rows) and len(curve.rows) == 5
    assert len(curve.train_mean) == len(curve.validation_std) == 5
    assert 0 < run.progress.done <= run.progress.total
    assert _derived(workshop, trained.run_id, "k_neighbors") == learning
    # Asked again, it is there already.
    assert _ask(workshop, trained.run_id, "k_neighbors") == learning
    assert workshop.jobs.start_again(learning) == learning


def test_asking_many_times_at_once_makes_one_run(trained):
    workshop, started = trained.workshop, []
    with workshop.occupied():
        threads = [
            threading.Thread(
                target=lambda: started.append(_ask(workshop, trained.run_id))
            )
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(started) == 6 and len(set(started)) == 1
        waiting = Queue(workshop.data_dir).look()[1]
        assert [ticket.run for ticket in waiting] == [started[0]]
        workshop.runs.cancel(started[0])
        workshop.wait_for_state(started[0], "cancelled")


@pytest.mark.parametrize("end", ["cancelled", "interrupted"])
def test_a_learning_curve_that_was_ended_can_be_started_again(trained, end):
    workshop = trained.workshop
    first = _ask(workshop, trained.run_id)
    (pid,) = wait_for(lambda: processes_of(first), what="its process")
    if end == "cancelled":
        workshop.runs.cancel(first)
    else:
        os.kill(pid, signal.SIGKILL)
    workshop.wait_for_state(first, end)
    with workshop.occupied():
        second = workshop.note(workshop.jobs.start_again(first))
        assert second != first
        assert _derived(workshop, trained.run_id, "linear") == second
        workshop.runs.cancel(second)
        workshop.wait_for_state(second, "cancelled")


def test_a_damaged_learning_curve_is_computed_again(trained):
    workshop = trained.workshop
    with workshop.occupied():
        first = _ask(workshop, trained.run_id)
        workshop.runs.cancel(first)
        workshop.wait_for_state(first, "cancelled")
        (workshop.runs.root / first / "run.json").write_bytes(b'{"state": "do')
        second = _ask(workshop, trained.run_id)
        assert second != first
        workshop.runs.cancel(second)
        workshop.wait_for_state(second, "cancelled")


@pytest.mark.parametrize("model", ["svm", "../../secret", "", None, ["linear"], 3])
def test_a_model_that_was_not_trained_has_no_learning_curve(trained, model):
    with pytest.raises(ValueError, match="not trained this model"):
        _ask(trained.workshop, trained.run_id, model)


def test_a_training_that_does_not_exist_has_no_learning_curve(trained):
    with pytest.raises(NotFound):
        _ask(trained.workshop, "nothing", "linear")
