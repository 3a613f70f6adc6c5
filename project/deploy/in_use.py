"""Which images Cloud Run still needs: for services, jobs and worker pools, in all regions of the project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deploy import DeployError
from deploy.cloudrun import Revision, Service
from deploy.config import Config
from deploy.gcloud import Gcloud
from deploy.registry import Image


def images_in_use(config: Config, gcloud: Gcloud, images: Iterable[Image]) -> set[str]:
    """Ask Cloud Run which images it would start.

    Parameters
    ----------
    config : Config
    gcloud : Gcloud
    images : iterable of Image
        Those of the registry, by whose tags an image may be named.

    Returns
    -------
    set of str
        Digests.

    Raises
    ------
    DeployError
        Cloud Run cannot be asked; then nothing must be deleted.
    """
    asked = _Project(gcloud, f"--project={config.project_id}")
    names = asked.of_services() | asked.of_jobs() | asked.of_worker_pools()
    return {digest for name in names for digest in _digests(name, images)}


class _Project:
    def __init__(self, gcloud: Gcloud, project: str):
        self._gcloud, self._project = gcloud, project

    def _list(self, *command: str) -> list[dict[str, Any]]:
        return self._gcloud.read(*command, self._project) or []

    def of_services(self) -> set[str]:
        """Return the images of revisions with traffic or a tag."""
        found = set()
        for region, services in _by_region(self._list("run", "services", "list")):
            wanted = set()
            for service in map(Service.of, services):
                wanted |= {*service.split, *service.tags.values()}
            listed = self._list("run", "revisions", "list", f"--region={region}")
            found |= _of_revisions(listed, wanted)
        return found

    def of_jobs(self) -> set[str]:
        """Return the images of jobs, and of what they have begun and not ended."""
        found = set()
        for region, jobs in _by_region(self._list("run", "jobs", "list")):
            for job in jobs:
                found |= _images(job["spec"]["template"]["spec"]["template"])
            executions = ("run", "jobs", "executions", "list", f"--region={region}")
            for execution in self._list(*executions):
                if not execution.get("status", {}).get("completionTime"):
                    found |= _images(execution["spec"]["template"])
        return found

    def of_worker_pools(self) -> set[str]:
        """Return the images of worker pools: those of their revisions that work, and of the next one."""
        found = set()
        pools = ("beta", "run", "worker-pools")
        for region, listed in _by_region(self._list(*pools, "list")):
            wanted = set()
            for pool in listed:
                found |= _images(pool["spec"]["template"])
                splits = pool.get("status", {}).get("instanceSplits", [])
                wanted |= {one["revisionName"] for one in splits if one.get("percent")}
            revisions = self._list(*pools, "revisions", "list", f"--region={region}")
            found |= _of_revisions(revisions, wanted)
        return found


def _by_region(resources: list[dict[str, Any]]) -> list[tuple[str, list[dict]]]:
    regions: dict[str, list[dict]] = {}
    for one in resources:
        region = one["metadata"]["labels"]["cloud.googleapis.com/location"]
        regions.setdefault(region, []).append(one)
    return sorted(regions.items())


def _of_revisions(listed: list[dict[str, Any]], wanted: set[str]) -> set[str]:
    image_of = {one.name: one.image for one in map(Revision.of, listed)}
    if missing := wanted - image_of.keys():
        raise DeployError(
            f"{min(missing)} has traffic or a tag, but Cloud Run does not list it: nothing is deleted. Try again."
        )
    return {image_of[name] for name in wanted}


def _images(template: dict[str, Any]) -> set[str]:
    return {one["image"] for one in template["spec"]["containers"]}


def _digests(name: str, images: Iterable[Image]) -> set[str]:
    """Return the digest in an image's name, or of all images that have its tag."""
    if "@" in name:
        return {name.rpartition("@")[2]}
    _, colon, tag = name.rpartition("/")[2].partition(":")
    wanted = tag if colon else "latest"
    return {image.digest for image in images if wanted in image.tags}
