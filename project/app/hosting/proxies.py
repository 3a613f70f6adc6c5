"""Who asks, and by which name: the proxies in front that are believed, and the names that the server answers to."""

from __future__ import annotations

import ipaddress
import re

from flask import Flask, abort, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted

from app.settings import Settings

from . import prefix

# Platforms ask for the server's health by its number, not by its name.
_FOR_PLATFORMS = "/health/"
_NAME = re.compile(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:]+\]", re.IGNORECASE)
_WRITTEN_BY_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_UNKNOWN_NAME = (
    "This server is not called that. "
    "Open it by its own name, or add this one to ALLOWED_HOSTS on the server."
)


def install(server: Flask, settings: Settings) -> None:
    """Believe the trusted proxies, and answer to allowed names only; before all other hooks.

    Parameters
    ----------
    server : Flask
    settings : Settings
    """
    allowed = check_hosts(settings)
    proxies = settings.trusted_proxies
    # Not the name: a proxy hands on the header Host, and X-Forwarded-Host is what a visitor likes.
    server.wsgi_app = ProxyFix(
        server.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0
    )
    server.wsgi_app = prefix.Middleware(server.wsgi_app, proxies)
    server.config["TRUSTED_PROXIES"] = proxies

    @server.before_request
    def refuse_other_names():
        if allowed and not request.path.startswith(_FOR_PLATFORMS):
            name = request.headers.get("Host", "").lower()
            if not host_is_trusted(name, allowed):
                abort(400, _UNKNOWN_NAME)


def check_hosts(settings: Settings) -> list[str]:
    """Return the names that the server answers to; none if it answers to all.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of str
        A dot in front stands for all names below.

    Raises
    ------
    ValueError
        A name cannot be one, or none is given although people log in.
    """
    names = settings.allowed_hosts.lower().replace(",", " ").split()
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"ALLOWED_HOSTS holds {name!r}: write names such as dashboard.example.com or .example.com, "
                "without https:// and without a port."
            )
    if not names and settings.login != "off":
        raise ValueError(
            "ALLOWED_HOSTS is empty, but people log in: name the hosts by which they reach the server, "
            "such as dashboard.example.com."
        )
    return names


def address() -> str:
    """Return the address of the visitor who sent the current request, as the trusted proxies tell it."""
    return request.remote_addr or ""


def is_from_this_machine() -> bool:
    """Tell whether the current request was sent on this machine, and not by a proxy for somebody else."""
    if current_app.config.get("TRUSTED_PROXIES"):
        return False
    if any(name in request.headers for name in _WRITTEN_BY_PROXIES):
        return False
    try:
        return ipaddress.ip_address(address()).is_loopback
    except ValueError:  # a socket of this machine: who connects to it is a proxy
        return False
