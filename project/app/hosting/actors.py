"""Who sent the current request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from flask import Flask, current_app, has_request_context, request

from app.accounts import SERVER, Actor, LoggedIn
from app.services import Services

from . import prefix
from .sharing import opened_shares
from .visitors import visitor

# What is known of the request is kept in its environment, which a report's own server is called with too. A browser
# cannot set these: what it sends begins with HTTP_.
_ACTOR = "dashboard.actor"
_LOGGED_IN = "dashboard.logged_in"
# Returns who asks, and what the header shows of them, where people log in.
Recognises = Callable[[], tuple[Actor, LoggedIn | None]]

# What a request's environment holds that the server sends to itself.
AS_THE_SERVER = {_ACTOR: SERVER, _LOGGED_IN: None}


def install(server: Flask, recognise: Recognises) -> None:
    """Recognise who sends a request to `server`; without this, everybody is an editor without an account."""
    server.extensions["recognise"] = recognise


def current_actor() -> Actor:
    """Return who sent the current request; outside of requests it is the server itself.

    Returns
    -------
    Actor
    """
    return _known()[0] if has_request_context() else SERVER


def logged_in() -> LoggedIn | None:
    """Return what the header shows of whoever is logged in; None for others."""
    return _known()[1] if has_request_context() else None


def logged_in_as_json(environ: dict) -> dict | None:
    """Return what the header shows of the sender of a request, for a process that it is passed on to."""
    person = environ.get(_LOGGED_IN)
    return asdict(person) if person else None


def receive(environ: dict, person: dict | None) -> None:
    """Let a request that was passed on to this process be by nobody, with the header of that person."""
    environ[_ACTOR] = Actor()
    environ[_LOGGED_IN] = LoggedIn(**person) if person else None
    # All that is in front of the address of a report.
    environ[prefix.ROOT] = environ["SCRIPT_NAME"].rpartition("/reports/")[0]


def forget() -> None:
    """Recognise who sent the current request anew: they have logged in or out."""
    request.environ.pop(_ACTOR, None)


def _known() -> tuple[Actor, LoggedIn | None]:
    known = request.environ
    if _ACTOR not in known:
        # If that fails, the page which says so is for a stranger.
        known[_ACTOR], known[_LOGGED_IN] = Actor(), None
        if "services" not in current_app.extensions:  # a report is being built
            return Actor(), None
        recognise = current_app.extensions.get("recognise", _without_login)
        actor, known[_LOGGED_IN] = recognise()
        known[_ACTOR] = replace(actor, shares=opened_shares(_services().links))
    return known[_ACTOR], known.get(_LOGGED_IN)


def _without_login() -> tuple[Actor, None]:
    actor = Actor(
        role="editor",
        visitor=visitor(),
        address=request.remote_addr or "",
        opens_by_id=not _services().settings.links_only,
    )
    return actor, None


def _services() -> Services:
    return current_app.extensions["services"]
