"""What one thing that can be taken away is, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.storage import DatasetStore, RunStore
from app.storage.runs import TrainingRun


def _say_nothing(sentence: str) -> None:
    """Tell nobody."""


def _always(training: TrainingRun, model: str) -> str:
    """Every training has it."""
    return ""


@dataclass(frozen=True)
class Context:
    """What a file is made from.

    Attributes
    ----------
    training : TrainingRun
    model : str
        The key of a model that the training has trained.
    runs : RunStore
    datasets : DatasetStore
    say : callable
        ``say("Fitting the model")`` tells whoever waits what is being done.
    n_jobs : int
        How many threads it may use.
    """

    training: TrainingRun
    model: str
    runs: RunStore
    datasets: DatasetStore
    say: Callable[[str], None] = _say_nothing
    n_jobs: int = 1


def threshold_of(context: Context) -> float:
    """Return from which probability on a row is of the positive class, unless somebody wants another.

    Parameters
    ----------
    context : Context

    Returns
    -------
    float
        What whoever brought the model uses, else 0.5.
    """
    known = context.runs.content(context.training.id).get("threshold")
    return 0.5 if known is None else float(known)


@dataclass(frozen=True)
class Export:
    """One thing that can be taken away.

    Attributes
    ----------
    name : str
        In addresses, such as 'report'.
    title : str
        What it is called on the page.
    description : str
        A sentence or two: what it is, and what one does with it.
    ending : str
        How its file's name ends, after that of the table and of the model: '-report.html'.
    mimetype : str
    make : callable or None
        ``make(context)`` returns the bytes of the file, or the path of one that lies on the disk already. Raises
        ValueError, with a sentence, where it cannot. None of what the pages draw: ``app.py`` says what makes it.
    unavailable : callable
        ``unavailable(training, model)`` returns why this training or this model has none; empty if it has one. It
        looks at the records only.
    action : {"results", "file"}
        What somebody must be allowed to do with the run: see what was found, or take its model.
    in_job : bool
        Whether it takes more than a moment or loads scikit-learn: it is then prepared by a job and kept.
    of_model : bool
        Whether each model has one of its own.
    with_card : bool
        Whether the model card is in it: it is prepared anew once somebody has written into the card.
    """

    name: str
    title: str
    description: str
    ending: str
    mimetype: str
    make: Callable[[Context], bytes | Path] | None
    unavailable: Callable[[TrainingRun, str], str] = _always
    action: Literal["results", "file"] = "results"
    in_job: bool = True
    of_model: bool = True
    with_card: bool = False
