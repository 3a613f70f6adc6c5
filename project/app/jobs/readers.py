"""Which files are being read: few at once, each by one reader, and one only for each visitor."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from app.accounts import Actor
from app.accounts.limits import is_limited


class Readers:
    """The places of those who have a file read.

    Parameters
    ----------
    most : int
        How many there are: each takes memory, and occupies a thread of the server.
    """

    def __init__(self, most: int):
        self._most = most
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}

    @contextlib.contextmanager
    def place(self, item: str, actor: Actor) -> Iterator[bool]:
        """Hold a place while the block runs; yields whether there was one.

        Parameters
        ----------
        item : str
            What is read: twice at the same time it would be read in vain.
        actor : Actor
            Who is limited takes one place, so that others find one too.
        """
        key = actor.key if is_limited(actor) else ""
        with self._lock:
            taken = bool(key) and key in self._held.values()
            free = len(self._held) < self._most and item not in self._held and not taken
            if free:
                self._held[item] = key
        try:
            yield free
        finally:
            if free:
                with self._lock:
                    del self._held[item]
