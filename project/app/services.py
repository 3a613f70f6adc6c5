"""What pages and routes work with, joined once: the settings, the stores and the training queue."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from app.jobs import Jobs
from app.settings import Settings
from app.storage import DatasetStore, RunStore, UploadStore


class ReportCatalogue(Protocol):
    """What pages need to know of the reports that the same server hosts."""

    def entries(self) -> list[Any]:
        """Return what is known of every report, by title."""

    def watch(self) -> None:
        """Keep looking at the files of the reports."""


@dataclass(frozen=True)
class Services:
    """The parts of one server that keep state, all of it below one directory.

    `warm` is set once what pages compute with is loaded, so that none has to wait for it.
    """

    settings: Settings
    datasets: DatasetStore
    uploads: UploadStore
    runs: RunStore
    jobs: Jobs
    reports: ReportCatalogue | None = None
    warm: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def below(
        cls, data_dir: Path, settings: Settings, reports: ReportCatalogue | None = None
    ) -> Services:
        """Open the stores below `data_dir`."""
        runs = RunStore(data_dir / "runs")
        return cls(
            settings=settings,
            datasets=DatasetStore(data_dir / "datasets"),
            uploads=UploadStore(data_dir / "uploads", settings.max_upload_bytes),
            runs=runs,
            jobs=Jobs(data_dir, settings),
            reports=reports,
        )
