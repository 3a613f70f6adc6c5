"""What the work of a job is done with."""

from __future__ import annotations

from dataclasses import dataclass

from app.storage import DatasetStore, RunStore

from .progress import Progress


@dataclass(frozen=True)
class Job:
    """One run that is being worked on.

    Attributes
    ----------
    run_id : str
    progress : Progress
        Where the work says how far it is, and which fields of the record it has found.
    datasets : DatasetStore
    runs : RunStore
    n_jobs : int
        How many threads it may use.
    """

    run_id: str
    progress: Progress
    datasets: DatasetStore
    runs: RunStore
    n_jobs: int = 1
