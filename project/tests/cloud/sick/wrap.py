"""The app with one thing broken."""

from __future__ import annotations

from collections.abc import Callable

from wsgi import server as app


def break_when(is_sick: Callable[[str], bool]):
    """Return the app, answering 500 to the paths that `is_sick` names."""

    def server(environ, start_response):
        if is_sick(environ["PATH_INFO"]):
            start_response(
                "500 INTERNAL SERVER ERROR", [("Content-Type", "text/plain")]
            )
            return [b"This image is sick.\n"]
        return app(environ, start_response)

    return server
