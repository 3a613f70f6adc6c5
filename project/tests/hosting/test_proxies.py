"""Which names and which proxies the server believes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from flask import request

from app.app import create_server
from app.hosting import proxies
from app.settings import Settings
from tests.conftest import PROJECT


@pytest.fixture
def behind(settings):
    """A client of a server with some settings of its own."""

    def start(**changes):
        return create_server(replace(settings, **changes)).test_client()

    return start


def _get(client, path: str = "/", host: str = "localhost", **headers: str):
    return client.get(path, headers={"Host": host, **headers})


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("dash.example.com", 200),
        ("dash.example.com:8443", 200),
        ("DASH.example.com", 200),
        ("a.intranet.example.com", 200),
        ("intranet.example.com", 200),
        ("10.0.0.7", 200),
        ("evil.example.com", 400),
        ("dash.example.com.evil.net", 400),
        ("localhost", 400),
        ("", 400),
    ],
)
def test_only_allowed_names_are_answered(behind, host, status):
    client = behind(allowed_hosts="dash.example.com, .intranet.example.com,10.0.0.7")
    for path in ("/", "/api/uploads/x", "/reports/catalogue.json", "/metrics"):
        refused = _get(client, path, host).status_code == 400
        assert refused is (status == 400)
    forwarded = {"X-Forwarded-Host": "dash.example.com"}
    assert _get(client, "/", host, **forwarded).status_code == status


def test_a_refused_name_is_told_what_to_do(behind):
    answer = _get(behind(allowed_hosts="dash.example.com"), "/", "evil.net")
    assert "ALLOWED_HOSTS" in answer.text and "evil" not in answer.text


def test_platforms_ask_for_health_by_any_name(behind):
    client = behind(allowed_hosts="dash.example.com")
    assert _get(client, "/health/live", "10.1.2.3:8050").status_code == 200


def test_without_allowed_names_all_are_answered(behind):
    assert _get(behind(), "/", "whatever.example.com").status_code == 200


@pytest.mark.parametrize("name", ["https://a.b", "a/b", "a b:80", "a:80", "..", "*"])
def test_a_name_that_cannot_be_one_stops_the_server(name):
    with pytest.raises(ValueError, match="ALLOWED_HOSTS"):
        proxies.check_hosts(Settings(allowed_hosts=name))


def test_gunicorn_does_not_start_with_such_a_name(tmp_path):
    environ = {**os.environ, "ALLOWED_HOSTS": "https://a", "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "gunicorn", "--check-config", "wsgi:server"]
    done = subprocess.run(
        command, cwd=PROJECT, env=environ, capture_output=True, text=True
    )
    assert done.returncode != 0 and "ALLOWED_HOSTS holds 'https://a'" in done.stderr


@pytest.mark.parametrize(
    ("trusted", "address"),
    [(0, "127.0.0.1"), (1, "3.3.3.3"), (2, "2.2.2.2"), (9, "127.0.0.1")],
)
def test_as_many_proxies_are_believed_as_are_trusted(settings, trusted, address):
    server = create_server(replace(settings, trusted_proxies=trusted))
    seen = []
    server.before_request_funcs[None].insert(0, lambda: seen.append(proxies.address()))
    chain = {"X-Forwarded-For": "1.1.1.1, 2.2.2.2, 3.3.3.3"}
    _get(server.test_client(), "/health/live", **chain)
    assert seen == [address]


@pytest.mark.parametrize(("trusted", "is_secure"), [(0, False), (1, True)])
def test_a_trusted_proxy_alone_can_say_that_it_was_https(settings, trusted, is_secure):
    server = create_server(replace(settings, trusted_proxies=trusted))
    seen = []
    server.before_request_funcs[None].insert(0, lambda: seen.append(request.is_secure))
    answer = _get(server.test_client(), "/", **{"X-Forwarded-Proto": "https"})
    assert seen == [is_secure]
    # Whoever claims so wrongly only loses their own cookies.
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("settings_", "address", "headers", "status"),
    [
        ({}, "127.0.0.1", {}, 200),
        ({}, "127.0.0.9", {}, 200),
        ({}, "::1", {}, 200),
        ({}, "10.0.0.1", {}, 401),
        ({}, "localhost", {}, 401),
        ({}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ({}, "127.0.0.1", {"Forwarded": "for=1.1.1.1"}, 401),
        ({}, "127.0.0.1", {"Via": "1.1 proxy"}, 401),
        ({"trusted_proxies": 1}, "127.0.0.1", {}, 401),
        ({"trusted_proxies": 1}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ({"metrics_token": "secret"}, "127.0.0.1", {}, 401),
        (
            {"metrics_token": "secret"},
            "10.0.0.1",
            {"Authorization": "Bearer secret"},
            200,
        ),
        ({"metrics_token": "secret"}, "10.0.0.1", {"Authorization": "secret"}, 401),
        (
            {"metrics_token": "secret"},
            "10.0.0.1",
            {"Authorization": "Basic secret"},
            401,
        ),
    ],
)
def test_metrics_are_for_this_machine_or_for_who_has_the_token(
    behind, settings_, address, headers, status
):
    answer = behind(**settings_).get(
        "/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address}
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("sent", "status"),
    [("Bearer secret", 200), ("bearer secret", 200), ("secret", 403), ("Bearer", 403)],
)
def test_reports_are_reloaded_by_a_bearer_alone(behind, sent, status):
    client = behind(reload_token="secret")
    answer = client.post("/reload", headers={"Authorization": sent})
    assert answer.status_code == status
