"""Errors of gcloud are classified by codes, whatever their messages say, and explained."""

from __future__ import annotations

import json
import os

import pytest

from deploy import DeployError
from deploy.gcloud import Gcloud
from deploy.gcloud_errors import GcloudError

TRACEBACK = "Traceback (most recent call last):\n  File ...\n"


def log(message: str, code: int | None = None, exception: str = "") -> str:
    """What gcloud writes: the responses, the exception, the error, and what it says besides."""
    records = []
    if code:
        records += [("GET", 200), ("GET", code)]
    lines = [
        record("DEBUG", f'http://127.0.0.1:80 "{verb} http://run/x HTTP/11" {status} 9')
        for verb, status in records
    ]
    if exception:
        details = {"details": f"{TRACEBACK}{exception}: {message}"}
        lines.append(record("DEBUG", message, error=details))
    return "\n".join(
        ["Deploying...", *lines, f"....{record('ERROR', message)}", "Bye."]
    )


def record(verbosity: str, message: str, **more) -> str:
    return json.dumps(
        {"version": "0.0.1", "verbosity": verbosity, "message": message, **more}
    )


@pytest.mark.parametrize(
    ("stderr", "status", "reason", "advice"),
    [
        (
            log("(gcloud.run.deploy) PERMISSION_DENIED: no", 403),
            "PERMISSION_DENIED",
            "",
            "lacks a permission",
        ),
        (
            log("(gcloud.run.services.describe) Cannot find service [x]", 404),
            "NOT_FOUND",
            "",
            "somebody deleted it",
        ),
        (
            log(
                "(gcloud.run.services.list) [me] does not have permission\n- domain: x\n  reason: SERVICE_DISABLED",
                403,
            ),
            "PERMISSION_DENIED",
            "SERVICE_DISABLED",
            "not enabled an API",
        ),
        (
            # gcloud looks at the service once more after a change that was refused.
            log("(gcloud.run.services.update-traffic) ABORTED: Conflict", 200),
            "ABORTED",
            "",
            "",
        ),
        (
            log(
                "No account.", exception="googlecloudsdk.core.NoActiveAccountException"
            ),
            "UNAUTHENTICATED",
            "NoActiveAccountException",
            "no valid credentials",
        ),
        (
            log("gcloud crashed", exception="requests.exceptions.ProxyError"),
            "UNAVAILABLE",
            "ProxyError",
            "cannot be reached",
        ),
        (
            log(
                "No refresh.",
                exception="google.auth.exceptions.TransportError: no\n\nx.TokenRefreshError",
            ),
            "UNAVAILABLE",
            "TokenRefreshError",
            "cannot be reached",
        ),
        (
            log(
                "Not so.",
                200,
                exception="command_lib.run.exceptions.ConfigurationError",
            ),
            "",
            "ConfigurationError",
            "release once with it in neither",
        ),
        (
            log("(gcloud.run.deploy) Revision app-403: 404 was not found, denied", 200),
            "",
            "",
            "",
        ),
        ("Killed\n", "", "", ""),
    ],
)
def test_an_error_is_classified_by_codes_alone(stderr, status, reason, advice):
    error = GcloudError.of("gcloud run deploy", stderr)
    assert (error.status, error.reason) == (status, reason)
    assert advice in str(error)
    if not advice:
        assert str(error).startswith("`gcloud run deploy` failed. gcloud said: ")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a script in the place of gcloud."""

    def put(script: str) -> None:
        path = tmp_path / "gcloud"
        path.write_text(f"#!/bin/sh\ncd {tmp_path}\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return put


def test_a_failure_names_the_command_and_what_gcloud_said(program):
    program("echo 'Deploying...\nIt did not start.' >&2; exit 1")
    with pytest.raises(GcloudError) as caught:
        Gcloud().run("run", "deploy", "dashboard", "--region=r")
    assert str(caught.value) == (
        "`gcloud run deploy dashboard` failed. gcloud said: It did not start."
    )


def test_a_failure_without_words_is_reported_too(program):
    program("exit 1")
    with pytest.raises(GcloudError, match="gcloud said: nothing."):
        Gcloud().read("run", "services", "list")


def test_a_machine_without_gcloud_is_told_where_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeployError, match="gcloud is not installed: https://"):
        Gcloud().run("version")


def test_a_change_that_somebody_else_came_before_is_tried_again(program, tmp_path):
    (tmp_path / "conflict").write_text(log("(gcloud.run) ABORTED: Conflict", 409))
    program(
        "echo x >>calls\n"
        "[ $(wc -l <calls) -gt 2 ] && echo done && exit\n"
        "cat conflict >&2; exit 1"
    )
    assert Gcloud().run("run", "services", "update-traffic", "x") == "done\n"
    assert len((tmp_path / "calls").read_text().split()) == 3
