"""What somebody chooses for a training, and what of it cannot be trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..evaluation.scoring import METRICS
from .catalogue import MODELS
from .search import SEARCHES

MAX_FOLDS = 20


@dataclass(frozen=True)
class TrainingSettings:
    """What the user chose, enough to repeat a training.

    Attributes
    ----------
    target : str
    task : {"binary", "multiclass", "regression"}
    roles : dict of str to str
        The features by name; the target and columns left out are not in it.
    models : tuple of str
        Keys of ``models.MODELS``; the baseline runs besides.
    scoring : str
        A key of ``scoring.METRICS``.
    n_splits : int
        Folds of the cross-validation.
    test_size : float
        Share of the rows held out.
    random_state : int
    split : {"random", "time", "group"}
    split_by : str or None
        The column with the dates or groups.
    search : {"none", "halving", "random"}
    search_seconds : int
        The time for the search of all models together.
    """

    target: str
    task: str
    roles: Mapping[str, str]
    models: tuple[str, ...]
    scoring: str
    n_splits: int = 5
    test_size: float = 0.2
    random_state: int = 0
    split: str = "random"
    split_by: str | None = None
    search: str = "none"
    search_seconds: int = 60

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> TrainingSettings:
        """Return the settings that a record in JSON describes."""
        return cls(**{**record, "models": tuple(record["models"])})


def check_settings(settings: TrainingSettings, columns: list[str]) -> None:
    """Refuse settings that cannot be trained, before a table is opened.

    Parameters
    ----------
    settings : TrainingSettings
    columns : list of str
        The columns of the table.

    Raises
    ------
    ValueError
        With a sentence that says which setting and what to do.
    """
    named = [settings.target, *settings.roles]
    if settings.split != "random":
        if not settings.split_by:
            raise ValueError(
                f"A split by {settings.split} needs a column: choose it below the split."
            )
        named.append(settings.split_by)
    unknown = [name for name in named if name not in columns]
    if unknown:
        raise ValueError(
            f"The table has no column '{unknown[0]}'. Choose the columns again."
        )
    if not settings.models:
        raise ValueError("No model is chosen: choose at least one.")
    wrong = [key for key in settings.models if key not in MODELS]
    if wrong:
        raise ValueError(f"There is no model '{wrong[0]}': choose from the list.")
    if not settings.roles:
        raise ValueError(
            "No column is left to learn from: put one back, or give an identifier another role."
        )
    metric = METRICS.get(settings.scoring)
    if metric is None or settings.task not in metric.tasks:
        raise ValueError(
            f"'{settings.scoring}' cannot judge this task: choose another metric."
        )
    if not 2 <= settings.n_splits <= MAX_FOLDS:
        raise ValueError(f"Choose between 2 and {MAX_FOLDS} folds.")
    if not 0.05 <= settings.test_size <= 0.5:
        raise ValueError("Hold out between 5 % and 50 % of the rows.")
    if settings.search not in SEARCHES:
        raise ValueError(f"There is no search '{settings.search}'.")
