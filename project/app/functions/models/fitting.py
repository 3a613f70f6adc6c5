"""From a table and the user's settings to fitted pipelines and their predictions, one at a time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ... import wording
from ..tables.columns import facts_of, years_to_dates
from ..tables.tasks import check_target, encode_target
from .catalogue import BASELINE, MODELS
from .pipelines import make_pipeline
from .settings import TrainingSettings, check_settings
from .splitting import Split, split_rows


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
    positions : ndarray of shape (n_rows,)
        Where each row stands in the whole table.
    """

    X: pd.DataFrame
    y: np.ndarray
    classes: tuple[str, ...]
    split: Split
    by: pd.Series | None = None
    notes: tuple[str, ...] = ()
    positions: np.ndarray | None = None

    def holdout(self) -> pd.DataFrame:
        """Return the rows held out: 'position' in the whole table, and 'target' as a class code or number."""
        test = self.split.test
        return pd.DataFrame({"position": self.positions[test], "target": self.y[test]})


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
    if settings.split == "time" and facts_of(by).kind == "integer":
        by = years_to_dates(by)
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
    return TrainingData(
        rows[features], y, classes, split, by, tuple(notes), np.flatnonzero(known)
    )


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
                f"{spec.label} was left out: it takes too long with {wording.number(n_rows)} training rows "
                f"(at most {wording.number(spec.max_rows)})."
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


def output_table(output: np.ndarray, classes: tuple[str, ...]) -> pd.DataFrame:
    """Return what `predict` returned as a table: a column for each class, or the column 'prediction'.

    Parameters
    ----------
    output : ndarray of shape (n, n_classes) or (n,)
    classes : tuple of str
        Empty for a regression.

    Returns
    -------
    DataFrame of shape (n, n_classes) or (n, 1)
    """
    return pd.DataFrame(output, columns=list(classes) or ["prediction"])
