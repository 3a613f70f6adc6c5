"""The configuration: missing and wrong values are named before anything is touched."""

from __future__ import annotations

import json

import pytest

from deploy import DeployError
from deploy.build import Build, image_by_digest
from deploy.check import check_secrets
from deploy.cloudrun import preview_flags, release_flags
from deploy.config import Config

PLACE = {"GCP_PROJECT_ID": "demo-proj", "GCP_APP_NAME": "dashboard"}
EMAIL = "ci@demo-proj.iam.gserviceaccount.com"
KEY = json.dumps({"type": "service_account", "client_email": EMAIL})
SECRETS = {**PLACE, "GCP_EMAIL": EMAIL, "GCP_CREDENTIALS": KEY}
PROVIDER = "projects/123/locations/global/workloadIdentityPools/github/providers/github"


@pytest.mark.parametrize("value", [None, "", "  "])
@pytest.mark.parametrize("name", SECRETS)
def test_a_missing_or_empty_secret_is_named(name, value):
    environ = {k: v for k, v in SECRETS.items() if k != name}
    if value is not None:
        environ[name] = value
    with pytest.raises(DeployError, match=f"^{name} is missing or empty: set it"):
        check_secrets(environ)


def test_all_missing_secrets_are_named_at_once():
    with pytest.raises(DeployError, match="GCP_EMAIL and GCP_APP_NAME are missing"):
        check_secrets(
            {"GCP_PROJECT_ID": "demo-proj", "GCP_CREDENTIALS": KEY}
            | {"GCP_EMAIL": "", "GCP_APP_NAME": ""}
        )


def test_a_repository_without_any_secret_is_a_fork_and_no_error():
    assert check_secrets({"GCP_EMAIL": "", "GCP_CREDENTIALS": " "}) is False


def test_all_secrets_are_enough():
    assert check_secrets(SECRETS) is True


def test_a_workload_identity_takes_the_place_of_the_key():
    environ = {**SECRETS, "GCP_CREDENTIALS": ""}
    environ["GCP_WORKLOAD_IDENTITY_PROVIDER"] = PROVIDER
    assert check_secrets(environ) is True
    environ["GCP_WORKLOAD_IDENTITY_PROVIDER"] = "my-provider"
    with pytest.raises(
        DeployError, match="GCP_WORKLOAD_IDENTITY_PROVIDER must be like"
    ):
        check_secrets(environ)


@pytest.mark.parametrize("email", ["nonsense", "me@example.org"])
def test_an_address_that_is_no_service_accounts_is_refused(email):
    with pytest.raises(DeployError, match="GCP_EMAIL is not the address of a service"):
        check_secrets({**SECRETS, "GCP_EMAIL": email})


@pytest.mark.parametrize("key", ["-----BEGIN", "[]", '{"a": 1}', '"x"'])
def test_a_key_that_is_none_is_refused_without_showing_it(key):
    with pytest.raises(DeployError, match="not the key of a service account") as caught:
        check_secrets({**SECRETS, "GCP_CREDENTIALS": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GCP_PROJECT_ID", "Demo Project"),
        ("GCP_APP_NAME", "Dash_board"),
        ("GCP_APP_NAME", "1st"),
        ("GCP_SECRETS", "RELOAD_TOKEN"),
        ("GCP_SETTINGS", "RETENTION_DAYS 7"),
        ("GCP_PREVIEW_ACCOUNT", "preview@demo-proj.iam"),
        ("GCP_REGISTRY", "europe-west1-docker.pkg.dev"),
        ("GCP_REGISTRY", "docker.io"),
        ("GCP_REGION", "mars"),
        ("GCP_DATA_BUCKET", "gs://tables"),
        ("GCP_SETTINGS", "PORT=99"),
        ("GCP_SETTINGS", "MAX_UPLOAD_MB=abc"),
        ("GCP_SETTINGS", "API_HOST=http://a.org/x|y"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_name(name, value):
    with pytest.raises(DeployError, match=name):
        Config.from_environ({**PLACE, name: value})


def test_a_service_whose_tags_would_be_too_long_is_refused_before_anything_is_touched():
    environ = {**SECRETS, "GCP_APP_NAME": "a" * 40, "GITHUB_SHA": "0" * 40}
    with pytest.raises(DeployError, match="at most 46: choose a shorter GCP_APP_NAME"):
        check_secrets(environ)


@pytest.mark.parametrize("tag", ["", "p1", "1pr", "pr-", "PR-1", "pr 1"])
def test_a_tag_that_cloud_run_refuses_is_refused_here(tag):
    with pytest.raises(DeployError, match="cannot be a revision's tag"):
        Config.from_environ(PLACE).tag(tag)


def test_a_repository_of_artifact_registry_may_be_named_whole():
    repository = "europe-west1-docker.pkg.dev/demo-proj/images"
    config = Config.from_environ({**PLACE, "GCP_REGISTRY": repository})
    assert config.image == config.package == f"{repository}/dashboard"


@pytest.mark.parametrize(
    ("registry", "package"),
    [
        ("gcr.io", "us-docker.pkg.dev/demo-proj/gcr.io/dashboard"),
        ("eu.gcr.io", "europe-docker.pkg.dev/demo-proj/eu.gcr.io/dashboard"),
        ("asia.gcr.io", "asia-docker.pkg.dev/demo-proj/asia.gcr.io/dashboard"),
    ],
)
def test_the_old_host_names_lead_to_artifact_registry(registry, package):
    config = Config.from_environ({**PLACE, "GCP_REGISTRY": registry})
    assert config.image == f"{registry}/demo-proj/dashboard"
    assert config.package == package


def test_a_build_is_named_after_the_commit_and_the_run():
    environ = {"GITHUB_SHA": "0123456789abcdef", "GITHUB_RUN_NUMBER": "12"}
    first = Build.from_environ(environ)
    again = Build.from_environ({**environ, "GITHUB_RUN_ATTEMPT": "2"})
    assert (first.image_tag, first.suffix) == ("g0123456", "g0123456-12")
    assert first.candidate == "c-0123456-12"
    assert again.suffix == "g0123456-12-2"


@pytest.mark.parametrize("digest", ["", "latest", "sha256:12", "sha512:" + "0" * 64])
def test_what_is_no_digest_is_refused(digest):
    with pytest.raises(DeployError, match="is not the digest of an image"):
        image_by_digest(Config.from_environ(PLACE), digest)


def flags_of(make, **variables: str) -> list[str]:
    return make(Config.from_environ({**PLACE, **variables}))


def test_a_bucket_is_mounted_where_the_server_looks_and_lets_it_grow():
    flags = " ".join(flags_of(release_flags, GCP_DATA_BUCKET="tables"))
    assert "bucket=tables" in flags
    assert "--add-volume-mount=volume=data,mount-path=/data" in flags
    assert "DATA_DIR=/data" in flags
    assert "--max-instances=4" in flags


def test_a_preview_gets_no_secret_no_data_and_an_account_of_its_own():
    flags = flags_of(
        preview_flags,
        GCP_SECRETS="RELOAD_TOKEN=reload",
        GCP_DATA_BUCKET="tables",
        GCP_SERVICE_ACCOUNT="run@demo-proj.iam",
        GCP_PREVIEW_ACCOUNT="preview@demo-proj.iam",
    )
    assert "--clear-secrets" in flags and "--clear-volumes" in flags
    assert "--service-account=preview@demo-proj.iam" in flags
    assert "--max-instances=1" in flags
    assert not any("tables" in flag or "reload" in flag for flag in flags)
