"""One's own account: the password, the browsers one is logged in with, and tokens for programs."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask_limiter import Limiter, RateLimitExceeded

from app.accounts import audit
from app.accounts.directory import Directory
from app.accounts.passwords import MIN_CHARACTERS
from app.accounts.tokens import DAYS, SCOPES
from app.settings import Settings

from .. import actors
from . import forms, limits
from .browser_sessions import BrowserSessions
from .return_address import ask_to_log_in

_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
_CHANGED = "Your password is changed. You are logged out everywhere else."
_TOKENS_ENDED = " Your tokens have ended: programs that used one need a new one."  # nosec B105: a sentence


def blueprint(
    directory: Directory,
    sessions: BrowserSessions,
    limiter: Limiter,
    settings: Settings,
) -> Blueprint:
    """Create the routes of one's own account.

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
    routes = Blueprint(
        "account", __name__, template_folder="templates", url_prefix="/account"
    )
    routes.before_request(require_person)
    routes.before_request(forms.check_form)

    def account_page(status: int = 200, **words) -> Response:
        actor, person = actors.current_actor(), sessions.person()
        return forms.page(
            "account.html",
            status,
            user=directory.users.get(actor.user),
            method=settings.login,
            here=person.login.id if person else "",
            logins=directory.sessions.of(actor.user),
            tokens=directory.tokens.of(actor.user),
            scopes=SCOPES,
            all_days=DAYS,
            minimum=MIN_CHARACTERS,
            described=described,
            **words,
        )

    @routes.get("")
    def show():
        return account_page()

    @routes.post("/sessions/end")
    def end_session():
        user = actors.current_actor().user
        if not directory.sessions.end(user, forms.entry("id")):
            abort(404, "This session has ended already.")
        _record("session ended")
        return redirect(url_for("account.show"), 303)

    @routes.post("/sessions/end-others")
    def end_others():
        person = sessions.person()
        directory.sessions.end_others(
            actors.current_actor().user, person.login.id if person else ""
        )
        _record("session ended", which="all others")
        return redirect(url_for("account.show"), 303)

    @routes.post("/tokens")
    def create_token():
        name, chosen = forms.entry("name"), request.form.getlist("scope")
        days = forms.entry("days", 5)
        try:
            secret = directory.tokens.create(
                actors.current_actor().user,
                name,
                chosen,
                int(days) if days.isdecimal() and days.isascii() else 0,
            )
        except ValueError as error:
            return account_page(400, sentence=str(error), token_name=name)
        _record("token created", name=name, scopes=" ".join(chosen), days=days)
        return account_page(new_token=secret, new_name=name.strip())

    @routes.post("/tokens/revoke")
    def revoke_token():
        if not directory.tokens.revoke(actors.current_actor().user, forms.entry("id")):
            abort(404, "This token has been revoked already.")
        _record("token revoked", id=forms.entry("id"))
        return redirect(url_for("account.show"), 303)

    if settings.login == "password":
        _add_password(routes, directory, sessions, limiter, account_page)
    return routes


def _add_password(routes, directory, sessions, limiter, account_page) -> None:
    @routes.post("/password")
    @limiter.limit(limits.BY_NAME, key_func=lambda: actors.current_actor().key)
    def change_password():
        actor, chosen = actors.current_actor(), forms.entry("password")
        user = directory.users.check(actor.name, forms.entry("current"))
        if user is None:
            _record("password refused")
            return account_page(400, sentence="The current password is wrong.")
        if chosen != forms.entry("again"):
            return account_page(400, sentence="The two new passwords differ.")
        try:
            had_tokens = bool(directory.tokens.of(actor.user))
            directory.users.set_password(actor.user, chosen)
        except ValueError as error:
            return account_page(400, sentence=str(error))
        _record("password changed")
        sessions.begin(user, "password changed")
        ended = _TOKENS_ENDED if had_tokens else ""
        return account_page(done=_CHANGED + ended)

    @routes.errorhandler(RateLimitExceeded)
    def too_often(error: RateLimitExceeded):
        response = account_page(429, sentence=limits.sentence(limiter))
        response.headers["Retry-After"] = str(limits.seconds_to_wait(limiter))
        return response


def require_person() -> Response | None:
    """Ask whoever is not logged in to do so; a token is for programs and opens no page of an account."""
    return None if actors.logged_in() else ask_to_log_in()


def described(agent: str) -> str:
    """Return what a browser calls itself, in words such as 'Firefox on Linux'."""
    name = next((_BROWSERS[one] for one in _BROWSERS if one in agent), "")
    system = next((_SYSTEMS[one] for one in _SYSTEMS if one in agent), "")
    if name and system:
        return f"{name} on {system}"
    return name or re.split(r"[\s/]", agent)[0][:40] or "Unknown browser"


def _record(action: str, **details) -> None:
    actor = actors.current_actor()
    audit.record(actor, action, "user", actor.user, **details)
