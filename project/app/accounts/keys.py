"""Secrets that open something: made at random, kept as a hash, so that the database alone opens nothing."""

from __future__ import annotations

import hashlib
import re
import secrets

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """Return a secret that cannot be guessed: 256 random bits in 43 characters."""
    return secrets.token_urlsafe(32)


def is_secret(text: str) -> bool:
    """Tell whether a text, which may come from a stranger, can be a secret."""
    return bool(_SECRET.fullmatch(text))


def hash_of(secret: str) -> str:
    """Return what is kept of a secret. It is random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
