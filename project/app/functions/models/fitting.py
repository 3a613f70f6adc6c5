"""From a table and the user's settings to fitted pipelines and their predictions, one at a time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import Pipeline
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import has_fit_parameter

from ... import wording
from ..tables.columns import facts_of, label_of, years_to_dates
from ..tables.tasks import check_target, encode_target
from .calibration import calibration_notes
from .catalogue import BASELINE, MODELS
from .estimators import takes_directions
from .pipelines import make_pipeline
from .rows import row_weights, select_rows, target_notes
from .settings import TrainingSettings, check_settings
from .splitting import Split, split_rows

# Their prediction is a sum over trees.
FORESTS = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
# How far the share held out may be from the one that was chosen before a note says so.
_SHARE_OFF = 0.02


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
    weighting : {"none", "balanced", "column"}
        How much a row counts in a fit.
    weights : ndarray of shape (n_rows,) or None
        What the column of weights says.
    """

    X: pd.DataFrame
    y: np.ndarray
    classes: tuple[str, ...]
    split: Split
    by: pd.Series | None = None
    notes: tuple[str, ...] = ()
    positions: np.ndarray | None = None
    weighting: str = "none"
    weights: np.ndarray | None = None

    def weights_of(self, rows: np.ndarray) -> np.ndarray | None:
        """Return how much each of some rows counts when a model is fitted on them, 1 on average; None if all alike."""
        if self.weighting == "balanced":
            return compute_sample_weight("balanced", self.y[rows])
        if self.weights is None:
            return None
        return self.weights[rows] / self.weights[rows].mean()

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
    selected = select_rows(frame, settings)
    target = selected.target
    check_target(target, settings.task, settings.n_splits, settings.test_size)
    y, classes = encode_target(target, settings.task, settings.positive)
    weights = row_weights(frame, settings, selected.positions)
    rows = frame.iloc[selected.positions].reset_index(drop=True)
    by = None if settings.split == "random" else rows[settings.split_by]
    if settings.split == "time" and facts_of(by).kind == "integer":
        by = years_to_dates(by)
    # The name of a group says nothing about a new one, and a weight nothing about a row.
    apart = {settings.target}
    if settings.split == "group":
        apart.add(settings.split_by)
    if weights is not None:
        apart.add(settings.weight_column)
    features = [name for name in settings.roles if name not in apart]
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
        settings.gap_days,
    )
    validated = np.concatenate([validation for _, validation in split.folds])
    notes = (
        *selected.notes,
        *target_notes(settings, target),
        *calibration_notes(settings.calibration, y[validated], classes),
        *_split_notes(split, settings, len(y)),
    )
    return TrainingData(
        rows[features],
        y,
        classes,
        split,
        by,
        notes,
        selected.positions,
        settings.weighting,
        weights,
    )


def _split_notes(split: Split, settings: TrainingSettings, n_rows: int) -> list[str]:
    notes, share = [], len(split.test) / n_rows
    # A random split is off by less than a row.
    if abs(share - settings.test_size) > max(_SHARE_OFF, 1 / n_rows):
        what = "date" if settings.split == "time" else "group"
        notes.append(
            f"{wording.percent(share)} of the rows are held out instead of {wording.percent(settings.test_size)}, "
            f"because the rows of one {what} stay together."
        )
    in_gap = n_rows - len(split.train) - len(split.test)
    if in_gap:
        notes.append(
            f"{wording.plural(in_gap, 'row')} in the {wording.plural(settings.gap_days, 'day')} before the holdout "
            "were left out."
        )
    return notes


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
    if settings.weighting != "none":
        equal = [
            MODELS[key].label for key in chosen[1:] if not _is_weighted(key, settings)
        ]
        if equal:
            notes.append(
                f"{wording.listed(equal)} cannot weigh rows: each counts the same there."
            )
    notes += _notes_on_directions(settings, chosen)
    return tuple(chosen), tuple(notes)


def _notes_on_directions(settings: TrainingSettings, chosen: list[str]) -> list[str]:
    ways = [
        f"only {verb} with {wording.quoted(columns)}"
        for verb, columns in (
            ("rises", settings.rises_with),
            ("falls", settings.falls_with),
        )
        if columns
    ]
    told: dict[bool, list[str]] = {True: [], False: []}
    for key in chosen:
        if key != BASELINE:
            estimator = MODELS[key].build(settings.task, 0, None)
            told[takes_directions(estimator)].append(MODELS[key].label)
    notes = []
    if ways and told[True]:
        notes.append(
            f"{wording.listed(told[True])}: the prediction {wording.listed(ways)}, as you chose."
        )
    if ways and told[False]:
        notes.append(
            f"{wording.listed(told[False])}: such a direction cannot be set, so the prediction may go either way."
        )
    return notes


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
        _directions(settings, data.classes),
    )
    return pipeline.set_params(**(parameters or {}))


def _directions(settings: TrainingSettings, classes: tuple[str, ...]) -> dict[str, int]:
    # Estimators sort the names of classes, so that the positive class may come first there.
    sign = -1 if classes and classes[-1] != max(classes) else 1
    rising = dict.fromkeys(settings.rises_with, sign)
    return rising | dict.fromkeys(settings.falls_with, -sign)


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
        pipeline.fit(data.X.iloc[rows], y, **fit_parameters(pipeline, data, rows))
    model = pipeline.named_steps["model"]
    if isinstance(model, FORESTS):
        # Threads would add up its trees in whatever order they finish: the last digits would be others each time.
        model.set_params(n_jobs=None)
    return pipeline


def fit_parameters(
    pipeline: Pipeline, data: TrainingData, rows: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what the fit of a pipeline on some rows takes besides X and y: their weights, if its model can weigh rows.

    Parameters
    ----------
    pipeline : Pipeline
    data : TrainingData
    rows : ndarray of shape (n,)

    Returns
    -------
    dict
        The baseline is never weighted, as its scores are not either.
    """
    model = pipeline.named_steps["model"]
    is_baseline = isinstance(model, (DummyClassifier, DummyRegressor))
    weights = data.weights_of(rows)
    if weights is None or is_baseline or not can_weigh(model):
        return {}
    return {"model__sample_weight": weights}


def can_weigh(model: BaseEstimator) -> bool:
    """Tell whether an estimator can give some rows more weight than others.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    bool
    """
    # One that scales the target passes the weights on.
    return has_fit_parameter(getattr(model, "regressor", model), "sample_weight")


def _is_weighted(model: str, settings: TrainingSettings) -> bool:
    estimator = MODELS[model].build(settings.task, settings.random_state, None)
    return can_weigh(estimator)


def predict(pipeline: Pipeline, data: TrainingData, rows: np.ndarray) -> np.ndarray:
    """Predict some rows of the training table.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted by `fit`.
    data : TrainingData
    rows : ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (n, n_classes) or (n,)
        As `predict_table`.
    """
    return predict_table(pipeline, data.X.iloc[rows], data.classes)


def predict_table(
    pipeline: Pipeline, X: pd.DataFrame, classes: Sequence[str]
) -> np.ndarray:
    """Predict the rows of a table.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted by `fit`.
    X : DataFrame of shape (n_rows, n_features)
    classes : sequence of str
        By class code; empty for a regression.

    Returns
    -------
    ndarray of shape (n_rows, n_classes) or (n_rows,)
        Class probabilities in the order of `classes` (0 for a class that was not among the rows of the fit), or
        numbers.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not classes:
            return np.asarray(pipeline.predict(X), dtype=np.float64)
        known = pipeline.predict_proba(X)
    output = np.zeros((len(X), len(classes)))
    # A model that somebody brought may have learned its classes as numbers.
    names = map(label_of, pipeline.classes_)
    output[:, [classes.index(name) for name in names]] = known
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
