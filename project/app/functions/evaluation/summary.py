"""What a training has found so far, as its run keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ... import wording
from ..checks.findings import Finding
from .results import LeaderboardRow, best_model

NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class RunChecks:
    """What the checks say: of the training as a whole, of the data, and of each model by its key."""

    data: tuple[Finding, ...] = ()
    models: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    run: tuple[Finding, ...] = ()

    def of(self, model: str) -> tuple[Finding, ...]:
        """Return the checks of the training as a whole, of one model, and of the data.

        Parameters
        ----------
        model : str

        Returns
        -------
        tuple of Finding
        """
        return (*self.run, *self.models.get(model, ()), *self.data)


@dataclass(frozen=True)
class TrainingSummary:
    """What a training has found so far; what is not known yet is empty.

    Attributes
    ----------
    notes : tuple of str
        Sentences on rows and models that were left out.
    classes : tuple of str
        By class code; empty for a regression.
    n_train, n_test : int
        Rows.
    versions : mapping of str to str
        Of Python and the libraries that trained.
    leaderboard : tuple of LeaderboardRow
    checks : RunChecks
    best : str or None
        The best model in cross-validation.
    """

    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    n_train: int = 0
    n_test: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    leaderboard: tuple[LeaderboardRow, ...] = ()
    checks: RunChecks = RunChecks()
    best: str | None = None

    @property
    def trained(self) -> tuple[LeaderboardRow, ...]:
        """The rows of the models that could be trained."""
        return tuple(row for row in self.leaderboard if row.error is None)


def as_far_as_finished(
    summary: TrainingSummary, scoring: str, n_models: int
) -> TrainingSummary:
    """Return the summary of a training that ended early, so that the models it had finished can be looked at.

    Each of them was judged on the holdout when it was finished. What comes last, the checks, is missing, and a finding
    says so.

    Parameters
    ----------
    summary : TrainingSummary
        Without a best model.
    scoring : str
        The metric of the training.
    n_models : int
        How many it was to train, the baseline aside.

    Returns
    -------
    TrainingSummary
        The same one if no model but the baseline was finished.
    """
    chosen = [row for row in summary.trained if row.model != "dummy"]
    best = best_model(list(summary.trained), scoring)
    if not chosen or best is None:
        return summary
    finding = Finding(
        NOT_CHECKED,
        "warning",
        "The training ended before it was done",
        f"{len(chosen)} of {wording.plural(n_models, 'model')} {'was' if len(chosen) == 1 else 'were'} finished, and "
        "neither the data nor the models were checked.",
        "Train again to the end before you rely on it.",
    )
    checks = replace(summary.checks, run=(*summary.checks.run, finding))
    return replace(summary, best=best, checks=checks)
