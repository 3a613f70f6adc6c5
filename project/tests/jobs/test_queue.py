"""The queue: first come first served, so many at once, and nobody waits for the dead."""

from __future__ import annotations

import shutil
import subprocess
import threading

import pytest

from app.jobs.queue import Ticket, exclusive, hold_slot
from tests.conftest import PATIENCE_SECONDS, wait_for


@pytest.fixture
def data_dir(tmp_path):
    yield tmp_path
    ticket = Ticket.draw(tmp_path)
    ticket.leave()
    shutil.rmtree(ticket.path.parent)


def _waiting_in_a_thread(ticket: Ticket, slots: int) -> tuple[threading.Event, list]:
    """Wait for a turn and give it up at once; return an event of when it came, and the numbers that were told."""
    came, told = threading.Event(), []

    def wait():
        with hold_slot(ticket, slots, told.append):
            came.set()

    threading.Thread(target=wait, daemon=True).start()
    return came, told


def test_places_are_in_the_order_in_which_they_were_drawn(data_dir):
    tickets = [Ticket.draw(data_dir) for _ in range(12)]
    assert [ticket.ahead() for ticket in tickets] == list(range(12))


def test_who_leaves_is_not_ahead_any_more(data_dir):
    first, second, third = (Ticket.draw(data_dir) for _ in range(3))
    second.leave()
    assert third.ahead() == 1
    first.leave()
    assert third.ahead() == 0


def test_a_newcomer_is_behind_all_who_wait_whoever_has_left(data_dir):
    first, second = Ticket.draw(data_dir), Ticket.draw(data_dir)
    first.leave()
    newcomer = Ticket.draw(data_dir)
    assert (second.ahead(), newcomer.ahead()) == (0, 1)


def test_nobody_is_ahead_of_the_first(data_dir):
    came, told = _waiting_in_a_thread(Ticket.draw(data_dir), slots=1)
    assert came.wait(PATIENCE_SECONDS)
    assert told == []


def test_who_waits_is_told_how_many_are_ahead_and_when_nobody_is(data_dir):
    first, second = Ticket.draw(data_dir), Ticket.draw(data_dir)
    came, told = _waiting_in_a_thread(Ticket.draw(data_dir), slots=1)
    wait_for(lambda: told == [2])
    second.leave()
    wait_for(lambda: told == [2, 1])
    assert not came.is_set()
    first.leave()
    assert came.wait(PATIENCE_SECONDS)
    assert told == [2, 1, 0]


def test_with_two_slots_two_work_and_the_third_waits(data_dir):
    first, second = Ticket.draw(data_dir), Ticket.draw(data_dir)
    third, fourth = Ticket.draw(data_dir), Ticket.draw(data_dir)
    with hold_slot(first, 2, pytest.fail), hold_slot(second, 2, pytest.fail):
        came, told = _waiting_in_a_thread(third, slots=2)
        wait_for(lambda: told == [2])
        assert not came.is_set()
    assert came.wait(PATIENCE_SECONDS)
    fourth.leave()


def test_a_killed_process_that_took_over_a_place_holds_up_nobody(data_dir):
    ticket = Ticket.draw(data_dir)
    process = subprocess.Popen(["sleep", "infinity"], pass_fds=[ticket.descriptor])
    ticket.hand_over()
    second = Ticket.draw(data_dir)
    assert second.ahead() == 1, "the place must stay with the process"
    process.kill()
    process.wait()
    assert second.ahead() == 0
    assert not ticket.path.exists(), "what the dead leave behind is cleared away"


def test_a_place_that_was_handed_over_to_nobody_is_free(data_dir):
    ticket = Ticket.draw(data_dir)
    ticket.hand_over()
    assert Ticket.draw(data_dir).ahead() == 0


def test_directories_have_queues_of_their_own(data_dir, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    Ticket.draw(data_dir)
    ticket = Ticket.draw(other)
    assert ticket.ahead() == 0
    ticket.leave()
    shutil.rmtree(ticket.path.parent)


def test_a_queue_that_was_cleaned_away_lets_everyone_go_on(data_dir):
    first, second = Ticket.draw(data_dir), Ticket.draw(data_dir)
    shutil.rmtree(second.path.parent)
    with hold_slot(second, 1, pytest.fail):
        assert first.ahead() == 0


def test_many_who_draw_at_once_get_different_places(data_dir):
    tickets: list[Ticket] = []
    threads = [
        threading.Thread(target=lambda: tickets.append(Ticket.draw(data_dir)))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ticket.ahead() for ticket in tickets) == list(range(16))


def test_one_at_a_time_is_alone(data_dir):
    inside, most = 0, 0

    def enter():
        nonlocal inside, most
        for _ in range(20):
            with exclusive(data_dir, "a door"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)
