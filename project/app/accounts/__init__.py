"""Who somebody is, and what belongs to whom."""

from .actors import ROLES, SERVER, Actor, Role, WhoAsks, the_server

__all__ = ["ROLES", "SERVER", "Actor", "Role", "WhoAsks", "the_server"]
