"""Health: the answers to the platform."""

from __future__ import annotations

import shutil

from app import __version__


def test_a_server_that_runs_is_live_and_tells_its_version(client):
    response = client.get("/health/live")
    told = {"status": "live", "version": __version__}
    assert (response.status_code, response.json) == (200, told)


def test_a_server_that_can_write_its_data_is_ready(client):
    response = client.get("/health/ready")
    assert (response.status_code, response.json) == (200, {"status": "ready"})


def test_health_is_never_kept_by_a_cache(client):
    for path in ("/health/live", "/health/ready"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_server_whose_data_directory_is_gone_is_live_but_not_ready(client, services):
    shutil.rmtree(services.jobs.data_dir)
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert "DATA_DIR" in response.json["error"]
    assert client.get("/health/live").status_code == 200
