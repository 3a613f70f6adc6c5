"""A revision is a real container, of an image that a real registry holds."""

from __future__ import annotations

import subprocess
import urllib.request

import pytest

from tests.cloud.fake.cloud import APP_NAME, PROJECT_ID, REGION

_DOCKERFILE = """
FROM python:3.13-slim-trixie
ENV PYTHONUNBUFFERED=1
STOPSIGNAL SIGKILL
CMD exec python -m http.server --directory /data "$PORT"
"""
_BUILT = "dashboard-test-cloud"


def run(*command: str) -> None:
    """Run a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


@pytest.fixture
def digest(containers, registry, tmp_path) -> str:
    """A tiny image that serves the mounted bucket, pushed as a release is."""
    (tmp_path / "Dockerfile").write_text(_DOCKERFILE)
    archive, target = tmp_path / "image.tar", f"{registry.host}/{PROJECT_ID}/{APP_NAME}"
    run(containers.engine, "build", "--tag", _BUILT, str(tmp_path))
    run(containers.engine, "save", "--output", str(archive), _BUILT)
    skopeo = ("skopeo", "copy", "--quiet", "--dest-tls-verify=false")
    run(*skopeo, f"docker-archive:{archive}", f"docker://{target}:g1")
    found = registry.resolve(APP_NAME, "g1")
    assert found
    return found


def test_gcloud_deploys_a_container_with_a_bucket(container_cloud, digest):
    cloud = container_cloud
    bucket = cloud.rollout.folder / "tables"
    bucket.mkdir()
    (bucket / "hello.txt").write_text("from the bucket")
    done = cloud.gcloud(
        *("run", "deploy", APP_NAME, f"--region={REGION}", "--quiet"),
        f"--image=gcr.io/{PROJECT_ID}/{APP_NAME}@{digest}",
        *("--allow-unauthenticated", "--port=9090"),
        "--startup-probe=httpGet.path=/,periodSeconds=1,failureThreshold=60",
        "--add-volume=name=data,type=cloud-storage,bucket=tables",
        "--add-volume-mount=volume=data,mount-path=/data",
    )
    assert done.code == 0, done.err
    with urllib.request.urlopen(f"{cloud.url()}/hello.txt", timeout=30) as answer:
        assert answer.read() == b"from the bucket"
    (revision,) = cloud.revisions().values()
    assert revision.digest == digest
    assert "GET /hello.txt" in revision.instance.log()
