"""Artifact Registry's API, as `gcloud artifacts` calls it."""

from __future__ import annotations

import re
from typing import Any

from tests.cloud.fake.api import Answer, ApiError, Call
from tests.cloud.fake.registry import Image, Registry

_REPOSITORY = re.compile(
    r"/v1/(?P<repository>projects/(?P<project>[^/]+)/locations/[^/]+/repositories/[^/:]+)"
    r"(?P<rest>.*)"
)
_PACKAGE = re.compile(r"/packages/(?P<package>.+?)(?P<rest>/(tags|versions).*)?")


class Artifacts:
    """The repositories of one project that exist.

    Parameters
    ----------
    project : str
    registry : Registry
        Where the images of the first repository are.
    repositories : tuple of str
        ``location/name`` of each that exists.
    """

    def __init__(self, project: str, registry: Registry, repositories=("us/gcr.io",)):
        self.registry = registry
        self._names = {
            f"projects/{project}/locations/{location}/repositories/{name}"
            for location, _, name in (entry.partition("/") for entry in repositories)
        }

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        if "/operations/" in call.path:
            return 200, {"name": call.path.removeprefix("/v1/"), "done": True}
        found = _REPOSITORY.fullmatch(call.path)
        if not found or found["repository"] not in self._names:
            name = found["repository"] if found else call.path
            raise ApiError(404, f'Repository "{name}" not found')
        repository, rest = found["repository"], found["rest"]
        if not rest:
            mode = "STANDARD_REPOSITORY"
            return 200, {"name": repository, "format": "DOCKER", "mode": mode}
        within = _PACKAGE.fullmatch(rest)
        if not within:
            raise ApiError(404, f"{call.path} was not found")
        name = f"{repository}/packages/{_quoted(within['package'])}"
        package = _Package(self.registry, within["package"], name)
        return package.answer(call, within["rest"] or "")


class _Package:
    """One package: its versions and tags."""

    def __init__(self, registry: Registry, package: str, name: str):
        self.registry, self.package, self.name = registry, package, name

    def answer(self, call: Call, rest: str) -> Answer:
        _, kind, id = (*rest.split("/", 2), "", "")[:3]
        if not self.registry.images(self.package):
            raise ApiError(404, f'Package "{self.name}" not found')
        handler = getattr(self, f"_{call.method}_{kind}{'_one' if id else ''}", None)
        if not handler:
            raise ApiError(404, f"{call.method} {call.path} was not found")
        return handler(call, id)

    def _GET_versions(self, call: Call, _: str) -> Answer:
        full = call.query.get("view") == "FULL"
        images = self.registry.images(self.package)
        return 200, {"versions": [self._version(image, full) for image in images]}

    def _GET_versions_one(self, _: Call, digest: str) -> Answer:
        return 200, self._version(self._image(digest), True)

    def _DELETE_versions_one(self, call: Call, digest: str) -> Answer:
        image = self._image(digest)
        if image.tags and call.query.get("force") != "true":
            raise ApiError(400, f'Version "{digest}" is tagged and cannot be deleted')
        self.registry.delete(self.package, digest)
        location = self.name.partition("/repositories/")[0]
        return 200, {"name": f"{location}/operations/delete-{digest[7:19]}"}

    def _GET_tags(self, call: Call, _: str) -> Answer:
        tags = [
            self._tag(tag, image.digest)
            for image in self.registry.images(self.package)
            for tag in sorted(image.tags)
        ]
        asked = re.fullmatch(r'version="(.*)"', call.query.get("filter", ""))
        if asked:
            tags = [tag for tag in tags if tag["version"] == asked[1]]
        return 200, {"tags": tags}

    def _GET_tags_one(self, _: Call, tag: str) -> Answer:
        return 200, self._tag(tag, self._tagged(tag))

    def _POST_tags(self, call: Call, _: str) -> Answer:
        tag = call.query["tagId"]
        digest = call.body["version"].rpartition("/")[2]
        self._image(digest)
        if self.registry.resolve(self.package, tag):
            raise ApiError(409, f'Tag "{tag}" already exists')
        self.registry.tag(self.package, tag, digest)
        return 200, self._tag(tag, digest)

    def _DELETE_tags_one(self, _: Call, tag: str) -> Answer:
        self._tagged(tag)
        self.registry.untag(self.package, tag)
        return 200, {}

    def _image(self, digest: str) -> Image:
        for image in self.registry.images(self.package):
            if image.digest == digest:
                return image
        raise ApiError(404, f'Version "{self.name}/versions/{digest}" not found')

    def _tagged(self, tag: str) -> str:
        digest = self.registry.resolve(self.package, tag)
        if not digest:
            raise ApiError(404, f'Tag "{self.name}/tags/{tag}" not found')
        return digest

    def _tag(self, tag: str, digest: str) -> dict[str, str]:
        version = f"{self.name}/versions/{digest}"
        return {"name": f"{self.name}/tags/{tag}", "version": version}

    def _version(self, image: Image, full: bool) -> dict[str, Any]:
        uploaded = image.uploaded.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        version = {
            "name": f"{self.name}/versions/{image.digest}",
            "createTime": uploaded,
            "updateTime": uploaded,
            "metadata": {
                "name": f"{self.name.replace('/packages/', '/dockerImages/')}@{image.digest}",
                "imageSizeBytes": "150000000",
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "buildTime": uploaded,
            },
        }
        if full:
            tags = sorted(image.tags)
            version["relatedTags"] = [self._tag(tag, image.digest) for tag in tags]
        return version


def _quoted(package: str) -> str:
    return package.replace("/", "%2F")
