"""Sharing a table or a run: with whoever has a link, with everybody who is logged in, or with one person."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

from app.storage import NotFound, files, shares
from app.storage.datasets import SAMPLE_PREFIX
from app.storage.shares import SCOPES, Share

from . import audit
from .actors import WhoAsks
from .links import Links, LinkTarget
from .permissions import Kind, Permissions, StoredItem

DAY_SECONDS = 86_400
MAX_SHARES = 100
_TOO_MANY = (
    "This is shared {n} times, which is as many as there can be. Take one back first."
)
_NOT_YOURS = "Only who made this can share it."


class People(Protocol):
    """The accounts by their names."""

    def owner(self, name: str) -> str:
        """Return the owner's name of an account; ValueError says that there is none."""

    def name(self, owner: str) -> str:
        """Return what the owner of something is called."""


class Nobody:
    """The people of a server without a login."""

    def owner(self, name: str) -> str:
        """Refuse: there are none."""
        raise ValueError("Nobody has an account on this server.")

    def name(self, owner: str) -> str:
        """Return a word for whoever it was."""
        return "somebody"


class Sharing:
    """The shares of the items below one data directory.

    Parameters
    ----------
    data_dir : pathlib.Path
    permissions : Permissions
    actor : callable
        Returns who asks.
    links : Links
    """

    def __init__(
        self, data_dir: Path, permissions: Permissions, actor: WhoAsks, links: Links
    ):
        self._data_dir = data_dir
        self._permissions = permissions
        self._actor = actor
        self._links = links

    def is_allowed(self, kind: Kind, item: str) -> bool:
        """Tell whether the one who asks may share an item."""
        return self._permissions.may("share", kind, item)

    def check(self, kind: Kind, item: str) -> None:
        """Raise ValueError, with a sentence, if the one who asks may not share an item."""
        if not self.is_allowed(kind, item):
            raise ValueError(_NOT_YOURS)

    def create(
        self, kind: Kind, item: str, to: str, scope: str, days: int | None = None
    ) -> Share:
        """Share an item, and for the rows of a run its table too.

        Parameters
        ----------
        kind : {"table", "run"}
        item : str
        to : str
            'link', 'everybody', or the owner's name of an account.
        scope : {"results", "rows", "scoring"}
            Of a table, always 'rows'.
        days : int, optional
            After how many days it expires; by default it does not.

        Returns
        -------
        Share

        Raises
        ------
        ValueError
            It cannot be shared so; the sentence says why.
        """
        self.check(kind, item)
        if scope not in SCOPES or (kind == "table" and scope != "rows"):
            raise ValueError("Choose what can be seen.")
        if not all(self._permissions.may(each, kind, item) for each in SCOPES[scope]):
            raise ValueError("You may not see that much of it yourself.")
        if len(self.of(kind, item)) >= MAX_SHARES:
            raise ValueError(_TOO_MANY.format(n=MAX_SHARES))
        now = time.time()
        expires = None if days is None else now + days * DAY_SECONDS
        by = self._actor().owner
        share = Share(files.new_id(), to, scope, now, expires, by)
        for each in self._together(kind, item, scope):
            if not self.is_allowed(each.kind, each.id):
                raise ValueError(
                    "The table of this run is not yours, so its rows cannot be shared. Share the results only."
                )
            shares.add(each.root, each.id, share)
        audit.record(
            self._actor(), "share", kind, item, to=to, scope=scope, days=days or 0
        )
        return share

    def of(self, kind: Kind, item: str) -> tuple[Share, ...]:
        """Return the shares of an item by the one who asks that have not expired."""
        if not self.is_allowed(kind, item):
            return ()
        every = StoredItem(self._data_dir, kind, item).shares
        # What others made of the same file is the same item, but their shares are theirs.
        return tuple(share for share in every if share.by == self._actor().owner)

    def revoke(self, kind: Kind, item: str, share_id: str) -> None:
        """End a share at once; one that does not exist is no error."""
        if any(share.id == share_id for share in self.of(kind, item)):
            for each in self._together(kind, item, "rows"):
                shares.revoke(each.root, each.id, share_id)
            audit.record(self._actor(), "take back", kind, item, share=share_id)

    def path(self, kind: Kind, item: str, share: Share) -> str:
        """Return the path of the link that opens a share."""
        return f"/s/{self._links.token(LinkTarget(kind, item, share.id))}"

    def _together(self, kind: Kind, item: str, scope: str) -> list[StoredItem]:
        """Return the items that a share of this scope opens, the one that is shared last."""
        stored = StoredItem(self._data_dir, kind, item)
        if kind == "table" or scope != "rows":
            return [stored]
        table = self._table_of(stored)
        return [
            *([StoredItem(self._data_dir, "table", table)] if table else []),
            stored,
        ]

    def _table_of(self, run: StoredItem) -> str:
        """Return the table of a run, if it is still there and not everybody's."""
        try:
            record = files.file_of(run.root, run.id, "run", "run.json")
            table = files.read_json(record).get("dataset", {}).get("id", "")
            if table.startswith(SAMPLE_PREFIX):
                return ""
            datasets = self._data_dir / "datasets"
            files.file_of(datasets, table, "table", "dataset.json")
        except (NotFound, OSError, ValueError, AttributeError):
            return ""
        return table
