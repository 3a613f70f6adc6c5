"""The workflow that lets a challenger meet the present model, and the commands that it calls."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.conftest import PATIENCE_SECONDS
from tests.workflows.conftest import ROOT
from tests.workflows.events import schedule

VARIABLES = {
    "CHALLENGE_TABLE": "https://example.com/new.csv?sig=$(touch hacked)",
    "CHALLENGE_MODEL": "models/churn",
}


def test_it_is_off_until_it_is_configured(github):
    run = github.run("challenge.yml", schedule())
    assert run.results == {"challenge": "skipped", "request": "skipped"}
    assert github.lines == []


def test_a_challenger_that_is_better_becomes_a_pull_request(github, tmp_path):
    github.variables |= VARIABLES
    run = github.run("challenge.yml", schedule())
    assert run.results == {"challenge": "success", "request": "success"}
    assert github.lines == [
        f"challenge models/churn {VARIABLES['CHALLENGE_TABLE']} challenger",
        "request models/churn received",
    ]
    trained, asked = github.calls
    assert "GH_TOKEN" not in trained.environ
    assert asked.environ["GH_TOKEN"]
    assert not list(tmp_path.rglob("hacked"))


def test_one_that_is_not_better_asks_for_nothing(github):
    github.variables |= VARIABLES
    script = 'echo "better=false" >>"$GITHUB_OUTPUT"'
    github.scripts["challenge *"] = script
    run = github.run("challenge.yml", schedule())
    assert run.results == {"challenge": "success", "request": "skipped"}


def test_a_training_that_fails_fails_the_run(github):
    github.variables |= VARIABLES
    github.fail("challenge")
    run = github.run("challenge.yml", schedule())
    assert run.results["challenge"] == "failure"


@pytest.fixture
def repository(tmp_path):
    """A repository with a model, and a gh and a remote that only record how they were called."""
    (tmp_path / "bin").mkdir()
    gh = tmp_path / "bin" / "gh"
    gh.write_text('#!/bin/sh\necho "gh $*" >>"$CALLS"\n')
    gh.chmod(0o755)
    git("init", "--quiet", "--bare", "remote.git", folder=tmp_path)
    work = tmp_path / "work"
    (work / "models" / "churn").mkdir(parents=True)
    (work / "models" / "churn" / "card.toml").write_text("old")
    (work / "models" / "churn" / "sample.csv").write_text("old")
    git("init", "--quiet", "--initial-branch", "main", folder=work)
    git("add", "models", folder=work)
    git("commit", "--quiet", "--message", "The model", folder=work)
    (work / "received" / "model").mkdir(parents=True)
    (work / "received" / "model" / "card.toml").write_text("new")
    (work / "received" / "request.md").write_text("## Better")
    return work


def git(*words: str, folder) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def request(work, folder: str) -> subprocess.CompletedProcess:
    remote = work.parent / "remote.git"
    return subprocess.run(
        [ROOT / ".github" / "scripts" / "request", folder, "received"],
        cwd=work,
        env={
            "PATH": f"{work.parent / 'bin'}:{os.environ['PATH']}",
            "HOME": str(work.parent),
            "CALLS": str(work.parent / "calls"),
            "GH_TOKEN": "token",
            "GITHUB_REPOSITORY": "somebody/something",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{remote}.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://x-access-token:token@github.com/somebody/something.git",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


def test_the_request_replaces_the_model_on_a_branch_of_its_own(repository):
    for _ in range(2):  # the second time it renews it
        git("switch", "--quiet", "main", folder=repository)
        done = request(repository, "models/churn")
        assert done.returncode == 0, done.stderr
    remote = repository.parent / "remote.git"
    branch = "challenger/churn"
    assert git("branch", "--list", folder=remote).split() == [branch]
    shown = git("show", f"{branch}:models/churn/card.toml", folder=remote)
    assert shown == "new"
    listed = git("ls-tree", "-r", "--name-only", branch, folder=remote).split()
    assert listed == ["models/churn/card.toml"]
    calls = (repository.parent / "calls").read_text()
    assert "gh pr create --head challenger/churn" in calls
    assert "--body-file received/request.md" in calls


@pytest.mark.parametrize("folder", ["../x", "/etc", ".github", "models/none", "a b"])
def test_only_a_model_of_the_repository_is_replaced(repository, folder):
    done = request(repository, folder)
    assert done.returncode == 1
    assert "CHALLENGE_MODEL must be the folder of a model" in done.stdout
