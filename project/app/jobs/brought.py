"""Looks at the folders of MODELS_DIR, and starts a run for each model that is new or has changed."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

from app.storage import RunStore, brought, files, shares
from app.storage.brought import Card, Entry

from .bring import settings_of
from .launcher import Jobs
from .queue import exclusive

# So that a folder is seen within a minute, also by the second of two looks.
LOOK_SECONDS = 20
# While a file is still being copied, nobody reads it.
_QUIET_SECONDS = 2
# A run that is in use does not expire.
_TOUCH_SECONDS = 3600
_NAME = "brought"
_OF_RUN: tuple[shares.Scope, ...] = ("rows", "scoring")
_OF_SAMPLE: tuple[shares.Scope, ...] = ("rows",)

logger = logging.getLogger(__name__)


class Brought:
    """The models of one folder.

    Parameters
    ----------
    jobs : Jobs
    root : pathlib.Path
        MODELS_DIR.
    """

    def __init__(self, jobs: Jobs, root: Path):
        self._jobs, self._root = jobs, root
        self._runs = RunStore(jobs.data_dir / "runs")

    def watch(self) -> None:
        """Look again and again from now on, in the background."""
        threading.Thread(target=self._watch, name="models", daemon=True).start()

    def look(self, now: float | None = None) -> tuple[Entry, ...]:
        """Look once, and return what the folders have become.

        Parameters
        ----------
        now : float, optional
            Seconds since the epoch; default: the clock's.
        """
        now = time.time() if now is None else now
        with exclusive(self._jobs.data_dir, _NAME):
            known = {one.folder: one for one in brought.index(self._jobs.data_dir)}
            found = (
                tuple(
                    self._entry(folder, known.get(folder.name), now)
                    for folder in self._folders()
                )
                or self._nothing()
            )
            if found != tuple(known.values()):
                brought.write_index(self._jobs.data_dir, found)
        return found

    def _folders(self) -> list[Path]:
        try:
            return brought.folders(self._root)
        except OSError:
            return []

    def _nothing(self) -> tuple[Entry, ...]:
        """Return what is said where there is no folder to look into."""
        if self._root.is_dir():
            return ()
        problem = "MODELS_DIR is not a folder that the server can read."
        return (Entry("", "Models of this server", problem=problem),)

    def _watch(self) -> None:
        while True:
            try:
                self.look()
            except Exception:  # whatever it is: the server works without it
                logger.exception("MODELS_DIR could not be looked at")
            time.sleep(LOOK_SECONDS)

    def _entry(self, folder: Path, known: Entry | None, now: float) -> Entry:
        seen = brought.fingerprint(folder)
        if known and known.fingerprint == seen and self._is_kept(known):
            self._keep_longer(known, now)
            self._share(known)
            return known
        if known and now - files.last_written(folder) < _QUIET_SECONDS:
            return known
        try:
            card = brought.read_card(folder)
            brought.sample_of(folder)
        except ValueError as error:
            logger.warning("The model in %s cannot be used: %s", folder.name, error)
            return Entry(folder.name, folder.name, fingerprint=seen, problem=str(error))
        entry = Entry(folder.name, card.title, card.description, card.licence, seen)
        return self._start(entry, folder, card)

    def _start(self, entry: Entry, folder: Path, card: Card) -> Entry:
        run, dataset = bring_folder(self._jobs, folder, card)
        logger.info(
            "A model was brought: %s", folder.name, extra={"fields": {"run": run}}
        )
        entry = replace(entry, run=run, dataset=dataset)
        self._share(entry)
        return entry

    def _is_kept(self, entry: Entry) -> bool:
        """Tell whether there is nothing to do: a run that nobody deleted, or a problem that is still there."""
        return not entry.run or (self._runs.root / entry.run / "run.json").is_file()

    def _keep_longer(self, entry: Entry, now: float) -> None:
        datasets = self._jobs.data_dir / "datasets"
        for path in (
            self._runs.root / entry.run / "run.json",
            datasets / entry.dataset / "dataset.json",
        ):
            with contextlib.suppress(OSError):
                if entry.run and now - path.stat().st_mtime > _TOUCH_SECONDS:
                    os.utime(path)

    def _share(self, entry: Entry) -> None:
        """Let everybody who may use the server open the run, and the sample once it is there."""
        for root, item, scopes in (
            (self._runs.root, entry.run, _OF_RUN),
            (self._jobs.data_dir / "datasets", entry.dataset, _OF_SAMPLE),
        ):
            if item and (root / item).is_dir() and not shares.of(root, item):
                for scope in scopes:
                    share = shares.Share(
                        files.new_id(), shares.EVERYBODY, scope, time.time()
                    )
                    shares.add(root, item, share)


def bring_folder(jobs: Jobs, folder: Path, card: Card) -> tuple[str, str]:
    """Start the run of a folder's model, and return its id and that of its sample.

    Parameters
    ----------
    jobs : Jobs
    folder : pathlib.Path
    card : Card
    """
    dataset = files.new_id()
    run = jobs.start(
        "bring",
        settings=settings_of(card, {}),
        parameters={"folder": str(folder.resolve()), "name": folder.name},
        dataset={"id": dataset, "name": card.title},
    )
    return run, dataset
