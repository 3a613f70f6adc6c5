"""`python -m app user …`: what it changes and says, and what it refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from app import cli
from app.accounts.directory import Directory
from app.settings import Settings
from tests.conftest import PROJECT

GOOD = "seven green teapots"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Call the command in this process; the accounts are in `tmp_path`."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LOGIN", "password")

    def call(*words: str, input: str | None = None):
        return CliRunner().invoke(cli.main, ["user", *words], input=input)

    return call


@pytest.fixture
def directory(tmp_path) -> Directory:
    """The accounts that the command changes."""
    return Directory(Settings(), tmp_path)


def test_a_new_user_chooses_a_password_by_the_link_that_is_printed(run, directory):
    done = run("add", "Ada", "--role", "administrator")
    assert done.exit_code == 0, done.output
    secret = re.search(r"^/invite/(\S+)$", done.output, re.MULTILINE)[1]
    assert directory.invitations.accept(secret, GOOD).role == "administrator"
    listed = run("list").output
    assert re.search(r"Ada\s+administrator\s+has not logged in yet", listed)


def test_a_password_is_asked_for_and_comes_from_no_argument(run, directory):
    done = run("add", "Ada", "--password", input=f"{GOOD}\n")
    assert done.exit_code == 0, done.output
    assert directory.users.check("Ada", GOOD)
    assert run("add", "Bob", "--password", GOOD).exit_code == 2
    assert run("password", "Ada", input=f"{GOOD}!\n").exit_code == 0
    assert directory.users.check("Ada", f"{GOOD}!")


def test_users_are_disabled_enabled_and_given_roles(run, directory):
    run("add", "Boss", "--role", "administrator")
    run("add", "Ada")
    user = directory.users.named("Ada")
    secret = directory.sessions.begin(user, "", "")
    assert run("role", "ada", "editor").output.startswith("Ada is editor now.")
    assert directory.sessions.find(secret) is None
    assert run("disable", "Ada").exit_code == 0
    assert directory.users.named("Ada").disabled
    assert re.search(r"Ada\s+editor\s+disabled", run("list").output)
    assert run("enable", "Ada").exit_code == 0
    assert not directory.users.named("Ada").disabled


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["disable", "Nobody"], "There is no user called 'Nobody'."),
        (["disable", "Boss"], "Nobody else is an administrator"),
        (["role", "Boss", "viewer"], "Nobody else is an administrator"),
        (["add", "boss"], "There is a user called 'boss' already."),
        (["add", " "], "A user's name must have"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(run, words, says):
    run("add", "Boss", "--role", "administrator")
    done = run(*words)
    assert done.exit_code == 1
    assert f"Error: {says}" in done.output


def test_a_password_that_is_guessed_early_adds_nobody(run, directory):
    done = run("add", "Ada", "--password", input="short\n")
    assert done.exit_code == 1
    assert "12 characters" in done.output
    assert directory.users.all() == []


def test_what_is_done_on_the_command_line_is_recorded(run, directory):
    run("add", "Ada")
    run("disable", "Ada")
    events, _ = directory.events.find()
    assert [event.action for event in events] == ["user disabled", "user added"]
    assert all(event.name.endswith("(command line)") for event in events)


def test_one_is_told_that_login_is_off(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "app", "user", "list"],
        cwd=PROJECT,
        env={**os.environ, "DATA_DIR": str(tmp_path), "LOGIN": "off"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert done.stdout == "There are no users yet.\n"
    assert "LOGIN is off" in done.stderr
