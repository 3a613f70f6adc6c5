"""Ten users at once: each asks for the index, the layout, the callbacks and the page; the page's callback counts."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from .results import Result
from .server import Server, Visitor, running

USERS = 10
ROUNDS = 7
MAX_SECONDS = 1.0


def measure() -> Iterator[Result]:
    """Let ten visitors load the first page at the same moment, several times over."""
    with running() as server, ThreadPoolExecutor(USERS) as pool:
        server.wait_until_warm()
        times = []
        for _ in range(ROUNDS):
            gate = threading.Barrier(USERS)
            visits = [pool.submit(_visit, server, gate) for _ in range(USERS)]
            times += [visit.result() for visit in visits]
    callbacks = [callback for callback, _ in times]
    wholes = [whole for _, whole in times]
    yield Result(
        "Ten users at once: the page's callback",
        statistics.median(callbacks),
        MAX_SECONDS,
        "s",
        f"worst {max(callbacks):.2f} s; all four requests {statistics.median(wholes):.2f} s; "
        f"{ROUNDS} rounds",
    )


def _visit(server: Server, gate: threading.Barrier) -> tuple[float, float]:
    visitor = Visitor(server.port)
    gate.wait()
    begun = time.perf_counter()
    visitor.load_app()
    asked = time.perf_counter()
    visitor.show_page("/")
    done = time.perf_counter()
    return done - asked, done - begun
