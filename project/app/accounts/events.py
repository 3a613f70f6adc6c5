"""The audit log in the database: kept, searched, and forgotten after its time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from sqlalchemy import delete, func, select

from .audit import Event
from .database import Database
from .models import AuditEvent
from .texts import storable

_DAY = 86_400


class Events:
    """The events that are kept.

    Parameters
    ----------
    database : Database
    days : int
        How long they are kept.
    clock : callable
        Returns the seconds since 1970.
    """

    def __init__(
        self, database: Database, days: int, clock: Callable[[], float] = time.time
    ):
        self._database, self._days, self._clock = database, days, clock
        self._swept = float("-inf")

    def keep(self, event: Event) -> None:
        """Keep an event; once a day, forget those that are too old."""
        if self._clock() - self._swept > _DAY:
            self._swept = self._clock()
            self.forget_old()
        row = AuditEvent(
            time=event.time,
            action=event.action[:100],
            user=event.user,
            name=event.name,
            address=event.address,
            item_kind=event.item_kind[:100],
            item=event.item,
            details=json.dumps(event.details),
        )
        with self._database.write() as session:
            session.add(row)

    def find(
        self, action: str = "", user: str = "", item: str = "", page: int = 0, size=50
    ) -> tuple[list[Event], int]:
        """Return one page of the events that fit, the newest first, and how many fit.

        Parameters
        ----------
        action, item : str
            What was done, and the id of what it was done with; empty for any.
        user : str
            A part of the name of who did it; empty for anybody.
        page, size : int
        """
        action, user, item = (storable(text, 300) for text in (action, user, item))
        conditions = [AuditEvent.action == action] if action else []
        if user:
            conditions.append(
                func.lower(AuditEvent.name).contains(user.lower(), autoescape=True)
            )
        if item:
            conditions.append(AuditEvent.item == item)
        with self._database.read() as session:
            count = session.scalar(
                select(func.count()).select_from(AuditEvent).where(*conditions)
            )
            rows = session.scalars(
                select(AuditEvent)
                .where(*conditions)
                .order_by(AuditEvent.time.desc(), AuditEvent.id.desc())
                .limit(size)
                .offset(page * size)
            )
            return [_event(row) for row in rows], count or 0

    def actions(self) -> list[str]:
        """Return every action that was ever recorded, sorted."""
        with self._database.read() as session:
            found = select(AuditEvent.action).distinct().order_by(AuditEvent.action)
            return list(session.scalars(found))

    def forget_old(self) -> int:
        """Delete what is older than it is kept; return how many."""
        limit = self._clock() - self._days * _DAY
        with self._database.write() as session:
            old = delete(AuditEvent).where(AuditEvent.time < limit)
            return session.execute(old).rowcount


def _event(row: AuditEvent) -> Event:
    return Event(
        action=row.action,
        user=row.user,
        name=row.name,
        address=row.address,
        item_kind=row.item_kind,
        item=row.item,
        details=json.loads(row.details),
        time=row.time,
    )
