"""Who may do what with which item: asked in one place, and what is not allowed by name is refused."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Literal, Protocol

from app.storage import NotFound, belongings, files, shares
from app.storage.datasets import SAMPLE_PREFIX

from .actors import ROLES, SERVER, Actor, Role, WhoAsks

Kind = Literal["table", "run", "upload"]
# Of an item: see what was found, see its rows, predict with it, read the file it came from otherwise; cancel it and say
# what one knows; delete it, share it.
ItemAction = Literal["results", "rows", "score", "file", "work", "delete", "share"]
# Of the server: look at reports and samples; upload and train; manage accounts.
ServerAction = Literal["look", "create", "administer"]
ITEM_ACTIONS: tuple[ItemAction, ...] = (
    "results",
    "rows",
    "score",
    "file",
    "work",
    "delete",
    "share",
)
SERVER_ACTIONS: Mapping[ServerAction, Role] = {
    "look": "viewer",
    "create": "editor",
    "administer": "administrator",
}
_OPENING = frozenset({"results", "rows", "score", "file", "work"})
_OF_A_SAMPLE = frozenset({"results", "rows"})
_FOLDERS: Mapping[Kind, str] = {"table": "datasets", "run": "runs", "upload": "uploads"}
_REFUSED = {
    None: "Log in first.",
    "viewer": "You may look at what is shared with you, but not upload tables or train models. "
    "Ask an administrator of this server to make you an editor.",
    "editor": "This is for administrators of this server.",
}
_NO_COOKIE = (
    "This server tells by a cookie whose a table is, and your browser sent none, so you could not open it afterwards. "
    "Allow cookies for this site, reload the page, and try again."
)


class Refused(Exception):
    """What somebody may not do on this server; its text is a sentence for the user."""


class Item(Protocol):
    """What must be known of a table, a run or an upload to decide who may do what with it."""

    @property
    def kind(self) -> Kind:
        """What it is."""

    @property
    def id(self) -> str:
        """Its name; it may come from a stranger."""

    @property
    def owners(self) -> frozenset[str]:
        """To whom it belongs."""

    @property
    def shares(self) -> tuple[shares.Share, ...]:
        """With whom it is shared at this moment."""

    @property
    def parent(self) -> Item | None:
        """The run that it was derived from, whose permissions are its own."""


def may(actor: Actor, action: ItemAction, item: Item) -> bool:
    """Tell whether somebody may do something with an item.

    Parameters
    ----------
    actor : Actor
    action : str
        One of `ITEM_ACTIONS`; any other is refused.
    item : Item

    Returns
    -------
    bool
    """
    if actor is SERVER:
        return True
    if action not in ITEM_ACTIONS:
        return False
    if actor.scopes is not None and action not in actor.scopes:
        return False
    if actor.opens_by_id and action in _OPENING:
        return True
    if item.kind == "table" and item.id.startswith(SAMPLE_PREFIX):
        return actor.role is not None and action in _OF_A_SAMPLE
    if actor.owner and actor.owner in item.owners:
        return True
    if actor.role == "administrator" and action == "delete":
        return True
    if any(_is_for(share, actor) and share.allows(action) for share in item.shares):
        return True
    return item.parent is not None and may(actor, action, item.parent)


def may_on_server(actor: Actor, action: ServerAction) -> bool:
    """Tell whether somebody may do something that is about no single item.

    Parameters
    ----------
    actor : Actor
    action : str
        A key of `SERVER_ACTIONS`; any other is refused.

    Returns
    -------
    bool
    """
    if actor is SERVER:
        return True
    if action not in SERVER_ACTIONS or actor.role is None:
        return False
    if actor.scopes is not None and action not in actor.scopes:
        return False
    return ROLES.index(actor.role) >= ROLES.index(SERVER_ACTIONS[action])


def _is_for(share: shares.Share, actor: Actor) -> bool:
    if share.to == shares.LINK:
        return share.id in actor.shares
    if share.to == shares.EVERYBODY:
        return actor.role is not None
    return share.to == actor.owner


@dataclass(frozen=True)
class StoredItem:
    """An item below a data directory; what is known of it is read when it is needed.

    Attributes
    ----------
    data_dir : pathlib.Path
    kind : {"table", "run", "upload"}
    id : str
    """

    data_dir: Path
    kind: Kind
    id: str
    now: float = field(default_factory=time.time)

    @property
    def root(self) -> Path:
        """The folder of all items of its kind."""
        return self.data_dir / _FOLDERS[self.kind]

    @cached_property
    def owners(self) -> frozenset[str]:
        """To whom it belongs."""
        return belongings.owners(self.root, self.id)

    @cached_property
    def shares(self) -> tuple[shares.Share, ...]:
        """With whom it is shared at this moment."""
        every = shares.of(self.root, self.id)
        return tuple(share for share in every if share.is_live(self.now))

    @cached_property
    def parent(self) -> StoredItem | None:
        """The run that it was derived from."""
        if self.kind != "run" or not files.is_id(self.id):
            return None
        try:
            content = files.read_json(self.root / self.id / "run.json")
            parent = content.get("parent")
        except (OSError, ValueError, AttributeError):
            return None
        return StoredItem(self.data_dir, "run", str(parent)) if parent else None


class Permissions:
    """What the one who asks may do with what is below one data directory.

    Parameters
    ----------
    data_dir : pathlib.Path
    actor : callable
        Returns who asks.
    """

    def __init__(self, data_dir: Path, actor: WhoAsks):
        self._data_dir = data_dir
        self._actor = actor

    def may(self, action: ItemAction, kind: Kind, item: str) -> bool:
        """Tell whether the one who asks may do something with an item."""
        return may(self._actor(), action, StoredItem(self._data_dir, kind, item))

    def guard(self, kind: Kind) -> files.Guard:
        """Return what a store asks before it opens one of its items."""
        return partial(self._check, kind)

    def _check(self, kind: Kind, item: str, action: ItemAction) -> None:
        if not self.may(action, kind, item):
            # As of an item that does not exist, so that nobody learns which ones do.
            raise NotFound(files.NOT_THERE.format(kind=kind))

    def listed(self, kind: Kind) -> list[str]:
        """Return the items of an account that asks, and those that are shared with it, the newest first.

        Without an account there are none: only the browser knows what it has opened.
        """
        actor = self._actor()
        if not actor.user:
            return []
        found = []
        for folder in (self._data_dir / _FOLDERS[kind]).iterdir():
            item = StoredItem(self._data_dir, kind, folder.name)
            named = any(s.to != shares.LINK and _is_for(s, actor) for s in item.shares)
            if actor.owner in item.owners or named:
                found.append((files.last_written(folder), item.id))
        return [item for _, item in sorted(found, reverse=True)]

    def may_on_server(self, action: ServerAction) -> bool:
        """Tell whether the one who asks may do something that is about no single item."""
        return may_on_server(self._actor(), action)

    def require(self, action: ServerAction) -> None:
        """Refuse what the one who asks may not do on this server.

        Raises
        ------
        Refused
            The sentence says what to do.
        """
        if not self.may_on_server(action):
            actor = self._actor()
            if actor.scopes is not None and action not in actor.scopes:
                raise Refused("The token is not for this. Create one that is.")
            raise Refused(_REFUSED[actor.role])
        if action == "create" and not self._finds_again():
            raise Refused(_NO_COOKIE)

    def _finds_again(self) -> bool:
        """Tell whether what the one who asks makes could be opened by them afterwards."""
        actor = self._actor()
        return actor is SERVER or bool(actor.owner) or actor.opens_by_id
