"""What the record of a run holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.functions.evaluation.summary import TrainingSummary
    from app.functions.models.settings import TrainingSettings

ACTIVE = ("queued", "running")


@dataclass(frozen=True)
class RunProgress:
    """How many steps are done, of how many, and what is being done."""

    done: int = 0
    total: int = 0
    doing: str = ""


@dataclass(frozen=True)
class DatasetName:
    """Which table a run is about."""

    id: str
    name: str = ""


@dataclass(frozen=True)
class Run:
    """What every run's record holds, of whatever kind it is.

    Attributes
    ----------
    id, kind, state, message : str
        `message` is a sentence for the user.
    created, started, finished : float
        Seconds since the epoch.
    pid, machine
        Where its process runs, or ran.
    progress : RunProgress or None
        None until the work begins.
    dataset : DatasetName or None
        Of a training.
    parent : str or None
        The training that a derived run is about.
    parameters : mapping of str
        What a derived run was asked for.
    changed_from : str or None
        The training whose settings this one changed.
    schema : int
        Of the version that created the record.
    """

    id: str
    kind: str
    created: float
    state: str = "queued"
    message: str = ""
    pid: int | None = None
    machine: str | None = None
    started: float | None = None
    finished: float | None = None
    progress: RunProgress | None = None
    dataset: DatasetName | None = None
    parent: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    changed_from: str | None = None
    schema: int = 1

    @property
    def active(self) -> bool:
        """Whether it waits or works."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class TrainingRun:
    """A training: its record, its settings, and what it has found so far."""

    run: Run
    settings: TrainingSettings
    summary: TrainingSummary

    @property
    def id(self) -> str:
        """The id of the run."""
        return self.run.id
