"""The reports in one folder: found by reading them, built on the first visit, rebuilt when their file changes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from app.storage.files import NotFound

from .metadata import Entry, assets_written, read_entry
from .versions import Broken, Make, Versions, in_this_process
from .worker_notes import WorkerNotes

__all__ = ["Broken", "Entry", "Registry", "read_entry"]

SCAN_SECONDS = 1.0
# A file that was written this recently may still be incomplete.
_SETTLE_SECONDS = 0.5
# At most this many visitors wait until a report is built; others wait a few seconds only, so that threads are left
# for other reports.
_PATIENT_VISITORS = 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Seen:
    """What one scan found about a file.

    Attributes
    ----------
    entry : Entry
    before : Entry or None
        The last earlier version without a problem.
    status : tuple
        The file's status in the file system.
    settled : bool
        Whether the file is old enough to be complete.
    """

    entry: Entry
    before: Entry | None
    status: tuple
    settled: bool


class Registry:
    """The reports in one folder, as seen by one process.

    Parameters
    ----------
    folder : pathlib.Path
        Every file ``x.py`` in it whose name does not begin with an underscore is a report.
    build : callable
        ``build(entry, module)`` returns the WSGI application of a report from its executed module.
    build_seconds : float
        The longest that a visitor waits for a report to be built.
    shared : pathlib.Path, optional
        A folder through which the processes that serve the same reports exchange notes.
    make : callable, optional
        ``make(entry)`` returns a `versions.Built`; by default the report's file is run in this process.
    """

    def __init__(
        self,
        folder: Path,
        build: Callable[[Entry, ModuleType], Any],
        build_seconds: float = 10.0,
        shared: Path | None = None,
        make: Make | None = None,
    ):
        self._folder = folder
        self._make = make or in_this_process(build)
        self._build_seconds = build_seconds
        self._notes = WorkerNotes(shared)
        self._generation = self._notes.generation()
        self._scanning = threading.Lock()
        self._scanned = float("-inf")
        self._seen: dict[str, _Seen] = {}
        self._versions_lock = threading.Lock()
        self._versions: dict[str, Versions] = {}
        self._patience = threading.Semaphore(_PATIENT_VISITORS)

    def entries(self) -> list[Entry]:
        """Return the entries of all reports, sorted by title; one that could not be built has a problem."""
        shown = [self._with_problem(seen) for seen in self._scan().values()]
        return sorted(shown, key=lambda entry: (entry.title.casefold(), entry.name))

    def entry(self, name: str) -> Entry:
        """Return the entry of one report.

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
            No version of it could be built.
        """
        seen = self._find(name)
        with self._versions_lock:
            versions = self._versions.get(name)
            if versions is None:
                versions = self._versions[name] = Versions(
                    self._make, self._build_seconds, self._patience, self._notes
                )
        attempt = versions.request(seen.entry, seen.before, self._generation)
        return versions.serve(attempt)

    def reload(self) -> int:
        """Rebuild every report that was visited, in all processes, whether or not its file has changed.

        Returns
        -------
        int
            The number of reports.
        """
        self._notes.reload()
        self._scanned = float("-inf")
        return len(self._scan(wait=True))

    def watch(self) -> None:
        """Scan the folder regularly, in a thread that ends with the process.

        So a worker without requests still remembers the last good version of a file, and visited reports are
        rebuilt before the next visitor comes.
        """

        def work():
            pause = threading.Event()
            while not pause.wait(SCAN_SECONDS):
                try:
                    self._scan()
                except Exception:  # whatever it is: the next scan may succeed
                    logger.exception("The folder of reports could not be read")

        threading.Thread(target=work, name="reports", daemon=True).start()

    def _find(self, name: str) -> _Seen:
        seen = self._scan().get(name)
        if seen is None:
            raise NotFound(
                "There is no such report. All reports are listed at /reports/."
            )
        return seen

    def _scan(self, wait: bool = False) -> dict[str, _Seen]:
        """Return what the folder holds; one thread scans it, and the others take its last result."""
        if time.monotonic() - self._scanned < SCAN_SECONDS:
            return self._seen
        never = self._scanned == float("-inf")
        if self._scanning.acquire(blocking=wait or never):
            try:
                if time.monotonic() - self._scanned >= SCAN_SECONDS:
                    self._seen = self._read_folder()
                    self._refresh_versions()
                    self._scanned = time.monotonic()
            finally:
                self._scanning.release()
        return self._seen

    def _read_folder(self) -> dict[str, _Seen]:
        found = {}
        for path in sorted(self._folder.glob("*.py")):
            if path.name.startswith("_"):
                continue
            try:
                seen = self._read_file(path, self._seen.get(path.stem))
            except OSError:  # deleted in the meantime, or not a file
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

    def _refresh_versions(self) -> None:
        self._generation = self._notes.generation()
        with self._versions_lock:
            gone = [name for name in self._versions if name not in self._seen]
            for name in gone:
                self._versions.pop(name).close()
            versions = dict(self._versions)
        for name, versions in versions.items():
            seen = self._seen[name]
            versions.request(seen.entry, seen.before, self._generation)

    def _with_problem(self, seen: _Seen) -> Entry:
        entry = seen.entry
        versions = self._versions.get(entry.name)
        if versions:
            problem, kept = versions.problem, versions.has_good
        else:
            problem = self._notes.problem(entry.name, entry.stamp)
            kept = seen.before is not None
        problem = entry.problem or problem
        return replace(entry, problem=problem, kept=bool(problem) and kept)
