"""The audit log: who did what, with which item, when, and from where.

Each event is a line of JSON in the server's log and, so that an administrator can search it, a row of the database.
While login is off there is nobody to name, and nothing is recorded.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from .actors import Actor
from .texts import storable

_MAX_CHARACTERS = 300
logger = logging.getLogger("app.audit")


@dataclass(frozen=True)
class Event:
    """One thing that somebody did.

    Attributes
    ----------
    action : str
        What was done, such as ``"log in"``.
    user, name : str
        The account's id and what it is called; empty for somebody without one.
    address : str
        The network address.
    item_kind, item : str
        With what it was done, such as ``"dataset"`` and its id; empty without one.
    details : dict
        What else one should know; never a secret.
    time : float
        When, in seconds since 1970.
    """

    action: str
    user: str = ""
    name: str = ""
    address: str = ""
    item_kind: str = ""
    item: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    time: float = field(default_factory=time.time)


Sink = Callable[[Event], None]
_sink: Sink | None = None


def send_to(sink: Sink | None) -> None:
    """Record from now on with `sink`, which keeps an event; without one, nothing is recorded."""
    global _sink
    _sink = sink
    # Whatever LOG_LEVEL is: an audit log with gaps is none.
    logger.setLevel(logging.INFO)


def record(
    actor: Actor, action: str, item_kind: str = "", item: str = "", **details: Any
) -> None:
    """Record that somebody did something; a failure to keep it is logged, and stops nobody.

    Parameters
    ----------
    actor : Actor
    action : str
    item_kind, item : str
        With what: its kind and its id.
    **details
        Short texts, numbers or truth values; never a secret.
    """
    if _sink is None:
        return
    event = Event(
        action=action,
        user=actor.user,
        name=_short(actor.name),
        address=_short(actor.address),
        item_kind=item_kind,
        item=_short(item),
        details={name: _short(value) for name, value in details.items()},
    )
    logger.info("audit: %s", action, extra={"fields": {"audit": asdict(event)}})
    try:
        _sink(event)
    except Exception:
        logger.exception("The audit log could not be written")


def _short(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return storable(str(value), _MAX_CHARACTERS)
