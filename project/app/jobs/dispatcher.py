"""Starts the runs that wait, each when its turn has come, and looks after them meanwhile."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.storage import RunStore
from app.storage.machine import begun, pid_exists

from . import processes
from .queue import Queue, exclusive
from .turns import Ticket

# While runs wait; a run that has ended is noticed at once by the process that started it.
_LOOK_SECONDS = 0.5
# How soon this process takes over from another one that has ended.
_IDLE_SECONDS = 1
# Far below the silence after which a run is taken for dead.
_BEAT_SECONDS = 8
_CANCELLED = "Cancelled. It had not begun."
_SERVER_GONE = (
    "The server stopped while this run was waiting. Nothing is lost: start it again."
)
_NO_PROCESS = (
    "The server could not start it: {reason}. Start it again in a few minutes."
)

Start = Callable[[Ticket, int, RunStore, Callable[[], None]], None]
logger = logging.getLogger(__name__)


class Dispatcher:
    """Lets runs work that wait in one data directory, so many at once.

    Every process of every server on the machine may have one: each starts what may start whenever a run is asked for
    or has ended, and one of them looks after those that wait.

    Parameters
    ----------
    data_dir : pathlib.Path
    slots : int
        How many may work at once.
    start : callable, optional
        What starts a run, as `processes.start` does.
    """

    def __init__(
        self,
        data_dir: Path,
        slots: int,
        start: Start = processes.start,
    ):
        self.queue = Queue(data_dir)
        # Of all visitors, whoever asks.
        self._runs = RunStore(data_dir / "runs")
        self._slots = slots
        self._start = start
        self._told: dict[str, str] = {}
        self._beaten: dict[str, float] = {}
        self._woken, self._closed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def door(self) -> contextlib.AbstractContextManager[None]:
        """Keep everybody else on this machine from changing the queue while the block runs."""
        return exclusive(self.queue.data_dir, Queue.DOOR)

    def add(self, run: str, visitor: str) -> None:
        """Let a run wait for its turn; to be called at the door."""
        pid = int(os.environ.get("SERVER_PID") or os.getpid())
        self.queue.add(run, visitor, f"{pid} {begun(pid)}".strip())

    def wake(self, run: str = "") -> None:
        """Start what may start now, and go on looking from now on.

        Parameters
        ----------
        run : str, optional
            One that is told at once how many are before it, if it has to wait.
        """
        if self._closed.is_set():
            return
        try:
            self.tell(self.dispatch(), only=run)
        except OSError:  # whoever looks after those who wait tries it again
            logger.exception("The queue could not be used")
        self.watch()
        self._woken.set()

    def watch(self) -> None:
        """Look after those that wait, from now on and in the background, until `close`."""
        with self._starting:
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(
                    target=self._watch, name="queue", daemon=True
                )
                self._thread.start()

    def stop(self) -> None:
        """Start nothing any more."""
        self._closed.set()
        self._woken.set()

    def close(self) -> None:
        """Start nothing any more, and wait until nothing is looked at."""
        self.stop()
        if self._thread:
            self._thread.join()

    def dispatch(self) -> list[tuple[Ticket, int]]:
        """Start those whose turn has come; return those that still wait, and how many are before each."""
        with self.door():
            working, waiting = self.queue.look()
            busy = len(working)
            while waiting and busy < self._slots:
                busy += self._begin(waiting.pop(0))
        return [(ticket, busy + place) for place, ticket in enumerate(waiting)]

    def tell(self, waiting: list[tuple[Ticket, int]], only: str = "") -> None:
        """Say in every run that waits how many are before it, and that it will come."""
        for ticket, ahead in waiting:
            if not only or ticket.run == only:
                with contextlib.suppress(OSError):  # deleted, or the disk is full
                    self._tell(ticket.run, ahead)

    def _tell(self, run: str, ahead: int) -> None:
        runs = "1 other run is" if ahead == 1 else f"{ahead} other runs are"
        sentence = f"{runs} before this one. It starts by itself."
        if self._told.get(run) != sentence:
            self._runs.tell_waiting(run, sentence)
            self._told[run] = sentence
        now = time.monotonic()
        if now - self._beaten.get(run, float("-inf")) >= _BEAT_SECONDS:
            self._runs.beat(run)
            self._beaten[run] = now

    def _begin(self, ticket: Ticket) -> bool:
        """Start a run that is still wanted; tell whether it works now."""
        if self._end_unwanted(ticket):
            return False
        with contextlib.suppress(OSError):  # its process can say that the disk is full
            self._runs.beat(ticket.run)
        descriptor = self.queue.take(ticket)
        try:
            self._start(ticket, descriptor, self._runs, self.wake)
            return True
        except OSError as error:
            logger.exception("The process of run %s could not be started", ticket.run)
            reason = error.strerror or str(error)
            self._end(ticket.run, "failed", _NO_PROCESS.format(reason=reason))
            return False
        finally:
            os.close(descriptor)

    def _clear(self, waiting: list[tuple[Ticket, int]]) -> None:
        """End those that nobody waits for any more. To look at many may take long, so that is not done at the door."""
        for ticket, _ in waiting:
            if self._unwanted(ticket):
                with self.door():
                    self._end_unwanted(ticket)

    def _end_unwanted(self, ticket: Ticket) -> bool:
        """Let a run leave the queue that is not to be started; tell whether it is one."""
        end = self._unwanted(ticket)
        if end and self.queue.drop(ticket):
            self._end(ticket.run, *end)
        return bool(end)

    def _unwanted(self, ticket: Ticket) -> tuple[str, str] | None:
        """Return how a run has ended already, and the sentence that says so."""
        there = (self._runs.root / ticket.run / "run.json").exists()
        if not there or self._runs.is_cancelled(ticket.run):
            return "cancelled", _CANCELLED
        if _has_ended(ticket.server):
            return "interrupted", _SERVER_GONE
        return None

    def _end(self, run: str, state: str, message: str) -> None:
        try:
            self._runs.end_waiting(run, state, message)
        except OSError as error:
            logger.warning("The end of a run could not be written: %s", error)

    def _watch(self) -> None:
        while not self._closed.is_set():
            self._woken.clear()
            try:
                with self.queue.leading() as leads:
                    while leads and self._look():
                        self._closed.wait(_LOOK_SECONDS)
            except Exception:  # whatever it is: the next look may do better
                logger.exception("The queue could not be looked after")
            self._woken.wait(_IDLE_SECONDS)

    def _look(self) -> bool:
        """Look once; tell whether anybody waits."""
        waiting = [] if self._closed.is_set() else self.dispatch()
        self._clear(waiting)
        self.tell(waiting)
        self.queue.keep()
        there = {ticket.run for ticket, _ in waiting}
        for known in (self._told, self._beaten):
            for run in set(known) - there:
                known.pop(run, None)
        return bool(waiting)


def _has_ended(server: str) -> bool:
    """Tell whether the process of a server has ended, although another one may have its number now."""
    pid, _, since = server.partition(" ")
    if not pid.isdecimal():
        return False
    return not pid_exists(int(pid)) or begun(int(pid)) != since
