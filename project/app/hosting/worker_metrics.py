"""Memory, processor time and open files of all workers; prometheus_client has those of one process only."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector

# Of these the minimum is meaningful; of all others the sum.
_SMALLEST = ("process_start_time_seconds", "process_max_fds")
_OF_EACH_LIVE_WORKER = "gauge_livesum_*.db"


class Workers:
    """Adds up the resources of the live workers.

    Parameters
    ----------
    folder : str
        The folder where prometheus_client keeps a file for each worker.
    """

    def __init__(self, folder: str):
        self._folder = Path(folder)

    def collect(self) -> Iterable[GaugeMetricFamily | CounterMetricFamily]:
        """Return the metric families that `ProcessCollector` returns for one process."""
        values: dict[str, list[float]] = {}
        families = {}
        for pid in self._pids():
            for family in ProcessCollector(
                registry=None, pid=lambda pid=pid: pid
            ).collect():
                families[family.name] = family
                values.setdefault(family.name, []).append(family.samples[0].value)
        for name, family in families.items():
            combine = min if name in _SMALLEST else sum
            yield type(family)(name, family.documentation, combine(values[name]))

    def _pids(self) -> list[str]:
        files = self._folder.glob(_OF_EACH_LIVE_WORKER)
        return [path.stem.rpartition("_")[2] for path in files]
