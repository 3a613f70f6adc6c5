"""The gate: every request is refused unless its sender may look, or what it asks for is open to everybody.

What one table, run or report needs besides is asked where it is opened (`app.accounts.Permissions`).
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote

from flask import Flask, Response, redirect, request

from app.accounts import Actor
from app.services import Services

from . import errors, prefix
from .actors import current_actor

LOGIN_PATH = "/login"
# Open to everybody: they hold nothing of anybody, or ask for a secret of their own.
PUBLIC = frozenset(
    {
        "health.live",
        "health.ready",
        "metrics.tell",
        "reports.reload",
        "reports.not_by_a_link",
        "reports.static",
        "sharing.open_link",
    }
)
# The files of which pages are made: the same for everybody.
_FILES = ("/assets/", "/_dash-component-suites/", "/_favicon.ico")
# A page and its callbacks are open to whoever has opened a link; which item, the item itself decides.
_PAGES = ("/_dash-layout", "/_dash-dependencies", "/_dash-update-component")
# Of the files of a run, those that are shared with its results: the run decides which.
_FILES_OF_RUNS = "/runs/"
# Programs are answered by each route, for what their tokens allow.
_API = ("/api/", "/mcp")
_LOG_IN = "You are not logged in, or no longer. Log in and try again."


def install(
    server: Flask, page_paths: Collection[str], public: Collection[str] = ()
) -> None:
    """Refuse strangers.

    Parameters
    ----------
    server : Flask
    page_paths : collection of str
        The addresses of the dashboard's pages.
    public : collection of str
        Further endpoints that are open to everybody: those of logging in.
    """
    services: Services = server.extensions["services"]
    open_to_all = PUBLIC | frozenset(public)
    with_a_link = frozenset({*page_paths, *_PAGES})

    @server.before_request
    def refuse_strangers():
        if services.permissions.may_on_server("look"):
            return None
        if request.endpoint in open_to_all or request.path.startswith(_FILES):
            return None
        actor = current_actor()
        if actor.shares and request.path in with_a_link:
            return None
        if actor.shares and request.path.startswith(_FILES_OF_RUNS):
            return None
        if actor.role is not None and request.path.startswith(_API):
            return None
        return _refusal(actor)


def _refusal(actor: Actor) -> Response:
    if actor.role is not None:
        return errors.answer(403, "The token is not for this. Create one that is.")
    if errors.wants_json() or request.method not in ("GET", "HEAD"):
        response = errors.answer(401, _LOG_IN, "Log in first")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    return redirect(prefix.address(f"{LOGIN_PATH}?next={quote(_asked_for())}"))


def _asked_for() -> str:
    query = request.query_string.decode("ascii", "ignore")
    path = prefix.address(request.path)
    return f"{path}?{query}" if query else path
