"""Who asks: a person with an account, a browser without one, a program with a token, or the server itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Role = Literal["viewer", "editor", "administrator"]
ROLES: tuple[Role, ...] = ("viewer", "editor", "administrator")


@dataclass(frozen=True)
class Actor:
    """Who sent a request.

    Attributes
    ----------
    role : {"viewer", "editor", "administrator"} or None
        None for somebody who has not logged in although the server asks for it.
    user : str
        The id of the account; empty without one.
    name : str
        What the person is called on pages and in the audit log; empty without an account.
    visitor : str
        A name of the browser, from which its cookie cannot be told; empty for a program.
    address : str
        The network address, as far as the proxies in front are trusted.
    shares : tuple of str
        The ids of the shares whose links were opened in this browser.
    scopes : frozenset of str or None
        The actions that a token is for; None for whoever needs none.
    opens_by_id : bool
        Whether knowing the id of a table or a run is enough to open it.
    """

    role: Role | None = None
    user: str = ""
    name: str = ""
    visitor: str = ""
    address: str = ""
    shares: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None
    opens_by_id: bool = False

    @property
    def owner(self) -> str:
        """To whom belongs what this actor makes; empty if nobody would find it again."""
        return f"user-{self.user}" if self.user else self.visitor

    @property
    def key(self) -> str:
        """By which limits count: the account, else the address."""
        return f"user-{self.user}" if self.user else f"address-{self.address}"


@dataclass(frozen=True)
class LoggedIn:
    """What the header of a page shows of whoever is logged in.

    Attributes
    ----------
    name : str
    links : tuple of (str, str)
        What each link says, and where it leads.
    form_token : str
        What the form that logs out sends along; empty if another server logs people in and out.
    """

    name: str
    links: tuple[tuple[str, str], ...] = ()
    form_token: str = ""


# Whoever asks outside a request: the server's own work.
SERVER = Actor(role="administrator", name="the server", opens_by_id=True)
WhoAsks = Callable[[], Actor]


def the_server() -> Actor:
    """Return the server itself, for what is done outside any request."""
    return SERVER


def nobody() -> None:
    """Return that nobody is logged in, where nobody can log in."""
    return None
