"""Whose turn it is: visitors take turns, and of one visitor the first that came is the first that works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ticket:
    """A place in the queue.

    Attributes
    ----------
    number : int
        Those of later ones are higher.
    run : str
    visitor : str
        Who asked for it, as limits count visitors.
    server : str
        The process without which nobody would see the result, as ``pid begun``.
    """

    number: int
    run: str = ""
    visitor: str = ""
    server: str = ""


def in_turn(
    waiting: Iterable[Ticket], working: Sequence[Ticket], ended: Mapping[str, int]
) -> list[Ticket]:
    """Return the waiting ones in the order in which they start if nobody else comes.

    Whoever has fewer runs at work comes first, then whoever waits longest since a run of theirs ended. So a visitor
    delays the first run of another by one run a slot, however many they have asked for, and nobody waits for ever.

    Parameters
    ----------
    waiting : iterable of Ticket
    working : sequence of Ticket
    ended : mapping of str to int
        By visitor, the number that was next when a run of theirs ended last.

    Returns
    -------
    list of Ticket

    References
    ----------
    J. B. Nagle, "On packet switches with infinite storage", RFC 970, 1985: fair queueing.
    """
    taken = Counter(ticket.visitor for ticket in working)
    since: dict[str, int] = {}
    ranks = {}
    for ticket in sorted(waiting, key=lambda ticket: ticket.number):
        who = ticket.visitor
        since.setdefault(who, max(ticket.number, ended.get(who, 0)))
        ranks[ticket] = (taken[who], since[who], ticket.number)
        taken[who] += 1
    return sorted(ranks, key=ranks.__getitem__)
