"""Logging in with a password and out again, and the links by which one chooses a password."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from flask_limiter import Limiter, RateLimitExceeded

from app.accounts import Actor, audit
from app.accounts.directory import Directory
from app.accounts.passwords import MIN_CHARACTERS
from app.settings import Settings

from .. import actors, prefix
from . import forms, limits, provider_pages
from .browser_sessions import BrowserSessions
from .return_address import checked

_WRONG = "The name or the password is wrong."
_GONE = (
    "This link does not work any more: it was used, has expired, or was replaced by a newer one. "
    "Ask an administrator for another."
)


def blueprint(
    directory: Directory,
    sessions: BrowserSessions,
    limiter: Limiter,
    settings: Settings,
) -> Blueprint:
    """Create the routes of logging in and out.

    Parameters
    ----------
    directory : Directory
    sessions : BrowserSessions
    limiter : Limiter
    settings : Settings

    Returns
    -------
    flask.Blueprint
    """
    routes = Blueprint("login", __name__, template_folder="templates")
    routes.before_request(_check_form)

    def login_page(status: int = 200, sentence: str = "", name: str = "") -> Response:
        return forms.page(
            "login.html",
            status,
            sentence=sentence,
            name=name,
            next=checked(request.values.get("next", "")),
            method=settings.login,
            provider=provider_pages.name_of(settings),
        )

    @routes.get("/login")
    def show():
        if actors.logged_in():
            return redirect(checked(request.args.get("next", "")))
        return login_page()

    @routes.get("/logout")
    def ask_to_leave():
        if not actors.logged_in():
            return redirect(url_for("login.show"))
        return forms.page("logout.html")

    @routes.post("/logout")
    def leave():
        audit.record(actors.current_actor(), "log out")
        sessions.end()
        return redirect(url_for("login.show"))

    if settings.login == "password":
        _add_passwords(routes, directory, sessions, limiter, login_page)
    if settings.login == "oidc":
        provider_pages.add_routes(
            routes, directory, sessions, limiter, settings, login_page
        )

    @routes.errorhandler(RateLimitExceeded)
    def too_often(error: RateLimitExceeded):
        audit.record(actors.current_actor(), "log in slowed down")
        response = login_page(429, limits.sentence(limiter))
        response.headers["Retry-After"] = str(limits.seconds_to_wait(limiter))
        return response

    return routes


def _check_form() -> Response | None:
    # A page that was open before one logged in anew has the token of the session before.
    if request.endpoint == "login.leave" and not forms.is_ours():
        return redirect(url_for("login.ask_to_leave"), 303)
    return forms.check_form()


def _add_passwords(routes, directory, sessions, limiter, login_page) -> None:
    @routes.post("/login")
    @limiter.limit(limits.BY_ADDRESS)
    @limiter.limit(limits.BY_NAME, key_func=limits.by_name)
    def log_in():
        name, password = forms.entry("name"), forms.entry("password")
        user = directory.users.check(name, password)
        if user is None:
            _note_refusal(directory, name)
            return login_page(401, _WRONG, name)
        sessions.begin(user, "password")
        response = redirect(checked(forms.entry("next", 2_000)), 303)
        return limits.remember(response, user.name)

    def invitation_page(secret: str, status: int = 200, sentence: str = "") -> Response:
        user = directory.invitations.find(secret)
        return forms.page(
            "invitation.html",
            status if user else 404,
            user=user,
            sentence=sentence if user else _GONE,
            minimum=MIN_CHARACTERS,
        )

    @routes.get("/invite/<secret>")
    @limiter.limit(limits.BY_ADDRESS)
    def invitation(secret: str):
        return invitation_page(secret)

    @routes.post("/invite/<secret>")
    @limiter.limit(limits.BY_ADDRESS)
    def accept(secret: str):
        password = forms.entry("password")
        if password != forms.entry("again"):
            return invitation_page(secret, 400, "The two passwords differ.")
        try:
            user = directory.invitations.accept(secret, password)
        except ValueError as error:
            return invitation_page(secret, 400, str(error))
        if user is None:
            return invitation_page(secret)
        sessions.begin(user, "invitation")
        return limits.remember(redirect(prefix.address("/"), 303), user.name)


def _note_refusal(directory: Directory, name: str) -> None:
    # Who mistakes the field types a password there: only names that exist are written down.
    user = directory.users.named(name)
    known = {"user": user.id, "name": user.name} if user else {}
    actor = actors.current_actor()
    audit.record(
        Actor(address=actor.address, **known),
        "log in refused",
        reason="disabled" if user and user.disabled else "name or password",
    )
