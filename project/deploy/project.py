"""One project, seen through gcloud: looks before it changes anything, and in a dry run prints shell commands."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy import DeployError
from deploy.gcloud import Gcloud, GcloudError

# Put around the name of a shell variable, which in a dry run stands for what only the cloud knows;
# no text of ours has this character.
_MARK = "\ue000"
# What was just made or enabled is not known everywhere at once.
_NOT_YET = re.compile(
    r"SERVICE_DISABLED|has not been used in project|not enabled|does not exist|Unknown service account",
    re.IGNORECASE,
)
_ATTEMPTS = 7
_PAUSE_SECONDS = 10


class Project:
    """One project, seen through gcloud.

    Parameters
    ----------
    project : str
        The project's id.
    dry_run : bool
        Ask nobody, take everything for missing, print the commands.
    """

    def __init__(self, project: str, dry_run: bool):
        self.id = project
        self.dry_run = dry_run
        # Known once `find_number` has been called.
        self.number = ""
        # Sentences about what is left to a person.
        self.to_do: list[str] = []
        self._gcloud = Gcloud()
        self._has_changed = False

    def find_number(self) -> None:
        """Find out the project's number, and by that whether there is such a project.

        Raises
        ------
        DeployError
            There is none, or the account may not see it.
        """
        if self.dry_run:
            self.number = self.assign(
                "PROJECT_NUMBER",
                shell(
                    *("gcloud", "projects", "describe", self.id),
                    *("--format=value(projectNumber)", "--quiet"),
                ),
            )
            return
        try:
            found = self.look("projects", "describe", self.id)
        except GcloudError as error:
            if not error.is_forbidden:
                raise
            found = None
        if not found or found.get("lifecycleState", "ACTIVE") != "ACTIVE":
            raise DeployError(
                f"There is no project {self.id!r}, or the account may not see it: check GCP_PROJECT_ID, with "
                "`gcloud projects list`, and the account, with `gcloud auth list`."
            )
        self.number = found["projectNumber"]

    def look(self, *arguments: str) -> Any:
        """Return what a command that reads has found, None if it is not there.

        Raises
        ------
        GcloudError
            gcloud failed for another reason.
        """
        if self.dry_run:
            return None
        try:
            return self._patiently(
                lambda: self._gcloud.read(*arguments, f"--project={self.id}")
            )
        except GcloudError as error:
            if error.is_missing:
                return None
            raise

    def change(
        self, *arguments: str, stdin: str = "", source: str = "", into: str = ""
    ) -> str:
        """Run a command that changes something.

        Parameters
        ----------
        *arguments : str
            What stands behind ``gcloud``; the project is added.
        stdin : str
            What the command reads.
        source : str
            In a dry run, the shell command that prints what the command reads.
        into : str
            In a dry run, the shell variable that takes what the command prints.

        Returns
        -------
        str
            What the command printed; in a dry run, the variable.

        Raises
        ------
        GcloudError
            gcloud failed.
        """
        arguments = (*arguments, f"--project={self.id}")
        if self.dry_run:
            command = shell("gcloud", *arguments, "--quiet")
            if into:
                return self.assign(into, command)
            print(f"{source} | {command}" if source else command, flush=True)
            return ""
        printed = self._patiently(lambda: self._gcloud.run(*arguments, stdin=stdin))
        self._has_changed = True
        return printed.strip()

    @staticmethod
    def assign(name: str, command: str) -> str:
        """Print a dry run's command whose output goes into a shell variable, and return what stands for it."""
        print(f"{name}=$({command})", flush=True)
        return f"{_MARK}{name}{_MARK}"

    def bind(
        self, group: tuple[str, ...], name: str, member: str, role: str, *where: str
    ) -> None:
        """Give a role on something to a member, unless it is held.

        Parameters
        ----------
        group : tuple of str
            The group of commands, ``("run", "services")`` say.
        name : str
            Of the thing.
        member, role : str
            As IAM writes them.
        *where : str
            Flags that say where the thing is.

        Raises
        ------
        GcloudError
            gcloud failed.
        """
        policy = self.look(*group, "get-iam-policy", name, *where) or {}
        for binding in policy.get("bindings", []):
            if (
                binding["role"] == role
                and member in binding.get("members", [])
                and not binding.get("condition")
            ):
                return
        self.change(
            *group,
            "add-iam-policy-binding",
            name,
            *where,
            f"--member={member}",
            f"--role={role}",
            "--condition=None",
        )

    def _patiently(self, call: Callable[[], Any]) -> Any:
        attempts = _ATTEMPTS if self._has_changed else 1
        for attempt in range(1, attempts + 1):
            try:
                return call()
            except GcloudError as error:
                if attempt == attempts or not _NOT_YET.search(error.said):
                    raise
            time.sleep(_PAUSE_SECONDS)


def shell(*words: str) -> str:
    """Join words to a command for a shell; variables from a dry run become ``"$NAME"``."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    literals_and_names = word.split(_MARK)
    if len(literals_and_names) == 1:
        return shlex.quote(word)
    return "".join(
        f'"${part}"' if index % 2 else shlex.quote(part) if part else ""
        for index, part in enumerate(literals_and_names)
    )


def rendered(template: Path, **values: str) -> str:
    """Return the shell command that prints a template with its placeholders filled in."""
    words = ["sed"]
    for name, value in values.items():
        words += ["-e", f"s|[$]{{{name}}}|{value}|g"]
    return shell(*words, os.path.relpath(template))
