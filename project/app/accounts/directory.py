"""All that is known of the people of one server: users, invitations, sessions, tokens and the audit log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from app.settings import Settings

from .database import Database
from .events import Events
from .identities import Identities
from .invitations import HOURS, Invitations
from .models import User
from .people import AccountNames
from .sessions import Sessions
from .tokens import Tokens
from .users import Users

logger = logging.getLogger(__name__)


class Directory:
    """The accounts of one server.

    Parameters
    ----------
    settings : Settings
    data_dir : pathlib.Path
        Where the file of SQLite is, unless DATABASE_URL names another database.
    clock : callable, optional
        Returns the seconds since 1970.

    Raises
    ------
    ValueError
        The database cannot be used; the sentence names DATABASE_URL.
    """

    def __init__(
        self,
        settings: Settings,
        data_dir: Path,
        clock: Callable[[], float] = time.time,
    ):
        self.database = Database(settings.database_url, data_dir)
        self.sessions = Sessions(
            self.database, settings.session_idle_hours, settings.session_hours, clock
        )
        self.tokens = Tokens(self.database, clock)
        self.users = Users(self.database, clock, self._forget)
        self.identities = Identities(self.database, settings, clock, self._forget)
        self.invitations = Invitations(self.database, clock, self._forget)
        self.events = Events(self.database, settings.audit_days, clock)
        self.people = AccountNames(self.users)
        self._settings = settings

    def _forget(self) -> None:
        self.sessions.forget()
        self.tokens.forget()
        self.identities.forget()

    def ensure_administrator(self) -> None:
        """Add the user whom FIRST_ADMINISTRATOR names if nobody is an administrator who can log in.

        With passwords the log says the link by which that user chooses one. Several processes may do this at once.

        Raises
        ------
        ValueError
            The name cannot be used.
        """
        name = self._settings.first_administrator
        if not name:
            return
        with self.database.alone():
            user = self.users.named(name)
            if user is None and not self.users.administrators():
                user = self.users.add(name, "administrator")
            if user and self._waits(user) and not self.invitations.open_for(user.id):
                logger.warning(
                    "%s becomes administrator by opening /invite/%s on this server within %s hours",
                    user.name,
                    self.invitations.invite(user.id),
                    HOURS,
                )

    def _waits(self, user: User) -> bool:
        invited = self._settings.login == "password" and user.role == "administrator"
        return invited and user.password is None and not user.disabled
