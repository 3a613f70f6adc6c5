"""Training: every model of the settings, judged on the same folds and the same holdout, step by step."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from ..evaluation.results import (
    LeaderboardRow,
    Result,
    best_model,
    evaluate_model,
    leaderboard_row,
)
from ..evaluation.scoring import score
from . import fitting
from .calibration import calibrate, cross_calibrated
from .catalogue import BASELINE, MODELS
from .fitting import TrainingData
from .search import search_parameters
from .settings import TrainingSettings

# The score on the rows of the fit is taken on so many of them.
MAX_SCORED_TRAINING_ROWS = 5_000


@dataclass(frozen=True)
class TrainedModel:
    """A model that is finished; one that could not be trained has a row with the reason, and nothing else.

    Attributes
    ----------
    row : LeaderboardRow
    pipeline : Pipeline or None
        Fitted on the training part: the very one that was judged.
    output : ndarray of shape (n_test, n_classes) or (n_test,), or None
        What it predicts for the holdout.
    result : BinaryResult, MulticlassResult, RegressionResult or None
    """

    row: LeaderboardRow
    pipeline: Pipeline | None = None
    output: np.ndarray | None = None
    result: Result | None = None


@dataclass(frozen=True)
class TrainingStep:
    """A step that begins, or a model that is finished.

    Attributes
    ----------
    model : str
    doing : str
        What begins now; empty where a model is finished.
    done, total : int
        Steps that are finished, and steps in all.
    fold : int or None
        The position of the fold that is fitted now.
    scores : tuple of float
        The scores of this model on the folds before.
    best : str or None
        The best of the models that are finished.
    finished : TrainedModel or None
    """

    model: str
    doing: str
    done: int
    total: int
    fold: int | None = None
    scores: tuple[float, ...] = ()
    best: str | None = None
    finished: TrainedModel | None = None


def n_steps(settings: TrainingSettings, models: tuple[str, ...]) -> int:
    """Return how many steps the training of some models has.

    Parameters
    ----------
    settings : TrainingSettings
    models : tuple of str

    Returns
    -------
    int
        For each model its search, if there is one, its folds, and the fit on the whole training part.
    """
    return sum(
        settings.n_splits + 1 + _is_searched(model, settings) for model in models
    )


def training_steps(
    settings: TrainingSettings,
    data: TrainingData,
    models: tuple[str, ...],
    clock: Callable[[], float],
    n_jobs: int | None = None,
) -> Iterator[TrainingStep]:
    """Train models one after the other; one that cannot be trained does not stop the others.

    Parameters
    ----------
    settings : TrainingSettings
    data : TrainingData
        What `fitting.prepare` made of the table.
    models : tuple of str
        As `fitting.models_to_train` returns them.
    clock : callable
        Returns seconds, such as ``time.perf_counter``: it measures fits and bounds the search.
    n_jobs : int, optional
        Threads for the models that can use them.

    Yields
    ------
    TrainingStep
        One before each piece of work, and one with `finished` after each model.

    Raises
    ------
    OSError
        A file could not be written while a model was fitted: that is not the model's fault.

    Examples
    --------
    >>> data = prepare(frame, settings)  # doctest: +SKIP
    >>> for step in training_steps(settings, data, models, time.perf_counter):  # doctest: +SKIP
    ...     print(step.doing, step.best)
    """
    leaderboard: list[LeaderboardRow] = []
    total, done, best = n_steps(settings, models), 0, None
    for model in models:
        step = partial(TrainingStep, model, total=total, best=best)
        steps = _model_steps(model, settings, data, clock, n_jobs, step, done)
        try:
            trained = yield from steps
        except OSError:
            raise
        except Exception as error:
            trained = TrainedModel(_row_of_failure(model, error))
        leaderboard.append(trained.row)
        done += n_steps(settings, (model,))
        best = best_model(leaderboard, settings.scoring)
        yield TrainingStep(model, "", done, total, best=best, finished=trained)


def _model_steps(
    model: str,
    settings: TrainingSettings,
    data: TrainingData,
    clock: Callable[[], float],
    n_jobs: int | None,
    step: Callable[..., TrainingStep],
    done: int,
) -> Generator[TrainingStep, None, TrainedModel]:
    label, parameters = MODELS[model].label, {}
    if _is_searched(model, settings):
        yield step(f"{label}: search of hyperparameters", done)
        parameters = _search(model, settings, data, clock, n_jobs)
        done += 1
    build = partial(fitting.build, model, settings, data, parameters, n_jobs)
    folds, scores = data.split.folds, []
    validated: list[tuple[np.ndarray, np.ndarray]] = []
    kept = settings.task == "binary" or _is_calibrated(model, settings)
    for i, (fit_rows, validation) in enumerate(folds):
        doing = f"{label}: fold {i + 1} of {len(folds)}"
        yield step(doing, done, fold=i, scores=tuple(scores))
        # No fitted pipeline outlives its fold, as a large forest fills half a small machine.
        pipeline = fitting.fit(build(), data, fit_rows)
        output = fitting.predict(pipeline, data, validation)
        scores.append(score(settings.scoring, data.y[validation], output))
        if kept:
            validated.append((data.y[validation], output))
        done += 1
    yield step(
        f"{label}: fit on all training rows, judged on the holdout",
        done,
        scores=tuple(scores),
    )
    return _judge(model, settings, data, clock, build(), scores, validated, parameters)


def _judge(
    model: str,
    settings: TrainingSettings,
    data: TrainingData,
    clock: Callable[[], float],
    pipeline: Pipeline,
    cv_scores: list[float],
    validated: list[tuple[np.ndarray, np.ndarray]],
    parameters: dict[str, Any],
) -> TrainedModel:
    metric, y_test = settings.scoring, data.y[data.split.test]
    method, before = settings.calibration, None
    started = clock()
    fitting.fit(pipeline, data, data.split.train)
    fitted = clock()
    output = fitting.predict(pipeline, data, data.split.test)
    predicted = clock()
    if _is_calibrated(model, settings):
        before, pipeline = output, calibrate(pipeline, method, validated, data.classes)
        output = fitting.predict(pipeline, data, data.split.test)
        validated = cross_calibrated(validated, method, settings.split == "time")
        cv_scores = [score(metric, *fold) for fold in validated]
    seen = data.split.train[-MAX_SCORED_TRAINING_ROWS:]
    row = leaderboard_row(
        model,
        metric,
        cv_scores,
        score(metric, data.y[seen], fitting.predict(pipeline, data, seen)),
        y_test,
        output,
        fitted - started,
        predicted - fitted,
        parameters,
    )
    scored = [(y, output[:, 1]) for y, output in validated]
    joined = tuple(map(np.concatenate, zip(*scored))) or None
    result = evaluate_model(settings.task, y_test, output, joined, before)
    return TrainedModel(row, pipeline, output, result)


def _is_calibrated(model: str, settings: TrainingSettings) -> bool:
    # The baseline predicts what is frequent, which comes true as often as it says.
    is_offered = settings.task != "regression" and model != BASELINE
    return is_offered and settings.calibration != "none"


def _is_searched(model: str, settings: TrainingSettings) -> bool:
    return settings.search != "none" and bool(MODELS[model].search_space(settings.task))


def _search(
    model: str,
    settings: TrainingSettings,
    data: TrainingData,
    clock: Callable[[], float],
    n_jobs: int | None,
) -> dict[str, Any]:
    n_searched = sum(_is_searched(other, settings) for other in settings.models)
    deadline = clock() + settings.search_seconds / n_searched
    rows = data.split.train
    pipeline = fitting.build(model, settings, data, {}, n_jobs)
    return search_parameters(
        pipeline,
        model,
        settings.task,
        data.X.iloc[rows],
        data.y[rows],
        settings.scoring,
        settings.search,
        lambda: clock() > deadline,
        settings.random_state,
        fitting.fit_parameters(pipeline, data, rows),
    )


def _row_of_failure(model: str, error: Exception) -> LeaderboardRow:
    label = MODELS[model].label
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    return LeaderboardRow(
        model, label, error=f"{label} cannot be trained on this table: {reason}"
    )
