"""Rolls back: sends all traffic to an earlier revision."""

from __future__ import annotations

from deploy import DeployError, smoke
from deploy.arguments import seconds
from deploy.cloudrun import CloudRun, Revision, Service
from deploy.config import Config
from deploy.github import summarise, warn
from deploy.registry import Registry
from deploy.traffic import restored_on_failure


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "revision",
        nargs="?",
        default="",
        help="its name; default: the previous released revision",
    )
    parser.add_argument(
        "--watch",
        type=seconds,
        default=30,
        metavar="SECONDS",
        help="how long to watch the service afterwards (30)",
    )


def run(arguments) -> None:
    """Roll back, or leave the traffic as it is."""
    config = Config.from_environ()
    cloud = CloudRun(config)
    registry = Registry(config, cloud.gcloud)
    before = cloud.describe()
    revisions = cloud.revisions()
    if arguments.revision:
        revision = named(arguments.revision, revisions, config.app_name)
    else:
        revision = previous(before, revisions, registry.released())
    require_image(revision, registry)
    if any(tag.startswith("c-") for tag in before.tags):
        warn("A release is in progress: it may shift the traffic again.")
    with restored_on_failure(cloud, before.split, verdict="Not rolled back."):
        cloud.shift({revision.name: 100})
        smoke.watch([before.url], arguments.watch)
    summarise(f"{revision.name} serves {before.url} again.")
    try:
        update_released_tags(revision, revisions[: revisions.index(revision)], registry)
    except DeployError as error:
        warn(f"The tags of released images could not be updated. {error}")


def update_released_tags(
    revision: Revision, newer: list[Revision], registry: Registry
) -> None:
    """Mark a revision as released, and newer ones no longer, so that no later rollback chooses one of them.

    Raises
    ------
    DeployError
        The tags could not be changed.
    """
    released = registry.released()
    for suffix in released & {one.suffix for one in newer}:
        try:
            registry.untag_as_released(suffix)
        except DeployError as error:
            warn(f"The image of {suffix} still counts as released. {error}")
    if revision.suffix not in released and not revision.suffix.startswith("pr-"):
        registry.tag_as_released(revision.digest, revision.suffix)


def named(name: str, revisions: list[Revision], service: str) -> Revision:
    """Return the revision with this name or suffix.

    Raises
    ------
    DeployError
        There is none, or it never started.
    """
    for revision in revisions:
        if revision.name in (name, f"{service}-{name}"):
            if not revision.is_ready:
                raise DeployError(f"{revision.name} never started, so it cannot serve.")
            return revision
    known = ", ".join(one.name for one in revisions[:10] if one.is_ready) or "none"
    raise DeployError(
        f"There is no revision {name!r}. The newest that could serve: {known}."
    )


def previous(
    service: Service, revisions: list[Revision], released: set[str]
) -> Revision:
    """Return the newest released revision that is older than the newest one that serves.

    Parameters
    ----------
    service : Service
    revisions : list of Revision
        The newest first.
    released : set of str
        The suffixes of the released revisions.

    Returns
    -------
    Revision

    Raises
    ------
    DeployError
        There is none.
    """
    names = [revision.name for revision in revisions]
    newest = min(
        (names.index(name) for name in service.split if name in names), default=-1
    )
    for revision in revisions[newest + 1 :]:
        if revision.is_ready and revision.suffix in released:
            return revision
    raise DeployError(
        "There is no released revision before the one that serves. Name one: `gcloud run revisions list` shows "
        "them all."
    )


def require_image(revision: Revision, registry: Registry) -> None:
    """Refuse a revision whose image was deleted: Cloud Run keeps a copy only while it serves.

    Raises
    ------
    DeployError
        The image is not in the registry.
    """
    if revision.digest not in {image.digest for image in registry.images()}:
        raise DeployError(
            f"The image of {revision.name} is no longer in the registry, so it cannot start: choose a newer revision."
        )
