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


def install(server: Flask, page_paths: Collection[str]) -> None:
    """Give each browser that opens a page a cookie that no script can read.

    Parameters
    ----------
    server : Flask
    page_paths : collection of str
        The addresses of the dashboard's pages; other answers never set it.
    """

    @server.after_request
    def mark(response: Response) -> Response:
        opens = request.method == "GET" and request.path in page_paths
        if opens and response.status_code == 200 and not _token():
            response.set_cookie(
                COOKIE,
                secrets.token_urlsafe(32),
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
        token = _token()
        g.visitor = hashlib.sha256(token.encode()).hexdigest() if token else ""
    return g.visitor


def _token() -> str:
    token = request.cookies.get(COOKIE, "")
    return token if _TOKEN.fullmatch(token) else ""
