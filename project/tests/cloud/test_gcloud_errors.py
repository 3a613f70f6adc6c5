"""How the real gcloud reports an error: the codes by which the delivery decides what to do."""

from __future__ import annotations

import pytest

from deploy.gcloud import Gcloud
from deploy.gcloud_errors import GcloudError
from tests.cloud.fake.cloud import APP_NAME, PROJECT_ID, REGION

PACKAGE = f"us-docker.pkg.dev/{PROJECT_ID}/gcr.io/{APP_NAME}"
IN_REGION = f"--region={REGION}"
DESCRIBE = ("run", "services", "describe", APP_NAME, IN_REGION)
UPDATE = ("run", "services", "update-traffic", APP_NAME, IN_REGION, "--to-latest")
DEPLOY = ("run", "deploy", APP_NAME, IN_REGION)
LIST_IMAGES = ("artifacts", "docker", "images", "list", PACKAGE)
SERVICE = rf"/services/{APP_NAME}$"


@pytest.fixture(autouse=True)
def environ(cloud, monkeypatch):
    """gcloud talks to the fake, when called by the delivery itself too."""
    for name, value in cloud.environ.items():
        monkeypatch.setenv(name, value)


def error_of(*arguments: str) -> tuple[str, str]:
    """Return the status and the reason of the error that a command fails with."""
    with pytest.raises(GcloudError) as caught:
        Gcloud().run(*arguments)
    return caught.value.status, caught.value.reason


def image(cloud, variant: str = "good") -> str:
    return f"--image=gcr.io/{PROJECT_ID}/{APP_NAME}@{cloud.image(variant)}"


def test_what_does_not_exist_is_not_found(cloud):
    assert error_of(*DESCRIBE)[0] == "NOT_FOUND"
    assert error_of(*UPDATE)[0] == "NOT_FOUND"
    cloud.image()
    missing = ("artifacts", "docker", "tags", "delete", f"{PACKAGE}:missing")
    assert error_of(*missing)[0] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("code", "status"),
    [(400, "INVALID_ARGUMENT"), (401, "UNAUTHENTICATED"), (403, "PERMISSION_DENIED")],
)
def test_what_an_api_refuses_has_the_status_of_the_api(cloud, code, status):
    cloud.fail("GET", SERVICE, code, body="Conflict: not found, denied.")
    assert error_of(*DESCRIBE)[0] == status


@pytest.mark.parametrize(
    ("api", "command"),
    [("run", ("run", "services", "list")), ("artifactregistry", LIST_IMAGES)],
)
def test_a_project_that_has_not_enabled_an_api_is_told_apart(cloud, api, command):
    cloud.disable(api)
    assert error_of(*command) == ("PERMISSION_DENIED", "SERVICE_DISABLED")


def test_a_container_that_does_not_start_is_no_error_of_an_api(cloud):
    assert error_of(*DEPLOY, image(cloud, "crashing"))[0] == ""


def test_without_a_network_google_cloud_is_unavailable(cloud):
    with cloud.offline():
        assert error_of(*LIST_IMAGES)[0] == "UNAVAILABLE"


def test_without_an_account_nobody_is_authenticated(monkeypatch):
    monkeypatch.delenv("CLOUDSDK_AUTH_DISABLE_CREDENTIALS")
    assert error_of(*DESCRIBE)[0] == "UNAUTHENTICATED"


def test_a_change_that_conflicts_with_another_one_is_made_again(cloud):
    def change_meanwhile(_):
        cloud.rollout.services[APP_NAME].version += 1

    Gcloud().run(*DEPLOY, image(cloud))
    cloud.on("PUT", SERVICE, change_meanwhile, times=2)
    Gcloud().run(*UPDATE)
    assert [call.status for call in cloud.calls if call.method == "PUT"][:3] == [
        *(409, 409, 200)
    ]
    cloud.on("PUT", SERVICE, change_meanwhile, times=100)
    assert error_of(*UPDATE)[0] == "ABORTED"
