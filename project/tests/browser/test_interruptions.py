"""Training that is cancelled, killed, queued, or loses its server: the page says so, and it can start again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from app.services import Services
from app.settings import Settings

QUICK = "/train?dataset=sample-iris&models=linear&folds=2"
# Slow enough to be interrupted, fast enough to wait for.
SLOW = "/train?dataset=sample-iris&models=random_forest&folds=5"


def start(visitor, form: str = QUICK) -> str:
    """Press Train and return the id of the run."""
    visitor.open(form)
    visitor.click("#train-start")
    return wait_for_run(visitor)


def wait_for_run(visitor, other_than: str | None = None) -> str:
    visitor.until(
        lambda: visitor.query.get("run", other_than) != other_than, "a new run"
    )
    return visitor.query["run"]


def hold(visitor, services, run: str) -> int:
    """Suspend a training that has begun; return its process."""

    def begun() -> int | None:
        record = services.runs.get(run)
        assert record.active, record
        return record.pid if record.state == "running" else None

    pid = visitor.until(begun, "the training to begin")
    os.kill(pid, signal.SIGSTOP)
    return pid


def title(visitor) -> str:
    return visitor.text("#run-progress h2")


def wait_for_title(visitor, words: str) -> None:
    visitor.until(lambda: title(visitor) == words, f"the title {words}")


@pytest.fixture
def released():
    """Suspended processes, which are resumed when the test ends."""
    held: list[int] = []
    yield held
    for pid in held:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            continue


def test_a_cancelled_run_says_so_and_can_be_started_again(
    visitor, site_services, released
):
    first = start(visitor, SLOW)
    released.append(hold(visitor, site_services, first))
    wait_for_title(visitor, "Training")
    visitor.click("#run-cancel")
    visitor.until(lambda: site_services.runs.is_cancelled(first), "the click")
    os.kill(released[0], signal.SIGCONT)
    wait_for_title(visitor, "Cancelled")
    assert "Cancelled." in visitor.text("#run-progress")
    visitor.click("#run-again")
    assert wait_for_run(visitor, first) != first
    wait_for_title(visitor, "Trained")
    assert "Random forest" in visitor.text("#run-progress table")


def test_a_killed_training_says_so_and_can_be_started_again(visitor, site_services):
    run = start(visitor, SLOW)
    pid = hold(visitor, site_services, run)
    wait_for_title(visitor, "Training")
    os.kill(pid, signal.SIGKILL)
    wait_for_title(visitor, "Interrupted")
    assert "start it again" in visitor.text("#run-progress")
    visitor.click("#run-again")
    wait_for_run(visitor, run)
    wait_for_title(visitor, "Trained")


def test_a_second_run_waits_for_its_turn_and_says_so(visitor, site_services, released):
    first = start(visitor, SLOW)
    released.append(hold(visitor, site_services, first))
    second = start(visitor)
    assert second != first
    wait_for_title(visitor, "Waiting in the queue")
    visitor.wait_for_text(
        "#run-progress", "1 other run is before this one. It starts by itself."
    )
    os.kill(released[0], signal.SIGCONT)
    wait_for_title(visitor, "Trained")


def kill(live) -> None:
    """Kill a server and its workers at once, like a power cut."""
    pid = live.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in (pid, *map(int, children)):
        os.kill(each, signal.SIGKILL)
    live.process.wait()


def test_a_run_that_lost_its_server_says_so_and_can_be_started_again(
    visit, start_server
):
    live = start_server()
    visitor = visit(live.url)
    run = start(visitor, SLOW)
    services = Services.below(live.data_dir, Settings())
    released_later = hold(visitor, services, run)
    wait_for_title(visitor, "Training")
    # Requests of the page fail while the server is down.
    visitor.forgive("ERR_|Failed to fetch|NetworkError|did not respond")
    kill(live)
    os.kill(released_later, signal.SIGCONT)
    port = live.url.rpartition(":")[2]
    again = start_server(PORT=port, DATA_DIR=str(live.data_dir))
    assert again.url == live.url
    wait_for_title(visitor, "Interrupted")
    assert "start it again" in visitor.text("#run-progress")
    visitor.click("#run-again")
    wait_for_run(visitor, run)
    wait_for_title(visitor, "Trained")
