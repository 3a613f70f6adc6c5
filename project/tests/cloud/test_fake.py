"""The fake is what the real gcloud takes for Google Cloud, as far as releases need it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from datetime import datetime, timezone

import pytest

from tests.cloud.fake.cloud import APP_NAME, PROJECT_ID, REGION
from tests.cloud.fake.front import REVISION_HEADER, Turns

IMAGE = f"gcr.io/{PROJECT_ID}/{APP_NAME}"
PACKAGE = f"us-docker.pkg.dev/{PROJECT_ID}/gcr.io/{APP_NAME}"
SERVICE = rf"/services/{APP_NAME}$"
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


def test_a_first_deploy_serves_everybody(served):
    assert served.traffic() == {OLD: 100}
    assert ask(f"{served.url()}/health/ready") == (200, OLD)
    assert ask(f"{served.url()}/") == (200, OLD)


def test_a_service_that_is_not_public_is_forbidden(cloud):
    assert deploy(cloud, cloud.image(), "old").code == 0
    assert ask(cloud.url())[0] == 403


def test_a_canary_has_an_address_of_its_own_and_no_traffic(canary):
    assert canary.traffic() == {OLD: 100}
    assert canary.tags() == {"c-new": NEW}
    assert ask(canary.url(tag="c-new") + "/health/live") == (200, NEW)
    assert ask(canary.url() + "/health/live") == (200, OLD)


def test_traffic_goes_where_gcloud_sends_it(canary):
    assert shift(canary, "--to-tags=c-new=10").code == 0
    assert canary.traffic() == {OLD: 90, NEW: 10}
    assert shift(canary, f"--to-revisions={NEW}=100").code == 0
    assert canary.traffic() == {NEW: 100}
    assert shift(canary, "--remove-tags=c-new").code == 0
    assert ask(canary.url(tag="c-new"))[0] == 404
    assert shift(canary, f"--to-revisions={OLD}=100").code == 0
    assert shift(canary, "--to-latest").code == 0
    assert canary.traffic() == {NEW: 100}


def test_a_split_of_70_and_30_is_served_so(canary):
    assert shift(canary, f"--to-revisions={OLD}=70,{NEW}=30").code == 0
    asked = Counter(ask(f"{canary.url()}/health/live")[1] for _ in range(100))
    assert asked == {OLD: 70, NEW: 30}


def test_turns_are_spread_evenly():
    turns = Turns({"a": 90, "b": 10})
    taken = [turns.next() for _ in range(100)]
    places = [number for number, name in enumerate(taken) if name == "b"]
    assert {after - before for before, after in zip(places, places[1:])} == {10}


def test_gcloud_describes_and_lists_what_is_there(canary):
    region = f"--region={REGION}"
    described = canary.gcloud(
        "run", "services", "describe", APP_NAME, region, "--format=json"
    )
    status = json.loads(described.out)["status"]
    assert status == canary.service()["status"] | {"conditions": status["conditions"]}
    listed = canary.gcloud(
        "run", "services", "list", region, "--format=value(metadata.name)"
    )
    assert listed.out.split() == [APP_NAME]
    revisions = canary.gcloud(
        "run", "revisions", "list", f"--service={APP_NAME}", region, "--format=json"
    )
    names = {entry["metadata"]["name"] for entry in json.loads(revisions.out)}
    assert names == {OLD, NEW}


def test_only_a_revision_that_nobody_needs_can_be_deleted(canary):
    delete = ("run", "revisions", "delete", f"--region={REGION}", "--quiet")
    assert "is serving" in canary.gcloud(*delete, OLD).err
    assert "has a tag" in canary.gcloud(*delete, NEW).err
    assert shift(canary, "--remove-tags=c-new").code == 0
    assert "latest created" in canary.gcloud(*delete, NEW).err
    assert shift(canary, "--to-latest").code == 0
    assert canary.gcloud(*delete, OLD).code == 0
    assert list(canary.revisions()) == [NEW]


@pytest.mark.parametrize(
    ("variant", "sentence"),
    [
        ("crashing", "failed to start and listen on the port"),
        ("slow", "failed the configured startup probe checks"),
    ],
)
def test_an_image_that_does_not_start_lets_gcloud_fail_and_the_old_one_serve(
    served, variant, sentence
):
    served.speed = 10
    probe = (
        "--startup-probe=httpGet.path=/health/ready,periodSeconds=1,failureThreshold=20"
    )
    done = deploy(served, served.image(variant), "new", probe)
    assert done.code == 1
    assert sentence in done.err
    assert served.traffic() == {OLD: 100}
    assert ask(f"{served.url()}/health/live") == (200, OLD)


def test_a_tag_on_a_revision_that_did_not_start_blocks_traffic_until_it_goes(served):
    bad = served.image("crashing")
    assert deploy(served, bad, "new", "--no-traffic", "--tag=c-new").code == 1
    assert served.tags() == {}
    assert shift(served, f"--to-revisions={OLD}=100").code == 1
    assert shift(served, "--remove-tags=c-new").code == 0
    assert ask(f"{served.url()}/health/live") == (200, OLD)


@pytest.mark.parametrize(
    ("variant", "path"),
    [
        ("broken-page", "/"),
        ("broken-layout", "/_dash-layout"),
        ("broken-callback", "/_dash-update-component"),
        ("broken-static", "/assets/anything.css"),
    ],
)
def test_a_sick_image_is_healthy_and_fails_where_it_is_sick(cloud, variant, path):
    assert (
        deploy(cloud, cloud.image(variant), "new", "--allow-unauthenticated").code == 0
    )
    assert ask(f"{cloud.url()}/health/ready")[0] == 200
    assert ask(cloud.url() + path)[0] == 500


def test_an_image_may_fall_ill_later(cloud, tmp_path):
    sick = tmp_path / "sick"
    digest = cloud.image("sick-later", SICK_FILE=str(sick))
    assert deploy(cloud, digest, "new", "--allow-unauthenticated").code == 0
    assert ask(f"{cloud.url()}/")[0] == 200
    sick.touch()
    assert ask(f"{cloud.url()}/")[0] == 500


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


def test_of_two_changes_at_once_the_second_is_refused(served):
    served.on("PUT", SERVICE, lambda _: bump(served))
    done = shift(served, f"--to-revisions={OLD}=100")
    assert done.code == 1 and "Conflict for resource" in done.err


def bump(cloud) -> None:
    """Change the service as somebody else would."""
    cloud.rollout.services[APP_NAME].version += 1


def test_a_service_deleted_in_between_lets_gcloud_fail(served):
    service = served.rollout.services[APP_NAME]
    served.on("PUT", SERVICE, lambda _: served.rollout.remove(service))
    assert shift(served, "--to-latest").code == 1
    assert ask(served.url())[0] == 404


def test_settings_secrets_and_buckets_are_recorded_and_reach_the_instance(cloud):
    cloud.secrets["reload"] = "very secret"
    flags = (
        "--set-env-vars=DATA_DIR=/data,LOG_LEVEL=DEBUG",
        "--set-secrets=RELOAD_TOKEN=reload:latest",
        "--add-volume=name=data,type=cloud-storage,bucket=tables",
        "--add-volume-mount=volume=data,mount-path=/data",
    )
    done = deploy(cloud, cloud.image(), "new", *flags)
    assert done.code == 0, done.err
    revision = cloud.revisions()[NEW]
    assert revision.environ == {"DATA_DIR": "/data", "LOG_LEVEL": "DEBUG"}
    assert revision.secrets == {"RELOAD_TOKEN": "reload:latest"}
    assert revision.volumes == {"/data": "tables"}
    assert any((cloud.rollout.folder / "tables").iterdir())


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


def test_a_real_registry_answers_as_the_one_in_memory(new_cloud, registry):
    test_images_are_listed_tagged_and_deleted(new_cloud(registry))


@pytest.mark.parametrize(
    ("api", "command"),
    [
        ("run", ("run", "services", "list", f"--region={REGION}")),
        ("artifactregistry", ("artifacts", "docker", "images", "list", PACKAGE)),
    ],
)
def test_a_project_without_an_api_says_so(cloud, api, command):
    cloud.disable(api)
    done = cloud.gcloud(*command)
    assert done.code == 1
    assert "SERVICE_DISABLED" in done.err and f"{api}.googleapis.com" in done.err


def test_calls_fail_as_told_and_no_longer(served):
    describe = ("run", "services", "describe", APP_NAME, f"--region={REGION}")
    served.fail("GET", SERVICE, 403, after=1, body="You may not.")
    assert served.gcloud(*describe).code == 0
    refused = served.gcloud(*describe)
    assert refused.code == 1 and "PERMISSION_DENIED: You may not." in refused.err
    assert served.gcloud(*describe).code == 0
    assert [call.status for call in served.calls[-3:]] == [200, 403, 200]


def test_gcloud_offline_gives_up(served):
    with served.offline():
        done = served.gcloud("run", "services", "list", f"--region={REGION}")
    assert done.code == 1
    assert "Failed to establish a new connection" in done.err
    assert ask(f"{served.url()}/health/live") == (200, OLD)
