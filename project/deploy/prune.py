"""Cleans up old images: deletes those that nothing serves, nobody goes back to and no person tagged."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deploy import DeployError
from deploy.arguments import count
from deploy.cloudrun import CloudRun, Revision, Service
from deploy.config import Config
from deploy.gcloud import Gcloud
from deploy.gcloud_errors import GcloudError
from deploy.github import summarise, warn
from deploy.registry import RELEASED, Image, Registry, released

# Tags that the delivery itself gives; any other was given by a person, for a release say.
_OWN_TAG = re.compile(rf"g[0-9a-f]{{7,40}}|{RELEASED}.+")


@dataclass(frozen=True)
class Used:
    """What of a project's Cloud Run uses images."""

    # Digests of all revisions that have traffic or a tag.
    serving: frozenset[str]
    # Revisions of our service, the newest first.
    revisions: tuple[Revision, ...]


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "--keep",
        type=count,
        default=10,
        help="how many of the newest stay (10)",
    )
    parser.add_argument(
        "--keep-good",
        type=count,
        default=3,
        help="of how many released revisions, the one that serves included, the image stays (3)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only tell what would be deleted"
    )


def run(arguments) -> None:
    """Delete old images; one that cannot be deleted is a warning."""
    config = Config.from_environ()
    gcloud = Gcloud()
    registry = Registry(config, gcloud)
    images = registry.images()
    # Asked for after the images: what was deployed meanwhile is then known to serve.
    used = in_use(config, gcloud)
    reasons = why_keep(images, used, arguments.keep, arguments.keep_good)
    old = [image for image in images if image.digest not in reasons]
    for image in old:
        name = " ".join((image.digest[:19], *image.tags))
        print(f"{'would delete' if arguments.dry_run else 'delete'} {name}", flush=True)
    deleted = 0 if arguments.dry_run else sum(_delete(registry, one) for one in old)
    kept = len(images) - len(old)
    summarise(
        f"Old images: {len(old)} of {len(images)} would be deleted, {kept} kept."
        if arguments.dry_run
        else f"Old images: {deleted} deleted, {len(images) - deleted} kept."
    )


def _delete(registry: Registry, image: Image) -> bool:
    try:
        registry.delete(image.digest)
    except GcloudError as error:
        warn(f"{image.digest[:19]} could not be deleted. {error}")
        return False
    return True


def why_keep(
    images: list[Image], used: Used, keep: int, keep_good: int
) -> dict[str, str]:
    """Tell which images stay, and why.

    Parameters
    ----------
    images : list of Image
        The newest first.
    used : Used
    keep : int
        How many of the newest stay.
    keep_good : int
        Of how many released revisions, the newest, the image stays.

    Returns
    -------
    dict of str to str
        Digest to reason.
    """
    reasons = {}
    if any(image.is_index for image in images):
        # A list's members look like leftovers.
        reasons |= {
            image.digest: "may belong to a list of images"
            for image in images
            if not image.tags or image.is_index
        }
    reasons |= {
        image.digest: "tagged by a person"
        for image in images
        if any(not _OWN_TAG.fullmatch(tag) for tag in image.tags)
    }
    reasons |= {image.digest: "new" for image in images[:keep]}
    suffixes = released(images)
    good = [
        one.digest for one in used.revisions if one.is_ready and one.suffix in suffixes
    ]
    reasons |= {digest: "good" for digest in list(dict.fromkeys(good))[:keep_good]}
    return reasons | {digest: "serves" for digest in used.serving}


def in_use(config: Config, gcloud: Gcloud) -> Used:
    """Ask Cloud Run, in every region, which images are in use.

    Raises
    ------
    GcloudError
        It does not tell; then nothing may be deleted.
    """
    project = f"--project={config.project_id}"
    services = gcloud.read("run", "services", "list", project) or []
    serving, ours = set(), []
    for region in sorted({_region(service) for service in services}):
        listed = gcloud.read(
            *("run", "revisions", "list", f"--region={region}"), project
        )
        revisions = {one["metadata"]["name"]: Revision.of(one) for one in listed or []}
        for service in services:
            if _region(service) == region:
                now = Service.of(service)
                names = {*now.split, *now.tags.values()}
                serving |= {_listed(name, revisions).digest for name in names}
    if any(_region(one) == config.region for one in services):
        ours = CloudRun(config, gcloud).revisions()
    return Used(frozenset(serving), tuple(ours))


def _listed(name: str, revisions: dict[str, Revision]) -> Revision:
    if name not in revisions:
        raise DeployError(
            f"{name} has traffic or a tag, but Cloud Run does not list it: nothing is deleted. Try again."
        )
    return revisions[name]


def _region(service: dict) -> str:
    return service["metadata"]["labels"]["cloud.googleapis.com/location"]
