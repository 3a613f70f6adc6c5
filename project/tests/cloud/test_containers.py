"""A revision is a real container, of an image that a real registry holds."""

from __future__ import annotations

import subprocess
import urllib.request
from hashlib import sha1
from pathlib import Path

import pytest

from tests.cloud.commands import deploy, output_of
from tests.cloud.fake.cloud import APP_NAME, PROJECT_ID, REGION

_DOCKERFILE = """
FROM python:3.13-slim-trixie
ENV PYTHONUNBUFFERED=1
COPY name.txt /data/
STOPSIGNAL SIGKILL
CMD exec python -m http.server --directory /data "$PORT"
"""
_BUILT = "dashboard-test-cloud"


def run(*command: str) -> None:
    """Run a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


@pytest.fixture
def archive_of(containers, tmp_path):
    """Builds a tiny image that serves its own name, or the mounted bucket, and saves it as an archive."""

    def build(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "Dockerfile").write_text(_DOCKERFILE)
        (folder / "name.txt").write_text(name)
        saved, archive = folder / "saved.tar", folder / "image.tar"
        run(containers.engine, "build", "--tag", _BUILT, str(folder))
        run(containers.engine, "save", "--output", str(saved), _BUILT)
        run("skopeo", "copy", "-q", f"docker-archive:{saved}", f"oci-archive:{archive}")
        return archive

    return build


@pytest.fixture
def pushed(container_cloud, registry, archive_of, tmp_path):
    """Pushes such an image with the very command of a release, and returns its digest."""

    def push(name: str) -> str:
        output = tmp_path / f"{name}.output"
        done = deploy(
            container_cloud,
            "push",
            str(archive_of(name)),
            GCP_REGISTRY=registry.host,
            GITHUB_SHA=sha1(name.encode(), usedforsecurity=False).hexdigest(),
            GITHUB_OUTPUT=str(output),
        )
        assert done.code == 0, done.err
        return output_of(output)["digest"]

    return push


def test_gcloud_deploys_a_container_with_a_bucket(container_cloud, pushed):
    cloud, digest = container_cloud, pushed("one")
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


def serve(cloud, digest: str, suffix: str) -> None:
    done = cloud.gcloud(
        *("run", "deploy", APP_NAME, f"--region={REGION}", "--quiet"),
        *("--allow-unauthenticated", f"--revision-suffix={suffix}"),
        f"--image=gcr.io/{PROJECT_ID}/{APP_NAME}@{digest}",
        "--startup-probe=httpGet.path=/,periodSeconds=1,failureThreshold=60",
    )
    assert done.code == 0, done.err


def name_served(url: str) -> bytes:
    with urllib.request.urlopen(f"{url}/name.txt", timeout=30) as answer:
        return answer.read()


def test_what_pruning_leaves_in_a_real_registry_still_runs(
    container_cloud, registry, pushed
):
    cloud = container_cloud
    digests = {name: pushed(name) for name in ("old", "served", "good", "new")}
    serve(cloud, digests["good"], "good")
    serve(cloud, digests["served"], "served")
    registry.tag(APP_NAME, "released-good", digests["good"])

    listed = cloud.gcloud(
        *("artifacts", "docker", "images", "list", "--format=value(version)"),
        f"us-docker.pkg.dev/{PROJECT_ID}/gcr.io/{APP_NAME}",
    )
    assert set(listed.out.split()) == set(digests.values()), listed.err

    done = deploy(cloud, "prune", "--keep", "1", "--keep-good", "1")
    assert done.code == 0, done.err
    left = {image.digest for image in registry.images(APP_NAME)}
    assert left == {digests[name] for name in ("served", "good", "new")}

    # Unused layers are removed, shared ones stay: each image that is left still starts from the registry.
    registry.collect_garbage()
    cloud.runner.forget_images()
    for name in ("good", "new", "served"):
        serve(cloud, digests[name], f"again-{name}")
        assert name_served(cloud.url()) == name.encode()
