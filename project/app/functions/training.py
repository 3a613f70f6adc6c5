"""Training: from a table and the user's settings to fitted pipelines and their predictions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from .models import BASELINE, MODELS
from .pipelines import make_pipeline
from .scoring import METRICS
from .search import SEARCHES
from .splitting import Split, split_rows
from .tasks import check_target, encode_target

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


@dataclass(frozen=True)
class TrainingData:
    """The rows that can be used, and how they are split.

    Attributes
    ----------
    X : DataFrame of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    classes : tuple of str
        The classes by code; empty for a regression.
    split : Split
    by : Series of shape (n_rows,) or None
        The dates or groups of the split.
    notes : tuple of str
    """

    X: pd.DataFrame
    y: np.ndarray
    classes: tuple[str, ...]
    split: Split
    by: pd.Series | None = None
    notes: tuple[str, ...] = field(default=())


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


def prepare(frame: pd.DataFrame, settings: TrainingSettings) -> TrainingData:
    """Take the usable rows of a table and split them.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    settings : TrainingSettings

    Returns
    -------
    TrainingData

    Raises
    ------
    ValueError
        The target cannot be predicted, or the rows cannot be split; the sentence says what to do.
    """
    check_settings(settings, list(frame.columns))
    target = frame[settings.target]
    known = target.notna().to_numpy()
    check_target(target, settings.task, settings.n_splits, settings.test_size)
    notes = []
    if not known.all():
        notes.append(
            f"{int((~known).sum())} rows without a value in '{settings.target}' were left out."
        )
    y, classes = encode_target(target[known], settings.task)
    rows = frame[known].reset_index(drop=True)
    by = None if settings.split == "random" else rows[settings.split_by]
    features = [name for name in settings.roles if name != settings.target]
    if settings.split == "group":
        # The name of a group says nothing about a new one.
        features = [name for name in features if name != settings.split_by]
    if not features:
        raise ValueError("No column is left to learn from: put one back.")
    split = split_rows(
        y,
        settings.task != "regression",
        settings.split,
        by,
        settings.n_splits,
        settings.test_size,
        settings.random_state,
    )
    return TrainingData(rows[features], y, classes, split, by, tuple(notes))


def models_to_train(
    settings: TrainingSettings, n_rows: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the models to train, the baseline first, and a sentence for each that is left out.

    Parameters
    ----------
    settings : TrainingSettings
    n_rows : int
        Rows in the training part.

    Returns
    -------
    (models, notes) : tuple of tuple of str
    """
    chosen, notes = [BASELINE], []
    for key in settings.models:
        spec = MODELS[key]
        if key == BASELINE:
            continue
        if spec.max_rows is not None and n_rows > spec.max_rows:
            notes.append(
                f"{spec.label} was left out: it takes too long with {n_rows:,} training rows "
                f"(at most {spec.max_rows:,})."
            )
        else:
            chosen.append(key)
    return tuple(chosen), tuple(notes)


def build(
    model: str,
    settings: TrainingSettings,
    data: TrainingData,
    parameters: Mapping[str, Any] | None = None,
    n_jobs: int | None = None,
) -> Pipeline:
    """Make the unfitted pipeline of a model for this table.

    Parameters
    ----------
    model : str
    settings : TrainingSettings
    data : TrainingData
    parameters : mapping, optional
        Hyperparameters that a search found.
    n_jobs : int, optional

    Returns
    -------
    Pipeline
    """
    roles = {name: settings.roles[name] for name in data.X.columns}
    pipeline = make_pipeline(
        model,
        settings.task,
        roles,
        data.X.iloc[data.split.train],
        settings.random_state,
        n_jobs,
    )
    return pipeline.set_params(**(parameters or {}))


def fit(pipeline: Pipeline, data: TrainingData, rows: np.ndarray) -> Pipeline:
    """Fit a pipeline on some rows; a classifier learns the classes by their own names.

    Parameters
    ----------
    pipeline : Pipeline
    data : TrainingData
    rows : ndarray of shape (n,)
        Positions of the rows.

    Returns
    -------
    Pipeline
        The same one, fitted.
    """
    y = data.y[rows]
    if data.classes:
        y = np.asarray(data.classes, dtype=object)[y]
    with warnings.catch_warnings():
        # That a solver has not converged shows in the scores; the log is not the place for it.
        warnings.simplefilter("ignore")
        return pipeline.fit(data.X.iloc[rows], y)


def predict(pipeline: Pipeline, data: TrainingData, rows: np.ndarray) -> np.ndarray:
    """Predict some rows.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted by `fit`.
    data : TrainingData
    rows : ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (n, n_classes) or (n,)
        Class probabilities in the order of ``data.classes`` (0 for a class that was not among the rows of the
        fit), or numbers.
    """
    X = data.X.iloc[rows]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not data.classes:
            return np.asarray(pipeline.predict(X), dtype=np.float64)
        known = pipeline.predict_proba(X)
    output = np.zeros((len(rows), len(data.classes)))
    output[:, [data.classes.index(name) for name in pipeline.classes_]] = known
    return output
