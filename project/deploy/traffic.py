"""Shifts traffic to a revision step by step, and puts it back exactly as it was if anything goes wrong."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy import DeployError, smoke
from deploy.cloudrun import CloudRun, Service
from deploy.github import summarise

# The shares of the new revision on its way, in percent.
STEPS = (10, 50, 100)
_ATTEMPTS = 3


def with_share(split: dict[str, int], revision: str, percent: int) -> dict[str, int]:
    """Give a revision its share, and let the others keep their proportions.

    Parameters
    ----------
    split : dict of str to int
        Percent of each revision, 100 in all; not empty.
    revision : str
    percent : int
        0 to 100.

    Returns
    -------
    dict of str to int
        100 in all; nothing that gets no traffic. Fractions go to the largest remainders.
    """
    others = {name: share for name, share in split.items() if name != revision}
    left, total = 100 - percent, sum(others.values())
    if not others or not left:
        return {revision: 100}
    exact = {name: left * share / total for name, share in others.items()}
    shares = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: shares[name] - exact[name])
    for name in by_remainder[: left - sum(shares.values())]:
        shares[name] += 1
    given = {revision: percent, **shares}
    return {name: share for name, share in given.items() if share}


def promote(
    cloud: CloudRun,
    before: Service,
    revision: str,
    addresses: list[str],
    seconds: float,
) -> None:
    """Shift traffic to a revision in steps, watching the service after each.

    Where what serves now is not well (it is sick, or another program), visitors get the new revision at once: they lose
    nothing, and watching the mixture would tell nothing.

    Parameters
    ----------
    cloud : CloudRun
    before : Service
        As it was before.
    revision : str
    addresses : list of str
        What is watched.
    seconds : float
        How long each step is watched.

    Raises
    ------
    DeployError
        A step failed; the traffic stays as that step left it.
    """
    for percent in STEPS if smoke.is_healthy(before.url) else STEPS[-1:]:
        cloud.shift(with_share(before.split, revision, percent))
        rounds = smoke.watch(addresses, seconds)
        print(
            f"{revision} has {percent} % of the traffic and is well ({rounds} checks).",
            flush=True,
        )


class Safeguard:
    """What is to be put back if a change fails; a file remembers it for the command `restore`, should we be killed.

    Parameters
    ----------
    cloud : CloudRun
    split : dict of str to int
        Percent of each revision; empty until traffic is shifted. Before that it is not ours to put back: another
        release may have shifted it.
    tag : str, optional
        Of the candidate; it goes.
    """

    def __init__(self, cloud: CloudRun, split: dict[str, int], tag: str | None = None):
        self.cloud = cloud
        self.split, self.tag = split, tag
        self._remember()

    @classmethod
    def left_behind(cls, cloud: CloudRun) -> Safeguard | None:
        """Return that of a command that was killed, or None."""
        try:
            left = json.loads(_file(cloud).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(cloud, left["split"], left["tag"])

    def cover_traffic(self, split: dict[str, int]) -> None:
        """From now on put the traffic back as it is split here."""
        self.split = split
        self._remember()

    def forget(self) -> None:
        """All is well; there is nothing to put back."""
        _file(self.cloud).unlink(missing_ok=True)

    def _remember(self) -> None:
        file = _file(self.cloud)
        new = file.with_suffix(".new")
        new.write_text(
            json.dumps({"split": self.split, "tag": self.tag}), encoding="utf-8"
        )
        new.replace(file)

    def restore(self) -> str:
        """Put the traffic back as it was and remove the tag.

        Returns
        -------
        str
            A sentence about what became of the traffic.

        Raises
        ------
        DeployError
            It could not be put back; the sentence holds the command that does.
        """
        split = self.split
        shares = ", ".join(f"{name} {share} %" for name, share in split.items())
        try:
            retry(self._put_back)
        except DeployError as error:
            command = self.cloud.update_traffic(split, *self._tags)
            what = (
                f"The traffic could NOT be put back to {shares}"
                if split
                else f"The tag {self.tag} is still there"
            )
            raise DeployError(
                f"{what}: {error} Do it by hand: {shlex.join(['gcloud', *command])}"
            ) from None
        self.forget()
        return f"The traffic is as it was{': ' if shares else ''}{shares}."

    def _put_back(self) -> None:
        now = self.cloud.describe()
        split = self.split if self.split and not now.is_split(self.split) else {}
        tags = [tag for tag in self._tags if tag in now.tags]
        if split or tags:
            # In one command: beside the tag of a revision that never started, no other change is ever done.
            self.cloud.change_traffic(split, *tags)

    @property
    def _tags(self) -> list[str]:
        return [self.tag] if self.tag else []


@contextmanager
def restored_on_failure(
    cloud: CloudRun,
    split: dict[str, int],
    tag: str | None = None,
    verdict: str = "Not released.",
) -> Iterator[Safeguard]:
    """Put the traffic back as `split` tells, and remove `tag`, if the body fails or is interrupted.

    The summary of the job then begins with `verdict`.

    Yields
    ------
    Safeguard
        The body may tell it later what to cover.

    Raises
    ------
    DeployError
        What the body raised, and what became of the traffic.
    """
    safeguard = Safeguard(cloud, split, tag)
    try:
        yield safeguard
    except (Exception, KeyboardInterrupt) as error:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        reason = str(error) or "Interrupted."
        print(reason, file=sys.stderr, flush=True)
        try:
            outcome = safeguard.restore()
        except DeployError as worse:
            outcome = str(worse)
        summarise(f"{verdict} {outcome}")
        raise DeployError(f"{reason}\n{outcome}") from error
    safeguard.forget()


def _file(cloud: CloudRun) -> Path:
    """Return the file that outlives us; on GitHub the job's own folder."""
    folder = os.environ.get("RUNNER_TEMP") or tempfile.gettempdir()
    config = cloud.config
    return Path(folder) / f"deploy-{config.project_id}-{config.app_name}.json"


def retry(action) -> None:
    """Try several times what matters most."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return action()
        except DeployError:
            if attempt == _ATTEMPTS:
                raise
        time.sleep(2 * attempt)
