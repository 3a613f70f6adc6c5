"""The queue of one machine, for all servers that work on one data directory: a file for each run that waits or works.

A run that waits is nothing but its file. The process of one that works holds a lock on it: the system lets go of a
lock when the last process that has the file open ends, however it ends, so a crash never blocks those behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from app.storage import files, records

from .turns import Ticket, in_turn

_WAITING = ".waiting"
_STATE = "state.json"


class Queue:
    """The queue of a data directory; all but `leading` is done inside `exclusive(data_dir, DOOR)`.

    Parameters
    ----------
    data_dir : pathlib.Path
    """

    DOOR = "door"

    def __init__(self, data_dir: Path):
        self.data_dir = data_dir

    @property
    def folder(self) -> Path:
        """Where the files are; made if it is missing."""
        return _folder(self.data_dir)

    def add(self, run: str, visitor: str = "", server: str = "") -> Ticket:
        """Take the next place for a run that is to wait."""
        state = self._state()
        taken = (int(path.stem) for path in self._files())
        number = 1 + max([state["number"], *taken])
        self._keep(state | {"number": number})
        ticket = Ticket(number, run, visitor, server)
        files.write_json(self._waiting(ticket), asdict(ticket))
        return ticket

    def look(self) -> tuple[list[Ticket], list[Ticket]]:
        """Return those that work, and those that wait in the order in which they start.

        What the dead leave behind is cleared away.
        """
        working = []
        for path in self._files(waiting=False):
            ticket = _read(path)
            if _is_held(path):
                working.append(ticket)
                continue
            path.unlink(missing_ok=True)
            self._note_end(ticket)
        waiting = map(_read, self._files(waiting=True))
        return working, in_turn(waiting, working, self._state()["ended"])

    def take(self, ticket: Ticket) -> int:
        """Let one that waits work; return the open file with the lock on it, for its process to inherit."""
        path = self._waiting(ticket)
        descriptor = os.open(path, os.O_WRONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        path.rename(path.with_suffix(""))
        return descriptor

    def drop(self, ticket: Ticket) -> bool:
        """Let one leave; tell whether it was still waiting."""
        try:
            self._waiting(ticket).unlink()
        except FileNotFoundError:
            return False
        return True

    def count(self, visitor: str) -> int:
        """Return how many runs of a visitor wait or work."""
        tickets = map(_read, self._files())
        return sum(ticket.visitor == visitor for ticket in tickets)

    @contextlib.contextmanager
    def leading(self) -> Iterator[bool]:
        """Tell whether this thread is the one on this machine that looks after those who wait."""
        with open(self.folder / "leader.lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def keep(self) -> None:
        """Let whoever cleans temporary folders see that the queue is in use."""
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):
                os.utime(path)

    def _waiting(self, ticket: Ticket) -> Path:
        return self.folder / f"{ticket.number:09d}{_WAITING}"

    def _files(self, waiting: bool | None = None) -> list[Path]:
        """Return the files of those that wait, that work, or of both."""
        suffixes = ("", _WAITING) if waiting is None else (_WAITING * waiting,)
        return [
            path
            for path in self.folder.iterdir()
            if path.stem.isdecimal() and path.suffix in suffixes
        ]

    def _state(self) -> dict:
        try:
            known = files.read_json(self.folder / _STATE)
            return {"number": int(known["number"]), "ended": dict(known["ended"])}
        except (OSError, ValueError, TypeError, KeyError):
            return {"number": 0, "ended": {}}

    def _keep(self, state: dict) -> None:
        files.write_json(self.folder / _STATE, state)

    def _note_end(self, ticket: Ticket) -> None:
        """Whoever has more runs waiting is behind all that are there now."""
        state = self._state()
        state["number"] += 1
        ended = state["ended"] | {ticket.visitor: state["number"]}
        present = {_read(path).visitor for path in self._files(waiting=True)}
        state["ended"] = {who: ended[who] for who in present & ended.keys()}
        self._keep(state)


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


def _read(path: Path) -> Ticket:
    """Return what a file says; one of another version says nothing but its number."""
    try:
        return records.read(Ticket, files.read_json(path))
    except (OSError, ValueError):
        return Ticket(int(path.stem))


def _is_held(path: Path) -> bool:
    try:
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
