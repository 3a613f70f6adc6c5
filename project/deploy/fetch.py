"""Gets the image that serves now, for a look at what has been found in it since it was released."""

from __future__ import annotations

import subprocess  # nosec B404
import sys
from pathlib import Path

from deploy import DeployError
from deploy.build import pinned
from deploy.cloudrun import CloudRun, Revision
from deploy.config import Config
from deploy.push import LOOPBACK

_SECONDS = 20 * 60


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument("archive", type=Path, help="the OCI archive to write")


def run(arguments) -> None:
    """Write the image of the revision with the most traffic to a file."""
    config = Config.from_environ()
    cloud = CloudRun(config)
    revision = serving(cloud.describe().split, cloud.revisions())
    options = []
    if LOOPBACK.match(config.registry):
        options.append("--src-tls-verify=false")
    else:
        cloud.gcloud.run("auth", "configure-docker", config.registry.partition("/")[0])
    fetch(pinned(config, revision.digest), arguments.archive, options)
    print(f"{arguments.archive} is the image of {revision.name}.")


def serving(split: dict[str, int], revisions: list[Revision]) -> Revision:
    """Return the revision that most visitors meet.

    Parameters
    ----------
    split : dict of str to int
        Percent of each revision.
    revisions : list of Revision

    Returns
    -------
    Revision

    Raises
    ------
    DeployError
        None gets traffic.
    """
    known = {revision.name: revision for revision in revisions}
    for name in sorted(split, key=split.__getitem__, reverse=True):
        if name in known:
            return known[name]
    raise DeployError("No revision of the service gets traffic, so none serves.")


def fetch(image: str, archive: Path, options: list[str]) -> None:
    """Copy an image from the registry into an OCI archive.

    Raises
    ------
    DeployError
        The registry does not give it, or skopeo is missing.
    """
    command = ["skopeo", "copy", "--quiet", "--preserve-digests", *options]
    print(f"$ skopeo copy docker://{image} {archive}", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(  # nosec B603
            [*command, f"docker://{image}", f"oci-archive:{archive}"],
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
            f"Getting {image} took more than {_SECONDS // 60} minutes."
        ) from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise DeployError(
            f"{image} could not be fetched: does it exist, and may the account read it? skopeo said: "
            f"{said[-1][:600] if said else 'nothing'}"
        )
