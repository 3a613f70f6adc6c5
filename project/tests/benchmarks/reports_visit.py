"""Visiting reports: the first visit of each of 50, further ones, and the memory that the worker keeps for each."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.reports.samples import drop, source

from .results import Result, spread
from .server import Server, Visitor, running

REPORTS = 50
MAX_FIRST_MS = 400
MAX_AGAIN_MS = 50
MAX_MB = 0.5


def measure() -> Iterator[Result]:
    """Visit each report twice, and weigh the worker before and after."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(REPORTS):
            drop(Path(folder), f"report_{number}", source(f"Report {number}"))
        with running(REPORTS_DIR=folder) as server:
            server.wait_until_warm()
            visitor = Visitor(server.port)
            before = _megabytes(server)
            first = [_visit(visitor, number) for number in range(REPORTS)]
            again = [_visit(visitor, number) for number in range(REPORTS)]
            server.wait_until_warm()
            after = _megabytes(server)
    yield Result(
        "First visit of a report: page, layout, callbacks",
        max(first),
        MAX_FIRST_MS,
        "ms",
        f"the slowest of {REPORTS}; {spread(first, 'ms')}",
    )
    yield Result(
        "Further visits of a report",
        statistics.median(again),
        MAX_AGAIN_MS,
        "ms",
        spread(again, "ms"),
    )
    yield Result(
        "Memory for each report visited",
        (after - before) / REPORTS,
        MAX_MB,
        "MB",
        f"{before:.0f} MB before, {after:.0f} MB after {REPORTS}",
    )


def _visit(visitor: Visitor, number: int) -> float:
    begun = time.perf_counter()
    for path in ("", "_dash-layout", "_dash-dependencies"):
        answer = visitor.ask("GET", f"/reports/report_{number}/{path}")
        if answer.status != 200:
            raise RuntimeError(f"Report {number} answered {answer.status}.")
    return (time.perf_counter() - begun) * 1000


def _megabytes(server: Server) -> float:
    return server.worker().memory_info().rss / 1e6
