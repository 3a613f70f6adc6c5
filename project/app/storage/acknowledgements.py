"""'I know': what somebody says to a finding of a run, beside the run's record.

Each finding has a file of its own, so two people who acknowledge different ones at the same time lose nothing, and the
record itself is left to the process that writes it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from .files import NotFound
from .runs import RunStore

MAX_REASON = 300


@dataclass(frozen=True)
class Acknowledgement:
    """That somebody knows of a finding.

    Attributes
    ----------
    reason : str
        Why it is no obstacle here; may be empty.
    when : float
        Seconds since the epoch.
    """

    reason: str = ""
    when: float = 0.0


def acknowledge(runs: RunStore, run_id: str, finding: str, reason: str = "") -> None:
    """Keep that somebody knows of a finding.

    Parameters
    ----------
    runs : RunStore
    run_id : str
    finding : str
        What identifies it in the run.
    reason : str
        Cut to 300 characters.

    Raises
    ------
    NotFound
        There is no such run, or no longer.
    """
    known = Acknowledgement(" ".join(reason.split())[:MAX_REASON], time.time())
    runs.write_result(run_id, _name(finding), known)


def take_back(runs: RunStore, run_id: str, finding: str) -> None:
    """Forget an acknowledgement, if there is one.

    Raises
    ------
    NotFound
        There is no such run, or no longer.
    """
    runs.remove_result(run_id, _name(finding))


def acknowledged(
    runs: RunStore, run_id: str, findings: Iterable[str]
) -> dict[str, Acknowledgement]:
    """Return what was said to some findings of a run, for those that somebody knows of.

    A file that cannot be read counts for nothing: the finding is open again.
    """
    found = {}
    for finding in findings:
        try:
            known = runs.result(run_id, _name(finding), Acknowledgement)
        except (NotFound, ValueError):
            continue
        if known is not None:
            found[finding] = known
    return found


def _name(finding: str) -> str:
    if not finding.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"'{finding}' names no finding.")
    return f"known-{finding}"
