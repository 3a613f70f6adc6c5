"""One Google Cloud project: looks up what exists and makes what does not; a dry run prints the commands instead."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from deploy import DeployError
from deploy.gcloud import Gcloud
from deploy.gcloud_errors import GcloudError

# What was just created or enabled is not known everywhere at once; until then a change that uses it fails so.
_NOT_KNOWN_YET = {"NOT_FOUND", "INVALID_ARGUMENT"}
_ATTEMPTS = 7
_PAUSE_SECONDS = 10


class Project:
    """One project, seen through gcloud.

    Parameters
    ----------
    project : str
        The project's id.
    dry_run : bool
        Only look; print the commands that would change something.
    """

    def __init__(self, project: str, dry_run: bool):
        self.id = project
        self.dry_run = dry_run
        # Sentences about what is left to a person.
        self.to_do: list[str] = []
        self._gcloud = Gcloud()
        self._has_changed = False

    @cached_property
    def number(self) -> str:
        """The project's number.

        Raises
        ------
        DeployError
            There is no such project, or the account cannot see it.
        """
        try:
            found = self.look("projects", "describe", self.id)
        except GcloudError as error:
            if error.status != "PERMISSION_DENIED":
                raise
            found = None
        if not found or found.get("lifecycleState", "ACTIVE") != "ACTIVE":
            raise DeployError(
                f"There is no project {self.id!r}, or the account may not see it: check GCP_PROJECT_ID, with "
                "`gcloud projects list`, and the account, with `gcloud auth list`."
            )
        return found["projectNumber"]

    def look(self, *arguments: str) -> Any:
        """Return what a command that only reads has found, None if it does not exist.

        Raises
        ------
        GcloudError
            gcloud failed for another reason.
        """
        try:
            return self._patiently(
                lambda: self._gcloud.read(*arguments, f"--project={self.id}")
            )
        except GcloudError as error:
            # A dry run has not enabled the API, without which nothing can exist.
            is_disabled = self.dry_run and error.reason == "SERVICE_DISABLED"
            if error.status == "NOT_FOUND" or is_disabled:
                return None
            raise

    def change(self, *arguments: str, stdin: str = "", is_secret: bool = False) -> str:
        """Run a command that changes something.

        Parameters
        ----------
        *arguments : str
            What follows ``gcloud``; the project is added.
        stdin : str
            What the command reads.
        is_secret : bool
            Whether a dry run must not print `stdin`.

        Returns
        -------
        str
            What the command printed; nothing in a dry run.

        Raises
        ------
        GcloudError
            gcloud failed.
        """
        arguments = (*arguments, f"--project={self.id}")
        if self.dry_run:
            _print(arguments, stdin, is_secret)
            return ""
        printed = self._patiently(
            lambda: self._gcloud.run(*arguments, stdin=stdin), _NOT_KNOWN_YET
        )
        self._has_changed = True
        return printed.strip()

    def bind(
        self, group: tuple[str, ...], name: str, member: str, role: str, *where: str
    ) -> None:
        """Give a member a role on something; harmless if it has it.

        Parameters
        ----------
        group : tuple of str
            The group of commands, such as ``("run", "services")``.
        name : str
            Of the resource.
        member, role : str
            As IAM writes them.
        *where : str
            Flags that say where the resource is.

        Raises
        ------
        GcloudError
            gcloud failed.
        """
        self.change(
            *(*group, "add-iam-policy-binding", name, *where),
            f"--member={member}",
            f"--role={role}",
            "--condition=None",
        )

    def _patiently(
        self, call: Callable[[], Any], statuses: set[str] = frozenset()
    ) -> Any:
        """Call again after a while what fails since an earlier change is not known everywhere yet."""
        attempts = _ATTEMPTS if self._has_changed else 1
        for attempt in range(1, attempts + 1):
            try:
                return call()
            except GcloudError as error:
                may_pass = (
                    error.status in statuses or error.reason == "SERVICE_DISABLED"
                )
                if attempt == attempts or not may_pass:
                    raise
            time.sleep(_PAUSE_SECONDS)


def _print(arguments: tuple[str, ...], stdin: str, is_secret: bool) -> None:
    command = shlex.join(["gcloud", *arguments, "--quiet"])
    if is_secret:
        command += "  # reads a random value"
    elif stdin:
        command += f" <<<{shlex.quote(stdin)}"
    print(command, flush=True)
