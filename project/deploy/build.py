"""Names a build after its commit and the run of the workflow, the same in every command of that run."""

from __future__ import annotations

import os
import re
import subprocess  # nosec B404
import time
from collections.abc import Mapping
from dataclasses import dataclass

from deploy import DeployError
from deploy.config import Config

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Build:
    """One build of one commit."""

    commit: str
    number: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Build:
        """Name the build after GitHub's run, or outside GitHub after the checkout and the time.

        Parameters
        ----------
        environ : mapping of str to str, optional
            Default: ``os.environ``.

        Returns
        -------
        Build
        """
        environ = os.environ if environ is None else environ
        commit = environ.get("GITHUB_SHA") or _head()
        number = environ.get("GITHUB_RUN_NUMBER") or str(int(time.time()))
        attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
        return cls(commit, number if attempt == "1" else f"{number}-{attempt}")

    @property
    def image_tag(self) -> str:
        """The tag of the image in the registry."""
        return f"g{self.commit[:7]}"

    @property
    def suffix(self) -> str:
        """The end of the revision's name."""
        return f"g{self.commit[:7]}-{self.number}"

    @property
    def candidate(self) -> str:
        """The tag of the revision while it is a candidate: no two releases share one."""
        return f"c-{self.commit[:7]}-{self.number}"


def image_by_digest(config: Config, digest: str) -> str:
    """Return the image's name with its digest.

    Raises
    ------
    DeployError
        `digest` is not a digest.
    """
    if not _DIGEST.fullmatch(digest):
        raise DeployError(
            f"{digest!r} is not the digest of an image: it must be like sha256:… with 64 hexadecimal digits, as "
            "`project/bin/deploy push` prints it."
        )
    return f"{config.image}@{digest}"


def _head() -> str:
    try:
        done = subprocess.run(  # nosec B603 B607
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        raise DeployError(
            "GITHUB_SHA is not set, and this is not a git checkout: set GITHUB_SHA to the commit that was built."
        ) from None
    return done.stdout.strip()
