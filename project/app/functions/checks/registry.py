"""All checks of 'Can I trust this?', and what they say of a training."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

import pandas as pd

from ..evaluation.results import LeaderboardRow
from ..models.fitting import TrainingData
from ..models.settings import TrainingSettings
from .data_checks import Identifier, Imbalance, Leak
from .findings import Check, Finding
from .model_checks import Baseline, FoldsDisagree, Gap, HoldoutSize
from .signal import Signal
from .split_checks import Duplicates, Groups, TimeOrder
from .subjects import DataSubject, ModelSubject, RunSubject

RUN_CHECKS: tuple[Check, ...] = (Signal(),)
MODEL_CHECKS: tuple[Check, ...] = (
    Baseline(),
    Gap(),
    HoldoutSize(),
    FoldsDisagree(),
)
DATA_CHECKS: tuple[Check, ...] = (
    Imbalance(),
    Leak(),
    Identifier(),
    Duplicates(),
    TimeOrder(),
    Groups(),
)
CHECKS: Mapping[str, Check] = {
    check.code: check for check in (*RUN_CHECKS, *MODEL_CHECKS, *DATA_CHECKS)
}
INTRO = (
    "The Evaluate page checks each training, and says under *Can I trust this?* what it found. A check finds a "
    "problem, "
    "a caution, or that all is well. A finding that you have understood can be acknowledged with *I know*: it stays on "
    "the page of that training, with your reason, and no longer counts as open."
)


def check_run(
    leaderboard: Iterable[LeaderboardRow], metric: str
) -> tuple[Finding, ...]:
    """Check a training as a whole.

    Parameters
    ----------
    leaderboard : iterable of LeaderboardRow
        The baseline first.
    metric : str
        A key of ``scoring.METRICS``.

    Returns
    -------
    tuple of Finding
    """
    return _found(RUN_CHECKS, RunSubject(tuple(leaderboard), metric))


def check_model(
    row: LeaderboardRow,
    baseline: LeaderboardRow | None,
    metric: str,
    task: str,
    n_test: int,
) -> tuple[Finding, ...]:
    """Check whether the scores of a trained model can be believed.

    Parameters
    ----------
    row : LeaderboardRow
    baseline : LeaderboardRow or None
        The row of the model that ignores the columns.
    metric : str
        A key of ``scoring.METRICS``.
    task : {"binary", "multiclass", "regression"}
    n_test : int
        Rows in the holdout.

    Returns
    -------
    tuple of Finding
        Empty for a model that could not be trained; for the baseline only what applies to it.
    """
    if row.error is not None:
        return ()
    if baseline is not None and baseline.error is not None:
        baseline = None
    return _found(MODEL_CHECKS, ModelSubject(row, baseline, metric, task, n_test))


def check_data(
    frame: pd.DataFrame, settings: TrainingSettings, data: TrainingData
) -> tuple[Finding, ...]:
    """Check a table and its split for what makes every model look better, or worse, than it is.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The table as it was read, including unused columns.
    settings : TrainingSettings
    data : TrainingData
        What ``fitting.prepare`` made of the two.

    Returns
    -------
    tuple of Finding
        One for each check that applies; its level is 'good' where no problem was found.
    """
    return _found(DATA_CHECKS, DataSubject(frame, settings, data))


def _found(checks: Iterable[Check], subject: object) -> tuple[Finding, ...]:
    found = (check.run(subject) for check in checks)
    return tuple(finding for finding in found if finding is not None)


def document() -> str:
    """Return the text of ``docs/checks.md``.

    Returns
    -------
    str
        A section for each check, in Markdown.
    """
    worst = {"bad": "problem", "warning": "caution"}
    parts = ["# Checks", INTRO]
    for check in CHECKS.values():
        parts += [
            f"## {check.title}",
            f"`{check.code}`, at worst a {worst[check.severity]}. {check.measures}",
            f"**Levels.** {check.levels}",
            f"**What to do.** {check.advice}",
        ]
        if check.errors:
            parts.append(f"**Where it errs.** {check.errors}")
    return "\n\n".join(textwrap.fill(part, 118) for part in parts) + "\n"
