"""Who somebody is, and what belongs to whom."""

from .actors import ROLES, SERVER, Actor, Role, WhoAsks, the_server
from .links import Links, kept_secret_key
from .permissions import Permissions, Refused, may, may_on_server
from .sharing import Nobody, People, Sharing

__all__ = [
    "ROLES",
    "SERVER",
    "Actor",
    "Links",
    "Nobody",
    "People",
    "Permissions",
    "Refused",
    "Role",
    "Sharing",
    "WhoAsks",
    "kept_secret_key",
    "may",
    "may_on_server",
    "the_server",
]
