"""Copies images between the registry and archives, unchanged."""

from __future__ import annotations

import re
import subprocess  # nosec B404
import sys

from deploy import DeployError
from deploy.config import Config
from deploy.gcloud import Gcloud

_SECONDS = 20 * 60
# Registries on this machine use plain HTTP.
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1)(:\d+)?(/|$)")

# What skopeo writes, which has no codes, and what to do about it; the first match counts.
_ADVICE = (
    (
        r"unauthorized|denied|forbidden|\b40[13]\b",
        "The account lacks a permission: it needs roles/artifactregistry.repoAdmin on the repository, which "
        "`project/bin/deploy setup` gives it.",
    ),
    (
        r"name unknown|manifest unknown|not found|\b404\b",
        "It does not exist: `project/bin/deploy setup` makes the repository; or check GCP_PROJECT_ID and GCP_REGISTRY.",
    ),
    (
        r"dial tcp|no such host|timeout|refused|unreachable",
        "The registry cannot be reached: check the network and GCP_REGISTRY, and try again.",
    ),
)


def copy(
    config: Config, source: str, destination: str, gcloud: Gcloud | None = None
) -> None:
    """Copy an image, its digest unchanged.

    Parameters
    ----------
    config : Config
    source, destination : str
        ``oci-archive:FILE`` or ``docker://IMAGE``.
    gcloud : Gcloud, optional

    Raises
    ------
    DeployError
        The registry refuses it or cannot be reached, or skopeo is missing.
    """
    options = []
    if _LOOPBACK.match(config.registry):
        side = "src" if source.startswith("docker:") else "dest"
        options.append(f"--{side}-tls-verify=false")
    else:
        host = config.registry.partition("/")[0]
        (gcloud or Gcloud()).run("auth", "configure-docker", host)
    print(f"$ skopeo copy {source} {destination}", file=sys.stderr, flush=True)
    _call(["--quiet", "--preserve-digests", *options, source, destination])


def _call(arguments: list[str]) -> None:
    try:
        done = subprocess.run(  # nosec B603 B607
            ["skopeo", "copy", *arguments],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise DeployError(
            "skopeo is not installed: https://github.com/containers/skopeo explains how to install it."
        ) from None
    except subprocess.TimeoutExpired:
        raise DeployError(
            f"Copying the image took more than {_SECONDS // 60} minutes."
        ) from None
    if done.returncode:
        raise DeployError(_sentence(done.stderr.strip(), *arguments[-2:]))


def _sentence(said: str, source: str, destination: str) -> str:
    last = said.splitlines()[-1][:600] if said else "nothing"
    advice = [
        advice for pattern, advice in _ADVICE if re.search(pattern, said, re.IGNORECASE)
    ]
    return " ".join(
        [
            f"The image {source} could not be copied to {destination}.",
            *advice[:1],
            f"skopeo said: {last}",
        ]
    )
