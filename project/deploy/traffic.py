"""Shifts traffic to a revision step by step, and puts it back exactly as it was if anything goes wrong."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
    for percent in STEPS if smoke.is_well(before.url) else STEPS[-1:]:
        cloud.shift(with_share(before.split, revision, percent))
        rounds = smoke.watch(addresses, seconds)
        print(
            f"{revision} has {percent} % of the traffic and is well ({rounds} checks).",
            flush=True,
        )


@dataclass
class Safeguard:
    """What is to be put back if a change of the service fails."""

    cloud: CloudRun
    before: Service
    # Of the candidate; it goes.
    tag: str | None = None
    # Whether traffic has been shifted. If not, it is nobody's to put back: another release may have shifted it.
    covers_traffic: bool = False

    def restore(self) -> str:
        """Put the traffic back as it was and remove the tag.

        Returns
        -------
        str
            A sentence about what became of the traffic.
        """
        split = self.before.split if self.covers_traffic else {}
        shares = ", ".join(f"{name} {share} %" for name, share in split.items())
        try:
            _insist(lambda: self._put_back(split))
        except DeployError as error:
            by_hand = shlex.join(
                ["gcloud", *self.cloud.update_traffic(split, self.tag)]
            )
            what = (
                f"The traffic could NOT be put back to {shares}"
                if split
                else f"The tag {self.tag} is still there"
            )
            return f"{what}: {error} Do it by hand: {by_hand}"
        return f"The traffic is as it was{': ' if shares else ''}{shares}."

    def _put_back(self, split: dict[str, int]) -> None:
        now = self.cloud.describe()
        tag = self.tag if self.tag in now.tags else None
        split = split if split != now.split else {}
        if split or tag:
            # In one command: beside the tag of a revision that never started, no other change is ever done.
            self.cloud.gcloud.run(*self.cloud.update_traffic(split, tag))
            now = self.cloud.describe()
        if split and now.split != split or self.tag in now.tags:
            raise DeployError(f"The traffic is {now.split}, the tags are {now.tags}.")


@contextmanager
def restored_on_failure(
    cloud: CloudRun, before: Service, tag: str | None = None
) -> Iterator[Safeguard]:
    """Put the traffic back as `before` tells, and remove `tag`, if the body fails or is interrupted.

    Yields
    ------
    Safeguard
        The body sets its ``covers_traffic`` before it first shifts traffic.

    Raises
    ------
    DeployError
        What the body raised, and what became of the traffic.
    """
    safeguard = Safeguard(cloud, before, tag)
    try:
        yield safeguard
    except (Exception, KeyboardInterrupt) as error:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        reason = str(error) or "Interrupted."
        print(reason, file=sys.stderr, flush=True)
        outcome = safeguard.restore()
        summarise(f"Not released. {outcome}")
        raise DeployError(f"{reason}\n{outcome}") from error


def _insist(action) -> None:
    """Try several times: this is the moment when it matters most."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return action()
        except DeployError:
            if attempt == _ATTEMPTS:
                raise
        time.sleep(2 * attempt)
