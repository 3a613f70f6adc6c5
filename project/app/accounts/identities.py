"""Who somebody is for a provider, and which user of this server that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.settings import Settings
from app.storage.files import new_id

from .actors import Role
from .believed import Believed
from .database import Database
from .login_settings import names
from .models import User
from .texts import storable
from .users import MAX_NAME, end_all, key_of

# How often it is noted that somebody is here whom a proxy logs in.
_NOTED_SECONDS = 3600.0


class NotLetIn(ValueError):
    """The provider knows somebody whom this server does not let in; its text is a sentence for them."""


@dataclass(frozen=True)
class Identity:
    """What a provider has confirmed of somebody.

    Attributes
    ----------
    issuer, subject : str
        The provider, and its id of the person, which never changes.
    name : str
        What the person is called.
    email : str
        The address, if the provider has verified that it is theirs; else empty.
    groups : frozenset of str
    """

    issuer: str
    subject: str
    name: str
    email: str = ""
    groups: frozenset[str] = frozenset()


class Identities:
    """The users whom a provider confirms.

    Parameters
    ----------
    database : Database
    settings : Settings
    clock : callable
        Returns the seconds since 1970.
    changed : callable
        Called after each change of a user.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Callable[[], float],
        changed: Callable[[], None],
    ):
        self._database, self._clock, self._changed = database, clock, changed
        self._new_users = settings.new_users
        self._domains = {name.lower() for name in names(settings.oidc_domains)}
        self._administrators = names(settings.oidc_administrators)
        self._editors = names(settings.oidc_editors)
        self._believed: Believed[User] = Believed()

    def user_of(self, identity: Identity) -> User:
        """Return the user that somebody is, as they are from now on.

        Somebody whom an administrator has added by their address is recognised by it once, if it is verified, and
        from then on by the provider's id. A role that an administrator gave stays; one that comes from groups follows
        them.

        Raises
        ------
        NotLetIn
            The sentence says what to do.
        """
        self._check_domain(identity)
        key, now = repr(identity), self._clock()
        user = self._believed.get(key, now)
        if user is not None:
            return user
        with self._database.read() as session:
            user = self._find(session, identity)
        if user is None or self._needs_change(user, identity):
            user = self._changed_user(identity)
        self._believed.keep(key, user, now)
        return user

    def forget(self) -> None:
        """Believe nothing that was read before: a user has changed."""
        self._believed.forget()

    def _changed_user(self, identity: Identity) -> User:
        with self._database.write() as session:
            user = self._find(session, identity)
            ends = user is not None and user.role != self._role_of(user, identity)
            user = user or self._new(session, identity)
            user.issuer, user.subject = identity.issuer, storable(identity.subject, 400)
            role = self._role_of(user, identity)
            if ends:
                end_all(session, user.id)
            user.role = role or user.role
            user.last_login = self._clock()
            let_in = role is not None and not user.disabled
        self._changed()
        if not let_in:
            raise _refused(identity)
        return user

    def _check_domain(self, identity: Identity) -> None:
        domain = identity.email.rpartition("@")[2].lower()
        if self._domains and domain not in self._domains:
            raise NotLetIn(
                "Only verified addresses of this organisation are let in. Log in with another account."
            )

    def _find(self, session: Session, identity: Identity) -> User | None:
        subject = storable(identity.subject, 400)
        known = select(User).where(
            User.issuer == identity.issuer, User.subject == subject
        )
        found = session.scalar(known)
        if found is None and identity.email:
            added = select(User).where(
                User.key == key_of(identity.email), User.subject.is_(None)
            )
            found = session.scalar(added)
        return found

    def _needs_change(self, user: User, identity: Identity) -> bool:
        late = self._clock() - (user.last_login or 0) > _NOTED_SECONDS
        role = self._role_of(user, identity)
        return late or user.disabled or user.subject is None or user.role != role

    def _role_of(self, user: User, identity: Identity) -> Role | None:
        return user.role if user.role_from == "here" else self._by_groups(identity)

    def _by_groups(self, identity: Identity) -> Role | None:
        if identity.groups & self._administrators:
            return "administrator"
        if identity.groups & self._editors:
            return "editor"
        return None if self._new_users == "none" else self._new_users

    def _new(self, session: Session, identity: Identity) -> User:
        role = self._by_groups(identity)
        if role is None:
            raise _refused(identity)
        wanted = (identity.email or identity.name or identity.subject).strip()
        name = storable(wanted, MAX_NAME) or "user"
        user_id = new_id()
        if session.scalar(select(User.id).where(User.key == key_of(name))):
            name = f"{name[: MAX_NAME - 9]} {user_id[:8]}"
        user = User(
            id=user_id,
            name=name,
            key=key_of(name),
            role=role,
            role_from="groups",
            disabled=False,
            created=self._clock(),
        )
        session.add(user)
        return user


def _refused(identity: Identity) -> NotLetIn:
    who = identity.email or identity.name or "you"
    return NotLetIn(
        f"The provider knows {who}, but this server does not let {who} in. Ask an administrator of this server."
    )
