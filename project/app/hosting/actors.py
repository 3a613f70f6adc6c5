"""Who sent the current request."""

from __future__ import annotations

from flask import g, has_request_context, request

from app.accounts import SERVER, Actor

from .visitors import visitor


def current_actor() -> Actor:
    """Return who sent the current request; outside of requests it is the server itself.

    Returns
    -------
    Actor
    """
    if not has_request_context():
        return SERVER
    if "actor" not in g:
        g.actor = Actor(
            role="editor",
            visitor=visitor(),
            address=request.remote_addr or "",
            opens_by_id=True,
        )
    return g.actor
