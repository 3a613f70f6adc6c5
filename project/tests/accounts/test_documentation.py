"""docs/accounts.md says what the commands, the roles, the routes and the limits are."""

from __future__ import annotations

import re

import click
from click.testing import CliRunner

from app import cli
from app.accounts import ROLES, believed, invitations
from app.accounts.commands import user
from app.hosting.login import limits
from app.settings import LOGINS
from tests.conftest import PROJECT

TEXT = (PROJECT / "docs" / "accounts.md").read_text(encoding="utf-8")


def test_every_command_is_described_and_nothing_else():
    said = set(re.findall(r"^\| `python -m app user (\w+)", TEXT, re.MULTILINE))
    assert said == set(user.commands)


def test_the_options_that_are_named_exist():
    options = {
        option
        for command in user.commands.values()
        for one in command.params
        if isinstance(one, click.Option)
        for option in one.opts
    }
    assert set(re.findall(r"--[a-z]+", TEXT)) <= options


def test_the_first_command_adds_an_administrator(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    [line] = re.findall(r"^python -m app (user add .*)$", TEXT, re.MULTILINE)
    done = CliRunner().invoke(cli.main, line.split())
    assert done.exit_code == 0, done.output
    assert "Added alice, administrator." in done.output and "/invite/" in done.output


def test_numbers_and_names_are_those_of_the_code():
    assert re.findall(r"^\| `(\w+)` \| .*(?:nobody|server|OpenID|Proxy)", TEXT, re.M) == list(LOGINS)  # fmt: skip
    assert all(f"**{role}**" in TEXT for role in ROLES)
    assert f"within {invitations.HOURS} hours" in TEXT
    assert limits.BY_ADDRESS == "20 per minute; 200 per hour"
    assert "20 a minute and 200 an hour from one address" in TEXT
    assert limits.BY_NAME == "10 per 15 minutes" and "10 in 15 minutes" in TEXT
    assert believed.SECONDS == 3 and "within three seconds" in TEXT
