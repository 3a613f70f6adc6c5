"""Memory: what the worker keeps resident when scikit-learn is loaded, a page was shown and nobody asks anything."""

from __future__ import annotations

from collections.abc import Iterator

from .results import Result
from .server import Visitor, running

MAX_MB = 250


def measure() -> Iterator[Result]:
    """Start the server, show its first page once, and weigh the worker when it rests."""
    with running() as server:
        server.wait_until_warm()
        loaded = _megabytes(server)
        visitor = Visitor(server.port)
        visitor.load_app()
        visitor.show_page("/")
        server.wait_until_warm()
        shown = _megabytes(server)
    yield Result(
        "Resident memory of the idle worker",
        shown,
        MAX_MB,
        "MB",
        f"{loaded:.0f} MB before the first page was shown",
    )


def _megabytes(server) -> float:
    return server.worker().memory_info().rss / 1e6
