"""What a check finds, and what a check is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

LEVELS = ("good", "warning", "bad")


@dataclass(frozen=True)
class Finding:
    """What one check found out about a result or its data.

    Attributes
    ----------
    key : str
        The code of the check.
    level : {"good", "warning", "bad"}
    title : str
        A few words, which depend on the level.
    finding : str
        One sentence with its numbers.
    advice : str
        What to do; empty if the level is good.
    """

    key: str
    level: str
    title: str
    finding: str
    advice: str = ""


class Check:
    """One question of 'Can I trust this?'.

    A check sets the attributes below and has a method ``run``. The texts are its section of ``docs/checks.md`` and of
    the page that its findings link to.

    Attributes
    ----------
    code : str
        Short, and never changed: runs keep it.
    title : str
        A few words, the heading of its section.
    severity : {"warning", "bad"}
        The worst level that it may find.
    measures : str
        What it measures, and how.
    levels : str
        From which numbers on it is a caution or a problem.
    advice : str
        What to do.
    errors : str
        How often it is wrong, as far as that has been measured.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[str]
    measures: ClassVar[str]
    levels: ClassVar[str]
    advice: ClassVar[str]
    errors: ClassVar[str] = ""

    def run(self, subject: Any) -> Finding | None:
        """Return what the check finds; None where its question does not arise.

        Parameters
        ----------
        subject : DataSubject, ModelSubject or RunSubject
            See ``subjects``.
        """
        raise NotImplementedError

    def good(self, title: str, finding: str) -> Finding:
        """Return the finding that all is well."""
        return Finding(self.code, "good", title, finding)

    def open(self, level: str, title: str, finding: str, advice: str) -> Finding:
        """Return a finding that somebody should know; `level` is 'warning' or 'bad'."""
        return Finding(self.code, level, title, finding, advice)


def level_of(value: float, warning: float, bad: float) -> str:
    """Return the level of a number; larger is worse.

    Parameters
    ----------
    value, warning, bad : float
        The smallest values of these levels.

    Returns
    -------
    str
        One of ``LEVELS``.
    """
    if value >= bad:
        return "bad"
    return "warning" if value >= warning else "good"
