"""Headers: what a browser may load and keep, and which requests from other sites are refused."""

from __future__ import annotations

import base64
import functools
import hashlib
from html.parser import HTMLParser

from dash import Dash
from flask import Flask, Response, abort, request

from . import static_files

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
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
    # A link to a table or run is all it takes to open it, so other sites never see it.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _PERMISSIONS),
    "Cross-Origin-Opener-Policy": "same-origin",
}


def install(server: Flask, pages: Dash, frame_ancestors: str = "'self'") -> None:
    """Refuse changes that another site asks for, and give every answer its headers.

    Parameters
    ----------
    server : Flask
    pages : Dash
        The app on it, whose inline scripts may run.
    frame_ancestors : str
        Who may show its pages in a frame.
    """

    @functools.cache
    def policy() -> str:
        return content_security_policy(inline_scripts(pages.index()), frame_ancestors)

    def is_kept() -> bool:
        return static_files.is_address_of_content(pages, request.path, request.args)

    @server.before_request
    def refuse_other_sites():
        from_elsewhere = request.headers.get("Sec-Fetch-Site") == "cross-site"
        if from_elsewhere and request.method not in _SAFE_METHODS:
            abort(403, "Another site sent this request. Open the dashboard itself.")

    @server.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(_FIXED)
        # A file's date may stand for its content instead; that of its version is in the ETag.
        response.headers.pop("Last-Modified", None)
        # A report has set its own before it comes through here.
        response.headers.setdefault("Content-Security-Policy", policy())
        if response.status_code in (200, 206, 304) and is_kept():
            response.headers["Cache-Control"] = _FOR_EVER
        elif request.path.startswith("/api/") or request.method not in _SAFE_METHODS:
            response.headers["Cache-Control"] = "no-store"
        else:
            response.headers.setdefault("Cache-Control", "no-cache")
        return response


def content_security_policy(scripts: list[str], frame_ancestors: str = "'self'") -> str:
    """Return the policy: everything from our own origin, and of inline scripts only these.

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
            # Components and figures set style attributes all the time.
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
    """Return the text of every script that stands in a page itself and would run.

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
