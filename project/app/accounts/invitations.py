"""Invitations: links by which somebody chooses a password, once, before they expire."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, select

from . import keys, passwords
from .database import Database
from .models import Invitation, User
from .texts import storable
from .users import end_all

HOURS = 72


class Invitations:
    """The open invitations.

    Parameters
    ----------
    database : Database
    clock : callable
        Returns the seconds since 1970.
    changed : callable
        Called after each change of a user.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        changed: Callable[[], None],
    ):
        self._database, self._clock, self._changed = database, clock, changed

    def invite(self, user_id: str) -> str:
        """Return the secret of a link for a user; an earlier link no longer works.

        Raises
        ------
        ValueError
            There is no such user, or they are disabled.
        """
        secret, now = keys.new_secret(), self._clock()
        with self._database.write() as session:
            user = session.get(User, storable(user_id, 32))
            if user is None or user.disabled:
                raise ValueError("There is no such user, or they are disabled.")
            session.execute(delete(Invitation).where(Invitation.user_id == user_id))
            session.add(
                Invitation(
                    hash=keys.hash_of(secret),
                    user_id=user_id,
                    created=now,
                    expires=now + HOURS * 3600,
                )
            )
        return secret

    def open_for(self, user_id: str) -> Invitation | None:
        """Return the invitation that a user has not followed yet."""
        with self._database.read() as session:
            return session.scalar(
                select(Invitation).where(
                    Invitation.user_id == user_id, Invitation.expires > self._clock()
                )
            )

    def find(self, secret: str) -> User | None:
        """Return whom a link is for; None if it was used, has expired, or never was."""
        if not keys.is_secret(secret):
            return None
        with self._database.read() as session:
            found = session.get(Invitation, keys.hash_of(secret))
            return found.user if found and found.expires > self._clock() else None

    def accept(self, secret: str, password: str) -> User | None:
        """Use up a link, and give its user a password; None if the link does not work.

        Of several at the same time, one gets the user.

        Raises
        ------
        ValueError
            The password is easily guessed; the link still works.
        """
        user = self.find(secret)
        if user is None:
            return None
        passwords.check_new(password, user.name)
        kept = passwords.hashed(password)
        with self._database.write() as session:
            used = session.execute(
                delete(Invitation).where(
                    Invitation.hash == keys.hash_of(secret),
                    Invitation.expires > self._clock(),
                )
            )
            user = session.get(User, user.id)
            if used.rowcount != 1 or user is None or user.disabled:
                return None
            user.password = kept
            end_all(session, user.id, tokens=True)
        self._changed()
        return user
