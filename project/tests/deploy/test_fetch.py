"""Which image is fetched for the weekly scan, and what is said if it cannot be."""

from __future__ import annotations

import pytest

from deploy import DeployError
from deploy.cloudrun import Revision
from deploy.fetch import fetch, serving


def revision(name: str) -> Revision:
    image = f"gcr.io/demo-proj/dashboard@sha256:{name}"
    return Revision(name, image, is_ready=True, generation=1, created="")


REVISIONS = [revision("old"), revision("new")]


def test_the_revision_that_most_visitors_meet_is_chosen():
    assert serving({"new": 10, "old": 90}, REVISIONS).name == "old"
    assert serving({"gone": 60, "new": 40}, REVISIONS).name == "new"


def test_without_traffic_nothing_serves():
    with pytest.raises(DeployError, match="No revision of the service gets traffic"):
        serving({}, REVISIONS)


@pytest.fixture
def skopeo(tmp_path, monkeypatch):
    """Puts a program in the place of skopeo."""

    def put(script: str) -> None:
        program = tmp_path / "skopeo"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return put


def test_the_archive_keeps_the_digest(skopeo, tmp_path):
    skopeo(f'echo "$@" >{tmp_path}/called')
    fetch("gcr.io/p/a@sha256:1", tmp_path / "x.tar", [])
    assert (tmp_path / "called").read_text().split() == [
        "copy",
        "--quiet",
        "--preserve-digests",
        "docker://gcr.io/p/a@sha256:1",
        f"oci-archive:{tmp_path}/x.tar",
    ]


def test_a_refusal_is_a_sentence_with_what_skopeo_said(skopeo, tmp_path):
    skopeo("echo 'denied: no such right' >&2; exit 1")
    with pytest.raises(DeployError, match="may the account read it.*no such right"):
        fetch("gcr.io/p/a@sha256:1", tmp_path / "x.tar", [])


def test_a_machine_without_skopeo_is_told_where_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeployError, match="skopeo is not installed"):
        fetch("gcr.io/p/a@sha256:1", tmp_path / "x.tar", [])
