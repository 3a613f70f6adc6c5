"""The smoke test accepts a healthy server, and names the part of an unhealthy one that fails."""

from __future__ import annotations

import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from app.app import create_server
from app.hosting import background
from deploy import smoke
from tests.conftest import wait_for


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def address_of():
    """Serves a WSGI application at an address."""
    servers = []

    def serve(application) -> str:
        server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def broken(settings):
    """Returns the dashboard with one path that answers something else."""
    server = create_server(settings)
    background.warm_up(server.extensions["services"])

    def wrap(path: str, status: str, body: bytes = b"", times: int = 10**6):
        left = [times]

        def application(environ, start_response):
            if environ["PATH_INFO"].startswith(path) and left[0]:
                left[0] -= 1
                start_response(status, [("Content-Type", "text/html")])
                return [body]
            return server(environ, start_response)

        return application

    return wrap


def test_the_dashboard_is_well(live_server):
    live = live_server()
    wait_for(
        lambda: live.request("GET", "/health/ready")[0] == 200,
        what="the server to be ready",
    )
    smoke.check(live.url)


@pytest.mark.parametrize(
    ("path", "status", "body", "sentence"),
    [
        ("/health/ready", "503 Busy", b"", "/health/ready answers 503"),
        ("/", "500 Oh no", b"", "answers 500"),
        ("/_dash-layout", "500 Oh no", b"", "/_dash-layout answers 500"),
        ("/_dash-layout", "200 OK", b"<html>", "which is not JSON"),
        ("/_dash-dependencies", "200 OK", b"[]", "has no page to fill"),
        ("/_dash-update-component", "500 Oh no", b"", "-component answers 500"),
        ("/_dash-update-component", "200 OK", b"{}", "fills no page"),
        ("/_dash-component-suites", "404 Gone", b"", "answers 404"),
        ("/_dash-component-suites", "200 OK", b"<html>", "is not a script"),
    ],
)
def test_each_part_that_is_sick_is_named(
    broken, address_of, path, status, body, sentence
):
    address = address_of(broken(path, status, body))
    with pytest.raises(smoke.SmokeError, match=sentence):
        smoke.check(address)


def test_a_server_that_is_healthy_but_answers_another_page_is_sick(broken, address_of):
    server = broken("/", "200 OK", b"<html>Welcome to nginx!</html>")

    def healthy(environ, start_response):
        if environ["PATH_INFO"] == "/health/ready":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'{"status": "ready"}']
        return server(environ, start_response)

    with pytest.raises(smoke.SmokeError, match="answers 200, but not with the dash"):
        smoke.check(address_of(healthy))


def test_nobody_there_is_a_sentence():
    with pytest.raises(smoke.SmokeError, match="http://127.0.0.1:9/health/ready does"):
        smoke.check("http://127.0.0.1:9")


def test_a_service_that_nobody_may_open_says_what_to_run(broken, address_of):
    address = address_of(broken("/", "403 Forbidden"))
    with pytest.raises(smoke.SmokeError, match="add-iam-policy-binding"):
        smoke.check(address)


def test_one_failure_may_be_the_networks_and_two_are_ours(broken, address_of):
    once = address_of(broken("/_dash-layout", "502 Bad Gateway", times=1))
    assert smoke.watch([once], 0, sleep=lambda _: None) == 1
    twice = address_of(broken("/_dash-layout", "502 Bad Gateway", times=2))
    with pytest.raises(smoke.SmokeError, match="502"):
        smoke.watch([twice], 0, sleep=lambda _: None)


def test_a_new_address_is_given_time_to_become_known(broken, address_of):
    address = address_of(broken("/", "404 Not Found", times=3))
    smoke.wait_until_healthy(address, 30, sleep=lambda _: None)
