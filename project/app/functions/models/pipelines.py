"""One scikit-learn Pipeline per model, from the raw row to the prediction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)

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
from .estimators import takes_directions, with_directions

MAX_ONE_HOT_LEVELS = 15
FEW_ROWS = 5_000
# As many as histogram gradient boosting can tell apart.
MAX_NATIVE_LEVELS = 255
_TEXT_FEATURES = 300
_WORD = r"(?u)\b\w+\b"


def make_pipeline(
    model: str,
    task: str,
    roles: Mapping[str, str],
    X: pd.DataFrame,
    random_state: int = 0,
    n_jobs: int | None = None,
    directions: Mapping[str, int] | None = None,
) -> Pipeline:
    """Create the unfitted pipeline of one model, which takes raw rows of the table.

    Numbers are imputed by the median with an indicator of what was missing (not where the model takes missing
    values itself) and standardised where the model needs it; dates become numbers, ordered categories their ranks;
    text becomes TF-IDF. Categories
    with at most 15 levels are one-hot encoded, those with at most 255 given as they are to a model that splits them
    into groups itself, others target encoded with inner cross-fitting. Unseen categories, missing and unreadable
    values never raise.

    Parameters
    ----------
    model : str
        A key of ``models.MODELS``.
    task : {"binary", "multiclass", "regression"}
    roles : mapping of str to str
        The features by name: number, category, ordered, boolean, date or text.
    X : DataFrame of shape (n_rows, n_columns)
        The training rows; only their number and the number of levels is taken from them.
    random_state : int
    n_jobs : int, optional
        Threads for the models that can use them.
    directions : mapping of str to int, optional
        Numbers with which the prediction may only rise (1) or fall (-1), for the models that can be told so. Of two
        classes, the prediction is the probability of the one whose name comes last in the alphabet.

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
    columns = _by_role(roles)
    estimator = spec.build(task, random_state, n_jobs)
    if spec.native_categories:
        # They follow the numbers, which come first and are one column each.
        first = len(columns.numbers) + len(columns.ordered)
        native, _ = _up_to(MAX_NATIVE_LEVELS, columns.categories, X)
        positions = list(range(first, first + len(native)))
        estimator.set_params(categorical_features=positions or None)
    if len(X) < FEW_ROWS:
        estimator.set_params(**spec.of_few_rows)
    if directions and takes_directions(estimator):
        ranked = [*columns.numbers, *columns.ordered]
        of_numbers = [directions.get(name, 0) for name in ranked]
        estimator = with_directions(estimator, of_numbers)
    return Pipeline(
        [
            ("columns", _make_columns(spec, task, columns, X, random_state)),
            ("model", estimator),
        ]
    )


class _Columns(NamedTuple):
    numbers: list[str]
    ordered: list[str]
    categories: list[str]
    dates: list[str]
    texts: list[str]


def _by_role(roles: Mapping[str, str]) -> _Columns:
    def named(*wanted: str) -> list[str]:
        return [name for name, role in roles.items() if role in wanted]

    return _Columns(
        named("number"),
        named("ordered"),
        named("category", "boolean"),
        named("date"),
        named("text"),
    )


def _make_columns(
    spec: ModelSpec,
    task: str,
    columns: _Columns,
    X: pd.DataFrame,
    random_state: int,
) -> ColumnTransformer:
    if spec.key == BASELINE:
        # It uses no column, so none is encoded.
        return ColumnTransformer([])
    parts = [
        ("number", _numeric(ToNumber(), spec), columns.numbers),
        ("ordered", _numeric(ToRank(), spec), columns.ordered),
        *_categorical(spec, task, columns.categories, X, random_state),
        ("date", _numeric(DateParts(), spec), columns.dates),
        *((f"text {i}", _tfidf(), name) for i, name in enumerate(columns.texts)),
    ]
    return ColumnTransformer(
        [part for part in parts if len(part[2])],
        sparse_threshold=0.0 if spec.dense else 0.3,
        verbose_feature_names_out=False,
    )


def _categorical(
    spec: ModelSpec,
    task: str,
    names: list[str],
    X: pd.DataFrame,
    random_state: int,
) -> list[tuple[str, Pipeline, list[str]]]:
    limit = MAX_NATIVE_LEVELS if spec.native_categories else MAX_ONE_HOT_LEVELS
    few, many = _up_to(limit, names, X)
    return [
        ("few", _codes() if spec.native_categories else _one_hot(), few),
        ("many", _target_encoded(spec, task, random_state), many),
    ]


def _up_to(
    limit: int, names: list[str], X: pd.DataFrame
) -> tuple[list[str], list[str]]:
    """Return the columns with at most so many levels, and the others."""
    few = [name for name in names if X[name].nunique() <= limit]
    return few, [name for name in names if name not in few]


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


def _codes() -> Pipeline:
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        # Missing values are a level too.
        max_categories=MAX_NATIVE_LEVELS,
    )
    return Pipeline([("read", ToCategory()), ("encode", encoder)])


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
