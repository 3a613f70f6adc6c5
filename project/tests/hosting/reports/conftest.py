"""A folder of reports, and servers that use it."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from app.app import create_server
from app.settings import Settings
from tests.hosting.reports.visits import TOKEN


@pytest.fixture
def folder(tmp_path):
    """The folder of the reports."""
    path = tmp_path / "reports"
    path.mkdir()
    return path


@pytest.fixture
def report_settings(settings, folder) -> Settings:
    # REPORTS_ISOLATED=on runs these tests with a process for each report.
    isolated = os.environ.get("REPORTS_ISOLATED", "off")
    return replace(
        settings,
        reports_dir=str(folder),
        reload_token=TOKEN,
        reports_isolated=isolated,
    )


@pytest.fixture
def client(report_settings):
    """A client of a server in this process, without any report yet."""
    return create_server(report_settings).test_client()


@pytest.fixture
def live(start_server, folder):
    """A gunicorn that serves the reports in `folder`."""

    def start(workers: int = 1, **environ: str):
        return start_server(
            workers, REPORTS_DIR=str(folder), RELOAD_TOKEN=TOKEN, **environ
        )

    return start
