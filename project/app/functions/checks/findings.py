"""What a check finds: a level, a title, a sentence with its numbers, and advice."""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = ("good", "warning", "bad")


@dataclass(frozen=True)
class Check:
    """The outcome of one check of a result or its data.

    Attributes
    ----------
    key : str
        Which check: no_signal, baseline, gap, holdout_size, folds_disagree, imbalance, leak, identifier, duplicates,
        time_order or groups.
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
