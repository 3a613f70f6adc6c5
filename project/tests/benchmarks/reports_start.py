"""Starting with many reports: 50 in the folder against none, and their API dead against alive.

All kinds are started in turn, so that whatever else the machine does hits all alike; ratios of medians count.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.reports.samples import drop, source
from tests.reports.stand_in import StandIn, serving
from tests.servers import free_port

from .results import Result, spread
from .server import running

REPORTS = 50
ROUNDS = 9
MAX_RATIO = 1.1


def measure() -> Iterator[Result]:
    """Start with none, with 50, and with a source that answers or does not; compare the medians."""
    with _folders() as (empty, full), serving(StandIn([])) as alive:
        kinds = {
            "none": {"REPORTS_DIR": empty, "API_HOST": alive.host},
            "50": {"REPORTS_DIR": full, "API_HOST": alive.host},
            "50, API dead": {"REPORTS_DIR": full, "API_HOST": _nobody()},
        }
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for settings in kinds.values():  # so that none has to compile
            _start(settings)
        for _ in range(ROUNDS):
            for kind, settings in kinds.items():
                times[kind].append(_start(settings))
    none, many, dead = times.values()
    yield _ratio("Start with 50 reports in the folder", many, none, "× none")
    yield _ratio("Start with 50 reports, their API dead", dead, many, "× alive")


def _ratio(what: str, times: list[float], others: list[float], unit: str) -> Result:
    return Result(
        what,
        statistics.median(times) / statistics.median(others),
        MAX_RATIO,
        unit,
        f"{spread(times, 's')} against {spread(others, 's')}, {ROUNDS} starts each",
    )


def _start(settings: dict[str, str]) -> float:
    with running(**settings) as server:
        return server.start_seconds


@contextlib.contextmanager
def _folders() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as root:
        empty, full = Path(root) / "empty", Path(root) / "full"
        empty.mkdir()
        full.mkdir()
        fetch = "kit.Api.from_environ()"
        for number in range(REPORTS):
            drop(full, f"report_{number}", source(f"Report {number}", before=fetch))
        yield str(empty), str(full)


def _nobody() -> str:
    return f"http://127.0.0.1:{free_port()}"
