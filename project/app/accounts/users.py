"""Users: who may log in, with which role."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage.files import new_id

from . import passwords
from .actors import ROLES, Role
from .database import Database
from .models import Invitation, Login, Token, User
from .texts import storable

MAX_NAME = 100


class Users:
    """The users of one server.

    Parameters
    ----------
    database : Database
    clock : callable
        Returns the seconds since 1970.
    changed : callable
        Called after each change, so that nobody goes on with what was known before.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        changed: Callable[[], None],
    ):
        self._database, self._clock, self._changed = database, clock, changed

    def add(self, name: str, role: Role) -> User:
        """Add somebody, who cannot log in yet.

        Raises
        ------
        ValueError
            The name cannot be used, or is taken; the sentence says so.
        """
        name = checked_name(name)
        user = User(
            id=new_id(),
            name=name,
            key=key_of(name),
            role=checked_role(role),
            role_from="here",
            disabled=False,
            created=self._clock(),
        )
        try:
            with self._database.write() as session:
                session.add(user)
        except IntegrityError:
            raise ValueError(f"There is a user called {name!r} already.") from None
        return user

    def all(self) -> list[User]:
        """Return all users, sorted by name."""
        with self._database.read() as session:
            return list(session.scalars(select(User).order_by(User.key)))

    def get(self, user_id: str) -> User | None:
        """Return the user with an id."""
        with self._database.read() as session:
            return session.get(User, storable(user_id, 32))

    def named(self, name: str) -> User | None:
        """Return the user with a name, however it is written."""
        with self._database.read() as session:
            return session.scalar(select(User).where(User.key == key_of(name)))

    def administrators(self) -> int:
        """Return how many administrators there are that may log in."""
        with self._database.read() as session:
            return len(_administrators(session))

    def check(self, name: str, password: str) -> User | None:
        """Return the user with a name and a password; None in the same time, whatever is wrong.

        A password that was hashed with less effort than today's is hashed again.
        """
        user = self.named(name)
        if not passwords.is_right(user.password if user else None, password):
            return None
        if user.disabled:
            return None
        if passwords.is_outdated(user.password):
            self._rehash(user, password)
        return user

    def set_password(self, user_id: str, password: str) -> None:
        """Give somebody a new password, and end all sessions, links and tokens of the old one.

        Raises
        ------
        ValueError
            The password is easily guessed, or the user is gone.
        """
        name = self._there(user_id).name
        passwords.check_new(password, name)
        kept = passwords.hashed(password)
        with self._database.write() as session:
            user = _of(session, user_id)
            user.password = kept
            end_all(session, user.id, tokens=True)
        self._changed()

    def set_role(self, user_id: str, role: Role) -> User:
        """Give somebody a role, and end their sessions.

        Raises
        ------
        ValueError
            There is no such role or user, or nobody else is an administrator.
        """
        role = checked_role(role)
        with self._database.write() as session:
            user = _of(session, user_id)
            if role != "administrator":
                _refuse_the_last(session, user)
            if user.role != role:
                end_all(session, user.id, links=False)
            user.role, user.role_from = role, "here"
        self._changed()
        return user

    def disable(self, user_id: str) -> User:
        """Let somebody in no more, and end their sessions and links.

        Raises
        ------
        ValueError
            There is no such user, or nobody else is an administrator.
        """
        with self._database.write() as session:
            user = _of(session, user_id)
            _refuse_the_last(session, user)
            user.disabled = True
            end_all(session, user.id)
        self._changed()
        return user

    def enable(self, user_id: str) -> User:
        """Let somebody in again.

        Raises
        ------
        ValueError
            There is no such user.
        """
        with self._database.write() as session:
            user = _of(session, user_id)
            user.disabled = False
        self._changed()
        return user

    def _there(self, user_id: str) -> User:
        user = self.get(user_id)
        if user is None:
            raise ValueError("There is no such user.")
        return user

    def _rehash(self, user: User, password: str) -> None:
        kept = passwords.hashed(password)
        with self._database.write() as session:
            found = session.get(User, user.id)
            # Unless somebody has changed the password meanwhile.
            if found is not None and found.password == user.password:
                found.password = kept


def key_of(name: str) -> str:
    """Return a name as it is compared: neither capitals nor how a keyboard writes a character matter."""
    text = unicodedata.normalize("NFKC", name[: 4 * MAX_NAME]).casefold().strip()
    return storable(text, 400)


def checked_name(name: str) -> str:
    """Return a name that one can tell from others.

    Raises
    ------
    ValueError
        It is empty, too long, or has characters that cannot be seen.
    """
    name = unicodedata.normalize("NFKC", name).strip()
    if not name or len(name) > MAX_NAME:
        raise ValueError(f"A user's name must have 1 to {MAX_NAME} characters.")
    if not name.isprintable():
        raise ValueError("A user's name must have only characters that can be seen.")
    return name


def checked_role(role: str) -> Role:
    """Return a role, or refuse what is none.

    Raises
    ------
    ValueError
        There is no such role.
    """
    if role not in ROLES:
        raise ValueError(f"There is no role {role!r}: choose {', '.join(ROLES)}.")
    return role


def end_all(
    session: Session, user_id: str, links: bool = True, tokens: bool = False
) -> None:
    """End all sessions of a user and, with `links`, what would open a new one; with `tokens` those of programs too."""
    session.execute(delete(Login).where(Login.user_id == user_id))
    if links:
        session.execute(delete(Invitation).where(Invitation.user_id == user_id))
    if tokens:
        # Whoever has learnt the password may have made some.
        session.execute(delete(Token).where(Token.user_id == user_id))


def _of(session: Session, user_id: str) -> User:
    user = session.get(User, storable(user_id, 32))
    if user is None:
        raise ValueError("There is no such user.")
    return user


def _administrators(session: Session) -> list[str]:
    # Locked, or two administrators who disable each other at once would leave none.
    return list(
        session.scalars(
            select(User.id)
            .where(User.role == "administrator", User.disabled.is_(False))
            .order_by(User.id)
            .with_for_update()
        )
    )


def _refuse_the_last(session: Session, user: User) -> None:
    if _administrators(session) == [user.id]:
        raise ValueError(
            "Nobody else is an administrator: give somebody that role first."
        )
