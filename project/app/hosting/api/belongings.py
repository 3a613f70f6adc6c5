"""Which tables and runs whoever asks has, and how they are deleted."""

from __future__ import annotations

from typing import Literal

from app.dashboard import belongings as ours
from app.services import Services
from app.storage import belongings, files

from ..proxies import is_from_this_machine

Kind = Literal["table", "run"]
_NOT_MADE_BY_YOU = (
    "Only who made it may delete it. Without login that is who sends the cookie 'visitor' that the server set when it "
    "was made."
)


def listed(services: Services, kind: Kind) -> list[str]:
    """Return the ids of the tables or runs of whoever asks, the newest first.

    An account has its own and what is shared with it. Without accounts, programs on the server's own machine are told
    of all, and others of those that were made with the same cookie.

    Parameters
    ----------
    services : Services
    kind : {"table", "run"}
    """
    actor = services.actor()
    if actor.user:
        return services.permissions.listed(kind)
    root = (services.datasets if kind == "table" else services.runs).root
    everything = actor.opens_by_id and is_from_this_machine()
    found = [
        (files.last_written(folder), folder.name)
        for folder in root.iterdir()
        if (folder / belongings.RECORDS[kind]).is_file()
        and (
            everything
            or (actor.owner and actor.owner in belongings.owners(root, folder.name))
        )
    ]
    return [item for _, item in sorted(found, reverse=True)]


def delete(services: Services, kind: Kind, item: str) -> str:
    """Delete a table or a run; return why not, or an empty text.

    Raises
    ------
    NotFound
        There is none, or whoever asks may not know of it.
    """
    is_mine = ours.is_mine(services, kind, item)
    if not is_mine:
        action = "rows" if kind == "table" else "results"
        services.permissions.guard(kind)(item, action)
    # What was deleted a moment ago can still be brought back, but not deleted again.
    files.file_of(_root(services, kind), item, kind, belongings.RECORDS[kind])
    if not is_mine:
        return _NOT_MADE_BY_YOU
    ours.act(services, {"act": "delete", "items": [{"kind": kind, "id": item}]})
    return ""


def _root(services: Services, kind: Kind):
    return (services.datasets if kind == "table" else services.runs).root
