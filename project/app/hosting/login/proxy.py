"""Google's Identity-Aware Proxy: whoever it has logged in, proven by its signature on each request.

References
----------
https://cloud.google.com/iap/docs/signed-headers-howto
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import requests
from flask import request

from app.accounts.directory import Directory
from app.accounts.identities import Identity, NotLetIn
from app.accounts.models import User

HEADER = "X-Goog-IAP-JWT-Assertion"
ISSUER = "https://cloud.google.com/iap"
KEYS_URL = "https://www.gstatic.com/iap/verify/public_key-jwk"
LOG_OUT = "/?gcp-iap-mode=CLEAR_LOGIN_COOKIE"
_LEEWAY_SECONDS = 30
_TIMEOUT_SECONDS = 5
# Keys change rarely; a stranger who invents names of keys must not make this server ask for them all the time.
_KEPT_SECONDS = 6 * 3600
_PAUSE_SECONDS = 60

logger = logging.getLogger(__name__)


class Keys:
    """The proxy's public keys by their names, fetched when a new one is used.

    Parameters
    ----------
    url : str
    clock : callable, optional
        Returns seconds that only go forward.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic):
        self._url, self._clock = url, clock
        self._keys: dict[str, Any] = {}
        self._asked = float("-inf")
        self._lock = threading.Lock()

    def get(self, name: str) -> Any | None:
        """Return the key with a name; None if the proxy has none."""
        with self._lock:
            age = self._clock() - self._asked
            known = name in self._keys
            if age > _KEPT_SECONDS or (not known and age > _PAUSE_SECONDS):
                self._fetch()
            return self._keys.get(name)

    def _fetch(self) -> None:
        self._asked = self._clock()
        try:
            answer = requests.get(self._url, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
            found = jwt.PyJWKSet.from_dict(answer.json())
        except (requests.RequestException, ValueError, jwt.PyJWTError):
            logger.exception("The keys of Identity-Aware Proxy cannot be fetched")
            return
        self._keys = {key.key_id: key.key for key in found.keys}


class Proxy:
    """Recognises whom Identity-Aware Proxy has logged in.

    Parameters
    ----------
    directory : Directory
    audience : str
        For which server the proxy must have signed.
    keys : Keys, optional
    """

    def __init__(self, directory: Directory, audience: str, keys: Keys | None = None):
        self._directory, self._audience = directory, audience
        self._keys = keys or Keys(KEYS_URL)

    def user(self) -> User | None:
        """Return who sent the current request; None if the proxy has not signed it, or this server knows nobody so."""
        claims = self._checked(request.headers.get(HEADER, ""))
        if claims is None:
            return None
        email = claims.get("email")
        email = email if isinstance(email, str) else ""
        who = Identity(ISSUER, claims["sub"], name=email, email=email)
        try:
            return self._directory.identities.user_of(who)
        except NotLetIn:
            return None

    def _checked(self, assertion: str) -> Mapping[str, Any] | None:
        try:
            key = self._keys.get(jwt.get_unverified_header(assertion)["kid"])
            if key is None:
                return None
            return jwt.decode(
                assertion,
                key,
                algorithms=["ES256"],
                audience=self._audience,
                issuer=ISSUER,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "aud", "iss", "sub"]},
            )
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            return None
