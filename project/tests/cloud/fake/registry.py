"""A real registry on loopback, in which the images of the fake cloud are kept."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path

import requests

from tests.conftest import free_port, wait_for

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_ACCEPTED = f"{_MANIFEST}, application/vnd.docker.distribution.manifest.v2+json"
_SECONDS = 300


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
    """

    digest: str
    tags: set[str]
    uploaded: datetime


class Registry:
    """Debian's docker-registry with deletion enabled; its API, and its files for what the API does not offer.

    Parameters
    ----------
    folder : pathlib.Path
        Where it keeps everything.
    project : str
        The first part of each image's name.

    References
    ----------
    https://distribution.github.io/distribution/spec/api/
    """

    def __init__(self, folder: Path, project: str):
        program = shutil.which("docker-registry")
        assert program, "docker-registry is missing: apt-get install docker-registry."
        self.host = f"127.0.0.1:{free_port()}"
        self._folder, self._project = folder, project
        config = folder / "config.json"
        # JSON is YAML.
        config.write_text(
            json.dumps(
                {
                    "version": "0.1",
                    "log": {"level": "error", "accesslog": {"disabled": True}},
                    "http": {"addr": self.host},
                    "storage": {
                        "filesystem": {"rootdirectory": str(folder / "storage")},
                        "delete": {"enabled": True},
                    },
                }
            )
        )
        self._process = subprocess.Popen(
            [program, "serve", str(config)], stderr=subprocess.DEVNULL
        )
        wait_for(self._answers, what="the registry's first answer")

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait()

    def collect_garbage(self) -> None:
        """Remove the layers that no image needs any more, as registries do at times."""
        program = shutil.which("docker-registry")
        config = str(self._folder / "config.json")
        subprocess.run(
            [program, "garbage-collect", config], check=True, capture_output=True
        )

    def name(self, package: str, digest: str) -> str:
        """Return an image's whole name, as skopeo and docker want it."""
        return f"{self.host}/{self._project}/{package}@{digest}"

    def add(self, package: str, *tags: str, uploaded: datetime | None = None) -> str:
        """Push a tiny image that differs from all others; return its digest."""
        layer = "application/vnd.oci.image.layer.v1.tar"
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": self._blob(package, _CONFIG, b'{"architecture": "amd64"}'),
            "layers": [self._blob(package, layer, secrets.token_bytes(100))],
        }
        content = json.dumps(manifest).encode()
        digest = f"sha256:{sha256(content).hexdigest()}"
        self._put_manifest(package, digest, content, _MANIFEST)
        for tag in tags:
            self.tag(package, tag, digest)
        if uploaded:
            self.set_uploaded(package, digest, uploaded)
        return digest

    def set_uploaded(self, package: str, digest: str, uploaded: datetime) -> None:
        """Let an image be older than it is."""
        os.utime(self._link(package, digest), (uploaded.timestamp(),) * 2)

    def images(self, package: str) -> list[Image]:
        """Return the images of a package, the newest first."""
        tags: dict[str, set[str]] = {}
        for tag in self._tags(package):
            tags.setdefault(self.resolve(package, tag) or "", set()).add(tag)
        folder = self._manifests(package) / "revisions" / "sha256"
        images = [self._image(link, tags) for link in folder.glob("*/link")]
        return sorted(images, key=lambda image: image.uploaded, reverse=True)

    def resolve(self, package: str, reference: str) -> str | None:
        """Return the digest of the image with a tag or digest, or None."""
        answer = self._manifest("HEAD", package, reference)
        return answer.headers["Docker-Content-Digest"] if answer.ok else None

    def tag(self, package: str, tag: str, digest: str) -> None:
        """Give an image a tag, and take it from any other."""
        answer = self._manifest("GET", package, digest)
        answer.raise_for_status()
        link = self._link(package, digest)
        uploaded = link.stat().st_mtime
        type = answer.headers["Content-Type"]
        self._put_manifest(package, tag, answer.content, type)
        # A tag makes an image no younger.
        os.utime(link, (uploaded, uploaded))

    def untag(self, package: str, tag: str) -> None:
        """Remove a tag; this version's API cannot."""
        shutil.rmtree(self._manifests(package) / "tags" / tag)

    def delete(self, package: str, digest: str) -> None:
        """Delete an image with its tags."""
        self._manifest("DELETE", package, digest).raise_for_status()

    def _answers(self) -> bool:
        assert self._process.poll() is None, "The registry did not start."
        try:
            return self._ask("GET", "/v2/").ok
        except requests.ConnectionError:
            return False

    def _ask(self, method: str, path: str, **more) -> requests.Response:
        url = path if path.startswith("http") else f"http://{self.host}{path}"
        return requests.request(method, url, timeout=_SECONDS, **more)

    def _manifest(self, method: str, package: str, reference: str):
        path = f"/v2/{self._project}/{package}/manifests/{reference}"
        return self._ask(method, path, headers={"Accept": _ACCEPTED})

    def _put_manifest(self, package: str, reference: str, content: bytes, type: str):
        path = f"/v2/{self._project}/{package}/manifests/{reference}"
        answer = self._ask("PUT", path, data=content, headers={"Content-Type": type})
        answer.raise_for_status()

    def _blob(self, package: str, type: str, content: bytes) -> dict:
        digest = f"sha256:{sha256(content).hexdigest()}"
        begun = self._ask("POST", f"/v2/{self._project}/{package}/blobs/uploads/")
        url = begun.headers["Location"]
        sent = self._ask("PUT", url, params={"digest": digest}, data=content)
        sent.raise_for_status()
        return {"mediaType": type, "digest": digest, "size": len(content)}

    def _tags(self, package: str) -> list[str]:
        answer = self._ask("GET", f"/v2/{self._project}/{package}/tags/list")
        return (answer.json().get("tags") or []) if answer.ok else []

    def _image(self, link: Path, tags: dict[str, set[str]]) -> Image:
        digest = link.read_text()
        uploaded = datetime.fromtimestamp(link.stat().st_mtime, timezone.utc)
        return Image(digest, tags.get(digest, set()), uploaded)

    def _manifests(self, package: str) -> Path:
        root = self._folder / "storage" / "docker" / "registry" / "v2"
        return root / "repositories" / self._project / package / "_manifests"

    def _link(self, package: str, digest: str) -> Path:
        hex = digest.partition(":")[2]
        return self._manifests(package) / "revisions" / "sha256" / hex / "link"
