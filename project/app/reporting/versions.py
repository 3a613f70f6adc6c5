"""The versions of one report: the one that is served, and the one that is being built."""

from __future__ import annotations

import importlib.util
import itertools
import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

from app import wording

from .metadata import Entry
from .worker_notes import WorkerNotes

# How long a visitor waits for a new version before the previous one is shown.
_SWAP_SECONDS = 0.3
# How long a visitor waits for a first version when many others are waiting.
_CROWD_SECONDS = 3.0

logger = logging.getLogger(__name__)


class Broken(Exception):
    """A report cannot be shown; the message is a sentence for the visitor, the status is HTTP's."""

    def __init__(self, sentence: str, status: int = 503):
        super().__init__(sentence)
        self.status = status


class Built(NamedTuple):
    """A version that can be served.

    Attributes
    ----------
    app : callable
        Its WSGI application.
    forget : callable
        Called once it is no longer served.
    """

    app: Any
    forget: Callable[[], Any]


Make = Callable[[Entry], Built]


def in_this_process(build: Callable[[Entry, ModuleType], Any]) -> Make:
    """Return what makes a report by running its file here.

    Parameters
    ----------
    build : callable
        ``build(entry, module)`` returns the WSGI application of a report from its executed module.

    Returns
    -------
    callable
    """

    def make(entry: Entry) -> Built:
        module = execute(entry).__name__
        forget = partial(sys.modules.pop, module, None)
        try:
            return Built(build(entry, sys.modules[module]), forget)
        except BaseException:
            forget()
            raise

    return make


@dataclass
class Attempt:
    """The building of one version."""

    version: tuple
    number: int
    started: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    problem: str | None = None


class Versions:
    """The versions of one report.

    Parameters
    ----------
    make : callable
        ``make(entry)`` returns what can be served.
    seconds : float
        The longest that a visitor waits for a version to be built.
    patience : threading.Semaphore
        How many visitors, of all reports together, may wait that long.
    notes : WorkerNotes
        Where other workers read which versions could not be built.
    """

    def __init__(
        self,
        make: Make,
        seconds: float,
        patience: threading.Semaphore,
        notes: WorkerNotes,
    ):
        self._make = make
        self._seconds = seconds
        self._patience = patience
        self._notes = notes
        self._lock = threading.Lock()
        self._good: Built | None = None
        self._good_number = 0
        self._newest: Attempt | None = None

    @property
    def has_good(self) -> bool:
        """Whether a version can be shown."""
        return self._good is not None

    @property
    def problem(self) -> str | None:
        """Why the newest version is not served."""
        attempt = self._newest
        if attempt is None or (attempt.done.is_set() and attempt.problem is None):
            return None
        if attempt.done.is_set():
            return attempt.problem
        return self._too_slow() if self._left(attempt) <= 0 else None

    def request(self, entry: Entry, before: Entry | None, generation: str) -> Attempt:
        """Start to build a version, unless it is built or being built.

        Parameters
        ----------
        entry : Entry
        before : Entry or None
            The version to build if this one fails and there is no good one.
        generation : str
            A new one requests a build although the file is the same.

        Returns
        -------
        Attempt
        """
        version = (entry.stamp, generation)
        with self._lock:
            attempt = self._newest
            if attempt and attempt.version == version:
                return attempt
            attempt = Attempt(version, attempt.number + 1 if attempt else 1)
            self._newest = attempt
        args = (attempt, entry, before)
        threading.Thread(target=self._work, args=args, daemon=True).start()
        return attempt

    def serve(self, attempt: Attempt) -> Any:
        """Return the newest good version; wait for the one that is being built.

        Raises
        ------
        Broken
            There is no good version, or not yet.
        """
        waited_long = self._wait(attempt)
        with self._lock:
            good = self._good
        if good is not None:
            return good.app
        if attempt.done.is_set():
            raise Broken(attempt.problem or "It could not be built.")
        if waited_long:
            raise Broken(self._too_slow())
        raise Broken(
            "The report is being built, and many visitors are waiting: reload in a few seconds."
        )

    def close(self) -> None:
        """Drop the good version."""
        with self._lock:
            _forget(self._good)

    def _wait(self, attempt: Attempt) -> bool:
        """Wait for a version within the limits; return whether its time is used up."""
        if attempt.done.is_set():
            return True
        if self._good is not None:
            attempt.done.wait(min(_SWAP_SECONDS, max(0, self._left(attempt))))
            return True
        patient = self._patience.acquire(blocking=False)
        try:
            left = max(0, self._left(attempt))
            attempt.done.wait(left if patient else min(left, _CROWD_SECONDS))
        finally:
            if patient:
                self._patience.release()
        return self._left(attempt) <= 0

    def _left(self, attempt: Attempt) -> float:
        return attempt.started + self._seconds - time.monotonic()

    def _too_slow(self) -> str:
        return (
            f"It takes more than {wording.seconds(self._seconds)} to build, so it is not shown yet. "
            "Its author should move slow work into a callback."
        )

    def _work(self, attempt: Attempt, entry: Entry, before: Entry | None) -> None:
        built, attempt.problem = self._try(entry)
        if built is None and before is not None and self._good is None:
            built, _ = self._try(before)
        with self._lock:
            # An older version that took long must not replace a newer one.
            if built and attempt.number > self._good_number:
                built, self._good = self._good, built
                self._good_number = attempt.number
        _forget(built)
        attempt.done.set()
        if not entry.problem:  # every worker finds these when it reads the file
            self._notes.note(entry.name, entry.stamp, attempt.problem)

    def _try(self, entry: Entry) -> tuple[Built | None, str | None]:
        try:
            if entry.problem:
                raise Broken(entry.problem)
            return self._make(entry), None
        except Broken as error:
            problem = str(error)
            logger.error("Report %s cannot be shown: %s", entry.name, error)
        except BaseException as error:  # sys.exit too must not end the server
            problem = failed(error)
            logger.exception("Report %s could not be built", entry.name)
        return None, problem


def failed(error: BaseException) -> str:
    """Return what visitors are told of a report whose building raised an error.

    Parameters
    ----------
    error : BaseException
    """
    return f"Building it failed with {type(error).__name__}; the log says where."


def _forget(built: Built | None) -> None:
    if built:
        built.forget()


_versions = itertools.count(1)


def execute(entry: Entry) -> ModuleType:
    """Run a report's file as a separate module: no two versions or reports share one.

    Parameters
    ----------
    entry : Entry

    Returns
    -------
    module

    Raises
    ------
    BaseException
        Whatever the file raises.
    """
    name = f"report_{entry.name}_{next(_versions)}"
    spec = importlib.util.spec_from_file_location(name, entry.path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # The source that was read: the file, or cached bytecode, may differ by now.
        code = compile(entry.source, str(entry.path), "exec")
        exec(code, module.__dict__)  # nosec B102: reports are the operator's own code
    except BaseException:
        del sys.modules[name]
        raise
    return module
