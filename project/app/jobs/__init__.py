"""Work that takes long, each in a process of its own."""

from .launch import Jobs

__all__ = ["Jobs"]
