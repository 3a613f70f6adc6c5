"""The accounts by their names, for whoever shares something with one of them."""

from __future__ import annotations

from .users import Users

_PREFIX = "user-"


class AccountNames:
    """Names of accounts, and what the owner of a table or run is called.

    Parameters
    ----------
    users : Users
    """

    def __init__(self, users: Users):
        self._users = users

    def owner(self, name: str) -> str:
        """Return the owner's name of an account, as `Actor.owner` has it.

        Raises
        ------
        ValueError
            Nobody who may log in is called so.
        """
        user = self._users.named(name)
        if user is None or user.disabled:
            raise ValueError(f"Nobody on this server is called {name[:100]!r}.")
        return f"{_PREFIX}{user.id}"

    def name(self, owner: str) -> str:
        """Return what the owner of something is called."""
        user = self._users.get(owner.removeprefix(_PREFIX))
        return user.name if user and owner.startswith(_PREFIX) else "somebody"
