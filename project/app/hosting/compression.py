"""Compression: answers above some size, and every static file once per process."""

from __future__ import annotations

from pathlib import Path

from dash.fingerprint import check_fingerprint
from flask import Flask, Request, Response, request
from flask_compress import Compress

ASSETS = Path(__file__).resolve().parents[1] / "assets"
_STATIC = ("/_dash-component-suites/", "/assets/")
_DYNAMIC = ""


def install(server: Flask) -> None:
    """Compress what `server` answers."""
    server.config.update(
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=5,
        # Below this, the time that compression takes is worth more than the bytes.
        COMPRESS_MIN_SIZE=10_000,
        COMPRESS_CACHE_BACKEND=_StaticFiles,
        COMPRESS_CACHE_KEY=_cache_key,
    )
    Compress(server)

    @server.after_request  # later than Compress, and so called earlier
    def read_whole(response: Response) -> Response:
        """Compress keeps only what does not stream, and Flask streams files."""
        if _is_static(request) and response.status_code == 200:
            response.direct_passthrough = False
            response.get_data()
        return response


class _StaticFiles:
    """Keeps what static files were compressed to, and nothing else."""

    def __init__(self):
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._kept.get(key)

    def set(self, key: str, value: bytes) -> None:
        if not key.endswith(f";{_DYNAMIC}"):
            self._kept[key] = value


def _is_static(asked: Request) -> bool:
    return asked.path.startswith(_STATIC)


def _cache_key(asked: Request) -> str:
    """Return a name of a static file's content, never one that a stranger can vary at will."""
    if not _is_static(asked) or asked.method != "GET":
        return _DYNAMIC
    path = check_fingerprint(asked.path)[0]
    if not path.startswith("/assets/"):
        return path
    file = ASSETS / path.removeprefix("/assets/")
    return f"{path} {file.stat().st_mtime_ns}"
