"""What every command opens: the stores and jobs of DATA_DIR, as the server has them, and who is using them."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from app import accounts
from app.accounts import SERVER, Actor, Refused, audit
from app.dashboard.refusals import REFUSALS, refusal
from app.services import Services
from app.settings import Settings, writable_data_dir
from app.storage import NotFound

_INSTANCE = Path(__file__).resolve().parents[2] / "instance"

as_user = click.option(
    "--as",
    "user",
    metavar="USER",
    default="",
    help="To whom what is made belongs; needed while people log in.",
)
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for a program."
)


@dataclass(frozen=True)
class Session:
    """The open data directory.

    Attributes
    ----------
    services : Services
    actor : Actor
        The server itself, or the user that was named.
    """

    services: Services
    actor: Actor

    def address(self, path: str) -> str:
        """Return where a page is, on this machine, once a server runs."""
        return f"http://localhost:{self.services.settings.port}{path}"

    @property
    def who(self) -> str:
        """Who does this: the user that was named, else whoever is logged in on the machine."""
        return f"{_who()} (command line)" if self.actor is SERVER else self.actor.name

    def note(self, action: str, kind: str, item: str, **details: Any) -> None:
        """Record in the audit log what was done by whom at the command line."""
        actor = self.actor
        if actor is SERVER:
            actor = Actor(name=self.who)
        audit.record(actor, action, kind, item, **details)


@contextmanager
def opened(user: str = "", makes: bool = False) -> Iterator[Session]:
    """Open the stores; whatever is refused becomes a sentence and the exit code 1.

    Parameters
    ----------
    user : str
        The name of an account; empty for the server itself.
    makes : bool
        Whether something is made that must belong to somebody where people log in.
    """
    try:
        session = _open(user, makes)
        try:
            yield session
        finally:
            session.services.jobs.close()
    except click.ClickException:
        raise
    except REFUSALS as error:
        raise click.ClickException(refusal(error)) from None
    except (ValueError, NotFound, Refused) as error:
        raise click.ClickException(str(error)) from None


def _open(user: str, makes: bool) -> Session:
    settings = Settings.from_environ()
    data_dir = writable_data_dir(settings.data_dir, str(_INSTANCE))
    actor, people = SERVER, None
    if settings.login == "off":
        if user:
            raise click.UsageError(
                "LOGIN is off, so nobody has an account: leave out --as."
            )
    else:
        directory = accounts.directory.Directory(settings, data_dir)
        audit.send_to(directory.events.keep)
        people = accounts.people.AccountNames(directory.users)
        if user:
            actor = _actor(directory, user)
        elif makes:
            raise click.UsageError(
                "People log in to this server: say with --as USER to whom it shall belong."
            )
    services = Services.below(data_dir, settings, actor=lambda: actor, people=people)
    return Session(services, actor)


def _actor(directory: Any, name: str) -> Actor:
    found = directory.users.named(name)
    if found is None or found.disabled:
        raise ValueError(f"Nobody on this server is called {name[:100]!r}.")
    return Actor(role=found.role, user=found.id, name=found.name)


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "somebody"


def show(as_json: bool, found: Any, say: Callable[[], None]) -> None:
    """Print what was found as JSON, or as `say` says it.

    Parameters
    ----------
    as_json : bool
    found : object
        Plain values; what is not a number is null in JSON.
    say : callable
        Prints it for a person.
    """
    if as_json:
        text = json.dumps(_without_nan(found), ensure_ascii=False, indent=2)
        click.echo(text)
    else:
        say()


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and value != value else value
