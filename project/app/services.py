"""The services of one server, shared by pages and routes: settings, stores and the training queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from app.accounts import (
    Links,
    LoggedIn,
    Nobody,
    People,
    Permissions,
    Sharing,
    WhoAsks,
    kept_secret_key,
    login_settings,
    nobody,
    the_server,
)
from app.jobs import Jobs
from app.jobs.limits import Limits
from app.jobs.models import Models
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

    `warm` is set once the libraries that the pages need are loaded. `actor` returns who sent the current request,
    `logged_in` what the header of the page shows of them.
    """

    settings: Settings
    datasets: DatasetStore
    uploads: UploadStore
    runs: RunStore
    jobs: Jobs
    pace: PaceStore
    permissions: Permissions
    links: Links
    sharing: Sharing
    limits: Limits
    models: Models
    reports: ReportCatalogue | None = None
    warm: threading.Event = field(default_factory=threading.Event)
    actor: WhoAsks = the_server
    people: People = field(default_factory=Nobody)
    logged_in: Callable[[], LoggedIn | None] = nobody

    @classmethod
    def below(
        cls,
        data_dir: Path,
        settings: Settings,
        reports: ReportCatalogue | None = None,
        actor: WhoAsks = the_server,
        logged_in: Callable[[], LoggedIn | None] = nobody,
        people: People | None = None,
    ) -> Services:
        """Open the stores below `data_dir`."""
        permissions = Permissions(data_dir, actor)
        key = login_settings.secret_key(settings)
        links = Links(lambda: key or kept_secret_key(data_dir))
        guard = permissions.guard
        jobs = Jobs(data_dir, settings, actor)
        return cls(
            settings=settings,
            datasets=DatasetStore(data_dir / "datasets", guard("table")),
            uploads=UploadStore(
                data_dir / "uploads", settings.max_upload_bytes, guard("upload")
            ),
            runs=RunStore(data_dir / "runs", guard("run")),
            jobs=jobs,
            limits=jobs.limits,
            models=Models(data_dir, settings),
            pace=PaceStore(data_dir / "pace.json"),
            permissions=permissions,
            links=links,
            sharing=Sharing(data_dir, permissions, actor, links),
            reports=reports,
            actor=actor,
            logged_in=logged_in,
            people=people or Nobody(),
        )
