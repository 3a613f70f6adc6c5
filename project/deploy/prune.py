"""Cleans up old images: deletes those that nothing serves, no rollback needs and no person tagged."""

from __future__ import annotations

import re

from deploy.arguments import count
from deploy.cloudrun import CloudRun, Revision
from deploy.config import Config
from deploy.gcloud import Gcloud
from deploy.gcloud_errors import GcloudError
from deploy.github import summarise, warn
from deploy.in_use import images_in_use
from deploy.registry import RELEASED, Image, Registry, released

# Tags that the delivery itself gives; any other was given by a person.
_OWN_TAG = re.compile(rf"g[0-9a-f]{{7,40}}|{RELEASED}.+")


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "--keep", type=count, default=10, help="how many of the newest to keep (10)"
    )
    parser.add_argument(
        "--keep-good",
        type=count,
        default=3,
        help="of how many released revisions, the one that serves included, to keep the image (3)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only print what would be deleted"
    )


def run(arguments) -> None:
    """Delete old images; one that cannot be deleted is a warning."""
    config, gcloud = Config.from_environ(), Gcloud()
    registry = Registry(config, gcloud)
    images = registry.images()
    # Asked for after the images: what was deployed meanwhile is then known to serve.
    serving = images_in_use(config, gcloud, images)
    revisions = CloudRun(config, gcloud).revisions()
    kept = images_to_keep(
        images, serving, revisions, arguments.keep, arguments.keep_good
    )
    old = [image for image in images if image.digest not in kept]
    for image in old:
        print("old:", image.digest[:19], *image.tags, flush=True)
    if arguments.dry_run:
        summarise(f"Old images: {len(old)} of {len(images)} would be deleted.")
        return
    deleted = sum(_delete(registry, image) for image in old)
    summarise(f"Old images: {deleted} deleted, {len(images) - deleted} kept.")


def _delete(registry: Registry, image: Image) -> bool:
    try:
        registry.delete(image.digest)
    except GcloudError as error:
        warn(f"{image.digest[:19]} could not be deleted. {error}")
        return False
    return True


def images_to_keep(
    images: list[Image],
    serving: set[str],
    revisions: list[Revision],
    keep: int,
    keep_good: int,
) -> set[str]:
    """Return the digests of the images that must not be deleted.

    Parameters
    ----------
    images : list of Image
        The newest first.
    serving : set of str
        Digests of what serves.
    revisions : list of Revision
        Of our service, the newest first.
    keep : int
        How many of the newest images to keep.
    keep_good : int
        Of how many of the newest released revisions to keep the image.

    Returns
    -------
    set of str
    """
    tagged_by_a_person = {
        image.digest
        for image in images
        if any(not _OWN_TAG.fullmatch(tag) for tag in image.tags)
    }
    suffixes = released(images)
    good = [one.digest for one in revisions if one.is_ready and one.suffix in suffixes]
    # A dict, since several revisions may have the same image.
    good = list(dict.fromkeys(good))[:keep_good]
    newest = [image.digest for image in images[:keep]]
    return {*serving, *tagged_by_a_person, *good, *newest}
