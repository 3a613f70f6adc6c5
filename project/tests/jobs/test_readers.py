"""Few files are read at once, and nobody takes all the places."""

from __future__ import annotations

from app.accounts import Actor
from app.jobs.readers import Readers

ME, YOU = (Actor(role="editor", user=name) for name in "12")
HERE = Actor(role="editor", address="127.0.0.1")


def test_one_visitor_takes_one_place_and_a_file_is_read_once():
    readers = Readers(2)
    with readers.place("a", ME) as first:
        with readers.place("b", ME) as second, readers.place("a", YOU) as same:
            assert first and not second and not same
        with readers.place("c", YOU) as other, readers.place("d", HERE) as third:
            assert other and not third
    with readers.place("a", ME) as again:
        assert again


def test_ones_own_machine_takes_all_places():
    readers = Readers(2)
    with readers.place("a", HERE) as first, readers.place("b", HERE) as second:
        assert first and second
