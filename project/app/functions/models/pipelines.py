"""One scikit-learn Pipeline per model, from the raw row to the prediction."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from .catalogue import BASELINE, MODELS, ModelSpec
from .encoders import (
    DateParts,
    FillNearlyEmpty,
    InnerFolds,
    ToCategory,
    ToNumber,
    ToRank,
    ToText,
    WordWeights,
)

MAX_ONE_HOT_LEVELS = 15
_TEXT_FEATURES = 300
_WORD = r"(?u)\b\w+\b"


def make_pipeline(
    model: str,
    task: str,
    roles: Mapping[str, str],
    X: pd.DataFrame,
    random_state: int = 0,
    n_jobs: int | None = None,
) -> Pipeline:
    """Create the unfitted pipeline of one model, which takes raw rows of the table.

    Numbers are imputed by the median with an indicator of what was missing (not where the model takes missing
    values itself) and standardised where the model needs it; categories with at most 15 levels are one-hot
    encoded, others target encoded with inner cross-fitting; ordered categories become their ranks, dates numbers;
    text becomes TF-IDF.
    Unseen categories, missing and unreadable values never raise.

    Parameters
    ----------
    model : str
        A key of ``models.MODELS``.
    task : {"binary", "multiclass", "regression"}
    roles : mapping of str to str
        The features by name: number, category, ordered, boolean, date or text.
    X : DataFrame of shape (n_rows, n_columns)
        The training rows; only the number of levels is taken from them.
    random_state : int
    n_jobs : int, optional
        Threads for the models that can use them.

    Returns
    -------
    sklearn.pipeline.Pipeline

    References
    ----------
    D. Micci-Barreca (2001), "A preprocessing scheme for high-cardinality categorical attributes in
    classification and prediction problems", for the target encoding.
    https://scikit-learn.org/stable/modules/compose.html
    """
    spec = MODELS[model]
    return Pipeline(
        [
            ("columns", _make_columns(spec, task, roles, X, random_state)),
            ("model", spec.build(task, random_state, n_jobs)),
        ]
    )


def _make_columns(
    spec: ModelSpec,
    task: str,
    roles: Mapping[str, str],
    X: pd.DataFrame,
    random_state: int,
) -> ColumnTransformer:
    def named(*wanted: str) -> list[str]:
        return [name for name, role in roles.items() if role in wanted]

    if spec.key == BASELINE:
        # It uses no column, so none is encoded.
        return ColumnTransformer([])
    categories = named("category", "boolean")
    many = [name for name in categories if X[name].nunique() > MAX_ONE_HOT_LEVELS]
    few = [name for name in categories if name not in many]
    parts = [
        ("number", _numeric(ToNumber(), spec), named("number")),
        ("ordered", _numeric(ToRank(), spec), named("ordered")),
        ("date", _numeric(DateParts(), spec), named("date")),
        ("few", _one_hot(), few),
        ("many", _target_encoded(spec, task, random_state), many),
        *((f"text {i}", _tfidf(), name) for i, name in enumerate(named("text"))),
    ]
    return ColumnTransformer(
        [part for part in parts if len(part[2])],
        sparse_threshold=0.0 if spec.dense else 0.3,
        verbose_feature_names_out=False,
    )


def _numeric(first, spec: ModelSpec) -> Pipeline:
    steps = [("read", first)]
    if spec.handles_missing:
        steps.append(("fill", FillNearlyEmpty()))
    else:
        imputer = SimpleImputer(
            strategy="median", add_indicator=True, keep_empty_features=True
        )
        steps.append(("impute", imputer))
    if spec.scale:
        steps.append(("scale", StandardScaler()))
    return Pipeline(steps)


def _one_hot() -> Pipeline:
    # No level is dropped: an unseen level must not look like the dropped one.
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return Pipeline([("read", ToCategory()), ("encode", encoder)])


def _target_encoded(spec: ModelSpec, task: str, random_state: int) -> Pipeline:
    # Classes are counted in the rows of each fit: a fold by time may lack some.
    target_type = "continuous" if task == "regression" else "auto"
    folds = InnerFolds(random_state=random_state)
    encoder = TargetEncoder(target_type=target_type, cv=folds)
    steps = [("read", ToCategory()), ("encode", encoder)]
    if spec.scale:
        steps.append(("scale", StandardScaler()))
    return Pipeline(steps)


def _tfidf() -> Pipeline:
    vectorizer = WordWeights(
        max_features=_TEXT_FEATURES,
        sublinear_tf=True,
        token_pattern=_WORD,
        dtype=np.float32,
    )
    return Pipeline([("read", ToText()), ("weigh", vectorizer)])
