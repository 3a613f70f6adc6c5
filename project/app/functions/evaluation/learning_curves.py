"""Learning curves: how the score changes with the number of training rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..models import fitting
from ..models.settings import TrainingSettings
from .classification import Values
from .scoring import score

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
_MAX_FOLDS = 3
_MAX_SCORED = 5_000


@dataclass(frozen=True)
class LearningStep:
    """One fit of a learning curve: the rows it learned from, and both scores."""

    share: float
    n_rows: int
    fold: int
    train_score: float
    validation_score: float


@dataclass(frozen=True)
class LearningCurve:
    """Scores by number of training rows, averaged over the folds; a score that is in no fold defined is NaN.

    Attributes
    ----------
    rows : sequence of int
        Of each share the mean over the folds.
    train_mean, train_std, validation_mean, validation_std : sequence of float
    """

    rows: Values
    train_mean: Values
    train_std: Values
    validation_mean: Values
    validation_std: Values


def n_steps(data: fitting.TrainingData) -> int:
    """Return how many fits the learning curve takes.

    Parameters
    ----------
    data : TrainingData

    Returns
    -------
    int
    """
    return len(SHARES) * min(_MAX_FOLDS, len(data.split.folds))


def learning_steps(
    model: str,
    settings: TrainingSettings,
    data: fitting.TrainingData,
    parameters: dict | None = None,
    n_jobs: int | None = None,
) -> Iterator[LearningStep]:
    """Fit a model on growing shares of each fold's training rows.

    Parameters
    ----------
    model : str
    settings : TrainingSettings
    data : TrainingData
    parameters : dict, optional
        Hyperparameters that a search found.
    n_jobs : int, optional

    Yields
    ------
    LearningStep
        A share whose rows hold a single class is left out.

    References
    ----------
    C. Perlich (2010), "Learning curves in machine learning"; like ``sklearn.model_selection.learning_curve``,
    but step by step.
    """
    generator = np.random.default_rng(settings.random_state)
    # In time order the last folds have learned from the most rows.
    for fold, (fit_rows, validation) in enumerate(data.split.folds[-_MAX_FOLDS:]):
        # In time order the past is kept: the shares take the latest rows of it.
        rows = fit_rows if settings.split == "time" else generator.permutation(fit_rows)
        for share in SHARES:
            part = rows[-max(2, round(share * len(rows))) :]
            if data.classes and len(np.unique(data.y[part])) < 2:
                continue
            pipeline = fitting.build(model, settings, data, parameters, n_jobs)
            fitting.fit(pipeline, data, part)
            seen = part[:_MAX_SCORED]
            yield LearningStep(
                share,
                len(part),
                fold,
                _score(pipeline, settings, data, seen),
                _score(pipeline, settings, data, validation),
            )


def summarise_steps(steps: list[LearningStep]) -> LearningCurve:
    """Average the steps over the folds.

    Parameters
    ----------
    steps : list of LearningStep

    Returns
    -------
    LearningCurve
        A score that is not defined in a fold is left out.
    """
    by_share = {
        share: [step for step in steps if step.share == share]
        for share in sorted({step.share for step in steps})
    }

    def over_folds(name: str, summary) -> list[float]:
        return [
            _of_known(summary, [getattr(step, name) for step in group])
            for group in by_share.values()
        ]

    return LearningCurve(
        rows=[round(n) for n in over_folds("n_rows", np.mean)],
        train_mean=over_folds("train_score", np.mean),
        train_std=over_folds("train_score", np.std),
        validation_mean=over_folds("validation_score", np.mean),
        validation_std=over_folds("validation_score", np.std),
    )


def _of_known(summary, values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(summary(known)) if known else float("nan")


def _score(pipeline, settings, data, rows) -> float:
    output = fitting.predict(pipeline, data, rows)
    return score(settings.scoring, data.y[rows], output)
