"""Requests of one visitor, and how it is told that a limit is reached: 429, or 507 where the disk is full."""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import Any

import lazy_loader
from flask import Flask, Response, request

from app.accounts.limits import TooMany, is_limited
from app.services import Services
from app.storage.budget import NoRoom

from .errors import answer

# Loaded by the first request that is counted: on one's own machine there is none, and it takes 15 MB.
limits = lazy_loader.load("limits")

# What the platform asks, and what costs next to nothing.
_FREE = (
    "/health/",
    "/metrics",
    "/assets/",
    "/static/",
    "/_dash-component-suites/",
    "/_favicon",
)
_SECONDS_A_MINUTE = 60
# How long a server that counts is waited for, and how long it is left alone once it does not answer.
_PATIENCE = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
_AWAY_SECONDS = 30

logger = logging.getLogger(__name__)


def install(server: Flask, services: Services) -> None:
    """Count the requests of each visitor, and answer what a limit refuses.

    Parameters
    ----------
    server : Flask
    services : Services
    """
    requests = Requests(
        services.settings.visitor_requests, services.settings.limits_url
    )

    @server.before_request
    def count() -> Response | None:
        actor = services.actor()
        if request.path.startswith(_FREE) or not is_limited(actor):
            return None
        seconds = requests.wait(actor.key)
        if not seconds:
            return None
        return too_many(
            TooMany(
                f"Your address or account has sent more than {requests.most:,} requests in a minute. "
                f"Come back in {seconds} seconds.",
                seconds,
            )
        )

    @server.errorhandler(TooMany)
    def too_many(error: TooMany) -> Response:
        response = answer(429, str(error), "Too many at once")
        response.headers["Retry-After"] = str(error.seconds)
        return response

    @server.errorhandler(NoRoom)
    def no_room(error: NoRoom) -> Response:
        return answer(507, str(error), "The disk is full")


class Requests:
    """How many requests each visitor has sent in this minute. Without its Redis server, each worker counts for a while.

    Parameters
    ----------
    most : int
        How many one may send.
    url : str
        A Redis server that counts for all workers; empty if each counts its own.
    """

    def __init__(self, most: int, url: str = ""):
        self.most = most
        self._url = url
        self._opened: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._away_until = float("-inf")

    def wait(self, key: str) -> int:
        """Count a request; return after how many seconds the next is answered, 0 for this one itself."""
        if self._url and time.monotonic() > self._away_until:
            try:
                return self._count(self._url, key)
            except (
                Exception
            ) as error:  # of whichever client: nobody is turned away for it
                self._away_until = time.monotonic() + _AWAY_SECONDS
                logger.warning("Requests are counted by each worker: %s", error)
        return self._count("memory://", key)

    def _count(self, url: str, key: str) -> int:
        limiter, limit = self._limiter(url), limits.RateLimitItemPerMinute(self.most)
        if limiter.hit(limit, key):
            return 0
        until = limiter.get_window_stats(limit, key).reset_time
        return min(_SECONDS_A_MINUTE, max(1, math.ceil(until - time.time())))

    def _limiter(self, url: str) -> Any:
        with self._lock:
            if url not in self._opened:
                waits = {} if url == "memory://" else _PATIENCE
                storage = limits.storage.storage_from_string(url, **waits)
                strategy = limits.strategies.FixedWindowRateLimiter
                self._opened[url] = strategy(storage)
            return self._opened[url]
