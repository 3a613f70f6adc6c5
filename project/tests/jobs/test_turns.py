"""Visitors take turns: nobody's many runs hold up another's first one, and nobody waits for ever."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from app.jobs.turns import Ticket, in_turn

VISITORS = ("a", "b", "c", "d")
EVENTS = st.lists(st.one_of(st.sampled_from(VISITORS), st.integers(0, 5)), max_size=60)


class Machine:
    """Runs that are asked for, work and end, as the queue on disk lets them."""

    def __init__(self, slots: int):
        self.slots = slots
        self.number = 0
        self.waiting: list[Ticket] = []
        self.working: list[Ticket] = []
        self.ended: dict[str, int] = {}
        self.started: list[Ticket] = []
        # What worked, or began to, while a ticket was waiting.
        self.seen: dict[Ticket, list[Ticket]] = defaultdict(list)

    def ask(self, visitor: str) -> None:
        self.number += 1
        ticket = Ticket(self.number, f"run {self.number}", visitor)
        self.seen[ticket] += self.working
        self.waiting.append(ticket)
        self.fill()

    def end(self, which: int) -> None:
        if self.working:
            ticket = self.working.pop(which % len(self.working))
            self.number += 1
            self.ended[ticket.visitor] = self.number
            self.fill()

    def fill(self) -> None:
        while self.waiting and len(self.working) < self.slots:
            first = in_turn(self.waiting, self.working, self.ended)[0]
            self.waiting.remove(first)
            for other in self.waiting:
                self.seen[other].append(first)
            self.working.append(first)
            self.started.append(first)

    def play(self, events) -> Machine:
        for event in events:
            self.ask(event) if isinstance(event, str) else self.end(event)
        return self


def first_of_all(machine: Machine, ticket: Ticket) -> bool:
    """Whether the visitor had nothing waiting or working when this was asked for."""
    mine = [t for t in machine.seen[ticket] if t.visitor == ticket.visitor]
    return not mine


@given(EVENTS, st.integers(1, 3))
def test_no_visitor_delays_anothers_first_run_by_more_than_one_run_a_slot(
    events, slots
):
    machine = Machine(slots).play(events)
    for ticket, seen in machine.seen.items():
        if first_of_all(machine, ticket):
            for visitor in VISITORS:
                before = [t for t in seen if t.visitor == visitor]
                assert len(before) <= slots, (ticket, before)


@given(EVENTS, st.integers(1, 3))
def test_of_one_visitor_the_first_that_came_is_the_first_that_works(events, slots):
    machine = Machine(slots).play(events)
    for visitor in VISITORS:
        numbers = [t.number for t in machine.started if t.visitor == visitor]
        assert numbers == sorted(numbers)


@given(EVENTS, st.integers(1, 3))
def test_nobody_waits_while_a_slot_is_free_and_everybody_gets_a_turn(events, slots):
    machine = Machine(slots).play(events)
    assert not machine.waiting or len(machine.working) == slots
    asked = len(machine.seen)
    while machine.working:
        machine.end(0)
    assert len(machine.started) == asked


def test_newcomers_without_end_do_not_starve_who_waits():
    machine = Machine(slots=1).play(["a"] * 3)
    for newcomer in range(6):
        machine.ask(f"newcomer {newcomer}")
        machine.end(0)
    assert [t.visitor for t in machine.started].count("a") == 3


@given(EVENTS, st.integers(1, 3))
def test_the_order_that_is_told_is_that_of_the_next_starts(events, slots):
    machine = Machine(slots).play(events)
    told = in_turn(machine.waiting, machine.working, machine.ended)
    assert sorted(told, key=lambda t: t.number) == machine.waiting
    if told and len(set(t.visitor for t in machine.waiting + machine.working)) == 1:
        assert told == machine.waiting
