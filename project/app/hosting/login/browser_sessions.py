"""Who is recognised: by the session of a browser, by a token, or by the proxy in front."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from app.accounts import Actor, LoggedIn, audit
from app.accounts.directory import Directory
from app.accounts.models import Login, User
from app.accounts.tokens import actions
from app.settings import Settings

from .. import actors, prefix
from ..same_origin import bears_token
from ..visitors import is_encrypted, visitor
from . import forms
from .proxy import LOG_OUT, Proxy

_ADMINISTRATORS = (("Users", "/admin/users"), ("Audit log", "/admin/audit"))


class Person(UserMixin):
    """Somebody who is logged in, as Flask-Login wants to know them: by the secret of the session, not of the person."""

    def __init__(self, secret: str, login: Login):
        self.secret, self.login = secret, login

    def get_id(self) -> str:
        """Return what the browser's signed cookie holds."""
        return self.secret


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie, which is sent by https only if it was received so."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether the browser may send it by https only."""
        return is_encrypted()

    def get_cookie_path(self, app: Flask) -> str:
        """Return below which path the browser sends it."""
        return prefix.address("/")


class BrowserSessions:
    """The sessions of browsers, recognised by a signed cookie whose record is in the database.

    Parameters
    ----------
    directory : Directory
    settings : Settings
    proxy : Proxy, optional
        What logs people in instead; then no cookie does.
    """

    def __init__(
        self, directory: Directory, settings: Settings, proxy: Proxy | None = None
    ):
        self._directory, self._settings = directory, settings
        self._proxy = proxy

    def install(self, server: Flask) -> None:
        """Let `server` know its cookies."""
        server.session_interface = Cookies()
        server.config.update(
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
            PERMANENT_SESSION_LIFETIME=self._settings.session_hours * 3600,
            SESSION_REFRESH_EACH_REQUEST=False,
        )
        manager = LoginManager()
        # The record in the database ends it; addresses change on the way to work.
        manager.session_protection = None
        manager.user_loader(self._load)
        manager.init_app(server)
        actors.install(server, self.recognise)

    def begin(self, user: User, how: str) -> None:
        """Log somebody in, in a session that has nothing of what this browser had before.

        Parameters
        ----------
        user : User
        how : str
            For the audit log: "password", "invitation" or "provider".
        """
        self.end()
        secret = self._directory.sessions.begin(
            user, request.remote_addr or "", request.headers.get("User-Agent", "")
        )
        session.permanent = True
        login_user(Person(secret, self._directory.sessions.find(secret)))
        forms.form_token()
        actors.forget()
        audit.record(actors.current_actor(), "log in", how=how)

    def end(self) -> None:
        """Log this browser out: its record is deleted, so a copy of the cookie opens nothing either."""
        person = self.person()
        if person is not None:
            login = person.login
            self._directory.sessions.end(login.user_id, login.id)
        logout_user()
        session.clear()
        actors.forget()

    def look_again(self) -> None:
        """Find out anew who sent the request: their own session may have ended with what they did."""
        g.pop("_login_user", None)  # where Flask-Login keeps it
        actors.forget()

    def person(self) -> Person | None:
        """Return who is logged in with this browser."""
        return current_user if isinstance(current_user, Person) else None

    def recognise(self) -> tuple[Actor, LoggedIn | None]:
        """Return who sent the request, and what the header shows of them."""
        if bears_token():
            return self._program(), None
        user = self._proxy.user() if self._proxy else self._user_of_session()
        if user is None:
            return self._stranger(), None
        links = (("Account", "/account"),)
        if user.role == "administrator":
            links += _ADMINISTRATORS
        if self._proxy:
            shown = LoggedIn(user.name, (*links, ("Log out", LOG_OUT)))
        else:
            shown = LoggedIn(user.name, links, forms.form_token())
        return _actor_of(user), shown

    def _user_of_session(self) -> User | None:
        person = self.person()
        return person.login.user if person else None

    def _program(self) -> Actor:
        sent = request.headers["Authorization"].removeprefix("Bearer ")
        token = self._directory.tokens.find(sent)
        if token is None:
            return self._stranger()
        return replace(_actor_of(token.user), visitor="", scopes=actions(token))

    def _stranger(self) -> Actor:
        return Actor(visitor=visitor(), address=request.remote_addr or "")

    def _load(self, secret: str) -> Person | None:
        login = self._directory.sessions.find(secret)
        return Person(secret, login) if login else None


def _actor_of(user: User) -> Actor:
    return Actor(
        role=user.role,
        user=user.id,
        name=user.name,
        visitor=visitor(),
        address=request.remote_addr or "",
    )
