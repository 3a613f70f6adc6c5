"""Who sent the current request."""

from __future__ import annotations

from flask import current_app, has_request_context, request

from app.accounts import SERVER, Actor
from app.services import Services

from .sharing import opened_shares
from .visitors import visitor

# In the WSGI environment, which a report's own Flask application gets too.
_KEY = "dashboard.actor"


def current_actor() -> Actor:
    """Return who sent the current request; outside of requests it is the server itself.

    Returns
    -------
    Actor
    """
    if not has_request_context():
        return SERVER
    if _KEY not in request.environ:
        request.environ[_KEY] = _identified(current_app.extensions["services"])
    return request.environ[_KEY]


def _identified(services: Services) -> Actor:
    return Actor(
        role="editor",
        visitor=visitor(),
        address=request.remote_addr or "",
        shares=opened_shares(services.links),
        opens_by_id=not services.settings.links_only,
    )
