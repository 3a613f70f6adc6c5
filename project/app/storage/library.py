"""The reports of one folder: found by reading them, built on the first visit, replaced when their file changes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from .board import Board
from .files import NotFound
from .report_file import Entry, assets_written, read_entry
from .shelf import Broken, Shelf

__all__ = ["Broken", "Entry", "Library", "read_entry"]

LOOK_SECONDS = 1.0
# A file that was written this recently may be half of what it is going to be.
_SETTLE_SECONDS = 0.5
# So many visitors wait until a report is built; others give up sooner, or nobody would answer for other reports.
_PATIENT_VISITORS = 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Seen:
    """What a look at one file found.

    Attributes
    ----------
    entry : Entry
    before : Entry or None
        The last earlier version that had no problem.
    status : tuple
        What the file system said of the file.
    settled : bool
        Whether that was old enough to be believed.
    """

    entry: Entry
    before: Entry | None
    status: tuple
    settled: bool


class Library:
    """The reports of one folder, as one process knows them.

    Parameters
    ----------
    folder : pathlib.Path
        Every file ``x.py`` in it whose name does not begin with an underscore is a report.
    build : callable
        ``build(entry, module)`` returns the WSGI application of a report from its executed module.
    build_seconds : float
        Longer than this nobody waits for a report to be built.
    shared : pathlib.Path, optional
        A folder by which the processes that serve the same reports tell each other what they know.
    """

    def __init__(
        self,
        folder: Path,
        build: Callable[[Entry, ModuleType], Any],
        build_seconds: float = 10.0,
        shared: Path | None = None,
    ):
        self._folder = folder
        self._build = build
        self._build_seconds = build_seconds
        self._board = Board(shared)
        self._generation = self._board.generation()
        self._looking = threading.Lock()
        self._looked = float("-inf")
        self._seen: dict[str, _Seen] = {}
        self._shelving = threading.Lock()
        self._shelves: dict[str, Shelf] = {}
        self._patience = threading.Semaphore(_PATIENT_VISITORS)

    def entries(self) -> list[Entry]:
        """Return what is known of every report, by title; a report that failed when it was built says so."""
        shown = [self._with_problem(seen) for seen in self._look().values()]
        return sorted(shown, key=lambda entry: (entry.title.casefold(), entry.name))

    def entry(self, name: str) -> Entry:
        """Return what is known of one report.

        Raises
        ------
        NotFound
            There is no such report.
        """
        return self._with_problem(self._find(name))

    def get(self, name: str) -> Any:
        """Return the WSGI application of a report, in the newest version that could be built.

        Raises
        ------
        NotFound
            There is no such report.
        Broken
            It could not be built, and never could.
        """
        seen = self._find(name)
        with self._shelving:
            shelf = self._shelves.get(name)
            if shelf is None:
                shelf = self._shelves[name] = Shelf(
                    self._build, self._build_seconds, self._patience, self._board
                )
        attempt = shelf.want(seen.entry, seen.before, self._generation)
        return shelf.take(attempt)

    def reload(self) -> int:
        """Build every report that was visited anew, in all processes, whether or not its file has changed.

        Returns
        -------
        int
            How many reports there are.
        """
        self._board.reload()
        self._looked = float("-inf")
        return len(self._look(wait=True))

    def watch(self) -> None:
        """Look at the folder again and again, in a thread that ends with the process.

        So a worker that nobody asks for a while knows what was good before a file broke, and what was visited is
        built anew before its next visitor comes.
        """

        def work():
            pause = threading.Event()
            while not pause.wait(LOOK_SECONDS):
                try:
                    self._look()
                except Exception:  # whatever it is: the next look may succeed
                    logger.exception("The folder of reports could not be read")

        threading.Thread(target=work, name="reports", daemon=True).start()

    def _find(self, name: str) -> _Seen:
        seen = self._look().get(name)
        if seen is None:
            raise NotFound(
                "There is no such report. The list of all reports is at /reports/."
            )
        return seen

    def _look(self, wait: bool = False) -> dict[str, _Seen]:
        """Return what the folder holds; one thread looks, and the others take what it saw before."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return self._seen
        never = self._looked == float("-inf")
        if self._looking.acquire(blocking=wait or never):
            try:
                if time.monotonic() - self._looked >= LOOK_SECONDS:
                    self._seen = self._read_folder()
                    self._refresh_shelves()
                    self._looked = time.monotonic()
            finally:
                self._looking.release()
        return self._seen

    def _read_folder(self) -> dict[str, _Seen]:
        found = {}
        for path in sorted(self._folder.glob("*.py")):
            if path.name.startswith("_"):
                continue
            try:
                seen = self._read_file(path, self._seen.get(path.stem))
            except OSError:  # deleted at this moment, or no file
                continue
            if seen:
                found[path.stem] = seen
        return found

    def _read_file(self, path: Path, known: _Seen | None) -> _Seen | None:
        status = path.stat()
        said = (
            *(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino),
            assets_written(path),
        )
        if known and known.status == said and known.settled:
            return known
        entry = read_entry(path)
        settled = not 0 <= time.time() - status.st_mtime < _SETTLE_SECONDS
        if entry.problem and not settled:
            return known
        before = known.before if known else None
        if known and known.entry.stamp != entry.stamp and not known.entry.problem:
            before = known.entry
        return _Seen(entry, before, said, settled)

    def _refresh_shelves(self) -> None:
        self._generation = self._board.generation()
        with self._shelving:
            gone = [name for name in self._shelves if name not in self._seen]
            for name in gone:
                self._shelves.pop(name).close()
            shelves = dict(self._shelves)
        for name, shelf in shelves.items():
            seen = self._seen[name]
            shelf.want(seen.entry, seen.before, self._generation)

    def _with_problem(self, seen: _Seen) -> Entry:
        entry = seen.entry
        shelf = self._shelves.get(entry.name)
        if shelf:
            problem, kept = shelf.problem, shelf.has_good
        else:
            problem = self._board.problem(entry.name, entry.stamp)
            kept = seen.before is not None
        problem = entry.problem or problem
        return replace(entry, problem=problem, kept=bool(problem) and kept)
