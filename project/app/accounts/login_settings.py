"""Whether the settings of the login can be used: asked when the server starts, before anybody is let in."""

from __future__ import annotations

from pathlib import Path

from app.settings import Settings

_MIN_CHARACTERS = 32
_MIN_DIFFERENT = 10
_DISCOVERY = "/.well-known/openid-configuration"
_HOW = "Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'."


def check(settings: Settings) -> None:
    """Check what the chosen login needs.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    ValueError
        Something is missing or cannot be used; the sentence names the setting.
    """
    if settings.login == "off":
        return
    _check_key(secret_key(settings), settings.login)
    if settings.login == "oidc":
        _check_provider(settings)
    if settings.login == "iap" and not settings.iap_audience:
        raise ValueError(
            "LOGIN is 'iap', which needs IAP_AUDIENCE: copy it from the page of Identity-Aware Proxy."
        )


def secret_key(settings: Settings) -> str:
    """Return the secret that signs cookies and links; empty if none is set.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    str

    Raises
    ------
    ValueError
        SECRET_KEY_FILE cannot be read.
    """
    if settings.secret_key or not settings.secret_key_file:
        return settings.secret_key
    try:
        return Path(settings.secret_key_file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ValueError(
            f"SECRET_KEY_FILE is {settings.secret_key_file!r}, which cannot be read: {reason}."
        ) from None


def names(text: str) -> frozenset[str]:
    """Return the entries of a list that is separated by commas."""
    return frozenset(filter(None, (part.strip() for part in text.split(","))))


def _check_key(key: str, login: str) -> None:
    if not key:
        raise ValueError(
            f"LOGIN is {login!r}, which needs SECRET_KEY, a random text that all workers share. {_HOW}"
        )
    if len(key) < _MIN_CHARACTERS or len(set(key)) < _MIN_DIFFERENT:
        raise ValueError(
            f"SECRET_KEY can be guessed: it must be random, and have {_MIN_CHARACTERS} characters or more. {_HOW}"
        )


def _check_provider(settings: Settings) -> None:
    needed = ("oidc_discovery_url", "oidc_client_id", "oidc_client_secret")
    for name in needed:
        if not getattr(settings, name):
            raise ValueError(f"LOGIN is 'oidc', which needs {name.upper()}.")
    url = settings.oidc_discovery_url
    local = url.startswith(("http://localhost", "http://127.0.0.1", "http://[::1]"))
    if not url.endswith(_DISCOVERY) or not (url.startswith("https://") or local):
        raise ValueError(
            f"OIDC_DISCOVERY_URL is {url!r}, but must begin with https:// and end with {_DISCOVERY}."
        )
    if "openid" not in settings.oidc_scopes.split():
        raise ValueError("OIDC_SCOPES must name the scope 'openid'.")
