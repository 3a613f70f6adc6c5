"""The configuration of a deployment: read from environment variables, checked before anything is touched."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.settings import Settings
from deploy import DeployError

# The pattern of each variable, and the message for a value that does not match.
_FORMS = {
    "project_id": (
        re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]"),
        "must be a project's id: 6 to 30 lowercase letters, digits and hyphens, as `gcloud projects list` shows it.",
    ),
    "app_name": (
        re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?"),
        "must be lowercase letters, digits and hyphens, beginning with a letter.",
    ),
    "region": (
        re.compile(r"[a-z]+-[a-z]+\d+"),
        "must be a region such as europe-west1: `gcloud run regions list` shows them all.",
    ),
    "registry": (
        re.compile(
            r"((us|eu|asia)\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev/[a-z0-9-]+/[a-z0-9-]+|(localhost|127\.0\.0\.1):\d+"
        ),
        "must be gcr.io, eu.gcr.io, asia.gcr.io, or the full name of a repository of Artifact Registry, such as "
        "europe-west1-docker.pkg.dev/PROJECT/REPOSITORY.",
    ),
    "data_bucket": (
        re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]"),
        "must be a bucket's name alone, without gs:// and folders.",
    ),
}
_SETTING = re.compile(r"[A-Z_][A-Z0-9_]*=.*")
# Set by the deployment itself, or by Cloud Run.
_NOT_OURS = {"PORT", "DATA_DIR", "GOOGLE_CLOUD_PROJECT", "REVISION"}
_SECRET = re.compile(r"[A-Z_][A-Z0-9_]*=[A-Za-z0-9_-]+(:(latest|\d+))?")

# The hosts of the former Container Registry lead to repositories of Artifact Registry in these locations.
_LOCATION_OF_HOST = {
    "gcr.io": "us",
    "us.gcr.io": "us",
    "eu.gcr.io": "europe",
    "asia.gcr.io": "asia",
}
# The characters of a tag and the service's name together: both are part of one label of a host name.
_TAG_AND_SERVICE = 46


@dataclass(frozen=True)
class Config:
    """One service in one project; the variable of each field is ``GCP_`` and its name in capitals."""

    project_id: str
    app_name: str
    region: str = "europe-west1"
    # ``gcr.io`` and its like, or the full name of a repository: ``europe-west1-docker.pkg.dev/PROJECT/REPOSITORY``.
    registry: str = "gcr.io"
    # The account that the service runs as; empty: the default one, which has far more permissions than needed.
    service_account: str = ""
    # ``VARIABLE=secret`` or ``VARIABLE=secret:version``, separated by commas or spaces.
    secrets: str = ""
    # The account of previews, which should have no permissions.
    preview_account: str = ""
    # Settings of the server, one ``NAME=value`` per line.
    settings: str = ""
    # A bucket that keeps tables and runs; empty: they are lost when the instance stops.
    data_bucket: str = ""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Read the configuration, and refuse missing or wrong values.

        Parameters
        ----------
        environ : mapping of str to str, optional
            Default: ``os.environ``.

        Returns
        -------
        Config

        Raises
        ------
        DeployError
            A variable is missing, empty or wrong; the message names it.
        """
        environ = os.environ if environ is None else environ
        require(environ, "GCP_PROJECT_ID", "GCP_APP_NAME")
        given = {
            field: environ[f"GCP_{field.upper()}"].strip()
            for field in cls.__dataclass_fields__
            if environ.get(f"GCP_{field.upper()}", "").strip()
        }
        config = cls(**given)
        config._check()
        return config

    def _check(self) -> None:
        for field, (pattern, sentence) in _FORMS.items():
            value = getattr(self, field)
            if value and not pattern.fullmatch(value):
                raise DeployError(f"GCP_{field.upper()} is {value!r}, but {sentence}")
        if self.preview_account and not self.service_account:
            raise DeployError(
                "GCP_PREVIEW_ACCOUNT is set, but GCP_SERVICE_ACCOUNT is not: a release after a preview would run as "
                "the preview's account. Set both or neither."
            )
        for secret in self.secret_list:
            if not _SECRET.fullmatch(secret):
                raise DeployError(
                    f"GCP_SECRETS contains {secret!r}, but each entry must be like RELOAD_TOKEN=my-secret or "
                    "RELOAD_TOKEN=my-secret:3, separated by commas."
                )
        self._check_settings()

    def _check_settings(self) -> None:
        for line in filter(None, map(str.strip, self.settings.splitlines())):
            if not _SETTING.fullmatch(line):
                raise DeployError(
                    f"GCP_SETTINGS contains the line {line!r}, but each must be like RETENTION_DAYS=7."
                )
        for name in _NOT_OURS & self.settings_map.keys():
            raise DeployError(
                f"GCP_SETTINGS contains {name}, which the deployment or Cloud Run itself sets: leave it out."
            )
        for name, value in self.settings_map.items():
            if "|" in value:
                raise DeployError(
                    f"{name} in GCP_SETTINGS contains a '|', which cannot be passed on."
                )
        try:
            Settings.from_environ(self.settings_map)
        except ValueError as error:
            raise DeployError(
                f"GCP_SETTINGS would keep the server from starting: {error}"
            ) from None

    @property
    def secret_list(self) -> list[str]:
        """Each entry of `secrets`."""
        return re.split(r"[\s,]+", self.secrets) if self.secrets else []

    @property
    def settings_map(self) -> dict[str, str]:
        """Each setting of `settings`."""
        lines = [line.strip() for line in self.settings.splitlines() if line.strip()]
        return dict(line.split("=", 1) for line in lines)

    @property
    def image(self) -> str:
        """The image's name, as docker uses it."""
        if "/" in self.registry:
            return f"{self.registry}/{self.app_name}"
        return f"{self.registry}/{self.project_id}/{self.app_name}"

    @property
    def package(self) -> str:
        """The image's name, as ``gcloud artifacts`` uses it."""
        host = self.registry.lower()
        if host not in _LOCATION_OF_HOST:
            return self.image
        location = _LOCATION_OF_HOST[host]
        return f"{location}-docker.pkg.dev/{self.project_id}/{host}/{self.app_name}"

    @property
    def on_this_service(self) -> tuple[str, str]:
        """The flags with which ``gcloud run`` finds the service's region and project."""
        return f"--region={self.region}", f"--project={self.project_id}"

    def tag(self, name: str) -> str:
        """Return `name` as a tag of a revision.

        Raises
        ------
        DeployError
            Cloud Run would refuse it: together with the service's name it becomes part of a host name.
        """
        if len(name) < 3 or not re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", name):
            raise DeployError(
                f"{name!r} cannot be a revision's tag: at least 3 lowercase letters, digits and hyphens, beginning "
                "with a letter."
            )
        if len(name) + len(self.app_name) > _TAG_AND_SERVICE:
            raise DeployError(
                f"The tag {name!r} and GCP_APP_NAME {self.app_name!r} have {len(name) + len(self.app_name)} characters "
                f"together, but Cloud Run takes at most {_TAG_AND_SERVICE}: choose a shorter GCP_APP_NAME."
            )
        return name


def require(environ: Mapping[str, str], *names: str) -> None:
    """Raise a `DeployError` that names every one of these variables that is missing or empty."""
    missing = [name for name in names if not environ.get(name, "").strip()]
    if missing:
        some = " and ".join(missing)
        verb = "is" if len(missing) == 1 else "are"
        raise DeployError(
            f"{some} {verb} missing or empty: set {'it' if len(missing) == 1 else 'them'} in the environment, "
            "or as secrets of the repository on GitHub (Settings, Secrets and variables, Actions)."
        )
