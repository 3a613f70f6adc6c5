"""The service on Cloud Run: how its traffic is split among revisions, and the commands that change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from deploy.config import Config
from deploy.gcloud import Gcloud
from deploy.gcloud_errors import GcloudError
from deploy.github import warn

FLAGS_FILE = Path(__file__).with_name("cloudrun.flags.yaml")
DATA_DIR = "/data"
# The user of the image, who has to own the files of the bucket.
_UID = 10001
# With a shared bucket any instance can answer any request; without one each would have its own tables.
_MAX_INSTANCES_WITH_BUCKET = 4
# Cloud Run's own; behind a load balancer there are two, which GCP_SETTINGS says.
_TRUSTED_PROXIES = "1"
# Reading a larger CSV does not fit into 1 GiB beside the server; GCP_SETTINGS overrides this.
_MAX_UPLOAD_MB = "64"


@dataclass(frozen=True)
class Service:
    """A service at one moment."""

    url: str
    # Revision to percent; only revisions with traffic.
    split: dict[str, int] = field(default_factory=dict)
    # The split that was requested, which may not be in effect yet. The newest revision is "".
    requested: dict[str, int] = field(default_factory=dict)
    # Tag to revision, and tag to address.
    tags: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, described: dict) -> Service:
        """Read what ``gcloud run services describe --format=json`` prints."""
        status = described.get("status", {})
        routed = status.get("traffic") or []
        asked = described.get("spec", {}).get("traffic") or []
        tagged = [target for target in routed if target.get("tag")]
        urls = {target["tag"]: target.get("url", "").rstrip("/") for target in tagged}
        # The requested ones may not be in effect yet, or never will be because the revision does not start.
        tags = {
            target["tag"]: target.get("revisionName", "")
            for target in [*asked, *tagged]
            if target.get("tag")
        }
        url = status.get("url", "").rstrip("/")
        return cls(url, _shares(routed), _shares(asked), tags, urls)

    def is_split(self, split: dict[str, int]) -> bool:
        """Tell whether the traffic is split like this, and no other split was requested."""
        return self.split == split and self.requested == split


def _shares(targets: list[dict]) -> dict[str, int]:
    shares: dict[str, int] = {}
    for target in targets:
        if target.get("percent"):
            name = target.get("revisionName", "")
            shares[name] = shares.get(name, 0) + target["percent"]
    return shares


@dataclass(frozen=True)
class Revision:
    """One revision of the service."""

    name: str
    image: str
    is_ready: bool
    # Counts up with every change of the service's template.
    generation: int
    created: str
    service: str = ""
    # It never started. A revision that is starting is neither ready nor failed.
    has_failed: bool = False

    @classmethod
    def of(cls, described: dict) -> Revision:
        """Read one entry of ``gcloud run revisions list --format=json``."""
        metadata, status = described["metadata"], described.get("status", {})
        conditions = {
            one["type"]: one["status"] for one in status.get("conditions", [])
        }
        image = status.get("imageDigest") or described["spec"]["containers"][0]["image"]
        label = "serving.knative.dev/configurationGeneration"
        return cls(
            name=metadata["name"],
            image=image,
            is_ready=conditions.get("Ready") == "True",
            generation=int(metadata.get("labels", {}).get(label, 0)),
            created=metadata.get("creationTimestamp", ""),
            service=metadata.get("labels", {}).get("serving.knative.dev/service", ""),
            has_failed=conditions.get("Ready") == "False",
        )

    @property
    def suffix(self) -> str:
        """The end of its name, after the service's."""
        return self.name.removeprefix(f"{self.service}-")

    @property
    def digest(self) -> str:
        """``sha256:…`` of its image."""
        return self.image.rpartition("@")[2]


class CloudRun:
    """The commands of ``gcloud run`` for one service.

    Parameters
    ----------
    config : Config
    gcloud : Gcloud
    """

    def __init__(self, config: Config, gcloud: Gcloud | None = None):
        self.config = config
        self.gcloud = gcloud or Gcloud()

    def find(self) -> Service | None:
        """Return the service, or None if there is none yet."""
        found = self.gcloud.read(
            *("run", "services", "list"),
            f"--filter=metadata.name={self.config.app_name}",
            *self.config.on_this_service,
        )
        return Service.of(found[0]) if found else None

    def describe(self) -> Service:
        """Return the service.

        Raises
        ------
        GcloudError
            There is none.
        """
        described = self.gcloud.read(
            *("run", "services", "describe", self.config.app_name),
            *self.config.on_this_service,
        )
        return Service.of(described)

    def revisions(self) -> list[Revision]:
        """Return all revisions, the newest first."""
        found = self.gcloud.read(
            *("run", "revisions", "list", f"--service={self.config.app_name}"),
            *self.config.on_this_service,
        )
        revisions = [Revision.of(described) for described in found or []]
        return sorted(
            revisions, key=lambda one: (one.generation, one.created), reverse=True
        )

    def deploy(self, image: str, suffix: str, *flags: str) -> None:
        """Make a revision of an image; returns once it is ready.

        Parameters
        ----------
        image : str
            With its digest.
        suffix : str
            The end of the revision's name.
        *flags : str
            What this revision needs besides the flags file.
        """
        # Only the beta command has mount options for a bucket so far.
        track = (
            ["beta"] if any(flag.startswith("--add-volume=") for flag in flags) else []
        )
        self.gcloud.run(
            *track,
            *("run", "deploy", self.config.app_name, f"--image={image}"),
            f"--flags-file={FLAGS_FILE}",
            f"--revision-suffix={suffix}",
            *flags,
            *self.config.on_this_service,
        )

    def shift(self, split: dict[str, int]) -> None:
        """Split the traffic among revisions.

        Parameters
        ----------
        split : dict of str to int
            Percent of each revision, 100 in all.
        """
        self.change_traffic(split)

    def remove_tag(self, tag: str) -> None:
        """Remove a tag, and with it its address."""
        self.change_traffic({}, tag)

    def remove_failed_tags(self, service: Service) -> set[str]:
        """Remove the tags of revisions that never started: as long as one exists, Cloud Run applies no other change.

        A command that was killed leaves them: the preview of a pull request whose image crashes, for example.

        Parameters
        ----------
        service : Service
            As it is now.

        Returns
        -------
        set of str
            The tags that were removed.
        """
        dead = self._failed_tags(service)
        if dead:
            self._warn_of(dead)
            self.change_traffic({}, *dead)
        return dead

    def _failed_tags(self, service: Service) -> set[str]:
        waiting = {
            tag: name
            for tag, name in service.tags.items()
            if name and tag not in service.urls
        }
        if not waiting:
            return set()
        able = {one.name for one in self.revisions() if not one.has_failed}
        return {tag for tag, name in waiting.items() if name not in able}

    def _warn_of(self, dead: set[str]) -> None:
        tags = " and ".join(sorted(dead))
        warn(
            f"The revision of {tags} never started, which blocks every other change: the tag is removed."
        )

    def change_traffic(self, split: dict[str, int], *without: str) -> None:
        """Split the traffic, and remove tags; what counts is the state afterwards, not what gcloud reports.

        If the newest revision never started, gcloud reports every change as a failure. If the tag of such a revision
        blocks the change, it is removed too.

        Parameters
        ----------
        split : dict of str to int
            Percent of each revision; empty: unchanged.
        *without : str
            The tags to remove.

        Raises
        ------
        GcloudError
            The change did not take effect.
        """
        try:
            self.gcloud.run(*self.update_traffic(split, *without))
        except GcloudError:
            now = self.describe()
            is_split = not split or now.is_split(split)
            if is_split and now.tags.keys().isdisjoint(without):
                return
            dead = self._failed_tags(now).difference(without)
            if not dead:
                raise
            self._warn_of(dead)
            self.change_traffic(split, *without, *dead)

    def update_traffic(self, split: dict[str, int], *without: str) -> list[str]:
        """Return the arguments of gcloud that split the traffic, and remove tags.

        Parameters
        ----------
        split : dict of str to int
            Percent of each revision; empty: unchanged.
        *without : str
            The tags to remove.

        Returns
        -------
        list of str
        """
        service = self.config.app_name
        command = ["run", "services", "update-traffic", service]
        if split:
            shares = ",".join(f"{name}={percent}" for name, percent in split.items())
            command.append(f"--to-revisions={shares}")
        if without:
            command.append(f"--remove-tags={','.join(without)}")
        return [*command, *self.config.on_this_service]

    def delete_revision(self, revision: str) -> None:
        """Delete a revision that serves nobody."""
        self.gcloud.run(
            *("run", "revisions", "delete", revision), *self.config.on_this_service
        )

    def revision_name(self, suffix: str) -> str:
        """Return the name of the revision with this suffix."""
        return f"{self.config.app_name}-{suffix}"


def release_flags(config: Config) -> list[str]:
    """Return the flags of a release: its account, secrets, settings and data.

    Every flag replaces all values of its kind, so that nothing is left from the revision before.
    """
    environment = {
        "GOOGLE_CLOUD_PROJECT": config.project_id,
        "MAX_UPLOAD_MB": _MAX_UPLOAD_MB,
        "TRUSTED_PROXIES": _TRUSTED_PROXIES,
        **config.settings_map,
    }
    secrets = ",".join(map(_with_version, config.secret_list))
    flags = [f"--set-secrets={secrets}" if secrets else "--clear-secrets"]
    flags += ["--clear-volumes", "--clear-volume-mounts"]
    if config.service_account:
        flags.append(f"--service-account={config.service_account}")
    if config.data_bucket:
        environment["DATA_DIR"] = DATA_DIR
        flags += [
            # What one instance writes, another one reads at once: missing files are not cached.
            f"--add-volume=name=data,type=cloud-storage,bucket={config.data_bucket},"
            f"mount-options=uid={_UID};gid={_UID};metadata-cache-ttl-secs=0;implicit-dirs",
            f"--add-volume-mount=volume=data,mount-path={DATA_DIR}",
            f"--max-instances={_MAX_INSTANCES_WITH_BUCKET}",
        ]
    return [_environment(environment), *flags]


def preview_flags(config: Config) -> list[str]:
    """Return the flags of a preview, whose code nobody has reviewed yet: no secrets, no data, one instance."""
    flags = ["--clear-secrets", "--clear-volumes", "--clear-volume-mounts"]
    if config.preview_account:
        flags.append(f"--service-account={config.preview_account}")
    environment = {
        "GOOGLE_CLOUD_PROJECT": config.project_id,
        "MAX_UPLOAD_MB": _MAX_UPLOAD_MB,
        "TRUSTED_PROXIES": _TRUSTED_PROXIES,
    }
    return [_environment(environment), *flags, "--max-instances=1"]


def _with_version(secret: str) -> str:
    """Return a secret with its version, which gcloud requires."""
    return secret if ":" in secret else f"{secret}:latest"


def _environment(values: dict[str, str]) -> str:
    """Return the flag, its entries separated by a character that no value in the configuration can contain."""
    pairs = "|".join(f"{name}={value}" for name, value in values.items())
    return f"--set-env-vars=^|^{pairs}"
