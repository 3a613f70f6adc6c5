"""Logging in with a provider of OpenID Connect: there and back, and what it must prove.

The code is exchanged with a verifier that never leaves this server (PKCE), and the token that comes back must be
signed by the provider, now, for this server and for this very log-in.

References
----------
https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, redirect, request, session, url_for
from flask_limiter import Limiter
from joserfc.errors import JoseError

from app.accounts import Actor, audit
from app.accounts.directory import Directory
from app.accounts.identities import Identity, NotLetIn
from app.settings import Settings

from .. import actors
from . import limits
from .browser_sessions import BrowserSessions
from .return_address import checked

_NAMES = {
    "accounts.google.com": "Google",
    "login.microsoftonline.com": "Microsoft",
}
_GOOGLE = "https://accounts.google.com"
_SECONDS = 10
_NEXT = "next"
# Signatures by a key of the provider's own: with 'none' or a shared secret anybody, or any client, could sign.
_ALGORITHMS = frozenset(
    "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split()
)
_NOT_CONFIRMED = "The provider did not confirm who you are. Try again."
_NO_ANSWER = "The provider does not answer. Try again in a minute."

logger = logging.getLogger(__name__)


def name_of(settings: Settings) -> str:
    """Return what people call the provider."""
    host = urlsplit(settings.oidc_discovery_url).hostname or ""
    return _NAMES.get(host, host)


def add_routes(
    routes: Blueprint,
    directory: Directory,
    sessions: BrowserSessions,
    limiter: Limiter,
    settings: Settings,
    login_page,
) -> None:
    """Add the way to the provider and back.

    Parameters
    ----------
    routes : flask.Blueprint
    directory : Directory
    sessions : BrowserSessions
    limiter : Limiter
    settings : Settings
    login_page : callable
        Returns the page on which one logs in, with a status and a sentence.
    """
    provider = _provider(routes, settings)

    @routes.get("/login/provider")
    @limiter.limit(limits.BY_ADDRESS)
    def to_provider():
        # One log-in at a time: many started ones would not fit into the cookie.
        for key in [key for key in session if key.startswith("_state_")]:
            session.pop(key)
        session[_NEXT] = checked(request.args.get("next", ""))
        back = url_for("login.from_provider", _external=True)
        try:
            _use_own_keys_only(provider)
            return provider.authorize_redirect(back)
        except (requests.RequestException, RuntimeError, ValueError):
            logger.exception("The provider at OIDC_DISCOVERY_URL cannot be used")
            return login_page(502, _NO_ANSWER)

    @routes.get("/login/provider/back")
    @limiter.limit(limits.BY_ADDRESS)
    def from_provider():
        wanted = session.pop(_NEXT, "")
        try:
            _use_own_keys_only(provider)
            token = provider.authorize_access_token(
                claims_options=_required(provider, settings)
            )
            identity = identity_of(token["userinfo"], settings.oidc_groups_claim)
            user = directory.identities.user_of(identity)
        except NotLetIn as error:
            _note_refusal("not let in", identity.email or identity.name)
            return login_page(403, str(error))
        except requests.RequestException:
            logger.exception("The provider at OIDC_DISCOVERY_URL does not answer")
            return login_page(502, _NO_ANSWER)
        except (OAuthError, JoseError, RuntimeError, ValueError, KeyError, TypeError) as error:  # fmt: skip
            logger.warning("A log-in was refused: %s", _reason(error))
            _note_refusal(_reason(error))
            return login_page(400, _NOT_CONFIRMED)
        sessions.begin(user, "provider")
        return redirect(checked(wanted), 303)


def identity_of(claims: Mapping[str, Any], groups_claim: str) -> Identity:
    """Return who somebody is, from the claims of a token that was checked.

    Parameters
    ----------
    claims : mapping of str to object
    groups_claim : str
        Where the groups are; dots lead into claims of claims.

    Returns
    -------
    Identity
        Without an address, unless the provider says that it has verified it. Google says so of other companies'
        addresses too, and vouches only for its own and those of organisations that it hosts.
    """
    email = claims.get("email")
    verified = isinstance(email, str) and claims.get("email_verified") is True
    if verified and claims["iss"] == _GOOGLE:
        verified = bool(claims.get("hd")) or email.lower().endswith("@gmail.com")
    name = claims.get("preferred_username") or claims.get("name") or email
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject:
        raise ValueError("the claim 'sub' is missing")
    return Identity(
        issuer=claims["iss"],
        subject=subject,
        name=name if isinstance(name, str) else "",
        email=email if verified else "",
        groups=_groups(claims, groups_claim),
    )


def _provider(routes: Blueprint, settings: Settings):
    oauth = OAuth()
    routes.record_once(lambda state: oauth.init_app(state.app))
    return oauth.register(
        "provider",
        server_metadata_url=settings.oidc_discovery_url,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        client_kwargs={
            "scope": settings.oidc_scopes,
            "code_challenge_method": "S256",
            "default_timeout": _SECONDS,
        },
    )


def _use_own_keys_only(provider) -> None:
    metadata = provider.load_server_metadata()
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [
        algorithm for algorithm in offered if algorithm in _ALGORITHMS
    ]


def _required(provider, settings: Settings) -> dict[str, Any]:
    issuer = provider.load_server_metadata()["issuer"]
    return {
        "iss": {"essential": True, "values": [issuer]},
        "aud": {"essential": True, "values": [settings.oidc_client_id]},
        "nonce": {"essential": True},
    }


def _groups(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    found: Any = claims
    # The name itself may have dots, as in a URL.
    for part in [path] if path in claims else path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    every = [found] if isinstance(found, str) else found
    if not isinstance(every, (list, tuple)):
        return frozenset()
    return frozenset(group for group in every if isinstance(group, str))


def _note_refusal(reason: str, name: str = "") -> None:
    address = actors.current_actor().address
    audit.record(Actor(name=name, address=address), "log in refused", reason=reason)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
