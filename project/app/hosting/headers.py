"""Security headers and caching headers."""

from __future__ import annotations

import base64
import functools
import hashlib
from html.parser import HTMLParser

from dash import Dash
from flask import Flask, Response, request

from . import static_files
from .same_origin import SAFE_METHODS

_FOR_EVER = "public, max-age=31536000, immutable"
_PERMISSIONS = (
    "accelerometer",
    "camera",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "payment",
    "usb",
)
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    # The link to a table or run opens it, so nobody is told from which page something was asked for.
    "Referrer-Policy": "no-referrer",
}
_OF_DOCUMENTS = {
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _PERMISSIONS),
    "Cross-Origin-Opener-Policy": "same-origin",
}
# To these the headers of a document mean nothing, and a page loads thirty of them.
_NO_DOCUMENTS = ("text/javascript", "application/javascript", "text/css")


def install(server: Flask, pages: Dash, frame_ancestors: str = "'self'") -> None:
    """Set the headers of every answer.

    Parameters
    ----------
    server : Flask
    pages : Dash
        Its Dash app, whose inline scripts may run.
    frame_ancestors : str
        Who may show its pages in a frame.
    """

    @functools.cache
    def policy() -> str:
        return content_security_policy(inline_scripts(pages.index()), frame_ancestors)

    def is_kept() -> bool:
        return static_files.is_address_of_content(pages, request.path, request.args)

    @server.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(_FIXED)
        # The ETag identifies the version; the date of the file does not.
        response.headers.pop("Last-Modified", None)
        if response.mimetype not in _NO_DOCUMENTS:
            response.headers.update(_OF_DOCUMENTS)
            # A report has already set its own.
            response.headers.setdefault("Content-Security-Policy", policy())
        if response.status_code in (200, 206, 304) and is_kept():
            response.headers["Cache-Control"] = _FOR_EVER
        elif request.path.startswith("/api/") or request.method not in SAFE_METHODS:
            response.headers["Cache-Control"] = "no-store"
        else:
            response.headers.setdefault("Cache-Control", "no-cache")
        return response


def content_security_policy(scripts: list[str], frame_ancestors: str = "'self'") -> str:
    """Return the policy: everything from our own origin, and only these inline scripts.

    Parameters
    ----------
    scripts : list of str
        The text of each inline script that may run.
    frame_ancestors : str
        Who may show the page in a frame.

    Returns
    -------
    str

    References
    ----------
    https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP
    """
    hashes = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in scripts
    ]
    sources = ["'self'"] + [f"'sha256-{digest}'" for digest in hashes]
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {' '.join(sources)}",
            # Components and figures set style attributes.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            f"frame-ancestors {frame_ancestors}",
            "form-action 'self'",
        ]
    )


def inline_scripts(html: str) -> list[str]:
    """Return the text of every inline script of a page.

    Parameters
    ----------
    html : str

    Returns
    -------
    list of str
    """
    reader = _ScriptReader()
    reader.feed(html)
    reader.close()
    return reader.scripts


class _ScriptReader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.scripts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        runs = attributes.get("type", "text/javascript") != "application/json"
        self._inside = tag == "script" and "src" not in attributes and runs
        if self._inside:
            self.scripts.append("")

    def handle_data(self, data):
        if self._inside:
            self.scripts[-1] += data

    def handle_endtag(self, tag):
        self._inside = False
