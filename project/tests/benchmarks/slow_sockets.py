"""Slow sockets: what others wait for while 200 connections send half a request, drip, or do not read.

The slow ones do everything that a stranger can do with a socket: nothing, half of the headers, half of a body, a byte
a second, and a large answer that nobody reads.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import statistics
import threading
import time
from collections.abc import Iterator

from .results import Result, spread
from .server import Server, Visitor, running

SOCKETS = 200
SECONDS = 20
MAX_SECONDS = 1.0
_DRIP_SECONDS = 1.0
_LARGE_FILE = (
    "/_dash-component-suites/dash_mantine_components/dash_mantine_components.js"
)
_HEAD = b"POST /api/uploads HTTP/1.1\r\nHost: localhost\r\n"
# What is sent first, and then every second.
_MANNERS = (
    (b"", b""),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a"),
    (_HEAD + b"Content-Length: 1000000\r\n\r\n", b"a"),
    (_HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n", b"a"),
    (f"GET {_LARGE_FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 20, b""),
)
_PATHS = ("/", "/_dash-layout", "/api/uploads/nothing", "/health/live", "/health/ready")


def measure() -> Iterator[Result]:
    """Ask for pages and for the server's health beside the slow sockets."""
    with running() as server:
        server.wait_until_warm()
        with _slow(server):
            times = _ask(server)
    for name, wanted in (("Pages", False), ("Health", True)):
        found = [seconds for path, seconds in times if ("health" in path) is wanted]
        yield Result(
            f"{name} beside {SOCKETS} slow sockets: 99th percentile",
            statistics.quantiles(found, n=100)[-1],
            MAX_SECONDS,
            "s",
            f"{spread(found, 's')}, {len(found)} requests",
        )


@contextlib.contextmanager
def _slow(server: Server) -> Iterator[None]:
    """Keep the slow sockets busy being slow; each that is cut off is opened again."""
    stop = threading.Event()

    def drip():
        sockets: list[socket.socket | None] = [None] * SOCKETS
        while not stop.wait(_DRIP_SECONDS):
            for number, manner in zip(range(SOCKETS), itertools.cycle(_MANNERS)):
                sockets[number] = _drip(server, sockets[number], *manner)
        for one in filter(None, sockets):
            one.close()

    thread = threading.Thread(target=drip)
    thread.start()
    time.sleep(3 * _DRIP_SECONDS)
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _drip(
    server: Server, connection: socket.socket | None, first: bytes, then: bytes
) -> socket.socket | None:
    try:
        if connection is None:
            connection = socket.create_connection(("localhost", server.port), 1)
            connection.sendall(first)
        else:
            connection.sendall(then)
        return connection
    except OSError:
        return None


def _ask(server: Server) -> list[tuple[str, float]]:
    """Ask one path after the other, each on a connection of its own, as a stranger's first request is."""
    times = []
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for path in _PATHS:
            begun = time.perf_counter()
            try:
                Visitor(server.port, timeout=SECONDS).ask("GET", path)
                times.append((path, time.perf_counter() - begun))
            except OSError:
                times.append((path, float(SECONDS)))
    return times
