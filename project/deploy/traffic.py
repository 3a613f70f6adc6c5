"""Shifts traffic to a revision step by step, and restores it exactly if anything fails."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy import DeployError, by_hand, smoke
from deploy.cloudrun import CloudRun, Service
from deploy.github import note

# The shares of the new revision, in percent.
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
        100 in all; only revisions with traffic. Rounded by largest remainders.
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

    If what serves now is not healthy (it fails, or is another program), the new revision gets all traffic at once:
    nobody loses anything, and checks of a mixture would always fail.

    Parameters
    ----------
    cloud : CloudRun
    before : Service
        As it was before.
    revision : str
    addresses : list of str
        The addresses to watch.
    seconds : float
        How long to watch each step.

    Raises
    ------
    DeployError
        A step failed; the traffic stays as it is after that step.
    """
    for percent in STEPS if smoke.is_healthy(before.url) else STEPS[-1:]:
        cloud.shift(with_share(before.split, revision, percent))
        rounds = smoke.watch(addresses, seconds)
        print(
            f"{revision} has {percent} % of the traffic and is healthy ({rounds} checks).",
            flush=True,
        )


class Safeguard:
    """What to restore if a change fails; a file keeps it for the command `restore`, in case this process is killed.

    Parameters
    ----------
    cloud : CloudRun
    split : dict of str to int
        Percent of each revision; empty until this process shifts traffic. Before that there is nothing to restore, and
        another release may have shifted it.
    tag : str, optional
        Of the candidate; it is removed.
    """

    def __init__(self, cloud: CloudRun, split: dict[str, int], tag: str | None = None):
        self.cloud = cloud
        self.split, self.tag = split, tag
        self._remember()

    @classmethod
    def left_behind(cls, cloud: CloudRun) -> Safeguard | None:
        """Return the safeguard of a command that was killed, or None."""
        try:
            left = json.loads(_file(cloud).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(cloud, left["split"], left["tag"])

    def cover_traffic(self, split: dict[str, int]) -> None:
        """From now on, restore this split of the traffic."""
        self.split = split
        self._remember()

    def forget(self) -> None:
        """Delete the file: there is nothing to restore."""
        _file(self.cloud).unlink(missing_ok=True)

    def _remember(self) -> None:
        file = _file(self.cloud)
        new = file.with_suffix(".new")
        new.write_text(
            json.dumps({"split": self.split, "tag": self.tag}), encoding="utf-8"
        )
        new.replace(file)

    def restore(self) -> str:
        """Restore the traffic and remove the tag.

        Returns
        -------
        str
            A sentence about the traffic.

        Raises
        ------
        DeployError
            It could not be restored; the message contains the command to run by hand.
        """
        split = self.split
        shares = ", ".join(f"{name} {share} %" for name, share in split.items())
        try:
            retry(self._put_back)
        except DeployError as error:
            command = self.cloud.update_traffic(split, *self._tags)
            what = (
                f"The traffic could NOT be restored to {shares}"
                if split
                else f"The tag {self.tag} is still there"
            )
            raise DeployError(
                by_hand(f"{what}: {error} Do it by hand:", command)
            ) from None
        self.forget()
        return f"The traffic is as it was{': ' if shares else ''}{shares}."

    def _put_back(self) -> None:
        now = self.cloud.describe()
        split = self.split if self.split and not now.is_split(self.split) else {}
        tags = [tag for tag in self._tags if tag in now.tags]
        if split or tags:
            # In one command: as long as a tag of a revision that never started exists, no other change is applied.
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
    """Restore the traffic to `split`, and remove `tag`, if the body fails or is interrupted.

    The summary of the job then begins with `verdict`.

    Yields
    ------
    Safeguard
        The body can set later what to restore.

    Raises
    ------
    DeployError
        What the body raised, and whether the traffic is restored.
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
        # What is raised is printed as well, once.
        note(f"{verdict} {outcome}")
        raise DeployError(f"{reason}\n{verdict} {outcome}") from error
    safeguard.forget()


def _file(cloud: CloudRun) -> Path:
    """Return the file that survives this process; on GitHub it is in the job's temporary folder."""
    folder = os.environ.get("RUNNER_TEMP") or tempfile.gettempdir()
    config = cloud.config
    return Path(folder) / f"deploy-{config.project_id}-{config.app_name}.json"


def retry(action) -> None:
    """Call `action` up to three times, with pauses."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return action()
        except DeployError:
            if attempt == _ATTEMPTS:
                raise
        time.sleep(2 * attempt)
