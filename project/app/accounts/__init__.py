"""Who somebody is, and what belongs to whom.

Users, sessions and all that needs a database load on first use: while login is off, none of it is imported.
"""

import lazy_loader

from . import audit
from .actors import ROLES, SERVER, Actor, LoggedIn, Role, WhoAsks, nobody, the_server
from .links import Links, kept_secret_key
from .permissions import Permissions, Refused, may, may_on_server
from .sharing import Nobody, People, Sharing

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
    "Links",
    "LoggedIn",
    "Nobody",
    "People",
    "Permissions",
    "Refused",
    "Role",
    "Sharing",
    "WhoAsks",
    "audit",
    "kept_secret_key",
    "may",
    "may_on_server",
    "nobody",
    "the_server",
]
