"""The kinds of jobs: one module each, and one entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.exports import registry
from app.storage.runs import TrainingRun

from . import bring, challenge, export, learning_curve, score, train, verify
from .job import Job

Check = Callable[[TrainingRun, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    Attributes
    ----------
    work : callable
        ``work(job)`` does it and returns the last fields of the run's record.
    check : callable or None
        Of a kind that is derived from a training: ``check(training, parameters)`` raises ValueError, with a sentence,
        where it cannot be computed. None for a kind that stands alone.
    """

    work: Callable[[Job], Mapping[str, Any]]
    check: Check | None = None


KINDS: dict[str, Kind] = {
    "training": Kind(train.train),
    "score": Kind(score.score),
    "learning": Kind(learning_curve.compute, learning_curve.check),
    "bring": Kind(bring.bring),
    "challenge": Kind(challenge.compare, challenge.check),
    "export": Kind(export.make, registry.check),
    "verify": Kind(verify.verify, verify.check),
}
