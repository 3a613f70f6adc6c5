"""Makes or removes the preview of a pull request: an address without traffic, secrets and data."""

from __future__ import annotations

from deploy import DeployError, smoke
from deploy.arguments import count, seconds
from deploy.build import Build, image_by_digest
from deploy.cloudrun import CloudRun, preview_flags
from deploy.config import Config
from deploy.gcloud_errors import GcloudError
from deploy.github import output, summarise, warn
from deploy.traffic import retry


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument("number", type=count, help="the number of the pull request")
    parser.add_argument("digest", nargs="?", help="the digest of the image: sha256:…")
    parser.add_argument("--remove", action="store_true", help="remove the preview")
    parser.add_argument(
        "--within",
        type=seconds,
        default=60,
        metavar="SECONDS",
        help="how long the new address may take to be healthy (60)",
    )


def run(arguments) -> None:
    """Make or remove the preview of one pull request."""
    config = Config.from_environ()
    tag = config.tag(f"pr-{arguments.number}")
    cloud = CloudRun(config)
    if arguments.remove:
        remove(cloud, tag)
        return
    if not arguments.digest:
        raise DeployError("Which image? Give its digest, or --remove.")
    image = image_by_digest(config, arguments.digest)
    make(cloud, tag, image, Build.from_environ(), arguments.within)


def make(cloud: CloudRun, tag: str, image: str, build: Build, within: float) -> None:
    """Deploy a revision without traffic and check it; earlier ones of the same pull request are deleted.

    Raises
    ------
    DeployError
        There is no service yet, or the revision does not start or is not healthy.
    """
    service = cloud.find()
    if service is None:
        raise DeployError(
            f"There is no service {cloud.config.app_name} in {cloud.config.region} yet: the first push to main "
            "makes it."
        )
    if not cloud.config.preview_account:
        warn(
            "GCP_PREVIEW_ACCOUNT is not set, so the preview runs as the account of the last release, and its code has "
            "the permissions of that account. `project/bin/deploy setup` makes an account without any."
        )
    cloud.remove_failed_tags(service)
    suffix = f"{tag}-{build.number}"
    try:
        cloud.deploy(
            image, suffix, *preview_flags(cloud.config), "--no-traffic", f"--tag={tag}"
        )
    except (GcloudError, KeyboardInterrupt) as error:
        retry(lambda: _remove_tag(cloud, tag))
        reason = str(error) or "interrupted."
        raise DeployError(f"No preview: {reason}") from None
    url = cloud.describe().urls[tag]
    _delete_revisions(cloud, tag, all_but=cloud.revision_name(suffix))
    smoke.wait_until_healthy(url, within)
    output("url", url)
    summarise(f"The preview of {tag} is at {url}.")


def remove(cloud: CloudRun, tag: str) -> None:
    """Remove the preview's tag and its revisions; there may be none."""
    if cloud.find() is None:
        print("There is no service, and so no preview.")
        return
    _remove_tag(cloud, tag)
    _delete_revisions(cloud, tag)
    summarise(f"The preview of {tag} is removed.")


def _remove_tag(cloud: CloudRun, tag: str) -> None:
    if tag in cloud.describe().tags:
        cloud.remove_tag(tag)


def _delete_revisions(cloud: CloudRun, tag: str, all_but: str = "") -> None:
    """Delete revisions that nobody can reach any more, so that their images can be deleted too."""
    begin = f"{cloud.revision_name(tag)}-"
    for revision in cloud.revisions():
        if revision.name.startswith(begin) and revision.name != all_but:
            try:
                cloud.delete_revision(revision.name)
            except GcloudError as error:
                warn(f"{revision.name} could not be deleted. {error}")
