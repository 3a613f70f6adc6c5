"""The queue of one machine: who came first trains first, and a crash never blocks those behind.

Everyone who waits or works holds a lock on a ticket, a numbered file. The system lets go of the lock when the last
process that has the file open ends, however it ends, so a ticket that can be locked belongs to nobody any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_LOOK_SECONDS = 0.3


class Ticket:
    """A place in the queue of all that work on one data directory on this machine.

    Parameters
    ----------
    path : pathlib.Path
    descriptor : int
        The open file, with the lock on it.
    """

    def __init__(self, path: Path, descriptor: int):
        self.path = path
        self.descriptor = descriptor

    @classmethod
    def draw(cls, data_dir: Path) -> Ticket:
        """Take the next place; another process that inherits the descriptor takes the place over."""
        folder = _folder(data_dir)
        # One at a time, so that whoever sees a number also sees all lower ones, and sees them locked.
        with exclusive(data_dir, "door"):
            number = 1 + max((int(path.name) for path in _tickets(folder)), default=0)
            path = folder / f"{number:09d}"
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        return cls(path, descriptor)

    def ahead(self) -> int:
        """Return how many came earlier and are still waiting or working."""
        tickets = _tickets(self.path.parent)
        return sum(_is_held(path) for path in tickets if path.name < self.path.name)

    def hand_over(self) -> None:
        """Let go of the place, which stays with the process that inherited it, if there is one."""
        os.close(self.descriptor)

    def leave(self) -> None:
        """Give up the place."""
        self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


@contextlib.contextmanager
def hold_slot(
    ticket: Ticket, slots: int, waiting: Callable[[int], None]
) -> Iterator[None]:
    """Wait until fewer than `slots` are ahead, and keep the place while the block runs.

    Parameters
    ----------
    ticket : Ticket
    slots : int
        How many may work at once.
    waiting : callable
        ``waiting(ahead)`` is called whenever the number of those who must finish first has changed; at last
        it is 0, unless nobody was ahead from the start.
    """
    told = 0
    try:
        while True:
            ahead = ticket.ahead()
            first = 0 if ahead < slots else ahead
            if first != told:
                waiting(first)
                told = first
            if not first:
                break
            time.sleep(_LOOK_SECONDS)
        yield
    finally:
        ticket.leave()


@contextlib.contextmanager
def exclusive(data_dir: Path, name: str) -> Iterator[None]:
    """Let one thread of one process on this machine at a time into the block.

    Parameters
    ----------
    data_dir : pathlib.Path
    name : str
        Blocks of other names do not wait for this one.
    """
    with open(_folder(data_dir) / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _folder(data_dir: Path) -> Path:
    """The queue's folder: in the machine's own temporary one, as locks mean nothing on a network volume."""
    name = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
    # With the user's number: a folder that another user made could not be written.
    folder = Path(tempfile.gettempdir()) / f"dashboard-queue-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _tickets(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.isdecimal()]
    except FileNotFoundError:  # whoever cleans the temporary folder has cleaned here
        return []


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
