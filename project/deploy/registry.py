"""The images in the registry, and the tags that mark the released ones."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.config import Config
from deploy.gcloud import Gcloud

RELEASED = "released-"


@dataclass(frozen=True)
class Image:
    """One image in the registry."""

    digest: str
    tags: tuple[str, ...]
    # When it was pushed, in ISO 8601.
    uploaded: str

    @classmethod
    def of(cls, listed: dict) -> Image:
        """Read one entry of ``gcloud artifacts docker images list --format=json``."""
        return cls(
            digest=listed["version"],
            tags=tuple(listed.get("tags") or ()),
            uploaded=listed.get("createTime") or "",
        )


def released(images: list[Image]) -> set[str]:
    """Return the suffixes of the revisions that images are tagged as released for.

    Parameters
    ----------
    images : list of Image

    Returns
    -------
    set of str
    """
    tags = [tag for image in images for tag in image.tags]
    return {tag.removeprefix(RELEASED) for tag in tags if tag.startswith(RELEASED)}


class Registry:
    """The commands of ``gcloud artifacts docker`` for the service's images."""

    def __init__(self, config: Config, gcloud: Gcloud):
        self.config = config
        self.gcloud = gcloud

    def images(self) -> list[Image]:
        """Return every image, the newest first."""
        listed = self.gcloud.read(
            *("artifacts", "docker", "images", "list", self.config.package),
            "--include-tags",
            f"--project={self.config.project_id}",
        )
        images = [Image.of(one) for one in listed or []]
        return sorted(images, key=lambda image: image.uploaded, reverse=True)

    def released(self) -> set[str]:
        """Return the suffixes of all revisions that got all traffic and were not rolled back."""
        return released(self.images())

    def tag_as_released(self, digest: str, suffix: str) -> None:
        """Record that an image got all traffic, as the revision with this suffix."""
        package = self.config.package
        self.gcloud.run(
            *("artifacts", "docker", "tags", "add"),
            f"{package}@{digest}",
            f"{package}:{RELEASED}{suffix}",
            f"--project={self.config.project_id}",
        )

    def untag_as_released(self, suffix: str) -> None:
        """Record that the revision with this suffix was rolled back."""
        self.gcloud.run(
            *("artifacts", "docker", "tags", "delete"),
            f"{self.config.package}:{RELEASED}{suffix}",
            f"--project={self.config.project_id}",
        )

    def delete(self, digest: str) -> None:
        """Delete an image and its tags."""
        self.gcloud.run(
            *("artifacts", "docker", "images", "delete"),
            f"{self.config.package}@{digest}",
            "--delete-tags",
            f"--project={self.config.project_id}",
        )
