"""The refusal of changes that other sites request, for pages, callbacks, uploads and forms alike.

References
----------
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, abort, request

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_PORTS = {"http": 80, "https": 443}
_OURS = ("same-origin", "none")


def install(
    server: Flask,
    required: bool = False,
    is_our_form: Callable[[], bool] = lambda: False,
) -> None:
    """Refuse requests that change something and come from another site.

    Parameters
    ----------
    server : Flask
    required : bool
        Whether a request that says nothing of where it comes from is refused too. A browser always says so. A program
        need not if it has a token: no site can make a browser send one.
    is_our_form : callable
        Tells whether the request has what only forms of our own pages know: those do not say where they come from.
    """

    @server.before_request
    def refuse_other_sites():
        if request.method in SAFE_METHODS:
            return
        if _is_elsewhere(is_our_form) or (
            required and _says_nothing() and not bears_token()
        ):
            abort(
                403, "This request came from another site. Open the dashboard itself."
            )


def bears_token() -> bool:
    """Tell whether the request identifies itself by a token alone."""
    return request.headers.get("Authorization", "").startswith("Bearer ")


def _says_nothing() -> bool:
    headers = request.headers
    return "Origin" not in headers and headers.get("Sec-Fetch-Site") not in _OURS


def _is_elsewhere(is_our_form: Callable[[], bool]) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OURS:
        return True
    origin = request.headers.get("Origin")
    if origin == "null":
        # A form on a page of ours, which sends no referrer; a frame in a sandbox is another site to the browser. One
        # that does not tell sites apart, or asks without encryption, sends the form's token alone.
        return site != "same-origin" and not (site is None and is_our_form())
    return origin is not None and not _is_ours(origin)


def _is_ours(origin: str) -> bool:
    try:
        sent, own = urlsplit(origin), urlsplit(request.host_url)
        ports = [part.port or _PORTS.get(part.scheme) for part in (sent, own)]
    except ValueError:
        return False
    if sent.scheme not in _PORTS or not sent.hostname or sent.hostname != own.hostname:
        return False
    # A proxy in front may have ended the encryption; the other way round somebody changed the page on its way.
    if sent.scheme == "https" and own.scheme == "http":
        return sent.port is None or own.port in (None, sent.port)
    return sent.scheme == own.scheme and ports[0] == ports[1]
