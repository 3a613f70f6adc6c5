"""The first load of '/': callbacks, and bytes on the wire, in a Chromium whose cache is empty."""

from __future__ import annotations

from collections.abc import Iterator

from .browser import chromium, open_page
from .results import Result
from .server import running

MAX_CALLBACKS = 10
MAX_MEGABYTES = 2.2


def measure() -> Iterator[Result]:
    """Open the first page in a browser that has never seen it, and add up its requests."""
    with running() as server, chromium() as driver:
        server.wait_until_warm()
        requests = open_page(driver, f"{server.url}/", "#target-distribution .main-svg")
    callbacks = [request for request in requests if request.is_callback]
    total = sum(request.wire_bytes for request in requests)
    largest = sorted(requests, key=lambda request: -request.wire_bytes)[:3]
    yield Result("First load of the page: callbacks", len(callbacks), MAX_CALLBACKS, "")
    yield Result(
        "First load of the page: on the wire",
        total / 1e6,
        MAX_MEGABYTES,
        "MB",
        f"{len(requests)} requests; the largest: "
        + ", ".join(f"{_file(r.url)} {r.wire_bytes / 1e3:,.0f} kB" for r in largest),
    )


def _file(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2].partition(".")[0]
