"""`python -m app user …`: the users of a server, for whoever may run commands on it.

A password is typed at a prompt, never on the command line, which other users of the machine can read.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import localtime, strftime
from typing import TYPE_CHECKING

import click

from app import accounts
from app.settings import Settings, writable_data_dir

from . import audit
from .actors import ROLES, Actor

if TYPE_CHECKING:
    from .directory import Directory
    from .models import User

_INSTANCE = Path(__file__).resolve().parents[2] / "instance"
_ROLE = click.Choice(ROLES)


@click.group()
def user() -> None:
    """Add users and change them; they are kept in DATABASE_URL, by default a file in DATA_DIR."""


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLE, default="viewer", show_default=True)
@click.option(
    "--password", "asks", is_flag=True, help="Ask for a password; print no link."
)
def add(name: str, role: str, asks: bool) -> None:
    """Add the user NAME, and print a link by which they choose a password.

    With OpenID Connect or Identity-Aware Proxy NAME is their e-mail address, and no link is needed.
    """
    with _opened() as (settings, directory):
        chosen = _ask_for_password(name) if asks else None
        found = directory.users.add(name, role)
        if chosen is not None:
            directory.users.set_password(found.id, chosen)
        _record("user added", found, role=role)
        click.echo(f"Added {found.name}, {role}.")
        if chosen is None and settings.login in ("off", "password"):
            _print_link(settings, directory, found)


@user.command("list")
def show() -> None:
    """List all users."""
    with _opened() as (_, directory):
        every = directory.users.all()
        width = max([len(one.name) for one in every], default=0)
        for one in every:
            click.echo(f"{one.name:{width}}  {one.role:13}  {_state(one)}")
        if not every:
            click.echo("There are no users yet.")


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """Let NAME in no more; their sessions end at once."""
    _change(name, "user disabled", "can no longer log in", "disable")


@user.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let NAME in again."""
    _change(name, "user enabled", "can log in again", "enable")


@user.command()
@click.argument("name")
@click.argument("role", type=_ROLE)
def role(name: str, role: str) -> None:
    """Give NAME another role; their sessions end."""
    with _opened() as (_, directory):
        found = directory.users.set_role(_named(directory, name).id, role)
        _record("role changed", found, role=role)
        click.echo(f"{found.name} is {role} now.")


@user.command()
@click.argument("name")
@click.option("--link", is_flag=True, help="Print a link by which they choose it.")
def password(name: str, link: bool) -> None:
    """Ask for a new password of NAME; their sessions and tokens end."""
    with _opened() as (settings, directory):
        found = _named(directory, name)
        if link:
            _print_link(settings, directory, found)
            _record("user invited", found)
            return
        directory.users.set_password(found.id, _ask_for_password(found.name))
        _record("password changed", found)
        click.echo(
            f"{found.name} has a new password; their sessions and tokens have ended."
        )


def _change(name: str, action: str, says: str, method: str) -> None:
    with _opened() as (_, directory):
        change: Callable[[str], User] = getattr(directory.users, method)
        found = change(_named(directory, name).id)
        _record(action, found)
        click.echo(f"{found.name} {says}.")


@contextmanager
def _opened() -> Iterator[tuple[Settings, Directory]]:
    """Open the accounts; what is refused becomes a sentence and the exit code 1."""
    try:
        settings = Settings.from_environ()
        data_dir = writable_data_dir(settings.data_dir, str(_INSTANCE))
        directory = accounts.directory.Directory(settings, data_dir)
        audit.send_to(directory.events.keep)
        yield settings, directory
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if settings.login == "off":
        click.echo(
            "LOGIN is off: users count once it is password, oidc or iap.", err=True
        )


def _named(directory: Directory, name: str) -> User:
    found = directory.users.named(name)
    if found is None:
        raise ValueError(f"There is no user called {name!r}.")
    return found


def _record(action: str, found: User, **details: str) -> None:
    try:
        who = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        who = "somebody"
    actor = Actor(name=f"{who} (command line)")
    audit.record(actor, action, "user", found.id, user_name=found.name, **details)


def _print_link(settings: Settings, directory: Directory, found: User) -> None:
    secret = directory.invitations.invite(found.id)
    hours = accounts.invitations.HOURS
    click.echo(
        f"Send them this link, which works once, within {hours} hours; put your server's address in front:\n"
        f"/invite/{secret}\n"
        f"On this machine: http://localhost:{settings.port}/invite/{secret}"
    )


def _ask_for_password(name: str) -> str:
    if not sys.stdin.isatty():
        # From a pipe: one line, as a script of an administrator sends it.
        chosen = sys.stdin.readline().rstrip("\r\n")
    else:
        chosen = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    accounts.passwords.check_new(chosen, name)
    return chosen


def _state(one: User) -> str:
    if one.disabled:
        return "disabled"
    if one.last_login is None:
        return "has not logged in yet"
    return f"last log-in {strftime('%Y-%m-%d %H:%M', localtime(one.last_login))}"
