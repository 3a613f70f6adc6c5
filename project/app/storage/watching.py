"""What each scoring by a model leaves in the folder of its training: the time, and counts in fixed bins, no rows.

Each has a file of its own, so two processes that score at the same time lose nothing. Beyond `KEPT` of them, the oldest
are added up in pairs: what is long ago is known less finely in time, and no count is lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import files, records
from .files import NotFound
from .runs import RunStore

KEPT = 100
MAX_COLUMNS = 100
_NAME = "watched-{:013d}-{}.json"
_PATTERN = "watched-*-*.json"
_SUMMARY = "watching.json"
_DOOR = "watching.lock"
_STUCK_SECONDS = 60


@dataclass(frozen=True)
class Scoring:
    """One scoring, or several that were added up.

    Attributes
    ----------
    time : float
        Of the last of them, in seconds since the epoch.
    source : {"page", "api", "both"}
    model : str
    rows, refused : int
        All rows, and those that could not be scored.
    columns : mapping of str to sequence of int
        By column, the rows in each group of `BinnedColumn.groups`, and those without a value last.
    predictions : sequence of int
        The same of the predictions; empty without any.
    scorings : int
        How many were added up.
    """

    time: float
    source: str
    model: str
    rows: int
    refused: int = 0
    columns: Mapping[str, Sequence[int]] = field(default_factory=dict)
    predictions: Sequence[int] = ()
    scorings: int = 1

    def plus(self, other: Scoring) -> Scoring:
        """Return both added up; predictions of different models are not comparable, and are left out."""
        same = self.model == other.model
        pairs = {
            name: (self.columns.get(name), other.columns.get(name))
            for name in {**self.columns, **other.columns}
        }
        return Scoring(
            max(self.time, other.time),
            self.source if self.source == other.source else "both",
            self.model if same else "",
            self.rows + other.rows,
            self.refused + other.refused,
            {name: _added(*both) for name, both in pairs.items()},
            _added(self.predictions, other.predictions) if same else (),
            self.scorings + other.scorings,
        )


@dataclass(frozen=True)
class Summary:
    """What is known of all scorings by the models of one training, for who only wants to know that.

    Attributes
    ----------
    scorings, rows, refused : int
    changed : tuple of str
        The columns that have changed, surely and noticeably.
    since : float or None
        When the first of them has most likely changed, in seconds since the epoch.
    updated : float
    """

    scorings: int = 0
    rows: int = 0
    refused: int = 0
    changed: tuple[str, ...] = ()
    since: float | None = None
    updated: float = 0.0


def note(runs: RunStore, run_id: str, scoring: Scoring) -> None:
    """Remember a scoring.

    Parameters
    ----------
    runs : RunStore
    run_id : str
        Of the training.
    scoring : Scoring
        At most its first 100 columns are kept.

    Raises
    ------
    NotFound
        There is no such training, or no longer.
    """
    folder = _folder(runs, run_id)
    if len(scoring.columns) > MAX_COLUMNS:
        first = dict(list(scoring.columns.items())[:MAX_COLUMNS])
        scoring = replace(scoring, columns=first)
    _write(folder, scoring)
    with _alone(folder) as is_alone:
        if is_alone:
            _add_up_oldest(folder)


def scorings(runs: RunStore, run_id: str) -> tuple[Scoring, ...]:
    """Return what is remembered, the oldest first; a damaged file counts for nothing.

    Raises
    ------
    NotFound
        There is no such training, or no longer.
    """
    return tuple(scoring for _, scoring in _kept(_folder(runs, run_id)))


def keep_summary(runs: RunStore, run_id: str, summary: Summary) -> None:
    """Keep what is known of all scorings.

    Raises
    ------
    NotFound
        There is no such training, or no longer.
    """
    files.write_json(_folder(runs, run_id) / _SUMMARY, records.plain(summary))


def summary_in(folder: Path) -> Summary | None:
    """Return what is known of all scorings in the folder of a training; None if nothing was scored yet."""
    try:
        return records.read(Summary, files.read_json(folder / _SUMMARY))
    except (OSError, ValueError):
        return None


def mark_of(run_id: str) -> str:
    """Return what a training is called where its id, which opens it, must not stand."""
    return hashlib.sha256(run_id.encode()).hexdigest()[:10]


def _folder(runs: RunStore, run_id: str) -> Path:
    runs.content(run_id)  # raises where it is gone, or not for who asks
    return runs.root / run_id


def _write(folder: Path, scoring: Scoring) -> None:
    name = _NAME.format(int(scoring.time * 1000), secrets.token_hex(3))
    try:
        files.write_json(folder / name, records.plain(scoring))
    except FileNotFoundError:  # the run has just been deleted
        raise NotFound(files.NOT_THERE.format(kind="run")) from None


def _kept(folder: Path) -> list[tuple[Path, Scoring]]:
    found = []
    for path in sorted(folder.glob(_PATTERN)):
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            found.append((path, records.read(Scoring, _plain(path))))
    return found


def _plain(path: Path) -> Mapping[str, Any]:
    content = files.read_json(path)
    if not isinstance(content.get("columns", {}), dict):
        raise ValueError("These are no counts.")
    return content


def _add_up_oldest(folder: Path) -> None:
    kept = _kept(folder)
    if len(kept) <= KEPT:
        return
    oldest = kept[: KEPT // 2 * 2]
    for (first, one), (second, other) in zip(oldest[::2], oldest[1::2]):
        _write(folder, one.plus(other))
        first.unlink(missing_ok=True)
        second.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Tell whether nobody else adds up here; who finds somebody leaves it to them."""
    door = folder / _DOOR
    with contextlib.suppress(OSError):
        if time.time() - door.stat().st_mtime > _STUCK_SECONDS:
            door.unlink()
    try:
        os.close(os.open(door, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        door.unlink(missing_ok=True)


def _added(
    first: Sequence[int] | None, second: Sequence[int] | None
) -> tuple[int, ...]:
    if not first or not second or len(first) != len(second):
        return tuple(first or second or ())
    return tuple(a + b for a, b in zip(first, second))
