"""Checks the secrets and variables of a repository before anything is touched."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping

from deploy import DeployError
from deploy.build import Build
from deploy.config import Config, require
from deploy.github import notice, output, summarise, warn

_NAMES = ("GCP_EMAIL", "GCP_PROJECT_ID", "GCP_APP_NAME")
_KEY, _PROVIDER = "GCP_CREDENTIALS", "GCP_WORKLOAD_IDENTITY_PROVIDER"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.gserviceaccount\.com")
_PROVIDER_NAME = re.compile(
    r"projects/\d+/locations/global/workloadIdentityPools/[a-z0-9-]+/providers/[a-z0-9-]+"
)


def add_arguments(parser) -> None:
    """Add nothing: everything is read from the environment."""


def run(_) -> None:
    """Write ``configured=true`` or ``configured=false``, or name what is missing."""
    configured = check_secrets(os.environ)
    output("configured", "true" if configured else "false")
    if not configured:
        secrets = f"{', '.join(_NAMES)} and {_KEY}"
        sentence = f"Nothing is deployed: this repository has none of the secrets {secrets}. Everything else runs."
        notice(sentence)
        summarise(sentence)


def check_secrets(environ: Mapping[str, str]) -> bool:
    """Check every variable that a deployment needs.

    Parameters
    ----------
    environ : mapping of str to str

    Returns
    -------
    bool
        False if no secret is set, as in a fork.

    Raises
    ------
    DeployError
        Some are set, but others are missing, empty or wrong.
    """
    if not any(environ.get(name, "").strip() for name in (*_NAMES, _KEY)):
        return False
    provider = environ.get(_PROVIDER, "").strip()
    require(environ, *_NAMES, *(() if provider else (_KEY,)))
    email = environ["GCP_EMAIL"].strip()
    if not _EMAIL.fullmatch(email):
        raise DeployError(
            "GCP_EMAIL is not the address of a service account: it must be like NAME@PROJECT.iam.gserviceaccount.com."
        )
    config = Config.from_environ(environ)
    config.tag(Build.from_environ(environ).candidate)
    if not provider:
        _check_key(environ[_KEY], email)
    elif not _PROVIDER_NAME.fullmatch(provider):
        raise DeployError(
            f"{_PROVIDER} must be like projects/123456789/locations/global/workloadIdentityPools/POOL/providers/"
            "PROVIDER; `project/bin/deploy setup` prints it."
        )
    return True


def _check_key(key: str, email: str) -> None:
    """Look at a service account's key without ever printing any of it."""
    try:
        parsed = json.loads(key)
        owner, kind = parsed.get("client_email"), parsed["type"]
    except (ValueError, AttributeError, KeyError, TypeError):
        raise DeployError(
            f"{_KEY} is not the key of a service account: paste the whole content of its key.json."
        ) from None
    if kind == "service_account" and owner != email:
        warn(f"{_KEY} is the key of another account than GCP_EMAIL names.")
