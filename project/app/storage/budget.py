"""How much of the disk the tables, runs and uploads take, who has brought them, and how there is room for more."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from . import belongings, files
from .datasets import SAMPLE_PREFIX

MB = 1024**2
UPLOAD_DAYS = 1
_ROOTS = ("datasets", "runs", "uploads")
# Of what others leave free on the disk, unless DISK_MB says how much.
_SHARE = 0.9
# One visitor alone must not fill it.
_VISITOR_SHARE = 0.5
# A file is here twice while it is read: its parts, and the table.
COPIES = 2
# What a run may take, about.
RUN_BYTES = 10 * MB
_CHARGED = "charged"
# An item in which nothing was written for so long is not weighed again.
_SETTLED_SECONDS = 120
_FRESH_SECONDS = 5

logger = logging.getLogger(__name__)


class NoRoom(Exception):
    """The disk has no room for what somebody wants to keep; its text is a sentence for the user."""


@dataclass(frozen=True)
class Kept:
    """How many tables and runs somebody keeps, and the bytes of both."""

    tables: int = 0
    runs: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class _Item:
    """A table, run or upload: the bytes of its files, those that are announced for it, and who has brought it."""

    bytes: int
    announced: int
    who: str
    written: float


class Budget:
    """The disk of one data directory.

    The folders are weighed in turn, each until nothing is written into it any more, so a question costs three listings
    and a look at what is new.

    Parameters
    ----------
    data_dir : pathlib.Path
    max_mb : int
        How much all may take, in MB; 0: nine tenths of what others leave free.
    days : int
        How long tables and runs are kept.
    """

    def __init__(self, data_dir: Path, max_mb: int = 0, days: int = 30):
        self._data_dir = data_dir
        self._max_mb = max_mb
        self._days = days
        self._items: dict[tuple[str, str], _Item] = {}
        self._looked = float("-inf")
        self._lock = threading.Lock()

    def charge(self, root: str, item: str, key: str) -> None:
        """Note who has brought an item; only a digest of the key is kept.

        Parameters
        ----------
        root : {"datasets", "runs", "uploads"}
        item : str
        key : str
            ``Actor.key``.
        """
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            path = self._data_dir / root / item / _CHARGED
            if not path.exists():
                files.write_bytes(path, _digest(key).encode())

    def used(self) -> int:
        """Return the bytes that all take, with what is announced."""
        return sum(max(i.bytes, i.announced) for i in self._look().values())

    def used_by(self, key: str) -> int:
        """Return the bytes that one visitor has brought, with what is announced."""
        who = _digest(key)
        items = self._look().values()
        return sum(max(i.bytes, i.announced) for i in items if i.who == who)

    def kept(self) -> dict[str, Kept]:
        """Return what each owner keeps; what belongs to several counts for each, and samples for nobody, as ''."""
        found: dict[str, Kept] = {}
        for (root, name), item in self._look().items():
            folder = self._data_dir / root
            for owner in belongings.owners(folder, name) or [""]:
                kept = found.get(owner, Kept())
                found[owner] = Kept(
                    kept.tables + (root == "datasets"),
                    kept.runs + (root == "runs"),
                    kept.bytes + item.bytes,
                )
        return found

    def uploads_of(self, key: str, since: float) -> int:
        """Return how many uploads of a visitor are under way: those into which something was written since a time."""
        who = _digest(key)
        return sum(
            root == "uploads" and item.who == who and item.written >= since
            for (root, _), item in self._look(fresh=True).items()
        )

    def most_of_one(self, max_mb: int) -> int:
        """Return the most bytes that one visitor may keep, of at most `max_mb` MB."""
        whole = self._whole()
        share = float("inf") if whole is None else _VISITOR_SHARE * whole
        return int(min(max_mb * MB, share))

    def require(self, n_bytes: int = 0) -> None:
        """See to it that there is room for so many bytes more.

        What has expired goes first, then the samples, the oldest first: opened again, they are made again, so it does
        not matter whether somebody has pinned them in a browser.

        Raises
        ------
        NoRoom
            There is none.
        """
        self._forget()
        if self._lacks(n_bytes) <= 0:
            return
        self.sweep()
        lacks = self._lacks(n_bytes)
        samples = self._samples()
        if lacks > sum(item.bytes for _, item in samples):
            raise NoRoom(
                "The disk of this server has no room for more. Delete tables and runs that you no longer need in the "
                "Library, or try again tomorrow: what nobody opens is deleted in time."
            )
        for name, item in samples:
            if lacks > 0:
                shutil.rmtree(self._data_dir / "datasets" / name, ignore_errors=True)
                logger.info("Deleted a sample to make room: %s", name)
                lacks -= item.bytes
        self._forget()

    def sweep(self) -> None:
        """Delete what is older than the retention time or was deleted by its owner, and abandoned uploads."""
        before, deleted = self.used(), Counter()
        for root in _ROOTS:
            folder = self._data_dir / root
            days = UPLOAD_DAYS if root == "uploads" else self._days
            deleted[root] += files.delete_older_than(folder, days)
            deleted[root] += belongings.sweep(folder)
        self._forget()
        for root in +deleted:
            logger.info("Deleted %d expired folders of %s", deleted[root], root)
        used = self.used()
        swept = {
            **deleted,
            "freed_mb": round((before - used) / MB, 1),
            "used_mb": round(used / MB, 1),
        }
        logger.info("The disk was swept", extra={"fields": swept})

    def _lacks(self, n_bytes: int) -> float:
        """Return how many of so many bytes more have no room; 0 or less if all have."""
        whole = self._whole()
        return 0 if whole is None else self.used() + n_bytes - whole

    def _whole(self) -> float | None:
        """Return how many bytes all may take; None if nobody knows, as of a bucket."""
        if self._max_mb:
            return self._max_mb * MB
        try:
            disk = shutil.disk_usage(self._data_dir)
        except OSError:  # removed; it is made again by the next write
            return None
        ours = sum(item.bytes for item in self._look().values())
        return _SHARE * (disk.free + ours) if disk.total else None

    def _samples(self) -> list[tuple[str, _Item]]:
        """Return the samples that are kept, the oldest first."""
        samples = [
            (name, item)
            for (root, name), item in self._look().items()
            if root == "datasets" and name.startswith(SAMPLE_PREFIX)
        ]
        return sorted(samples, key=lambda sample: sample[1].written)

    def _forget(self) -> None:
        self._looked = float("-inf")

    def _look(self, fresh: bool = False) -> dict[tuple[str, str], _Item]:
        with self._lock:
            if fresh or time.monotonic() - self._looked > _FRESH_SECONDS:
                self._items = self._weighed(time.time() - _SETTLED_SECONDS)
                self._looked = time.monotonic()
            return self._items

    def _weighed(self, settled: float) -> dict[tuple[str, str], _Item]:
        found = {}
        for root in _ROOTS:
            for name in _names(self._data_dir / root):
                known = self._items.get((root, name))
                if known is None or known.written > settled:
                    known = _weigh(self._data_dir / root / name)
                if known is not None:
                    found[root, name] = known
        return found


def _weigh(folder: Path) -> _Item | None:
    total, written = 0, 0.0
    try:
        for path in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # a temporary name
                status = path.stat()
                total += status.st_size
                written = max(written, status.st_mtime)
        who = folder / _CHARGED
        key = who.read_text(encoding="ascii") if who.exists() else ""
        return _Item(total, _announced(folder), key, written or time.time())
    except (OSError, ValueError):  # deleted right now
        return None


def _announced(folder: Path) -> int:
    try:
        return int(files.read_json(folder / "upload.json")["size"])
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _digest(key: str) -> str:
    """Return a name of a visitor from which an address cannot be read."""
    return hashlib.sha256(f"charged {key}".encode()).hexdigest()[:32]
