"""Pushes an image that was built and checked before, unchanged."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

from deploy import DeployError, skopeo
from deploy.build import Build
from deploy.config import Config
from deploy.github import output


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "archive", type=Path, help="the file that `project/bin/image save` wrote"
    )


def run(arguments) -> None:
    """Push the image to the registry; print its digest, and its name without one."""
    config = Config.from_environ()
    digest = digest_of(arguments.archive)
    image = f"docker://{config.image}:{Build.from_environ().image_tag}"
    skopeo.copy(config, f"oci-archive:{arguments.archive}", image)
    output("digest", digest)
    output("image", config.image)


def digest_of(archive: Path) -> str:
    """Return the digest of the one image in an OCI archive.

    Raises
    ------
    DeployError
        The file does not exist, or is not such an archive.

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
    except (tarfile.TarError, KeyError, TypeError, ValueError, OSError):
        raise DeployError(
            f"{archive} is not an archive of one image; `project/bin/image save FILE.tar` writes one."
        ) from None
