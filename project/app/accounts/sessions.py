"""Sessions: the browsers in which somebody is logged in. Each is a record here, so that it can be ended from afar."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import delete, select, update

from app.storage.files import new_id

from . import keys
from .believed import Believed
from .database import Database
from .models import Login, User
from .texts import storable

# How often a session in use is noted as such: more often would be a write for every request.
NOTED_SECONDS = 60.0


class Sessions:
    """The sessions of all users.

    Parameters
    ----------
    database : Database
    idle_hours, hours : float
        After how long a session ends without a request, and in any case.
    clock : callable
        Returns the seconds since 1970.
    """

    def __init__(
        self,
        database: Database,
        idle_hours: float,
        hours: float,
        clock: Callable[[], float] = time.time,
    ):
        self._database, self._clock = database, clock
        self._idle, self._longest = idle_hours * 3600, hours * 3600
        self._believed: Believed[Login] = Believed()

    def begin(self, user: User, address: str, agent: str) -> str:
        """Log somebody in; return the secret that their browser keeps.

        Parameters
        ----------
        user : User
        address : str
            The network address, to be shown to the user.
        agent : str
            What the browser says it is.
        """
        secret, now = keys.new_secret(), self._clock()
        login = Login(
            hash=keys.hash_of(secret),
            id=new_id(),
            user_id=user.id,
            created=now,
            seen=now,
            address=storable(address, 100),
            agent=storable(agent, 300),
        )
        with self._database.write() as session:
            session.execute(delete(Login).where(self._over(now)))
            session.add(login)
            session.execute(
                update(User).where(User.id == user.id).values(last_login=now)
            )
        return secret

    def find(self, secret: str) -> Login | None:
        """Return the session of a browser, with its user; None if it has ended."""
        if not keys.is_secret(secret):
            return None
        hashed, now = keys.hash_of(secret), self._clock()
        login = self._believed.get(hashed, now)
        if login is None:
            login = self._read(hashed, now)
            if login is None:
                return None
            self._believed.keep(hashed, login, now)
        alive = now - login.seen < self._idle and now - login.created < self._longest
        return login if alive and not login.user.disabled else None

    def of(self, user_id: str) -> list[Login]:
        """Return the sessions of a user, the one used last first."""
        with self._database.read() as session:
            return list(
                session.scalars(
                    select(Login)
                    .where(Login.user_id == user_id, ~self._over(self._clock()))
                    .order_by(Login.seen.desc())
                )
            )

    def end(self, user_id: str, login_id: str) -> bool:
        """End one session of a user; tell whether it was theirs."""
        user_id, login_id = storable(user_id, 32), storable(login_id, 32)
        return self._delete(Login.user_id == user_id, Login.id == login_id) > 0

    def end_others(self, user_id: str, login_id: str) -> int:
        """End all sessions of a user but one; return how many."""
        return self._delete(Login.user_id == user_id, Login.id != login_id)

    def end_all(self, user_id: str) -> int:
        """End all sessions of a user; return how many."""
        return self._delete(Login.user_id == storable(user_id, 32))

    def forget(self) -> None:
        """Believe nothing that was read before: a user has changed."""
        self._believed.forget()

    def _read(self, hashed: str, now: float) -> Login | None:
        with self._database.read() as session:
            login = session.get(Login, hashed)
        if login is None or now - login.seen < NOTED_SECONDS:
            return login
        if now - login.seen >= self._idle or now - login.created >= self._longest:
            return None
        with self._database.write() as session:
            session.execute(update(Login).where(Login.hash == hashed).values(seen=now))
        login.seen = now
        return login

    def _over(self, now: float):
        return (Login.seen <= now - self._idle) | (Login.created <= now - self._longest)

    def _delete(self, *conditions) -> int:
        with self._database.write() as session:
            ended = session.execute(delete(Login).where(*conditions)).rowcount
        self.forget()
        return ended
