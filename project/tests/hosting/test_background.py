"""Background work: heavy libraries are loaded, expired folders are deleted, and failures are contained."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from app.hosting import background
from app.settings import Settings
from app.storage.budget import UPLOAD_DAYS
from tests.conftest import PROJECT

WARM_UP = """
import sys
from app.app import create_server
from app.hosting import background
from app.storage.budget import UPLOAD_DAYS
server = create_server()
background.warm_up(server.extensions["services"])
assert {"pandas", "sklearn", "app.functions.models.catalogue"} <= set(sys.modules)
"""


def _age(folder, days: float) -> None:
    moment = time.time() - days * 86_400
    for path in [*folder.iterdir(), folder]:
        os.utime(path, (moment, moment))


def test_the_warm_up_loads_what_the_first_user_needs(tmp_path):
    subprocess.run(
        [sys.executable, "-c", WARM_UP],
        cwd=PROJECT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        check=True,
    )
    assert len(list((tmp_path / "datasets").glob("sample-*/dataset.json"))) == 1


def test_expired_runs_and_forgotten_uploads_are_deleted(services):
    old_run = services.runs.create(kind="training")
    kept_run = services.runs.create(kind="training")
    old_upload = services.uploads.create("a.csv", 10).id
    _age(services.runs.root / old_run, services.settings.retention_days + 1)
    _age(services.runs.root / kept_run, services.settings.retention_days - 1)
    _age(services.uploads.root / old_upload, UPLOAD_DAYS + 1)
    background.sweep(services)
    assert [folder.name for folder in services.runs.root.iterdir()] == [kept_run]
    assert list(services.uploads.root.iterdir()) == []


def test_work_that_fails_is_logged_and_stops_nothing(services, caplog):
    def broken(_):
        raise OSError("no disk")

    background._try(broken, services)
    assert "'broken' failed" in caplog.text
    assert "no disk" in caplog.text
    assert isinstance(services.settings, Settings)
