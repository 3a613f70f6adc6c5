"""Passwords: hashed with argon2id, checked in the same time whether or not there is such a person."""

from __future__ import annotations

import functools
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARACTERS = 12
MAX_CHARACTERS = 200
_MIN_DIFFERENT = 5
# The least that OWASP recommends: 19 MB and about 20 ms each. Others are served meanwhile.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(2)


def hashed(password: str) -> str:
    """Return the hash under which a password is kept."""
    with _AT_ONCE:
        return _HASHER.hash(_same_characters(password))


def is_right(stored: str | None, password: str) -> bool:
    """Tell whether a password is the one of a hash.

    Parameters
    ----------
    stored : str or None
        None for nobody, or somebody without a password: the answer is no, and takes as long.
    password : str
    """
    sent = _same_characters(password[: MAX_CHARACTERS + 1])
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored or _nobodys(), sent) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with less effort than today's."""
    return _HASHER.check_needs_rehash(stored)


def check_new(password: str, name: str) -> None:
    """Refuse a password that is guessed early.

    Raises
    ------
    ValueError
        The sentence says what a password must be like.
    """
    if len(password) < MIN_CHARACTERS:
        raise ValueError(f"Choose a password of {MIN_CHARACTERS} characters or more.")
    if len(password) > MAX_CHARACTERS:
        raise ValueError(f"Choose a password of {MAX_CHARACTERS} characters or fewer.")
    guessed = name.casefold().partition("@")[0]
    rest = password.casefold().replace(guessed, "") if guessed else password
    if len(set(rest)) < _MIN_DIFFERENT:
        raise ValueError(
            "This password is easy to guess: use more different characters, and not your name."
        )


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_hex(16))


def _same_characters(password: str) -> bytes:
    """Return the same bytes for what looks the same, whichever keyboard typed it; a lone surrogate is kept too."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
