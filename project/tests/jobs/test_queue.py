"""The queue on disk: places in order, and nobody waits for the dead."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import threading

import pytest

from app.jobs.queue import Queue, exclusive


@pytest.fixture
def queue(tmp_path):
    made = Queue(tmp_path)
    yield made
    shutil.rmtree(made.folder)


def runs(tickets) -> list[str]:
    return [ticket.run for ticket in tickets]


def test_places_are_in_the_order_in_which_they_were_taken(queue):
    for number in range(12):
        queue.add(f"run {number}")
    assert runs(queue.look()[1]) == [f"run {number}" for number in range(12)]


def test_who_works_does_not_wait_and_is_gone_when_its_process_ends(queue):
    ticket = queue.add("one", "visitor", "server")
    queue.add("two")
    descriptor = queue.take(ticket)
    assert queue.look()[0] == [ticket]
    process = subprocess.Popen(["sleep", "infinity"], pass_fds=[descriptor])
    os.close(descriptor)
    working, waiting = queue.look()
    assert (working, runs(waiting)) == ([ticket], ["two"]), "the process keeps it"
    process.kill()
    process.wait()
    working, waiting = queue.look()
    assert (working, runs(waiting)) == ([], ["two"])


def test_a_number_is_never_given_twice_however_few_are_left(queue):
    numbers = []
    for _ in range(3):
        ticket = queue.add("run")
        numbers.append(ticket.number)
        queue.drop(ticket)
    assert numbers == sorted(set(numbers))


def test_who_leaves_is_told_whether_it_was_still_waiting(queue):
    first, second = queue.add("one"), queue.add("two")
    os.close(queue.take(second))
    assert queue.drop(first) is True
    assert queue.drop(first) is False
    assert queue.drop(second) is False


def test_who_has_worked_is_behind_whoever_waits(queue):
    mine = [queue.add(f"mine {number}", "me") for number in range(3)]
    queue.add("yours", "you")
    os.close(queue.take(mine[0]))
    assert runs(queue.look()[1]) == ["yours", "mine 1", "mine 2"]


def test_runs_of_a_visitor_are_counted_whether_they_wait_or_work(queue):
    descriptor = queue.take(queue.add("one", "me"))
    queue.add("two", "me")
    queue.add("three", "you")
    assert [queue.count(who) for who in ("me", "you", "nobody")] == [2, 1, 0]
    os.close(descriptor)


def test_directories_have_queues_of_their_own(queue, tmp_path_factory):
    other = Queue(tmp_path_factory.mktemp("other"))
    queue.add("here")
    assert other.look() == ([], [])
    shutil.rmtree(other.folder)


def test_a_queue_that_was_cleaned_away_goes_on(queue):
    ticket = queue.add("one")
    shutil.rmtree(queue.folder)
    assert queue.look() == ([], [])
    assert queue.drop(ticket) is False
    queue.add("two")
    assert runs(queue.look()[1]) == ["two"]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"number": "x"}', b"\xff"])
def test_files_that_make_no_sense_stop_nobody(queue, content):
    (queue.folder / "state.json").write_bytes(content)
    (queue.folder / "000000003").write_bytes(content)  # as an older version left it
    (queue.folder / "notes.txt").write_bytes(content)
    queue.add("one")
    working, waiting = queue.look()
    assert (working, runs(waiting)) == ([], ["one"])


def test_an_older_version_that_waits_or_works_is_seen(queue):
    with open(queue.folder / "000000007", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert [ticket.number for ticket in queue.look()[0]] == [7]
        assert queue.add("one").number == 8


def test_one_looks_after_those_that_wait_and_another_takes_over(queue):
    with queue.leading() as first:
        with queue.leading() as second:
            assert (first, second) == (True, False)
    with queue.leading() as third:
        assert third


def test_one_at_a_time_is_alone(tmp_path, queue):
    inside, most = 0, 0

    def enter():
        nonlocal inside, most
        for _ in range(20):
            with exclusive(tmp_path, "a door"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)
