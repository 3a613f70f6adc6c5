"""Who somebody is, and what belongs to whom.

Users, sessions and all that needs a database load on first use: while login is off, none of it is imported.
"""

import lazy_loader

from . import audit
from .actors import ROLES, SERVER, Actor, LoggedIn, Role, WhoAsks, nobody, the_server

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=[
        "believed",
        "commands",
        "database",
        "directory",
        "events",
        "identities",
        "invitations",
        "keys",
        "login_settings",
        "models",
        "passwords",
        "people",
        "sessions",
        "tokens",
        "users",
    ],
)
__all__ = [
    "ROLES",
    "SERVER",
    "Actor",
    "LoggedIn",
    "Role",
    "WhoAsks",
    "audit",
    "nobody",
    "the_server",
]
