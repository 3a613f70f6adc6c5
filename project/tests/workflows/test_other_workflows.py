"""What the workflows that remove previews, roll back, and scan every week do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.workflows.conftest import PROVIDER, WORKFLOWS
from tests.workflows.events import (
    dependabot_pull_request,
    dispatch,
    fork_pull_request,
    on_main,
    pull_request,
    schedule,
)
from tests.workflows.runner import is_started

CLOSED = on_main(pull_request("closed", number=12))


def test_the_preview_goes_when_the_pull_request_is_closed(github):
    run = github.run("preview-removal.yml", CLOSED)
    assert run.results == {"remove": "success"}
    assert github.lines == ["deploy check", "deploy preview 12 --remove"]
    # The group of main.yml's run: a preview that is still being made is stopped.
    assert run.group == "pull-request-12"


def test_a_closed_pull_request_of_a_fork_has_no_preview_to_remove(github):
    run = github.run("preview-removal.yml", on_main(fork_pull_request("closed")))
    assert run.results == {"remove": "skipped"}


def test_the_preview_of_what_a_person_pushed_to_a_branch_of_dependabot_goes(github):
    event = on_main(dependabot_pull_request("closed"))
    run = github.run("preview-removal.yml", event)
    assert run.results == {"remove": "success"}
    assert github.lines[-1] == "deploy preview 14 --remove"


def test_without_secrets_nothing_is_removed_and_nothing_fails(github):
    github.secrets.clear()
    run = github.run("preview-removal.yml", CLOSED)
    assert run.results == {"remove": "success"}
    assert github.lines == ["deploy check"]


def test_only_closing_starts_the_removal():
    path = WORKFLOWS / "preview-removal.yml"
    assert is_started(path, CLOSED)
    assert not is_started(path, on_main(pull_request("synchronize")))
    # It would not come for one with a merge conflict.
    assert not is_started(path, pull_request("closed"))


@pytest.mark.parametrize(
    "revision, command",
    [
        ("", "deploy rollback"),
        ("dashboard-g0123456-6", "deploy rollback dashboard-g0123456-6"),
        ("$(touch hacked); x y", "deploy rollback $(touch hacked); x y"),
    ],
)
def test_a_rollback_by_hand_takes_a_revision_or_the_one_before(
    github, tmp_path, revision, command
):
    run = github.run("rollback.yml", dispatch(revision=revision))
    assert run.results == {"rollback": "success"}
    assert github.lines[-2:] == [command, "deploy restore"]
    assert not list(tmp_path.rglob("hacked"))


def test_only_main_rolls_back(github):
    event = replace(dispatch(revision=""), ref="refs/heads/somebody")
    assert github.run("rollback.yml", event).results == {"rollback": "skipped"}
    assert github.lines == []


def test_what_a_failed_rollback_left_is_undone(github):
    github.fail("deploy rollback")
    run = github.run("rollback.yml", dispatch(revision=""))
    assert run.results == {"rollback": "failure"}
    assert github.lines[-1] == "deploy restore"


def test_a_rollback_that_is_cancelled_is_signalled_and_undone(github):
    github.cancel("deploy rollback", "trap 'echo interrupted; exit 1' INT")
    run = github.run("rollback.yml", dispatch(revision=""))
    assert run.results == {"rollback": "cancelled"}
    assert "interrupted" in run.log
    assert github.lines[-1] == "deploy restore"


def test_a_rollback_without_secrets_fails(github):
    github.secrets.clear()
    github.scripts = {"deploy rollback*": 'exec "$0.real" "$@"', **github.scripts}
    run = github.run("rollback.yml", dispatch(revision=""))
    assert run.results == {"rollback": "failure"}
    assert "GCP_PROJECT_ID and GCP_APP_NAME are missing or empty" in run.log
    assert "deploy restore" not in github.lines


def test_a_rollback_works_without_a_key(github):
    github.variables["GCP_WORKLOAD_IDENTITY_PROVIDER"] = PROVIDER
    del github.secrets["GCP_CREDENTIALS"]
    job = github.run("rollback.yml", dispatch(revision="")).jobs["rollback"]
    assert job.result == "success"
    assert job.steps[3].name == "Authenticate with workload identity"
    assert job.steps[3].outcome == "success"


def test_every_week_the_image_that_serves_is_scanned(github):
    run = github.run("weekly.yml", schedule())
    assert run.results == {"image": "success", "scan": "success", "zap": "success"}
    assert "deploy fetch dashboard.tar" in github.lines
    assert "image build" not in github.lines


def test_without_secrets_a_new_build_is_scanned(github):
    github.secrets.clear()
    run = github.run("weekly.yml", schedule())
    assert run.results["scan"] == "success"
    assert "image build" in github.lines
    assert "deploy fetch dashboard.tar" not in github.lines


def test_the_live_address_is_scanned_without_credentials(github):
    github.variables["GCP_URL"] = "https://dashboard.run.app"
    zap = github.run("weekly.yml", schedule()).jobs["zap"]
    inputs = zap.step("ZAP baseline").inputs
    assert inputs["target"] == "https://dashboard.run.app"
    assert inputs["fail_action"] == "true"


def test_without_an_address_nothing_is_scanned_and_a_notice_says_so(github):
    run = github.run("weekly.yml", schedule())
    assert run.jobs["zap"].step("ZAP baseline").outcome == "skipped"
    assert "::notice::No address was scanned" in run.log
    assert "GCP_URL" in run.summary
