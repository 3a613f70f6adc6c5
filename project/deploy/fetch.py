"""Downloads the image that serves now, to scan it for vulnerabilities found since its release."""

from __future__ import annotations

from pathlib import Path

from deploy import DeployError, skopeo
from deploy.build import image_by_digest
from deploy.cloudrun import CloudRun, Revision
from deploy.config import Config


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument("archive", type=Path, help="the OCI archive to write")


def run(arguments) -> None:
    """Write the image of the revision with the most traffic to a file."""
    config = Config.from_environ()
    cloud = CloudRun(config)
    revision = serving(cloud.describe().split, cloud.revisions())
    image = f"docker://{image_by_digest(config, revision.digest)}"
    skopeo.copy(config, image, f"oci-archive:{arguments.archive}")
    print(f"{arguments.archive} is the image of {revision.name}.")


def serving(split: dict[str, int], revisions: list[Revision]) -> Revision:
    """Return the revision with the most traffic.

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
        No revision gets traffic.
    """
    known = {revision.name: revision for revision in revisions}
    for name in sorted(split, key=split.__getitem__, reverse=True):
        if name in known:
            return known[name]
    raise DeployError("No revision of the service gets traffic, so none serves.")
