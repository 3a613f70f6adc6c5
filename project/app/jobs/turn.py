"""The queue of one machine: who came first trains first, and a crash never blocks those behind.

Everyone who waits or works holds a lock on a ticket, a file named by the time it was drawn. The system lets go of
the lock when its process ends, however it ends, so a ticket that can be locked belongs to nobody any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


class Turn:
    """A place in the queue of all that work on one data directory on this machine.

    Parameters
    ----------
    data_dir : pathlib.Path
        Names the queue. The tickets lie in the machine's own temporary folder, because the directory may be
        a network volume, where locks mean nothing.
    """

    def __init__(self, data_dir: Path):
        name = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
        self._folder = Path(tempfile.gettempdir()) / f"dashboard-queue-{name}"
        self._folder.mkdir(exist_ok=True)
        self._ticket = self._folder / f"{time.time_ns():020d}-{os.getpid()}"
        self._file = open(self._ticket, "w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def ahead(self) -> int:
        """Return how many came earlier and are still waiting or working."""
        earlier = [t for t in self._folder.iterdir() if t.name < self._ticket.name]
        return sum(_is_held(ticket) for ticket in earlier)

    def leave(self) -> None:
        """Give up the place."""
        self._ticket.unlink(missing_ok=True)
        self._file.close()


@contextlib.contextmanager
def my_turn(data_dir: Path, slots: int, waiting) -> Iterator[None]:
    """Wait until fewer than `slots` are ahead, and keep the place while the block runs.

    Parameters
    ----------
    data_dir : pathlib.Path
    slots : int
        How many may work at once.
    waiting : callable
        ``waiting(ahead)`` is called whenever the number of those ahead has changed.
    """
    turn = Turn(data_dir)
    try:
        told = None
        while (ahead := turn.ahead()) >= slots:
            if ahead != told:
                waiting(ahead)
                told = ahead
            time.sleep(0.3)
        yield
    finally:
        turn.leave()


def _is_held(ticket: Path) -> bool:
    try:
        with open(ticket) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    ticket.unlink(missing_ok=True)
    return False
