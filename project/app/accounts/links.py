"""Links that open one shared item: signed, so that nobody makes one up; what they allow, the share itself says."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from itsdangerous import BadSignature, Signer

from .permissions import Kind

_KINDS: dict[str, Kind] = {"t": "table", "r": "run"}
_LETTERS = {kind: letter for letter, kind in _KINDS.items()}
_FILE = "secret_key"
_MOST_CHARACTERS = 200


class LinkTarget(NamedTuple):
    """What a link leads to, and the share that it stands for."""

    kind: Kind
    item: str
    share: str


class Links:
    """Makes and reads the links of one server.

    Parameters
    ----------
    secret_key : callable
        Returns the server's key; called when the first link is made or opened.
    """

    def __init__(self, secret_key: Callable[[], str]):
        self._secret_key = secret_key

    @cached_property
    def _signer(self) -> Signer:
        return Signer(self._secret_key(), salt="share", digest_method=hashlib.sha256)

    def token(self, target: LinkTarget) -> str:
        """Return the last part of the link's address."""
        kind, item, share = target
        return self._signer.sign(f"{_LETTERS[kind]}.{item}.{share}").decode()

    def target(self, token: str) -> LinkTarget | None:
        """Return where a link leads to, or None if this server did not make it."""
        if len(token) > _MOST_CHARACTERS:
            return None
        try:
            letter, item, share = self._signer.unsign(token).decode().split(".")
        except (BadSignature, ValueError):
            return None
        return LinkTarget(_KINDS[letter], item, share)


def kept_secret_key(data_dir: Path) -> str:
    """Return the key of a server that was given none: drawn at first, then kept among its data.

    Parameters
    ----------
    data_dir : pathlib.Path
    """
    path = data_dir / _FILE
    if not path.exists():
        drawn = path.with_name(f".{_FILE}.{secrets.token_hex(4)}")
        drawn.touch(mode=0o600)
        drawn.write_text(secrets.token_hex(32), encoding="ascii")
        try:
            # Of several workers that start at the same time, one wins.
            os.link(drawn, path)
        except FileExistsError:
            pass
        except OSError:  # a mounted bucket has no links
            os.replace(drawn, path)
        finally:
            drawn.unlink(missing_ok=True)
    return path.read_text(encoding="ascii")
