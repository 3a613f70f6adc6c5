"""Calls gcloud, and turns what it complains about into sentences."""

from __future__ import annotations

import json
import re
import shlex
import subprocess  # nosec B404
import sys
from typing import Any

from deploy import DeployError

# Cloud Run gives up on a revision earlier.
_SECONDS = 20 * 60
# How often a command is tried again because somebody else was faster.
_CONFLICTS = 3

# What gcloud says, and what to do about it; the first that fits is told.
_ADVICE = (
    (
        r"BILLING_DISABLED|UREQ_PROJECT_BILLING|billing must be enabled|billing to be enabled|billing disabled",
        "The project has no billing account, or a closed one: "
        "https://console.cloud.google.com/billing/projects links one.",
    ),
    (
        r"permitted customer|allowedPolicyMemberDomains",
        "The organisation lets nobody in but its own members: have the policy "
        "iam.allowedPolicyMemberDomains lifted for this project.",
    ),
    (
        r"API \[[\w.]+\] not enabled|[\w.]+\.googleapis\.com.{0,80}SERVICE_DISABLED"
        r"|SERVICE_DISABLED|has not been used in project|is not enabled",
        "The project has not enabled an API that this needs: run `project/bin/deploy setup` once.",
    ),
    (
        r"do not currently have an active account|Reauthentication|invalid_grant|could not refresh|"
        r"credentials? .*(expired|invalid)",
        "gcloud has no valid credentials: check GCP_CREDENTIALS or GCP_WORKLOAD_IDENTITY_PROVIDER, or run "
        "`gcloud auth login`.",
    ),
    (
        r"already been set with a different type",
        "A variable cannot become a setting where it was a secret, nor the other way round, in one step: release once "
        "with it in neither GCP_SETTINGS nor GCP_SECRETS, then again with it where it shall be.",
    ),
    (
        # The number of a run, at the end of a revision's name, is none of HTTP's.
        r"PERMISSION_DENIED|does not have permission|(?<![\w-])403(?![\w-])|lacks? .*permission|denied on resource",
        "The account may not do this: `project/bin/deploy setup`, run by an owner of the project, gives the "
        "deployer the roles that it needs.",
    ),
    (
        r"Failed to establish a new connection|Name or service not known|Temporary failure in name resolution|"
        r"Network is unreachable|Connection refused|network (issues|connectivity)|Max retries exceeded|timed out",
        "Google Cloud cannot be reached: check the network, and try again.",
    ),
    (
        r"NOT_FOUND|could not be found|Cannot find|not found|does not exist|(?<![\w-])404(?![\w-])",
        "It is not there (any more): check GCP_PROJECT_ID, GCP_APP_NAME and GCP_REGION, and whether somebody "
        "deleted it.",
    ),
)


class GcloudError(DeployError):
    """A call of gcloud failed; `said` is what gcloud wrote."""

    def __init__(self, arguments: tuple[str, ...], said: str):
        self.said = said.strip()
        super().__init__(_sentence(arguments, self.said))

    @property
    def is_missing(self) -> bool:
        """Whether it failed because the thing asked for does not exist."""
        return _advice(self.said) is _ADVICE[-1][1]

    @property
    def is_conflict(self) -> bool:
        """Whether somebody else changed the same thing at that moment, so that nothing was done."""
        return "ABORTED: Conflict" in self.said

    @property
    def is_forbidden(self) -> bool:
        """Whether it failed because the account may not do it."""
        return "may not do this" in _advice(self.said)


class Gcloud:
    """Runs gcloud, never asking anything back.

    Parameters
    ----------
    dry_run : bool
        Print the commands that would change something instead of running them.
    """

    def __init__(self, dry_run: bool = False):
        self.dry_run = dry_run

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a command that changes something.

        Parameters
        ----------
        *arguments : str
            What stands behind ``gcloud``; ``--quiet`` is added.
        stdin : str, optional
            What the command reads, a secret's value say: it is never printed.

        Returns
        -------
        str
            What gcloud printed; empty in a dry run.

        Raises
        ------
        GcloudError
            gcloud failed.
        """
        if self.dry_run:
            print(shlex.join(["gcloud", *arguments, "--quiet"]))
            return ""
        print(f"$ gcloud {shlex.join(arguments)}", file=sys.stderr, flush=True)
        for _ in range(_CONFLICTS):
            try:
                return _call((*arguments, "--quiet"), stdin)
            except GcloudError as error:
                if not error.is_conflict:
                    raise
        return _call((*arguments, "--quiet"), stdin)

    def read(self, *arguments: str) -> Any:
        """Run a command that only reads, and return what it found.

        Returns
        -------
        object
            The command's JSON.

        Raises
        ------
        GcloudError
            gcloud failed.
        """
        text = _call((*arguments, "--format=json", "--quiet"), None)
        return json.loads(text) if text.strip() else None

    def exists(self, *arguments: str) -> bool:
        """Tell whether a ``describe`` finds something.

        Raises
        ------
        GcloudError
            gcloud failed for another reason than that it is not there.
        """
        try:
            _call((*arguments, "--format=json", "--quiet"), None)
        except GcloudError as error:
            if error.is_missing:
                return False
            raise
        return True


def _call(arguments: tuple[str, ...], stdin: str | None) -> str:
    try:
        done = subprocess.run(  # nosec B603 B607
            ["gcloud", *arguments],
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            # A signal that is meant for us must not end a command that puts things right.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise DeployError(
            "gcloud is not installed: https://cloud.google.com/sdk/docs/install tells how to get it."
        ) from None
    except subprocess.TimeoutExpired:
        raise GcloudError(
            arguments, f"timed out after {_SECONDS // 60} minutes"
        ) from None
    if done.returncode:
        raise GcloudError(arguments, done.stderr or done.stdout)
    return done.stdout


def _sentence(arguments: tuple[str, ...], said: str) -> str:
    command = " ".join(
        ["gcloud", *(word for word in arguments if not word.startswith("-"))]
    )
    complaint = _complaint(said)
    return " ".join(
        filter(
            None,
            (f"`{command}` failed.", _advice(said), f"gcloud said: {complaint}"),
        )
    )


def _advice(said: str) -> str:
    for pattern, advice in _ADVICE:
        if re.search(pattern, said, re.DOTALL | re.IGNORECASE):
            return advice
    return ""


def _complaint(said: str) -> str:
    """Return what stands behind gcloud's last ``ERROR:``, or the last line that says anything."""
    _, found, error = said.rpartition("ERROR: ")
    if found:
        return " ".join(error.split())[:600]
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:600] if lines else "nothing."
