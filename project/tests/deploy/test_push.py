"""Images are copied unchanged, and errors of skopeo are explained."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from deploy import DeployError, push, skopeo
from deploy.config import Config

CONFIG = Config("demo-proj", "dashboard", registry="localhost:5000")
IMAGE = f"docker://{CONFIG.image}:g0123456"


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
    with pytest.raises(DeployError, match="is not an archive of one image"):
        push.digest_of(archive)


def test_a_missing_or_damaged_archive_is_refused(tmp_path):
    with pytest.raises(DeployError, match="There is no file"):
        push.digest_of(tmp_path / "image.tar")
    (tmp_path / "image.tar").write_bytes(b"rubbish" * 100)
    with pytest.raises(DeployError, match="is not an archive"):
        push.digest_of(tmp_path / "image.tar")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program in the place of skopeo."""

    def put(script: str) -> None:
        path = tmp_path / "skopeo"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return put


@pytest.mark.parametrize(
    ("source", "destination", "side"),
    [("oci-archive:x.tar", IMAGE, "dest"), (IMAGE, "oci-archive:x.tar", "src")],
)
def test_an_image_keeps_its_digest_on_its_way(
    program, tmp_path, source, destination, side
):
    program(f'echo "$@" >{tmp_path}/called')
    skopeo.copy(CONFIG, source, destination)
    assert (tmp_path / "called").read_text().split() == [
        *("copy", "--quiet", "--preserve-digests", f"--{side}-tls-verify=false"),
        *(source, destination),
    ]


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ('writing blob: denied: Permission "upload" denied', "lacks a permission"),
        ("requesting bearer token: 403 (Forbidden)", "lacks a permission"),
        ("name unknown: Repository 'gcr.io' not found", "It does not exist"),
        ("dial tcp: lookup gcr.io: no such host", "cannot be reached"),
        ("write /tmp/x: no space left on device", "no space left"),
    ],
)
def test_a_registry_that_refuses_is_a_sentence(program, tmp_path, said, advice):
    (tmp_path / "said").write_text(f"FATA[0001] {said}\n")
    program(f"cat {tmp_path}/said >&2; exit 1")
    with pytest.raises(DeployError) as caught:
        skopeo.copy(CONFIG, "oci-archive:x.tar", IMAGE)
    assert str(caught.value).startswith("The image oci-archive:x.tar could not be")
    assert advice in str(caught.value)
    assert f"skopeo said: FATA[0001] {said}" in str(caught.value)


def test_a_machine_without_skopeo_is_told_where_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeployError, match="skopeo is not installed: https://"):
        skopeo.copy(CONFIG, "oci-archive:x.tar", IMAGE)
