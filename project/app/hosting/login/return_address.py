"""Where somebody goes after logging in: back to the page that they wanted to see, and to no other site."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import Response, redirect, request, url_for

from .. import errors, prefix

_MAX_CHARACTERS = 1_000
_NOT_AGAIN = ("/login", "/logout", "/invite")


def checked(address: str) -> str:
    """Return an address if it is a path of this server, else that of the start page.

    Parameters
    ----------
    address : str
        From a stranger: a browser reads ``//example.org``, ``/\\\\example.org`` and a tab in between as another site.
    """
    plain = address.isprintable() and "\\" not in address and " " not in address
    if not plain or len(address) > _MAX_CHARACTERS or not address.startswith("/"):
        return _start()
    try:
        parts = urlsplit(address)
    except ValueError:
        return _start()
    path = prefix.inside(parts.path)
    elsewhere = parts.scheme or parts.netloc or address.startswith("//")
    if (
        elsewhere
        or not prefix.is_below(parts.path)
        or path.startswith(("//", *_NOT_AGAIN))
    ):
        return _start()
    return address


def ask_to_log_in() -> Response:
    """Return the answer to somebody who must log in first: the way there for people, a 401 for programs."""
    address = url_for("login.show")
    if errors.wants_json() or request.method not in ("GET", "HEAD"):
        response = errors.answer(401)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    wanted = checked(prefix.address(request.full_path.rstrip("?")))
    if wanted != _start():
        address += f"?next={quote(wanted, safe='/')}"
    return redirect(address)


def _start() -> str:
    return prefix.address("/")
