"""Texts that come from strangers, as every database takes them."""

from __future__ import annotations


def storable(text: str, length: int) -> str:
    """Return a text without what PostgreSQL refuses, NUL and lone surrogates, and no longer than a column takes."""
    return text[:length].encode(errors="replace").decode().replace("\0", "")[:length]
