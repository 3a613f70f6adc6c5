"""Tells Prometheus what models have scored and whether their input has changed, from what scorings leave behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from app.storage import RunStore
from app.storage.watching import Summary, mark_of, summary_in

# So many models have a series of their own: those that scored last.
MOST_MODELS = 50
# Concurrent scrapes share one look.
_FRESH_SECONDS = 1


class WatchingCensus:
    """Looks at what scorings left with each training whenever it is asked.

    Parameters
    ----------
    runs : RunStore
    """

    def __init__(self, runs: RunStore):
        self._root = runs.root
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._found: dict[str, Summary] = {}

    def collect(self) -> Iterable[Metric]:
        """Return what models have scored, and which of them see other rows than in training."""
        with self._lock:
            if time.monotonic() - self._looked > _FRESH_SECONDS:
                self._found = dict(_summaries(self._root))
                self._looked = time.monotonic()
            found = self._found
        return [
            GaugeMetricFamily(
                "dashboard_trainings_scored",
                "Trainings whose models have scored rows.",
                len(found),
            ),
            GaugeMetricFamily(
                "dashboard_trainings_changed",
                "Trainings whose models see other rows than in training.",
                sum(bool(each.changed) for each in found.values()),
            ),
            _rows(found),
            _changed(found),
        ]

    def describe(self) -> Iterable[Metric]:
        """Return nothing: to register this must not make it look."""
        return []


def _summaries(root: Path) -> Iterable[tuple[str, Summary]]:
    try:
        folders = [entry.path for entry in os.scandir(root)]
    except OSError:  # the health check reports that
        return
    for folder in map(Path, folders):
        summary = summary_in(folder)
        if summary is not None:
            yield folder.name, summary


def _rows(found: dict[str, Summary]) -> Metric:
    family = GaugeMetricFamily(
        "dashboard_rows_scored",
        "Rows that the models of the trainings in DATA_DIR were given, by what became of them.",
        labels=["result"],
    )
    refused = sum(each.refused for each in found.values())
    family.add_metric(["scored"], sum(each.rows for each in found.values()) - refused)
    family.add_metric(["refused"], refused)
    return family


def _changed(found: dict[str, Summary]) -> Metric:
    family = GaugeMetricFamily(
        "dashboard_changed_columns",
        "Columns that differ from training, by the mark of the training on its Use page; those that scored last.",
        labels=["training"],
    )
    latest = sorted(found.items(), key=lambda one: -one[1].updated)[:MOST_MODELS]
    for run_id, summary in latest:
        family.add_metric([mark_of(run_id)], len(summary.changed))
    return family
