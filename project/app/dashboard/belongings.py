"""What a visitor may delete: the tables and runs that the same browser made."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from app import wording
from app.accounts import audit
from app.storage import NotFound, belongings
from app.storage.served import ServedModels

_MOST = 200


def is_mine(services, kind: str, item: str) -> bool:
    """Tell whether the one who asks may delete a table or a run.

    Parameters
    ----------
    services : Services
    kind : {"table", "run"}
    item : str
    """
    return belongings.is_there(
        _root(services, kind), item, kind
    ) and services.permissions.may("delete", kind, item)


def act(services, asked: Any) -> str:
    """Delete tables and runs, or bring them back; return a sentence, empty if nothing was done.

    Parameters
    ----------
    services : Services
    asked : object
        ``{"act": "delete" or "restore", "items": [{"kind", "id"}, …]}`` as the browser sends it; it may be anything.
    """
    wanted = asked.get("items") if isinstance(asked, dict) else None
    items = [pair for each in _listed(wanted) if (pair := _pair(each))]
    own = [(kind, item) for kind, item in items if is_mine(services, kind, item)]
    if not items or asked.get("act") not in ("delete", "restore"):
        return ""
    if asked["act"] == "restore":
        for kind, item in own:
            belongings.restore(_root(services, kind), item, kind)
            audit.record(services.actor(), "restore", kind, item)
        return ""
    for kind, item in own:
        for name in ServedModels(services.jobs.data_dir).names_of(item):
            return (
                f"Nothing was deleted: a model of the run serves as “{name}”. Programs would get no answer any more; "
                f"whoever runs the server takes it back with python -m app runs demote {name}."
            )
    deleted = [(kind, item) for kind, item in own if _delete(services, kind, item)]
    return _says(deleted, len(items) - len(deleted))


def _delete(services, kind: str, item: str) -> bool:
    """Delete an item; tell whether it is gone, and not others' as well."""
    owner = services.actor().owner
    is_owner = owner in belongings.owners(_root(services, kind), item)
    if is_owner and belongings.release(_root(services, kind), item, owner):
        return False
    if kind == "run":
        with contextlib.suppress(NotFound):
            if services.runs.get(item).active:
                services.runs.cancel(item)
    belongings.delete(_root(services, kind), item, kind)
    audit.record(services.actor(), "delete", kind, item)
    return True


def _says(own: list[tuple[str, str]], others: int) -> str:
    if not own:
        return (
            "Removed from this list. It was not made by you alone, so it is not deleted: "
            "whoever made it can still open it, and so can everybody with whom it is shared."
        )
    runs = sum(kind == "run" for kind, _ in own)
    parts = ["the table"] * (len(own) > runs)
    parts += [wording.plural(runs, "run")] * (runs > 0)
    said = f"Deleted: {' and '.join(parts)}. Links to it no longer work."
    if others:
        said += f" {wording.plural(others, 'other entry', 'other entries')} made elsewhere only left the list."
    return said


def _listed(items: Any) -> list[Any]:
    return items[:_MOST] if isinstance(items, list) else []


def _pair(item: Any) -> tuple[str, str] | None:
    if not isinstance(item, dict) or item.get("kind") not in belongings.RECORDS:
        return None
    return (item["kind"], item["id"]) if isinstance(item.get("id"), str) else None


def _root(services, kind: str) -> Path:
    return (services.datasets if kind == "table" else services.runs).root
