"""The services of one server, shared by pages and routes: settings, stores and the training queue."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from app.accounts import WhoAsks, the_server
from app.jobs import Jobs
from app.jobs.limits import Limits
from app.settings import Settings
from app.storage import DatasetStore, PaceStore, RunStore, UploadStore


class ReportCatalogue(Protocol):
    """What the pages use of the reports on the same server."""

    def entries(self) -> list[Any]:
        """Return the entries of all reports, sorted by title."""

    def watch(self) -> None:
        """Watch the report files for changes."""


@dataclass(frozen=True)
class Services:
    """The stateful parts of one server; all of their files are below one directory.

    `warm` is set once the libraries that the pages need are loaded. `actor` returns who sent the current request.
    """

    settings: Settings
    datasets: DatasetStore
    uploads: UploadStore
    runs: RunStore
    jobs: Jobs
    pace: PaceStore
    limits: Limits
    reports: ReportCatalogue | None = None
    warm: threading.Event = field(default_factory=threading.Event)
    actor: WhoAsks = the_server

    @classmethod
    def below(
        cls,
        data_dir: Path,
        settings: Settings,
        reports: ReportCatalogue | None = None,
        actor: WhoAsks = the_server,
    ) -> Services:
        """Open the stores below `data_dir`."""
        runs = RunStore(data_dir / "runs")
        jobs = Jobs(data_dir, settings, actor)
        return cls(
            settings=settings,
            datasets=DatasetStore(data_dir / "datasets"),
            uploads=UploadStore(data_dir / "uploads", settings.max_upload_bytes),
            runs=runs,
            jobs=jobs,
            pace=PaceStore(data_dir / "pace.json"),
            limits=jobs.limits,
            reports=reports,
            actor=actor,
        )
