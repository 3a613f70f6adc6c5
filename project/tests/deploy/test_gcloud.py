"""What gcloud and skopeo complain about becomes a sentence that says what to do."""

from __future__ import annotations

import io
import json
import os
import stat
import tarfile

import pytest

from deploy import DeployError, push
from deploy.config import Config
from deploy.gcloud import Gcloud, GcloudError

CONFIG = Config("demo-proj", "dashboard")


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
    ],
)
def test_a_failure_says_what_to_do_and_what_gcloud_said(program, said, advice):
    program("gcloud", f"Deploying...\n{said}\n")
    with pytest.raises(GcloudError) as caught:
        Gcloud().run("run", "deploy", "dashboard", "--region=r")
    assert str(caught.value).startswith("`gcloud run deploy dashboard` failed.")
    assert advice in str(caught.value)
    assert said.removeprefix("ERROR: ") in str(caught.value)


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


def archive_of(path, files: dict[str, object]):
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_the_digest_of_an_archive_is_its_manifests(tmp_path):
    digest = "sha256:" + "a" * 64
    index = {"manifests": [{"digest": digest}]}
    archive = archive_of(tmp_path / "image.tar", {"index.json": index})
    assert push.digest_of(archive) == digest


@pytest.mark.parametrize(
    "files",
    [{}, {"index.json": []}, {"index.json": {"manifests": []}}, {"manifest.json": 1}],
)
def test_what_is_no_archive_of_one_image_is_refused(tmp_path, files):
    archive = archive_of(tmp_path / "image.tar", files)
    with pytest.raises(DeployError, match="is no archive of one image"):
        push.digest_of(archive)


def test_a_missing_or_damaged_archive_is_refused(tmp_path):
    with pytest.raises(DeployError, match="There is no file"):
        push.digest_of(tmp_path / "image.tar")
    (tmp_path / "image.tar").write_bytes(b"rubbish" * 100)
    with pytest.raises(DeployError, match="is no archive"):
        push.digest_of(tmp_path / "image.tar")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            'FATA[0001] writing blob: denied: Permission "artifactregistry" denied',
            "may not push there",
        ),
        (
            "FATA[0001] requesting bearer token: 403 (Forbidden)",
            "may not push there",
        ),
        (
            "FATA[0001] name unknown: Repository 'gcr.io' not found",
            "The repository is not there",
        ),
        (
            "FATA[0001] pinging container registry gcr.io: dial tcp: lookup gcr.io: no such host",
            "cannot be reached",
        ),
    ],
)
def test_a_registry_that_refuses_the_push_is_a_sentence(program, said, advice):
    program("skopeo", said)
    config = Config("demo-proj", "dashboard", registry="localhost:1")
    with pytest.raises(DeployError) as caught:
        push.push(config, "image.tar", "g0123456")
    assert advice in str(caught.value)
    assert "skopeo said: FATA" in str(caught.value)
