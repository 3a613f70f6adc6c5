"""How often one may try to log in: counted by address and by name, in memory or in a Redis for all workers.

A name has two counts, one for browsers in which that person has been logged in before and one for all others: a
stranger who keeps trying cannot lock the person out.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import time

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter
from itsdangerous import BadData, URLSafeSerializer

from app.accounts import users
from app.settings import Settings
from app.wording import plural

from .. import prefix
from ..visitors import is_encrypted

BY_ADDRESS = "20 per minute; 200 per hour"
BY_NAME = "10 per 15 minutes"
_COOKIE = "known"
_DAYS = 400

logger = logging.getLogger(__name__)


def open_limiter(server: Flask, settings: Settings) -> Limiter:
    """Return what counts attempts; if the Redis server does not answer, each worker counts its own.

    Parameters
    ----------
    server : Flask
    settings : Settings

    Raises
    ------
    ValueError
        LIMITS_URL cannot be used.
    """
    if not settings.limits_url and int(os.environ.get("WEB_CONCURRENCY") or 1) > 1:
        logger.warning(
            "Each worker counts log-in attempts for itself: set LIMITS_URL to a Redis server that counts for all"
        )
    limiter = Limiter(
        key_func=by_address,
        storage_uri=settings.limits_url or "memory://",
        strategy="moving-window",
        in_memory_fallback_enabled=bool(settings.limits_url),
        key_prefix="dashboard",
    )
    try:
        limiter.init_app(server)
    except Exception as error:
        reason = str(error).rstrip(".")
        raise ValueError(f"LIMITS_URL cannot be used: {reason}.") from None
    return limiter


def by_address() -> str:
    """Return the address that a request counts for; for IPv6 the network, of which one household has many addresses."""
    address = request.remote_addr or ""
    return ":".join(address.split(":")[:4]) if ":" in address else address


def by_name() -> str:
    """Return the name that a request counts for, and whether this browser is known for it."""
    name = _fingerprint(request.form.get("name", ""))
    known = _known_here()
    return f"{name} {known[1] if known and known[0] == name else 'strangers'}"


def remember(response: Response, name: str) -> Response:
    """Note in a cookie that somebody has logged in with this browser."""
    if (known := _known_here()) and known[0] == _fingerprint(name):
        return response
    value = _serializer().dumps([_fingerprint(name), secrets.token_hex(8)])
    response.set_cookie(
        _COOKIE,
        value,
        max_age=_DAYS * 86_400,
        secure=is_encrypted(),
        httponly=True,
        samesite="Lax",
        path=prefix.address("/login"),
    )
    return response


def seconds_to_wait(limiter: Limiter) -> int:
    """Return after how many seconds the next attempt is counted."""
    limit = limiter.current_limit
    return max(1, int(limit.reset_at - time.time())) if limit else 60


def sentence(limiter: Limiter) -> str:
    """Return when the next attempt is counted, as a sentence."""
    minutes = plural(max(1, round(seconds_to_wait(limiter) / 60)), "minute")
    return f"Too many attempts. Try again in {minutes}."


def _known_here() -> list[str] | None:
    try:
        known = _serializer().loads(request.cookies.get(_COOKIE, ""))
    except BadData:
        return None
    return known if isinstance(known, list) and len(known) == 2 else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key, salt="known browser")


def _fingerprint(name: str) -> str:
    return hashlib.sha256(users.key_of(name).encode()).hexdigest()[:32]
