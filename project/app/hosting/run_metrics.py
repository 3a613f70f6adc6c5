"""Counts training runs for `/metrics`, from what their store says at the moment of the question."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from app.jobs.kinds import KINDS
from app.storage import NotFound, RunStore
from app.storage.runs import ACTIVE, SILENCE_SECONDS, Run, machine

RESULTS = ("done", "failed", "cancelled", "interrupted")
_STATES = dict(zip(ACTIVE, ("waiting", "working")))
_SECONDS = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600)
# Concurrent scrapes share one scan.
_FRESH_SECONDS = 1


class RunCensus:
    """Looks at the runs again whenever it is asked, and never again at one that has ended.

    Started and ended runs are counted on the machine that trained them, from the start of its server: every worker
    finds the same, and the numbers of several machines may be added up. Active ones are those of all machines.

    Parameters
    ----------
    runs : RunStore
    since : float
        When the server started, in seconds since the epoch.
    """

    def __init__(self, runs: RunStore, since: float):
        self._runs = runs
        self._since = since
        self._machine = machine()
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._kept = 0
        self._settled: set[str] = set()
        self._seen: set[str] = set()
        self._active: Counter[tuple[str, str]] = Counter()
        self._started: Counter[str] = Counter()
        self._ended: Counter[tuple[str, str]] = Counter()
        self._seconds: dict[str, list[float]] = {}

    def collect(self) -> Iterable[Metric]:
        """Return what the runs are doing and have done."""
        with self._lock:
            if time.monotonic() - self._looked > _FRESH_SECONDS:
                self._look()
                self._looked = time.monotonic()
            return [
                GaugeMetricFamily(
                    "dashboard_runs_kept", "Runs in DATA_DIR.", self._kept
                ),
                self._active_runs(),
                self._started_runs(),
                self._ended_runs(),
                self._durations(),
            ]

    def describe(self) -> Iterable[Metric]:
        """Return nothing: to register this must not make it look."""
        return []

    def _look(self) -> None:
        try:
            there = {path.name for path in self._runs.root.iterdir()}
        except OSError:  # the health check reports that
            return
        self._kept = len(there)
        self._settled &= there
        self._seen &= there
        self._active.clear()
        for run_id in there - self._settled:
            self._look_at(run_id)

    def _look_at(self, run_id: str) -> None:
        if self._is_of_the_past(self._runs.root / run_id):
            self._settled.add(run_id)
            return
        try:
            run = self._runs.get(run_id)
        except NotFound:  # it is being made, or deleted
            return
        is_ours = run.machine in (None, self._machine)
        if is_ours and run_id not in self._seen and run.created >= self._since:
            self._started[run.kind] += 1
        self._seen.add(run_id)
        if run.active:
            self._active[run.kind, _STATES[run.state]] += 1
            return
        self._settled.add(run_id)
        if is_ours:
            self._count_end(run)

    def _count_end(self, run: Run) -> None:
        self._ended[run.kind, run.state] += 1
        if run.state == "done":
            self._seconds.setdefault(run.kind, []).append(run.finished - run.started)

    def _is_of_the_past(self, folder: Path) -> bool:
        """Tell whether a run had ended before this server began, without opening its record."""
        try:
            beat = (folder / "heartbeat").stat().st_mtime
        except OSError:
            return False
        return beat < self._since - SILENCE_SECONDS

    def _active_runs(self) -> Metric:
        family = GaugeMetricFamily(
            "dashboard_runs_active",
            "Queued and active runs.",
            labels=["kind", "state"],
        )
        for kind in KINDS:
            for state in _STATES.values():
                family.add_metric([kind, state], self._active[kind, state])
        return family

    def _started_runs(self) -> Metric:
        family = CounterMetricFamily(
            "dashboard_runs_started",
            "Runs requested since the server started.",
            labels=["kind"],
        )
        for kind in KINDS:
            family.add_metric([kind], self._started[kind])
        return family

    def _ended_runs(self) -> Metric:
        family = CounterMetricFamily(
            "dashboard_runs_ended",
            "Runs ended since the server started, by outcome.",
            labels=["kind", "result"],
        )
        for kind in KINDS:
            for result in RESULTS:
                family.add_metric([kind, result], self._ended[kind, result])
        return family

    def _durations(self) -> Metric:
        family = HistogramMetricFamily(
            "dashboard_run_duration_seconds",
            "Duration of finished runs, without the time in the queue.",
            labels=["kind"],
        )
        for kind in KINDS:
            seconds = self._seconds.get(kind, [])
            family.add_metric([kind], _buckets(seconds), sum(seconds))
        return family


def _buckets(seconds: list[float]) -> list[tuple[str, float]]:
    counts = [0] * (len(_SECONDS) + 1)
    for one in seconds:
        counts[bisect_left(_SECONDS, one)] += 1
    bounds = [*(str(float(bound)) for bound in _SECONDS), "+Inf"]
    return list(zip(bounds, accumulate(counts)))
