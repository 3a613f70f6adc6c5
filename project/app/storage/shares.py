"""With whom a table or a run is shared: one small file a share, in the folder of the item."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import files, records

Scope = Literal["results", "rows", "scoring"]
# What each scope lets people do.
SCOPES: dict[Scope, frozenset[str]] = {
    "results": frozenset({"results"}),
    "rows": frozenset({"results", "rows"}),
    "scoring": frozenset({"results", "score"}),
}
LINK = "link"
EVERYBODY = "everybody"


@dataclass(frozen=True)
class Share:
    """That somebody may open an item.

    Attributes
    ----------
    id : str
    to : str
        'link' for whoever has opened its link, 'everybody' for all who are logged in, else an owner such as 'user-7'.
    scope : {"results", "rows", "scoring"}
    created : float
        Seconds since the epoch.
    expires : float or None
        Seconds since the epoch; None if it does not expire.
    by : str
        The owner who shared it.
    """

    id: str
    to: str
    scope: str
    created: float
    expires: float | None = None
    by: str = ""

    def allows(self, action: str) -> bool:
        """Tell whether the scope has an action in it."""
        return action in SCOPES.get(self.scope, ())

    def is_live(self, now: float) -> bool:
        """Tell whether it has not expired."""
        return self.expires is None or now < self.expires


def add(root: Path, item: str, share: Share) -> None:
    """Share an item.

    Parameters
    ----------
    root : pathlib.Path
        The folder of all items.
    item : str
    share : Share
    """
    files.write_json(_file(root, item, share.id), records.plain(share))


def of(root: Path, item: str) -> tuple[Share, ...]:
    """Return the shares of an item, expired ones too, the oldest first; its name may come from a stranger."""
    if not files.is_id(item):
        return ()
    found = []
    for path in (root / item).glob("share-*.json"):
        try:
            found.append(records.read(Share, files.read_json(path)))
        except (OSError, ValueError):  # revoked just now, or damaged
            continue
    return tuple(sorted(found, key=lambda share: share.created))


def revoke(root: Path, item: str, share_id: str) -> None:
    """End a share; one that does not exist is no error."""
    if files.is_id(item) and files.is_id(share_id):
        _file(root, item, share_id).unlink(missing_ok=True)


def _file(root: Path, item: str, share_id: str) -> Path:
    return root / item / f"share-{share_id}.json"
