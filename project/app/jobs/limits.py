"""What one visitor may take of the queue, the uploads and the disk; each refusal says when to come back."""

from __future__ import annotations

import time
from pathlib import Path

from app import wording
from app.accounts import Actor
from app.accounts.limits import TooMany, is_limited
from app.settings import Settings
from app.storage.budget import COPIES, MB, Budget

# An upload that nobody goes on with holds up no other.
_UPLOAD_SECONDS = 600
_RUN_SECONDS = 60
_HOUR = 3600


class Limits:
    """The limits of one server; whoever asks from its own machine has none, but for the disk.

    Parameters
    ----------
    settings : Settings
    budget : Budget
        The disk, of which all have a share.
    """

    def __init__(self, settings: Settings, budget: Budget):
        self._settings = settings
        self.budget = budget

    def check_run(self, actor: Actor, n_runs: int) -> None:
        """Let a visitor start another run who has so many that wait or work.

        Raises
        ------
        TooMany
            The visitor has enough of them, or keeps too much.
        """
        if not is_limited(actor):
            return
        most = self._settings.visitor_runs
        if n_runs >= most:
            raise TooMany(
                f"You have {wording.plural(n_runs, 'run')} waiting or training, and one visitor may have {most}. "
                "Come back when one of them has ended, or cancel one.",
                _RUN_SECONDS,
            )
        self._check_kept(actor, 0)

    def check_upload(self, actor: Actor, size: int) -> None:
        """Let a visitor begin to upload a file of so many bytes.

        Raises
        ------
        TooMany
            The visitor uploads too many at once, or keeps too much.
        NoRoom
            The disk is full.
        """
        if is_limited(actor):
            most = self._settings.visitor_uploads
            since = time.time() - _UPLOAD_SECONDS
            if self.budget.uploads_of(actor.key, since) >= most:
                raise TooMany(
                    f"You are uploading {wording.plural(most, 'file')}, as many as one visitor may at once. "
                    "Come back when one of them has arrived.",
                    30,
                )
            self._check_kept(actor, size)
        self.budget.require(COPIES * size)

    def check_copy(self, actor: Actor, folder: Path) -> None:
        """Let a visitor keep another table of about the size of the one in a folder.

        Raises
        ------
        TooMany
            The visitor keeps too much.
        NoRoom
            The disk is full.
        """
        size = sum(p.stat().st_size for p in folder.glob("*.parquet"))
        if is_limited(actor):
            self._check_kept(actor, size)
        self.budget.require(size)

    def charge(self, root: str, item: str, actor: Actor) -> None:
        """Note that an actor has brought an item, if limits are for this actor.

        Parameters
        ----------
        root : {"datasets", "runs", "uploads"}
        item : str
        actor : Actor
        """
        if is_limited(actor):
            self.budget.charge(root, item, actor.key)

    def _check_kept(self, actor: Actor, n_bytes: int) -> None:
        most = self.budget.most_of_one(self._settings.visitor_mb)
        kept = self.budget.used_by(actor.key)
        if kept + n_bytes > most:
            raise TooMany(
                f"Your tables and runs take {wording.number(kept / MB)} MB, "
                f"and one visitor may keep {wording.number(most / MB)} MB. "
                "Delete what you no longer need in the Library and come back in an hour, when its room is free again.",
                _HOUR,
            )
