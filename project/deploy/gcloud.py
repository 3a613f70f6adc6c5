"""Calls gcloud, never asking anything back."""

from __future__ import annotations

import json
import os
import shlex
import subprocess  # nosec B404
import sys
from typing import Any

from deploy import DeployError
from deploy.gcloud_errors import STRUCTURED_LOG, GcloudError

# Cloud Run gives up on a revision earlier.
_SECONDS = 20 * 60
# How often a command is tried again because somebody else changed the same thing meanwhile.
_RETRIES = 3


class Gcloud:
    """Runs gcloud."""

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that changes something.

        Parameters
        ----------
        *arguments : str
            What follows ``gcloud``; ``--quiet`` is added.
        stdin : str
            What the command reads, such as the value of a secret: it is never printed.

        Returns
        -------
        str
            What gcloud printed.

        Raises
        ------
        GcloudError
            gcloud failed.
        """
        print(f"$ gcloud {shlex.join(arguments)}", file=sys.stderr, flush=True)
        for _ in range(_RETRIES):
            try:
                return _call((*arguments, "--quiet"), stdin)
            except GcloudError as error:
                if error.status != "ABORTED":
                    raise
        return _call((*arguments, "--quiet"), stdin)

    def read(self, *arguments: str) -> Any:
        """Run a command that only reads.

        Returns
        -------
        object
            The command's JSON.

        Raises
        ------
        GcloudError
            gcloud failed.
        """
        text = _call((*arguments, "--format=json", "--quiet"))
        return json.loads(text) if text.strip() else None


def _call(arguments: tuple[str, ...], stdin: str = "") -> str:
    words = [word for word in arguments if not word.startswith("-")]
    command = " ".join(["gcloud", *words])
    try:
        done = subprocess.run(  # nosec B603 B607
            ["gcloud", *arguments],
            env={**os.environ, **STRUCTURED_LOG},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            # A signal that is meant for us must not end a command that puts things right.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise DeployError(
            "gcloud is not installed: https://cloud.google.com/sdk/docs/install explains how to install it."
        ) from None
    except subprocess.TimeoutExpired:
        message = f"nothing for {_SECONDS // 60} minutes."
        raise GcloudError(command, message, "DEADLINE_EXCEEDED") from None
    if done.returncode:
        raise GcloudError.of(command, done.stderr or done.stdout)
    return done.stdout
