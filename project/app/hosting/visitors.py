"""Which browser asks: an opaque random cookie, so that a visitor can delete what the same browser made."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection

from flask import Flask, Response, g, has_request_context, request

from . import prefix

COOKIE = "visitor"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS = 400 * 86_400
# Where programs make something that they may want to delete.
_MAKES = ("/api/v1/datasets", "/api/v1/runs")


def install(server: Flask, page_paths: Collection[str]) -> None:
    """Give each browser that opens a page a cookie that no script can read.

    Parameters
    ----------
    server : Flask
    page_paths : collection of str
        The addresses of the dashboard's pages. Of other answers only those set it that tell a program what it made.
    """

    @server.after_request
    def mark(response: Response) -> Response:
        opens = request.method == "GET" and request.path in page_paths
        token = g.get("new_visitor") or (opens and secrets.token_urlsafe(32))
        if token and response.status_code < 300 and not _token():
            response.set_cookie(
                COOKIE,
                token,
                max_age=_SECONDS,
                secure=is_encrypted(),
                httponly=True,
                samesite="Lax",
                path=prefix.address("/"),
            )
        return response


def is_encrypted() -> bool:
    """Tell whether the browser asks by https; who claims so wrongly only loses their own cookies."""
    return request.headers.get("X-Forwarded-Proto", request.scheme) == "https"


def visitor() -> str:
    """Return a name of the browser that sent the current request, from which its cookie cannot be told.

    Returns
    -------
    str
        Empty without a request, or without the cookie.
    """
    if not has_request_context():
        return ""
    if "visitor" not in g:
        token = _token() or _token_of_program()
        g.visitor = hashlib.sha256(token.encode()).hexdigest() if token else ""
    return g.visitor


def _token() -> str:
    token = request.cookies.get(COOKIE, "")
    return token if _TOKEN.fullmatch(token) else ""


def _token_of_program() -> str:
    """Return what a program that makes something without a token of its own is known by from now on."""
    makes = request.method == "POST" and request.path in _MAKES
    if not makes or "Authorization" in request.headers:
        return ""
    g.new_visitor = secrets.token_urlsafe(32)
    return g.new_visitor
