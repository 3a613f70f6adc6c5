"""Links that share a table or a run: whoever opens one may see what it is for, in that browser, until it ends."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request

from app.accounts import audit
from app.accounts.links import Links, LinkTarget
from app.accounts.permissions import StoredItem
from app.services import Services
from app.storage import NotFound, belongings, files

from . import errors, prefix
from .visitors import is_encrypted

PREFIX = "/s"
COOKIE = "shares"
_BETWEEN = ":"
_SECONDS = 90 * 86_400
# All that a browser keeps in one cookie are 4096 bytes.
_MOST = 25
_PAGES = {"table": "/?dataset=", "run": "/evaluate?run="}
_ENDED = "This link was taken back or has expired. Ask whoever sent it for a new one."
_NOT_OURS = "This link is not complete, or was not made by this server. Copy it again, the whole of it."


def blueprint(services: Services) -> Blueprint:
    """Create the route that opens a link."""
    routes = Blueprint("sharing", __name__)

    @routes.get(f"{PREFIX}/<token>")
    def open_link(token: str):
        target = services.links.target(token)
        if target is None:
            return errors.answer(404, _NOT_OURS, "No such link")
        if not _is_live(services, target):
            return errors.answer(410, _ENDED, "This link has ended")
        response = redirect(prefix.address(_PAGES[target.kind] + target.item))
        _remember(response, token)
        response.headers["Cache-Control"] = "no-store"
        audit.record(services.actor(), "open link", target.kind, target.item)
        return response

    return routes


def opened_shares(links: Links) -> tuple[str, ...]:
    """Return the ids of the shares whose links were opened in the browser that sent the current request."""
    targets = map(links.target, _tokens())
    return tuple(target.share for target in targets if target)


def _is_live(services: Services, target: LinkTarget) -> bool:
    kind, item, share = target
    stored = StoredItem(services.jobs.data_dir, kind, item)
    try:
        files.file_of(stored.root, item, kind, belongings.RECORDS[kind])
    except NotFound:
        return False
    return any(each.id == share for each in stored.shares)


def _tokens() -> list[str]:
    return request.cookies.get(COOKIE, "").split(_BETWEEN)[-_MOST:]


def _remember(response: Response, token: str) -> None:
    kept = [each for each in _tokens() if each not in ("", token)]
    response.set_cookie(
        COOKIE,
        _BETWEEN.join([*kept, token][-_MOST:]),
        max_age=_SECONDS,
        secure=is_encrypted(),
        httponly=True,
        samesite="Lax",
        path=prefix.address("/"),
    )
