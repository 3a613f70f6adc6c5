"""Static files of a Dash app: their paths, whether their addresses are versioned, and their compressed copies.

The image's build compresses them ahead of time (deploy/image/compress.py); elsewhere Dash serves them.
"""

from __future__ import annotations

import io
import mimetypes
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import dash
from dash import Dash
from dash.fingerprint import check_fingerprint
from flask import Flask, Response, abort, request, send_file
from werkzeug.datastructures import Accept
from werkzeug.utils import safe_join

BUNDLES = "/_dash-component-suites/"
ASSETS = "/assets/"
# In order of preference, where a browser accepts several equally.
SUFFIXES = {"br": ".br", "gzip": ".gz"}
# The version of the library and the time of the file, as Dash writes them.
_FINGERPRINT = re.compile(r"\.v[\w-]+m(?P<written>\d+)\.")


def install(server: Flask, pages: Dash) -> None:
    """Serve the files that were compressed ahead of time; leave all others to Dash.

    Parameters
    ----------
    server : Flask
    pages : Dash
        The app on it.
    """

    @server.before_request
    def answer_ahead_of_dash() -> Response | None:
        if request.method not in ("GET", "HEAD"):
            return None
        file = find(pages, request.path)
        if file is None:
            return None
        if not file.is_file():  # Dash lists it, but it was trimmed from the image
            abort(404)
        return _ready_made(file, request.accept_encodings)


def find(pages: Dash, path: str) -> Path | None:
    """Return the file at an address, or None if the app has no such file.

    Parameters
    ----------
    pages : Dash
    path : str
        The path below the app's address, decoded.

    Returns
    -------
    pathlib.Path or None
        A bundle that the app lists may be missing on disk.
    """
    if path.startswith(BUNDLES):
        package, _, rest = path.removeprefix(BUNDLES).partition("/")
        name = check_fingerprint(rest)[0]
        # Only names that Dash registered, so that no other file can be requested.
        if name not in pages.registered_paths.get(package, ()):
            return None
        return package_folder(package) / name
    if path.startswith(ASSETS) and "\0" not in path:
        joined = safe_join(pages.config.assets_folder, path.removeprefix(ASSETS))
        file = Path(joined) if joined else None
        return file if file and file.is_file() else None
    return None


def package_folder(package: str) -> Path:
    """Return the folder of an imported package."""
    return Path(sys.modules[package].__file__).parent


def is_address_of_content(pages: Dash, path: str, query: Mapping[str, str]) -> bool:
    """Return whether an address names the version of the file on disk, so that a browser may cache it indefinitely.

    During a deployment an address of one version may reach the other.

    Parameters
    ----------
    pages : Dash
    path : str
    query : mapping of str to str

    Returns
    -------
    bool
    """
    if path == "/_favicon.ico":
        return query.get("v") == dash.__version__
    found = _FINGERPRINT.search(path)
    named = found["written"] if found and path.startswith(BUNDLES) else query.get("m")
    file = find(pages, path) if named else None
    if file is None or not file.is_file():
        return False
    written = file.stat().st_mtime
    return named in (str(written), str(int(written)))


def _ready_made(file: Path, accepted: Accept) -> Response | None:
    encodings = {
        name: file.with_name(file.name + suffix) for name, suffix in SUFFIXES.items()
    }
    if not all(encoded.is_file() for encoded in encodings.values()):
        return None
    encoding = _preferred(accepted)
    chosen = encodings.get(encoding, file)
    status = file.stat()
    # Read in full: sent as a path, it would get a Last-Modified date, which says nothing about its content.
    response = send_file(
        io.BytesIO(chosen.read_bytes()),
        mimetype=mimetypes.guess_type(file.name)[0],
        etag=f"{int(status.st_mtime):x}-{status.st_size:x}-{encoding}",
    )
    response.vary.add("Accept-Encoding")
    if encoding in encodings and response.status_code != 304:
        response.content_encoding = encoding
    return response


def _preferred(accepted: Accept) -> str:
    """Return the encoding that the browser prefers, or 'identity'."""
    best = max((*SUFFIXES, "identity"), key=accepted.quality)
    return best if accepted.quality(best) else "identity"
