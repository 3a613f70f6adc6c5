"""What main.yml does with a push and a pull request, run from the file itself with commands that do nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.workflows import actions
from tests.workflows.conftest import DIGEST, PROVIDER, WORKFLOWS
from tests.workflows.events import (
    SHA,
    dependabot_pull_request,
    dispatch,
    fork_pull_request,
    pull_request,
    push,
)
from tests.workflows.runner import is_started, load
from tests.workflows.steps import ActionFailed

MAIN = WORKFLOWS / "main.yml"
AUTHENTICATE = {
    "with": "Authenticate with a key",
    "without": "Authenticate with workload identity",
}


def test_a_push_is_tested_built_once_scanned_and_released(pushed):
    github, run = pushed
    assert run.results == {
        "test": "success",
        "build": "success",
        "scan": "success",
        "check": "success",
        "deploy": "success",
        "preview": "skipped",
        "comment": "skipped",
    }
    assert sorted(github.lines[:-4]) == [
        "deploy check",
        "image build",
        "image check",
        "image save dashboard.tar",
        "test",
    ]
    assert github.lines[-4:] == [
        "deploy push received/dashboard.tar",
        f"deploy release {DIGEST}",
        "deploy restore",
        "deploy prune",
    ]


def test_the_variables_reach_the_release(github):
    settings = {
        "GCP_REGION": "europe-north1",
        "GCP_REGISTRY": "eu.gcr.io",
        "GCP_SERVICE_ACCOUNT": "runtime@demo-proj.iam.gserviceaccount.com",
        "GCP_SECRETS": "RELOAD_TOKEN=reload",
        "GCP_SETTINGS": "LOG_LEVEL=DEBUG",
        "GCP_DATA_BUCKET": "tables",
    }
    github.variables = dict(settings)
    github.run("main.yml", push())
    for command in ("release", "restore"):
        (call,) = [one for one in github.calls if f"deploy {command}" in one.line]
        assert {name: call.environ[name] for name in settings} == settings
        assert call.environ["GCP_PROJECT_ID"] == "demo-proj"
        assert call.environ["GITHUB_SHA"] == SHA


def test_the_release_needs_no_key_of_its_own(pushed):
    github, _ = pushed
    for call in github.calls:
        is_check = call.line == "deploy check"
        assert ("GCP_CREDENTIALS" in call.environ) == is_check, call.line


@pytest.mark.parametrize("way, other", [("with", "without"), ("without", "with")])
def test_there_is_one_way_into_the_cloud_at_a_time(github, way, other):
    if way == "without":
        github.variables["GCP_WORKLOAD_IDENTITY_PROVIDER"] = PROVIDER
        del github.secrets["GCP_CREDENTIALS"]
    deploy = github.run("main.yml", push()).jobs["deploy"]
    assert deploy.result == "success"
    assert deploy.step(AUTHENTICATE[way]).outcome == "success"
    assert deploy.step(AUTHENTICATE[other]).outcome == "skipped"


def test_a_provider_is_used_even_where_a_key_is_left(github):
    github.variables["GCP_WORKLOAD_IDENTITY_PROVIDER"] = PROVIDER
    deploy = github.run("main.yml", push()).jobs["deploy"]
    assert "credentials_json" not in deploy.step(AUTHENTICATE["without"]).inputs
    assert deploy.step(AUTHENTICATE["with"]).outcome == "skipped"


def test_no_credentials_are_left_in_the_workspace(pushed):
    github, _ = pushed
    assert not list(github.folder.rglob("gha-creds-*.json"))


def test_what_is_attested_is_the_image_that_was_built(pushed):
    github, run = pushed
    deploy = run.jobs["deploy"]
    for name in ("Attest the origin of the image", "Attest the contents of the image"):
        inputs = deploy.step(name).inputs
        assert inputs["subject-name"] == "gcr.io/demo-proj/dashboard"
        assert inputs["subject-digest"] == DIGEST
        assert inputs["push-to-registry"] == "false"


def test_a_private_repository_deploys_without_attestations(github):
    deploy = github.run("main.yml", push(private=True)).jobs["deploy"]
    assert deploy.result == "success"
    assert deploy.step("Attest the contents of the image").outcome == "skipped"


def test_between_jobs_goes_only_what_holds_no_secret(pushed):
    github, run = pushed
    assert run.jobs["build"].outputs == {"digest": DIGEST}


def test_a_secret_that_happens_to_be_in_the_digest_stops_the_deployment(github):
    github.secrets["GCP_APP_NAME"] = "a"
    github.scripts = {
        "image save *": 'touch "$2"; echo digest=sha256:abc >>"$GITHUB_OUTPUT"',
        **github.scripts,
    }
    github.fail("deploy release ")
    run = github.run("main.yml", push())
    assert run.results["deploy"] == "failure"


@pytest.mark.parametrize(
    "command", ["test", "image build", "image check", "image save"]
)
def test_nothing_is_deployed_after_a_failure(github, command):
    github.fail(command)
    run = github.run("main.yml", push())
    assert run.results["deploy"] == "skipped"
    assert not [line for line in github.lines if line.startswith("deploy push")]


def test_a_scan_that_finds_something_stops_the_deployment(github, monkeypatch):
    def find_something(*_, **inputs):
        raise ActionFailed("CVE-2026-1 (high) is fixed in 1.2")

    monkeypatch.setitem(actions.ACTIONS, "anchore/scan-action", find_something)
    run = github.run("main.yml", push())
    assert run.results["scan"] == "failure"
    assert run.results["deploy"] == "skipped"


@pytest.mark.parametrize("command", ["deploy push", "deploy release"])
def test_a_failed_deployment_fails_the_run_and_is_undone(github, command):
    github.fail(command)
    run = github.run("main.yml", push())
    assert run.results["deploy"] == "failure"
    assert github.lines[-1] == "deploy restore"


@pytest.mark.parametrize("trap", ["trap 'echo interrupted; exit 1' INT", "trap '' INT"])
def test_what_a_cancelled_release_left_is_undone(github, trap):
    github.cancel("deploy release", trap)
    run = github.run("main.yml", push())
    assert run.results["deploy"] == "cancelled"
    assert ("interrupted" in run.log) == ("interrupted" in trap)
    assert github.lines[-1] == "deploy restore"


def test_a_deployment_cancelled_before_the_release_has_nothing_to_undo(github):
    github.cancel("deploy push")
    run = github.run("main.yml", push())
    assert run.results["deploy"] == "cancelled"
    assert not [line for line in github.lines if "deploy release" in line]
    assert github.lines[-1] == "deploy restore"


def test_nothing_is_undone_if_signing_in_failed(github, monkeypatch):
    def refuse(*_, **inputs):
        raise ActionFailed("No.")

    monkeypatch.setitem(actions.ACTIONS, "google-github-actions/auth", refuse)
    run = github.run("main.yml", push())
    assert run.results["deploy"] == "failure"
    assert "deploy restore" not in github.lines


def test_an_undo_that_fails_fails_the_run(github):
    github.fail("deploy restore")
    run = github.run("main.yml", push())
    assert run.results["deploy"] == "failure"
    assert "deploy prune" not in github.lines


def test_without_secrets_everything_but_the_deployment_runs_and_says_so(github):
    github.secrets.clear()
    run = github.run("main.yml", push())
    assert run.results == {
        "test": "success",
        "build": "success",
        "scan": "success",
        "check": "success",
        "deploy": "skipped",
        "preview": "skipped",
        "comment": "skipped",
    }
    assert "::notice::Nothing is deployed" in run.log
    assert "Nothing is deployed" in run.summary


def test_a_missing_secret_is_named_before_anything_is_touched(github):
    del github.secrets["GCP_EMAIL"]
    run = github.run("main.yml", push())
    assert run.results["check"] == "failure"
    assert run.results["deploy"] == "skipped"
    assert "GCP_EMAIL is missing or empty" in run.log


def test_secrets_of_the_environment_do_as_well(github):
    github.environments = {"production": dict(github.secrets)}
    github.secrets.clear()
    assert github.run("main.yml", push()).results["deploy"] == "success"


def test_secrets_of_production_are_out_of_reach_of_a_pull_request(github):
    github.environments = {"production": dict(github.secrets)}
    github.secrets.clear()
    run = github.run("main.yml", pull_request())
    assert run.results["preview"] == "skipped"
    assert not [
        call for call in github.calls if "demo-proj" in json.dumps(call.environ)
    ]


def test_a_pull_request_gets_a_preview_and_a_comment_with_its_address(previewed):
    github, run = previewed
    assert run.results["preview"] == run.results["comment"] == "success"
    assert run.results["deploy"] == "skipped"
    assert github.lines[-4:] == [
        "deploy push received/dashboard.tar",
        f"deploy preview 12 {DIGEST}",
        "write-comment comment.md",
        "comment 12 received/comment.md",
    ]
    comment = github.folder / "run" / "artifacts" / "comment" / "comment.md"
    assert "https://pr-12---dashboard.run.app" in comment.read_text()
    assert SHA[:7] in comment.read_text()


def test_the_job_that_comments_has_no_credentials_and_the_one_that_deploys_no_comments(
    previewed,
):
    github, _ = previewed
    jobs = load(MAIN)["jobs"]
    assert jobs["comment"]["permissions"] == {
        "contents": "read",
        "pull-requests": "write",
    }
    assert "pull-requests" not in jobs["preview"]["permissions"]
    environ = github.calls[-1].environ
    assert not [name for name in environ if name.startswith(("GCP_", "GOOGLE_"))]


def test_a_preview_gets_no_secrets_and_no_data_of_the_service(previewed):
    github, _ = previewed
    (preview,) = [call for call in github.calls if " preview " in call.line]
    assert "GCP_SECRETS" not in preview.environ
    assert "GCP_DATA_BUCKET" not in preview.environ
    assert preview.environ["GCP_PREVIEW_ACCOUNT"].startswith("nobody@")


@pytest.mark.parametrize("event", [fork_pull_request(), dependabot_pull_request()])
def test_a_pull_request_without_secrets_is_checked_and_not_shown(github, event):
    run = github.run("main.yml", event)
    assert [run.results[job] for job in ("test", "build", "scan")] == ["success"] * 3
    assert [run.results[job] for job in ("deploy", "preview", "comment")] == [
        "skipped"
    ] * 3


def test_a_fork_gets_no_preview_even_where_forks_get_secrets(github):
    # A private repository can be set up like that.
    event = replace(fork_pull_request(), is_trusted=True)
    run = github.run("main.yml", event)
    assert run.results["check"] == run.results["preview"] == "skipped"


def test_the_text_of_a_pull_request_is_never_run(previewed):
    github, _ = previewed
    assert not list(github.folder.rglob("hacked"))


def test_pushes_wait_for_each_other_and_a_pull_request_replaces_its_earlier_run(
    pushed, previewed
):
    assert pushed[1].group == "refs/heads/main"
    assert previewed[1].group == "pull-request-12"


def test_what_starts_the_workflow():
    assert is_started(MAIN, push())
    assert not is_started(MAIN, push("refs/heads/feature"))
    for action in ("opened", "synchronize", "reopened"):
        assert is_started(MAIN, pull_request(action))
    assert not is_started(MAIN, pull_request("closed"))
    assert not is_started(MAIN, pull_request("labeled"))


def test_started_by_hand_main_is_released(github):
    assert is_started(MAIN, dispatch())
    run = github.run("main.yml", dispatch())
    assert run.results["deploy"] == "success"
    assert f"deploy release {DIGEST}" in github.lines


def test_started_by_hand_any_other_branch_is_only_checked(github):
    elsewhere = replace(dispatch(), ref="refs/heads/feature")
    run = github.run("main.yml", elsewhere)
    assert run.results["test"] == run.results["scan"] == "success"
    assert run.results["check"] == run.results["deploy"] == "skipped"
    assert run.results["preview"] == "skipped"
