"""What gcloud complains about becomes a sentence that says what to do."""

from __future__ import annotations

import os
import stat

import pytest

from deploy import DeployError
from deploy.gcloud import Gcloud, GcloudError


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program on PATH that writes something and ends with an exit code."""

    def put(name: str, said: str = "", code: int = 1, printed: str = "") -> None:
        path = tmp_path / name
        (tmp_path / "said").write_text(said)
        (tmp_path / "printed").write_text(printed)
        path.write_text(
            f"#!/bin/sh\ncat '{tmp_path}/said' >&2\ncat '{tmp_path}/printed'\nexit {code}\n"
        )
        path.chmod(path.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return put


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            "ERROR: (gcloud.run.deploy) API [run.googleapis.com] not enabled on project [1].",
            "not enabled an API",
        ),
        (
            "ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'run.services.update' denied",
            "may not do this",
        ),
        (
            "ERROR: (gcloud.run.deploy) You do not currently have an active account selected.",
            "no valid credentials",
        ),
        (
            "ERROR: gcloud crashed (ConnectionError): Max retries exceeded with url: /apis",
            "cannot be reached",
        ),
        (
            "ERROR: (gcloud.run.services.describe) Cannot find service [dashboard]",
            "somebody deleted it",
        ),
        (
            "ERROR: (gcloud.run.deploy) HttpError accessing <https://run.googleapis.com/>: response: <{'status': 403}>",
            "may not do this",
        ),
        (
            "ERROR: (gcloud.run.deploy) Cannot update environment variable [A] to string literal because it has "
            "already been set with a different type.",
            "release once with it in neither",
        ),
    ],
)
def test_a_failure_says_what_to_do_and_what_gcloud_said(program, said, advice):
    program("gcloud", f"Deploying...\n{said}\n")
    with pytest.raises(GcloudError) as caught:
        Gcloud().run("run", "deploy", "dashboard", "--region=r")
    assert str(caught.value).startswith("`gcloud run deploy dashboard` failed.")
    assert advice in str(caught.value)
    assert said.removeprefix("ERROR: ") in str(caught.value)


@pytest.mark.parametrize("number", [403, 404])
def test_the_number_of_a_run_is_not_taken_for_a_status(program, number):
    said = f"Revision 'dashboard-g0123456-{number}' is not ready. The container failed to start."
    program("gcloud", f"ERROR: (gcloud.run.deploy) {said}\n")
    with pytest.raises(GcloudError) as caught:
        Gcloud().run("run", "deploy", "dashboard")
    assert str(caught.value) == (
        f"`gcloud run deploy dashboard` failed. gcloud said: (gcloud.run.deploy) {said}"
    )
    assert not caught.value.is_missing and not caught.value.is_forbidden


def test_a_failure_without_words_is_told_too(program):
    program("gcloud")
    with pytest.raises(GcloudError, match="gcloud said: nothing."):
        Gcloud().read("run", "services", "list")


def test_gcloud_that_is_not_there_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeployError, match="gcloud is not installed: https://"):
        Gcloud().run("version")


def test_what_does_not_exist_is_told_from_what_may_not_be_seen(program):
    program("gcloud", "ERROR: NOT_FOUND: Unknown service account")
    assert Gcloud().exists("iam", "service-accounts", "describe", "x") is False
    program("gcloud", "ERROR: PERMISSION_DENIED: no")
    with pytest.raises(GcloudError):
        Gcloud().exists("iam", "service-accounts", "describe", "x")
    program("gcloud", code=0, printed="{}")
    assert Gcloud().exists("iam", "service-accounts", "describe", "x") is True


def test_a_dry_run_prints_what_can_be_pasted_and_runs_nothing(program, capsys):
    program("gcloud")
    assert Gcloud(dry_run=True).run("x", "--flag=a b", stdin="hidden") == ""
    assert capsys.readouterr().out == "gcloud x '--flag=a b' --quiet\n"


def test_a_command_that_somebody_else_was_faster_than_is_tried_again(
    tmp_path, monkeypatch
):
    path = tmp_path / "gcloud"
    path.write_text(
        "#!/bin/sh\n"
        f"echo x >>'{tmp_path}/calls'\n"
        f"[ $(wc -l <'{tmp_path}/calls') -gt 2 ] && echo done && exit\n"
        "echo \"ERROR: ABORTED: Conflict for resource 'dashboard'\" >&2; exit 1\n"
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert Gcloud().run("run", "services", "update-traffic", "x") == "done\n"
    assert len((tmp_path / "calls").read_text().split()) == 3
