"""A model that was trained elsewhere, judged on a sample of rows that came with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline, make_pipeline

from ... import wording
from ..checks.findings import Finding
from ..evaluation.intervals import score_interval
from ..evaluation.results import LeaderboardRow, Result, evaluate_model
from ..evaluation.scoring import score
from ..tables.columns import facts_of, label_of
from ..tables.labels import known_labels
from ..tables.positive_class import check_positive, guess_positive
from .catalogue import BASELINE
from .fitting import predict_table

KEY = "brought"
_USABLE = ("number", "category", "ordered", "boolean", "date", "text")


@dataclass(frozen=True)
class BroughtModel:
    """What is known of a model once it has predicted its sample.

    Attributes
    ----------
    classes : tuple of str
        By class code, of two the positive one last; empty for a regression.
    X : DataFrame of shape (n_rows, n_features)
        All rows of the sample, in the columns that the model takes.
    positions : ndarray of shape (n_judged,)
        The rows of the sample that have a target.
    y : ndarray of shape (n_judged,)
        Class codes or numbers.
    models : mapping of str to Judged
        The model, and the baseline if it could be judged.
    notes : tuple of str
    """

    classes: tuple[str, ...]
    X: pd.DataFrame
    positions: np.ndarray
    y: np.ndarray
    models: Mapping[str, Judged]
    notes: tuple[str, ...] = ()

    @property
    def can_be_judged(self) -> bool:
        """Whether the sample has the target."""
        return len(self.y) > 0

    def holdout(self) -> pd.DataFrame:
        """Return the rows that it is judged on, as ``fitting.TrainingData.holdout`` does."""
        return pd.DataFrame({"position": self.positions, "target": self.y})


@dataclass(frozen=True)
class Judged:
    """One model: its place on the leaderboard, what it predicts, and all that Evaluate shows; None without a target."""

    row: LeaderboardRow
    pipeline: Pipeline
    output: np.ndarray
    result: Result | None = None


def judge(
    pipeline: Any,
    sample: pd.DataFrame,
    target: str,
    task: str,
    metric: str,
    title: str,
    positive: str | None = None,
) -> BroughtModel:
    """Let a model predict a sample, and judge it where the sample has the target.

    Parameters
    ----------
    pipeline : estimator
        Fitted.
    sample : DataFrame of shape (n_rows, n_columns)
    target : str
        May be no column of the sample.
    task : {"binary", "multiclass", "regression"}
    metric : str
        A key of ``scoring.METRICS``.
    title : str
    positive : str, optional
        The positive class of two; guessed if not given.

    Returns
    -------
    BroughtModel

    Raises
    ------
    ValueError
        The model does not suit the task or the sample; the sentence says what to do.
    """
    classes = classes_of(pipeline, task, positive)
    X = sample[features_of(pipeline, sample, target)]
    output = _predicted(pipeline, X, classes)
    positions, y, notes = _truth(sample, target, classes)
    if not len(y):
        row = LeaderboardRow(KEY, title, no_interval="The sample has no target.")
        models = {KEY: Judged(row, pipeline, output[:0])}
        return BroughtModel(classes, X, positions, y, models, notes)
    models = {KEY: _judged(KEY, title, pipeline, output[positions], y, task, metric)}
    baseline = _baseline(X.iloc[positions], y, classes)
    guess = predict_table(baseline, X.iloc[positions], classes)
    models[BASELINE] = _judged(BASELINE, "Baseline", baseline, guess, y, task, metric)
    return BroughtModel(classes, X, positions, y, models, notes)


def classes_of(
    pipeline: Any, task: str, positive: str | None = None
) -> tuple[str, ...]:
    """Return the classes that a model tells apart, of two the positive one last; empty for a regression.

    Parameters
    ----------
    pipeline : estimator
    task : {"binary", "multiclass", "regression"}
    positive : str, optional

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        The model is of another task, or gives no probabilities.
    """
    if task == "regression":
        if not is_regressor(pipeline):
            raise ValueError(
                "The card says that a number is predicted, but the model is not a regressor of scikit-learn."
            )
        return ()
    if not is_classifier(pipeline):
        raise ValueError(
            "The card says that a class is predicted, but the model is not a classifier of scikit-learn."
        )
    if not hasattr(pipeline, "predict_proba"):
        raise ValueError(
            "The model has no predict_proba, so it gives no probabilities. "
            "Wrap it in scikit-learn's CalibratedClassifierCV, and save it again."
        )
    classes = tuple(label_of(name) for name in pipeline.classes_)
    if (len(classes) == 2) != (task == "binary"):
        raise ValueError(
            f"The model knows {wording.plural(len(classes), 'class', 'classes')}, "
            f"so its task is {'binary' if len(classes) == 2 else 'multiclass'}."
        )
    if task != "binary":
        return classes
    check_positive(positive, classes)
    if positive is None:
        positive = classes[guess_positive(classes, (1, 1)).position]
    return tuple(sorted(classes, key=lambda name: name == positive))


def features_of(pipeline: Any, sample: pd.DataFrame, target: str) -> list[str]:
    """Return the columns that a model takes, in its order.

    Parameters
    ----------
    pipeline : estimator
    sample : DataFrame of shape (n_rows, n_columns)
    target : str

    Returns
    -------
    list of str
        Those that it was fitted on; all of the sample but the target where it does not know.

    Raises
    ------
    ValueError
        The sample lacks some.
    """
    named = getattr(pipeline, "feature_names_in_", None)
    if named is None:
        return [name for name in sample.columns if name != target]
    absent = [name for name in map(str, named) if name not in sample.columns]
    if absent:
        raise ValueError(
            f"The sample has no {wording.quoted(absent, 5)}, which the model was fitted on. "
            "Add the columns, spelled as they were then."
        )
    return list(map(str, named))


def roles_of(X: pd.DataFrame, recognised: Mapping[str, str]) -> dict[str, str]:
    """Return the roles of a model's columns; one that is taken for none, such as an identifier, has one all the same.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_features)
    recognised : mapping of str to str

    Returns
    -------
    dict of str to str
    """
    roles = {}
    for name in X.columns:
        role = recognised.get(name, "")
        if role not in _USABLE:
            role = "number" if facts_of(X[name]).is_numeric else "category"
        roles[name] = role
    return roles


def findings(made_with: str, here: str, judged: BroughtModel) -> tuple[Finding, ...]:
    """Return what must be known of a model that was not trained here.

    Parameters
    ----------
    made_with, here : str
        Versions of scikit-learn; `made_with` is empty if nobody knows.
    judged : BroughtModel

    Returns
    -------
    tuple of Finding
    """
    says = (
        f"The scores are those of the {wording.plural(len(judged.y), 'row')} that came with it. "
        "Nobody here can tell whether it has learned from them."
    )
    if not judged.can_be_judged:
        says = "No row that came with it has the target, so nothing here says how good it is."
    found = [
        Finding(
            "brought",
            "warning",
            "It was not trained here",
            says,
            "Ask whoever made it, or bring rows that it has not seen as its sample.",
        )
    ]
    if made_with != here:
        was = f"scikit-learn {made_with}" if made_with else "an unknown version"
        found.append(
            Finding(
                "brought_version",
                "warning",
                "Made with another version",
                f"The model was made with {was}, and is used with scikit-learn {here}. "
                "It may predict otherwise, or stop working.",
                f"Save it again with scikit-learn {here}, and compare a few predictions.",
            )
        )
    return tuple(found)


def _predicted(pipeline: Any, X: pd.DataFrame, classes: tuple[str, ...]) -> np.ndarray:
    try:
        output = predict_table(pipeline, X, classes)
    except Exception as error:
        said = wording.shortened(" ".join(str(error).split()), 200)
        raise ValueError(
            f"The model cannot predict its own sample: {said}. If a column has another type here than where the model "
            "was fitted, save the sample as sample.parquet, which keeps types."
        ) from None
    if not np.isfinite(output).all():
        raise ValueError(
            "The model predicts values for its sample that are not finite."
        )
    return output


def _truth(
    sample: pd.DataFrame, target: str, classes: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the rows that have a target, their class codes or numbers, and notes on those that have none."""
    nothing = np.empty(0, dtype=np.int64)
    if target not in sample.columns:
        return (
            nothing,
            nothing,
            (f"The sample has no {wording.quoted([target])}: nothing is judged.",),
        )
    values = sample[target]
    known = values.notna().to_numpy(copy=True)
    notes = []
    if classes:
        labels = pd.Series(
            [label_of(v) if k else None for v, k in zip(values, known)], dtype="str"
        )
        labels = known_labels(labels, classes)
        strange = sorted(set(labels[known]) - set(classes))
        if strange:
            notes.append(
                f"Left out: rows of {wording.quoted(strange)}, which the model does not know."
            )
        known &= labels.isin(classes).to_numpy()
        codes = {name: code for code, name in enumerate(classes)}
        y = labels[known].map(codes).to_numpy(dtype=np.int64)
    else:
        if not facts_of(values).is_numeric:
            raise ValueError(
                f"{wording.quoted([target])} in the sample has texts, but the model predicts a number."
            )
        y = values[known].to_numpy(dtype=np.float64)
    if not len(y):
        notes.append(f"No row of the sample has a usable {wording.quoted([target])}.")
    return np.flatnonzero(known), y, tuple(notes)


def _baseline(X: pd.DataFrame, y: np.ndarray, classes: tuple[str, ...]) -> Pipeline:
    if classes:
        names = np.asarray(classes, dtype=object)[y]
        return make_pipeline(DummyClassifier()).fit(X, names)
    return make_pipeline(DummyRegressor()).fit(X, y)


def _judged(
    key: str,
    label: str,
    pipeline: Any,
    output: np.ndarray,
    y: np.ndarray,
    task: str,
    metric: str,
) -> Judged:
    interval = score_interval(metric, y, output)
    row = LeaderboardRow(
        key,
        label,
        holdout=score(metric, y, output),
        holdout_low=interval.low,
        holdout_high=interval.high,
        no_interval=interval.reason,
    )
    return Judged(row, pipeline, output, evaluate_model(task, y, output))
