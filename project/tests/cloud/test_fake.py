"""The real gcloud takes the fake for Google Cloud: here is what Cloud Run does that releases have to cope with."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from datetime import datetime, timezone

import pytest

from tests.cloud.fake.cloud import APP_NAME, PROJECT_ID, REGION
from tests.cloud.fake.load_balancer import REVISION_HEADER

IMAGE = f"gcr.io/{PROJECT_ID}/{APP_NAME}"
PACKAGE = f"us-docker.pkg.dev/{PROJECT_ID}/gcr.io/{APP_NAME}"
OLD, NEW = f"{APP_NAME}-old", f"{APP_NAME}-new"


def deploy(cloud, digest: str, suffix: str, *more: str):
    """Deploy an image without asking whether that went well."""
    image, name = f"--image={IMAGE}@{digest}", f"--revision-suffix={suffix}"
    where = (f"--region={REGION}", "--quiet")
    return cloud.gcloud("run", "deploy", APP_NAME, image, name, *where, *more)


def shift(cloud, *how: str):
    """Change the traffic without asking whether that went well."""
    where = (APP_NAME, f"--region={REGION}", "--quiet")
    return cloud.gcloud("run", "services", "update-traffic", *where, *how)


def ask(url: str) -> tuple[int, str]:
    """Return the status of an answer, and which revision gave it."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.headers[REVISION_HEADER]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers[REVISION_HEADER]


@pytest.fixture
def served(cloud):
    """The project with the service, of which one revision serves everybody."""
    done = deploy(cloud, cloud.image(), "old", "--allow-unauthenticated")
    assert done.code == 0, done.err
    return cloud


@pytest.fixture
def canary(served):
    """The same with a second revision that has a tag and no traffic."""
    done = deploy(served, served.image(), "new", "--no-traffic", "--tag=c-new")
    assert done.code == 0, done.err
    return served


def test_a_service_that_is_not_public_is_forbidden(cloud):
    assert deploy(cloud, cloud.image(), "old").code == 0
    assert ask(cloud.url())[0] == 403


def test_a_split_of_70_and_30_is_served_so(canary):
    assert shift(canary, f"--to-revisions={OLD}=70,{NEW}=30").code == 0
    asked = Counter(ask(f"{canary.url()}/health/live")[1] for _ in range(100))
    assert asked == {OLD: 70, NEW: 30}


def test_only_a_revision_that_nobody_needs_can_be_deleted(canary):
    delete = ("run", "revisions", "delete", f"--region={REGION}", "--quiet")
    assert "is serving" in canary.gcloud(*delete, OLD).err
    assert "has a tag" in canary.gcloud(*delete, NEW).err
    assert shift(canary, "--remove-tags=c-new").code == 0
    assert "latest created" in canary.gcloud(*delete, NEW).err
    assert shift(canary, "--to-latest").code == 0
    assert canary.gcloud(*delete, OLD).code == 0
    assert list(canary.revisions()) == [NEW]


def test_a_tag_on_a_revision_that_did_not_start_blocks_traffic_until_it_goes(served):
    bad = served.image("crashing")
    assert deploy(served, bad, "new", "--no-traffic", "--tag=c-new").code == 1
    assert served.tags() == {}
    assert shift(served, f"--to-revisions={OLD}=100").code == 1
    assert shift(served, "--remove-tags=c-new").code == 0
    assert ask(f"{served.url()}/health/live") == (200, OLD)


def test_an_image_must_be_in_the_registry_to_get_traffic_again(canary):
    assert shift(canary, f"--to-revisions={NEW}=100", "--remove-tags=c-new").code == 0
    old = canary.revisions()[OLD].digest
    canary.registry.delete(APP_NAME, old)
    done = shift(canary, f"--to-revisions={OLD}=100")
    assert done.code == 1 and f"{old}' not found" in done.err
    assert canary.traffic() == {NEW: 100}


def test_a_name_cannot_be_used_twice(served):
    done = deploy(served, served.image(), "old")
    assert done.code == 1 and "already exists" in done.err


def test_a_secret_that_is_not_there_lets_gcloud_fail(cloud):
    done = deploy(cloud, cloud.image(), "new", "--set-secrets=A=missing:latest")
    assert (
        done.code == 1 and "secrets/missing/versions/latest was not found" in done.err
    )


def test_images_are_listed_tagged_and_deleted(cloud):
    pushed = datetime(2026, 1, 2, tzinfo=timezone.utc)
    keep, drop = cloud.image(uploaded=pushed), cloud.image("good", "g1", "g2")
    add = ("artifacts", "docker", "tags", "add", f"{PACKAGE}@{keep}", "--quiet")
    assert cloud.gcloud(*add, f"{PACKAGE}:released-x").code == 0
    delete = ("artifacts", "docker", "images", "delete", "--quiet")
    refused = cloud.gcloud(*delete, f"{PACKAGE}@{drop}")
    assert refused.code == 1 and "because it is tagged" in refused.err
    assert cloud.gcloud(*delete, f"{PACKAGE}@{drop}", "--delete-tags").code == 0
    listed = cloud.gcloud(
        *("artifacts", "docker", "images", "list", PACKAGE),
        *("--include-tags", "--format=json"),
    )
    (image,) = json.loads(listed.out)
    assert image["version"] == keep and image["tags"] == ["released-x"]
    assert image["createTime"].startswith("2026-01-02T00:00:00")
