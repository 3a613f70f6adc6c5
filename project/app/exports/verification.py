"""The stamp of a run whose script was executed and gave the same, and where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app import wording
from app.storage import NotFound, RunStore

_DIGITS = 2
# What sums in another order differ by, and no more.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Verification:
    """That the code of a model was executed, and how far its results are from those of the run.

    Attributes
    ----------
    when : float
        Seconds since the epoch.
    prediction_difference, score_difference : float
        The largest, over all predictions of the holdout, and over all scores.
    n_predictions : int
        Rows that were compared.
    table_sha256 : str
        Of the file of the table.
    versions : mapping of str to str
        Of Python and the libraries that executed it.
    """

    when: float
    prediction_difference: float
    score_difference: float
    n_predictions: int
    table_sha256: str
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def difference(self) -> float:
        """The larger of the two."""
        return max(self.prediction_difference, self.score_difference)

    @property
    def day(self) -> str:
        """When, as a date."""
        return day_of(self.when)

    @property
    def sentence(self) -> str:
        """Such as 'Reproduced on 2026-03-01: difference 0.0 in 120 predictions and all scores.'"""
        rows = wording.plural(self.n_predictions, "prediction")
        where = f"in {rows} of the holdout and all scores"
        if not self.difference:
            return f"Reproduced on {self.day}: difference 0.0 {where}."
        size = wording.number(self.difference, _DIGITS)
        if self.difference < ROUNDING:
            return f"Reproduced on {self.day} up to rounding: the largest difference {where} is {size}."
        return (
            f"Not reproduced on {self.day}: the largest difference {where} is {size}."
        )


def day_of(seconds: float) -> str:
    """Return the day of a moment, in ISO 8601.

    Parameters
    ----------
    seconds : float
        Since the epoch.
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def stamp(runs: RunStore, run_id: str, model: str, found: Verification) -> None:
    """Keep the stamp with the training.

    Raises
    ------
    NotFound
        There is no such training, or no longer.
    """
    runs.write_result(run_id, _name(model), found)


def stamped(runs: RunStore, run_id: str, model: str) -> Verification | None:
    """Return the stamp of a model; None if nobody verified it, or it cannot be read."""
    try:
        return runs.result(run_id, _name(model), Verification)
    except NotFound:
        return None


def _name(model: str) -> str:
    return f"verified-{model}"
