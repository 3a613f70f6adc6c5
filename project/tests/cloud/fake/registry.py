"""Where images are kept: in memory, or in a real registry on loopback."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import sha256

_numbers = itertools.count(1)


@dataclass
class Image:
    """One image of a package.

    Attributes
    ----------
    digest : str
        ``sha256:…``
    tags : set of str
    uploaded : datetime.datetime
        In UTC.
    size : int
        In bytes.
    """

    digest: str
    tags: set[str] = field(default_factory=set)
    uploaded: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    size: int = 150_000_000


class MemoryRegistry:
    """Images that exist by name alone."""

    def __init__(self):
        self._packages: dict[str, dict[str, Image]] = {}
        self._lock = threading.RLock()

    def add(
        self,
        package: str,
        digest: str | None = None,
        tags: tuple[str, ...] = (),
        uploaded: datetime | None = None,
        size: int = 150_000_000,
    ) -> str:
        """Push an image; return its digest, a new one unless it is given."""
        digest = digest or f"sha256:{sha256(str(next(_numbers)).encode()).hexdigest()}"
        image = Image(digest, set(), uploaded or datetime.now(timezone.utc), size)
        with self._lock:
            self._packages.setdefault(package, {}).setdefault(digest, image)
            for tag in tags:
                self.tag(package, tag, digest)
        return digest

    def packages(self) -> list[str]:
        """Return the names of the packages that hold an image."""
        return sorted(self._packages)

    def images(self, package: str) -> list[Image]:
        """Return the images of a package, the newest first."""
        with self._lock:
            images = list(self._packages.get(package, {}).values())
        return sorted(images, key=lambda image: image.uploaded, reverse=True)

    def find(self, package: str, digest: str) -> Image | None:
        """Return an image, or None if it is not there."""
        return self._packages.get(package, {}).get(digest)

    def resolve(self, package: str, tag: str) -> str | None:
        """Return the digest that has a tag, or None."""
        tagged = (image for image in self.images(package) if tag in image.tags)
        return next((image.digest for image in tagged), None)

    def tag(self, package: str, tag: str, digest: str) -> None:
        """Give an image a tag, and take it from any other."""
        with self._lock:
            self.untag(package, tag)
            self._packages[package][digest].tags.add(tag)

    def untag(self, package: str, tag: str) -> None:
        """Remove a tag."""
        for image in self.images(package):
            image.tags.discard(tag)

    def delete(self, package: str, digest: str) -> None:
        """Delete an image with its tags."""
        with self._lock:
            self._packages.get(package, {}).pop(digest, None)
