"""Releases an image to Cloud Run: the first one at once, any other as a canary that gets traffic step by step."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from deploy import DeployError, by_hand, smoke
from deploy.arguments import seconds
from deploy.build import Build, image_by_digest
from deploy.cloudrun import CloudRun, Revision, Service, release_flags
from deploy.config import Config
from deploy.gcloud_errors import GcloudError
from deploy.github import summarise, warn
from deploy.registry import Registry
from deploy.traffic import promote, restored_on_failure, retry

# A release that takes longer than this was killed.
_STALE_SECONDS = 3600


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument("digest", help="the digest of the image: sha256:…")
    parser.add_argument(
        "--watch",
        type=seconds,
        default=30,
        metavar="SECONDS",
        help="how long to watch the service after each shift of traffic (30)",
    )
    parser.add_argument(
        "--within",
        type=seconds,
        default=60,
        metavar="SECONDS",
        help="how long a new address may take to be healthy (60)",
    )


def run(arguments) -> None:
    """Release an image, or leave the traffic as it is."""
    config = Config.from_environ()
    build = Build.from_environ()
    image = image_by_digest(config, arguments.digest)
    config.tag(build.candidate)
    if not config.service_account:
        warn(
            "GCP_SERVICE_ACCOUNT is not set, so the service runs as the project's default account, which has far more "
            "permissions than it needs. `project/bin/deploy setup` makes a separate one."
        )
    cloud = CloudRun(config)
    before = cloud.find()
    if before is None or not before.split:
        first(cloud, image, build, arguments.within)
        mark_as_released(cloud, arguments.digest, build)
        return
    canary(cloud, before, image, build, arguments.within, arguments.watch)
    # In this order: once it is marked, the next release knows that a remaining tag is not that of a candidate.
    mark_as_released(cloud, arguments.digest, build)
    remove_candidate(cloud, build.candidate)


def first(cloud: CloudRun, image: str, build: Build, within: float) -> None:
    """Deploy where nothing serves yet, so that there is nothing to roll back to.

    Raises
    ------
    DeployError
        The revision does not start, or is not healthy.
    """
    cloud.deploy(
        image, build.suffix, *release_flags(cloud.config), "--allow-unauthenticated"
    )
    url = cloud.describe().url
    try:
        smoke.wait_until_healthy(url, within)
    except smoke.SmokeError as error:
        raise DeployError(
            f"{error} This is the first revision, so there is none to roll back to: fix it and release again."
        ) from None
    summarise(f"{cloud.revision_name(build.suffix)} serves {url}, the first to do so.")


def canary(
    cloud: CloudRun,
    before: Service,
    image: str,
    build: Build,
    within: float,
    seconds: float,
) -> None:
    """Deploy without traffic, check, shift step by step; any failure restores the traffic. The tag stays for now.

    Parameters
    ----------
    cloud : CloudRun
    before : Service
        As it is now.
    image : str
    build : Build
    within : float
        Seconds until the candidate's address must be healthy.
    seconds : float
        How long to watch each step.

    Raises
    ------
    DeployError
        Why it was not released, and whether the traffic is restored.
    """
    revision, tag = cloud.revision_name(build.suffix), build.candidate
    require_no_other_release(cloud, before)
    with restored_on_failure(cloud, {}, tag) as safeguard:
        cloud.deploy(
            image,
            build.suffix,
            *release_flags(cloud.config),
            "--no-traffic",
            f"--tag={tag}",
        )
        now = cloud.describe()
        yield_to_earlier_release(cloud, now, revision)
        candidate = now.urls[tag]
        smoke.wait_until_healthy(candidate, within)
        print(f"{revision} is healthy at {candidate}, without traffic.", flush=True)
        # A rollback may have changed the traffic meanwhile.
        now = cloud.describe()
        safeguard.cover_traffic(now.split)
        promote(cloud, now, revision, [candidate, now.url], seconds)
    summarise(f"{revision} serves {now.url}.")


def remove_candidate(cloud: CloudRun, tag: str) -> None:
    """Remove the tag of a candidate that serves now."""
    try:
        retry(lambda: cloud.remove_tag(tag))
    except GcloudError as error:
        warn(f"The tag {tag} could not be removed; the next release does. {error}")


def require_no_other_release(cloud: CloudRun, service: Service) -> None:
    """Refuse to begin beside another release, and remove the tags that failed or killed ones left behind.

    Raises
    ------
    DeployError
        Another release is under way.
    """
    dead = cloud.remove_failed_tags(service)
    candidates = _candidates(service)
    left = {tag: name for tag, name in candidates.items() if tag not in dead}
    if not left:
        return
    known = {revision.name: revision for revision in cloud.revisions()}
    released = Registry(cloud.config, cloud.gcloud).released()
    for tag, name in left.items():
        revision = known.get(name)
        if revision and _is_young(revision) and revision.suffix not in released:
            raise _under_way(cloud, tag, name)
        warn(f"The tag {tag} is left from an earlier release; it is removed.")
        cloud.remove_tag(tag)


def yield_to_earlier_release(cloud: CloudRun, service: Service, revision: str) -> None:
    """Stop if another release began at the same time and its revision is older than ours.

    Of two releases the second one always sees the first one here, so exactly one goes on.

    Raises
    ------
    DeployError
        The other release goes on.
    """
    others = {
        tag: name for tag, name in _candidates(service).items() if name != revision
    }
    if not others:
        return
    newest_first = [one.name for one in cloud.revisions()]
    for tag, name in others.items():
        if name in newest_first and newest_first.index(name) > newest_first.index(
            revision
        ):
            raise _under_way(cloud, tag, name)


def _candidates(service: Service) -> dict[str, str]:
    return {tag: name for tag, name in service.tags.items() if tag.startswith("c-")}


def _under_way(cloud: CloudRun, tag: str, revision: str) -> DeployError:
    sentence = (
        f"Another release is under way: {revision} has the tag {tag}. Wait until it has ended, then run this one "
        "again. If none is running, one was interrupted; remove its tag first:"
    )
    return DeployError(by_hand(sentence, cloud.update_traffic({}, tag)))


def _is_young(revision: Revision) -> bool:
    created = datetime.fromisoformat(revision.created.replace("Z", "+00:00"))
    age = time.time() - created.astimezone(timezone.utc).timestamp()
    return age < _STALE_SECONDS


def mark_as_released(cloud: CloudRun, digest: str, build: Build) -> None:
    """Tag the image in the registry, so that rollback and prune know that it was released.

    Raises
    ------
    DeployError
        That failed. The next rollback would skip the release, so it must not count as one.
    """
    registry = Registry(cloud.config, cloud.gcloud)
    try:
        retry(lambda: registry.tag_as_released(digest, build.suffix))
    except DeployError as error:
        raise DeployError(
            f"The image could not be tagged as released, and the next rollback would skip it. {error}"
        ) from None
