"""Pushes an image that was built and checked before, without changing a byte of it."""

from __future__ import annotations

import json
import re
import subprocess  # nosec B404
import sys
import tarfile
from pathlib import Path

from deploy import DeployError
from deploy.build import Build
from deploy.config import Config
from deploy.gcloud import Gcloud
from deploy.github import output

_SECONDS = 20 * 60
# Registries on this very machine speak plain HTTP.
LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1)(:\d+)?(/|$)")


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "archive", type=Path, help="the file that `project/bin/image save` wrote"
    )


def run(arguments) -> None:
    """Push the image to the registry and print its digest."""
    config = Config.from_environ()
    digest = digest_of(arguments.archive)
    push(config, arguments.archive, Build.from_environ().image_tag)
    output("digest", digest)


def digest_of(archive: Path) -> str:
    """Return the digest of the one image in an OCI archive.

    Raises
    ------
    DeployError
        The file is not there, or is no such archive.

    References
    ----------
    https://github.com/opencontainers/image-spec/blob/main/image-layout.md
    """
    try:
        with tarfile.open(archive) as layout:
            index = json.load(layout.extractfile("index.json"))
        (manifest,) = index["manifests"]
        return manifest["digest"]
    except FileNotFoundError:
        raise DeployError(
            f"There is no file {archive}: `project/bin/image save {archive}` writes it."
        ) from None
    except (tarfile.TarError, KeyError, TypeError, ValueError, OSError) as error:
        raise DeployError(
            f"{archive} is no archive of one image: `project/bin/image save {archive}` writes one. ({error})"
        ) from None


def push(config: Config, archive: Path, tag: str) -> None:
    """Copy an archive's image to the registry, its digest unchanged.

    Raises
    ------
    DeployError
        The registry refuses it or cannot be reached, or skopeo is missing.
    """
    options = []
    if LOOPBACK.match(config.registry):
        options.append("--dest-tls-verify=false")
    else:
        Gcloud().run("auth", "configure-docker", config.registry.partition("/")[0])
    image = f"docker://{config.image}:{tag}"
    command = ["skopeo", "copy", "--quiet", "--preserve-digests", *options]
    print(f"$ skopeo copy {archive} {image}", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(  # nosec B603
            [*command, f"oci-archive:{archive}", image],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise DeployError(
            "skopeo is not installed: https://github.com/containers/skopeo tells how to get it."
        ) from None
    except subprocess.TimeoutExpired:
        raise DeployError(
            f"Pushing to {config.image} took more than {_SECONDS // 60} minutes."
        ) from None
    if done.returncode:
        raise DeployError(_sentence(config, done.stderr.strip()))


def _sentence(config: Config, said: str) -> str:
    if re.search(r"unauthorized|denied|forbidden|\b40[13]\b", said, re.IGNORECASE):
        advice = (
            "The account may not push there: it needs roles/artifactregistry.repoAdmin on the repository, which "
            "`project/bin/deploy setup` gives it."
        )
    elif re.search(r"name unknown|not found|\b404\b|NAME_UNKNOWN", said, re.IGNORECASE):
        advice = (
            "The repository is not there: `project/bin/deploy setup` makes it, or check GCP_PROJECT_ID and "
            "GCP_REGISTRY."
        )
    elif re.search(r"dial tcp|no such host|timeout|refused|unreachable", said):
        advice = "The registry cannot be reached: check the network and GCP_REGISTRY, and try again."
    else:
        advice = "Nothing was deployed."
    last = said.splitlines()[-1][:600] if said else "nothing"
    return (
        f"The image could not be pushed to {config.image}. {advice} skopeo said: {last}"
    )
