"""Which model serves under a name: changed only by a promotion, which can be taken back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from . import files, records

# Like a word, and unlike the id of a run, so that either may stand in the place of the other.
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_RUN_ID = re.compile(r"[0-9a-f]{20}")
_MAX_NAME = 60
_FOLDER = "served"
_NOTHING = "No model serves as '{name}'. Promote one: python -m app runs promote RUN --name {name}"


@dataclass(frozen=True)
class Promotion:
    """That a model serves, or served.

    Attributes
    ----------
    run, model : str
        `model` is a key of the run's leaderboard.
    at : float
        Seconds since the epoch.
    by : str
        Who promoted it.
    """

    run: str
    model: str
    at: float = 0.0
    by: str = ""


@dataclass(frozen=True)
class Change:
    """A line of the history: what was done, by whom, and which model served from then on; none is empty."""

    action: str
    run: str
    model: str
    at: float
    by: str = ""


@dataclass(frozen=True)
class Served:
    """A name that programs ask, and the model that answers.

    Attributes
    ----------
    name : str
    promotions : tuple of Promotion
        The last one serves; taking it back lets the one before serve again.
    history : tuple of Change
        All that was ever done, the oldest first.
    """

    name: str
    promotions: tuple[Promotion, ...] = ()
    history: tuple[Change, ...] = ()

    @property
    def now(self) -> Promotion | None:
        """The promotion that serves; None if all were taken back."""
        return self.promotions[-1] if self.promotions else None


class ServedModels:
    """The names of one data directory.

    Parameters
    ----------
    data_dir : pathlib.Path
    """

    def __init__(self, data_dir: Path):
        self._data_dir = data_dir

    def promote(self, name: str, run: str, model: str, by: str = "") -> Served:
        """Let a model serve under a name from now on.

        Raises
        ------
        ValueError
            The name cannot be used, or this very model serves already.
        """
        check_name(name)
        with self._changing():
            known = self._read(name) or Served(name)
            new = Promotion(run, model, time.time(), by)
            if known.now and (known.now.run, known.now.model) == (run, model):
                raise ValueError(f"This model serves as '{name}' already.")
            return self._write(
                replace(known, promotions=(*known.promotions, new)), "promote", by
            )

    def demote(self, name: str, by: str = "") -> Served:
        """Take the last promotion back: the model before serves again, if it is still there.

        Raises
        ------
        NotFound
            No model serves under this name.
        """
        with self._changing():
            known = self._read(name)
            if known is None or not known.promotions:
                raise files.NotFound(_NOTHING.format(name=name))
            left = known.promotions[:-1]
            while left and not self._is_there(left[-1]):
                left = left[:-1]
            return self._write(replace(known, promotions=left), "demote", by)

    def get(self, name: str) -> Served:
        """Return what is known of a name.

        Raises
        ------
        NotFound
            No model ever served under it.
        """
        known = self._read(name)
        if known is None:
            raise files.NotFound(_NOTHING.format(name=_short(name)))
        return known

    def run_of(self, name: str) -> Promotion:
        """Return the run and the model that serve under a name.

        Raises
        ------
        NotFound
            None does, or its run was deleted.
        """
        now = self.get(name).now
        if now is None or not self._is_there(now):
            raise files.NotFound(_NOTHING.format(name=_short(name)))
        return now

    def all(self) -> tuple[Served, ...]:
        """Return all names, sorted; those under which nothing serves any more are among them."""
        folder = self._data_dir / _FOLDER
        names = sorted(path.stem for path in folder.glob("*.json"))
        return tuple(known for name in names if (known := self._read(name)))

    def names_of(self, run: str) -> dict[str, str]:
        """Return the names under which models of a run serve, each with the key of the model."""
        return {
            known.name: known.now.model
            for known in self.all()
            if known.now and known.now.run == run
        }

    def keep(self, now: float | None = None) -> None:
        """Let no run expire that serves, or would serve again if the last promotion were taken back."""
        for known in self.all():
            for promotion in known.promotions[-2:]:
                with contextlib.suppress(OSError):
                    os.utime(self._record(promotion.run))

    def _is_there(self, promotion: Promotion) -> bool:
        return self._record(promotion.run).is_file()

    def _record(self, run: str) -> Path:
        return self._data_dir / "runs" / run / "run.json"

    def _read(self, name: str) -> Served | None:
        if not is_name(name):
            return None
        try:
            return records.read(Served, files.read_json(self._file(name)))
        except (OSError, ValueError):
            return None

    def _write(self, known: Served, action: str, by: str) -> Served:
        now = known.now or Promotion("", "")
        done = Change(action, now.run, now.model, time.time(), by)
        known = replace(known, history=(*known.history, done))
        files.write_json(self._file(known.name), records.plain(known))
        return known

    def _file(self, name: str) -> Path:
        return self._data_dir / _FOLDER / f"{name}.json"

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Let one process at a time change a name; on a mounted bucket, which knows no locks, the last one wins."""
        folder = self._data_dir / _FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "lock", "w") as file:
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def is_name(name: str) -> bool:
    """Tell whether a model can serve under a name, which may come from a stranger."""
    if not isinstance(name, str) or len(name) > _MAX_NAME:
        return False
    return bool(_NAME.fullmatch(name)) and not _RUN_ID.fullmatch(name)


def check_name(name: str) -> None:
    """Refuse what cannot be a name, with a sentence.

    Raises
    ------
    ValueError
        It cannot.
    """
    if not is_name(name):
        raise ValueError(
            f"A model cannot serve as {_short(name)!r}: use small letters, digits and single hyphens, such as 'churn'."
        )


def address(name: str) -> str:
    """Return the page on which new rows are scored by whichever model serves under a name."""
    return f"/served/{quote(name)}"


def _short(name: object) -> str:
    return str(name)[:_MAX_NAME]
