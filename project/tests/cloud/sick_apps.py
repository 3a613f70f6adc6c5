"""Images that are sick: WSGI applications that fail in one way each, and all else like the app."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from wsgi import server as app


def broken(*paths: str, when: Callable[[], bool] = lambda: True):
    """Return the app, answering 500 to these paths; one that ends with ``*`` is the beginning of many."""

    def is_broken(path: str) -> bool:
        return any(
            path.startswith(one[:-1]) if one.endswith("*") else path == one
            for one in paths
        )

    def server(environ, start_response):
        if is_broken(environ["PATH_INFO"]) and when():
            status = "500 INTERNAL SERVER ERROR"
            start_response(status, [("Content-Type", "text/plain")])
            return [b"This image is sick.\n"]
        return app(environ, start_response)

    return server


def broken_later():
    """Return the app, well until the file SICK_FILE exists: a test decides when."""
    file = os.environ["SICK_FILE"]
    return broken("/", when=lambda: os.path.exists(file))


def crashing():
    """End while the server starts."""
    raise RuntimeError("This image crashes at its start.")


def slow():
    """Take longer to start than any probe waits."""
    time.sleep(3600)
