"""Health: the answers to the platform."""

from __future__ import annotations

import errno
import shutil
import sys
import tempfile
import threading

import pytest

from app import __version__
from app.hosting import background, health
from tests.conftest import PATIENCE_SECONDS


def test_a_server_that_runs_is_live_and_tells_its_version(client):
    response = client.get("/health/live")
    told = {"status": "live", "version": __version__}
    assert (response.status_code, response.json) == (200, told)


def test_a_server_is_not_ready_before_its_libraries_are_loaded(client, services):
    response = client.get("/health/ready")
    assert response.status_code == 503 and "loading" in response.json["error"]
    background.warm_up(services)
    assert "pandas" in sys.modules
    assert client.get("/health/ready").status_code == 200


def test_a_server_whose_disk_is_full_at_its_start_is_ready_when_there_is_room(
    client, services, monkeypatch
):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(services.jobs), "make_sample", full)
    with pytest.raises(OSError):
        background.warm_up(services)
    assert client.get("/health/ready").status_code == 200


def test_a_disk_that_does_not_answer_holds_up_one_check_only(
    server, services, monkeypatch
):
    services.warm.set()
    begun, go_on = threading.Event(), threading.Event()

    def hang(*_, **__):
        begun.set()
        go_on.wait(PATIENCE_SECONDS)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", hang)
    ask = server.test_client().get
    first = threading.Thread(target=ask, args=("/health/ready",))
    first.start()
    assert begun.wait(PATIENCE_SECONDS)
    assert ask("/health/ready").status_code == 200
    monkeypatch.setattr(health, "_MAX_WRITE_SECONDS", 0)
    late = ask("/health/ready")
    assert late.status_code == 503 and "does not answer" in late.json["error"]
    go_on.set()
    first.join()


def test_a_server_that_can_write_its_data_is_ready(client, services):
    services.warm.set()
    response = client.get("/health/ready")
    assert (response.status_code, response.json) == (200, {"status": "ready"})


def test_health_is_never_kept_by_a_cache(client):
    for path in ("/health/live", "/health/ready"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_server_whose_data_directory_is_gone_is_live_but_not_ready(client, services):
    services.warm.set()
    shutil.rmtree(services.jobs.data_dir)
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert "DATA_DIR" in response.json["error"]
    assert client.get("/health/live").status_code == 200


def test_a_data_directory_that_is_there_again_is_ready_again(client, services):
    services.warm.set()
    shutil.rmtree(services.jobs.data_dir)
    assert client.get("/health/ready").status_code == 503
    services.jobs.data_dir.mkdir()
    assert client.get("/health/ready").status_code == 200
