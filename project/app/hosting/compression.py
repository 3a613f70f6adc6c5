"""Compression of larger answers, and of static files once per process unless the image has them compressed."""

from __future__ import annotations

import re

from dash.fingerprint import check_fingerprint
from flask import Flask, Request, Response, g, request
from flask_compress import Compress

# Of the dashboard or of a report.
_BUNDLE = re.compile(r"(?:/reports/[^/]+)?(/_dash-component-suites/.*)")
_ASSET = re.compile(r"(?:/reports/[^/]+)?/assets/.*")
_DYNAMIC = ""


def install(server: Flask) -> None:
    """Compress the answers of `server`."""
    server.config.update(
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=5,
        # Below this, compression costs more time than it saves.
        COMPRESS_MIN_SIZE=10_000,
        COMPRESS_CACHE_BACKEND=_StaticFiles,
        COMPRESS_CACHE_KEY=_cache_key,
    )
    _Compress(server)

    @server.after_request  # registered after Compress, so called before it
    def read_whole(response: Response) -> Response:
        """Turn off streaming for files: Compress caches only answers that do not stream."""
        if _is_static(request) and response.status_code == 200:
            response.direct_passthrough = False
            response.get_data()
            g.static_version = response.headers.get("ETag", "")
        return response


class _Compress(Compress):
    """Skips answers that must not be compressed: ranges of a file, and those that the browser wants unencoded."""

    def after_request(self, response: Response) -> Response:
        accepted = request.accept_encodings
        wanted = any(accepted.quality(name) > 0 for name in self.enabled_algorithms)
        if wanted and response.status_code != 206:
            return super().after_request(response)
        response.vary.add("Accept-Encoding")
        return response


class _StaticFiles:
    """Caches the compressed content of static files, the newest version of each."""

    def __init__(self):
        self._kept: dict[str, tuple[str, bytes]] = {}

    def get(self, key: str) -> bytes | None:
        name, _, version = key.partition("\n")
        kept_version, content = self._kept.get(name, ("", None))
        return content if kept_version == version else None

    def set(self, key: str, value: bytes) -> None:
        if not key.endswith(f";{_DYNAMIC}"):
            name, _, version = key.partition("\n")
            self._kept[name] = (version, value)


def _is_static(asked: Request) -> bool:
    return bool(_BUNDLE.fullmatch(asked.path) or _ASSET.fullmatch(asked.path))


def _cache_key(asked: Request) -> str:
    """Return a cache key for a static file that clients cannot vary at will."""
    if asked.method != "GET" or "static_version" not in g:
        return _DYNAMIC
    bundle = _BUNDLE.fullmatch(asked.path)
    if bundle:  # the same in every report, for as long as the process runs
        return check_fingerprint(bundle[1])[0]
    return f"{asked.path}\n{g.static_version}"
