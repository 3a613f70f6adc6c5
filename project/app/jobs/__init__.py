"""Work that takes long, each in a process of its own."""

from .launcher import Jobs

__all__ = ["Jobs"]
