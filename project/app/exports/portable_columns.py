"""What the steps before a model have learned, as plain values that a browser can calculate with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)

from app.functions.models.encoders import (
    DateParts,
    FillNearlyEmpty,
    ToCategory,
    ToNumber,
    ToRank,
    ToText,
    WordWeights,
)

_ANY_WORD = r"(?u)\b\w+\b"
# A word occurs in one text at most so often, in practice.
_MOST_REPEATS = 4096


class NotPortable(ValueError):
    """A model that a browser cannot calculate; its text is the sentence that says so."""


def columns_of(transformer: ColumnTransformer, names: list[str]) -> list[dict]:
    """Return the parts of a fitted ColumnTransformer, in the order of what they give.

    Parameters
    ----------
    transformer : ColumnTransformer
    names : list of str
        Of the columns of the table.

    Returns
    -------
    list of dict
        'columns' are positions in `names`, 'steps' what happens to their cells one after the other.

    Raises
    ------
    NotPortable
        A step is none that the browser's scripts know.
    """
    parts = []
    for _, steps, columns in transformer.transformers_:
        if isinstance(steps, str):
            if steps == "drop":
                continue
            raise NotPortable(_unknown("columns that pass unchanged"))
        given = [columns] if isinstance(columns, (str, int)) else list(columns)
        if not given:
            continue
        places = [c if isinstance(c, (int, np.integer)) else names.index(c) for c in given]  # fmt: skip
        parts.append({"columns": list(map(int, places)), "steps": _steps_of(steps)})
    return parts


def _steps_of(steps) -> list[dict[str, Any]]:
    inner = steps.steps if isinstance(steps, Pipeline) else [("", steps)]
    return [_step_of(step) for _, step in inner]


def _step_of(step) -> dict[str, Any]:
    write = _STEPS.get(type(step))
    if write is None:
        raise NotPortable(_unknown(type(step).__name__))
    return write(step)


def _unknown(what: str) -> str:
    return f"The scripts of this file cannot calculate {what}, which is a step of this model."


def floats(values: Any) -> np.ndarray:
    """Return numbers as a flat array of float64."""
    return np.asarray(values, dtype=np.float64).ravel()


def _kind(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda step: {"kind": name}


def _rank(step: ToRank) -> dict[str, Any]:
    scales = [{word: int(rank) for word, rank in s.items()} for s in step.scales_]
    return {"kind": "rank", "scales": scales}


def _dates(step: DateParts) -> dict[str, Any]:
    return {"kind": "dates", "start": floats(step.start_)}


def _fill(step: FillNearlyEmpty) -> dict[str, Any]:
    return {"kind": "fill", "values": floats(step.fills_)}


def _impute(step: SimpleImputer) -> dict[str, Any]:
    numeric = np.asarray(step.statistics_).dtype.kind in "fiu"
    kept = step.keep_empty_features or not np.isnan(floats(step.statistics_)).any()
    missing_is_nan = isinstance(step.missing_values, float)
    if not numeric or not kept or not missing_is_nan:
        raise NotPortable(_unknown("this way to fill missing values"))
    flags = step.indicator_.features_ if step.add_indicator else []
    indicated = np.asarray(flags, dtype=np.uint32)
    return {
        "kind": "impute",
        "values": floats(step.statistics_),
        "indicated": indicated,
    }


def _scale(step: StandardScaler) -> dict[str, Any]:
    n = step.n_features_in_
    mean = step.mean_ if step.with_mean else np.zeros(n)
    scale = step.scale_ if step.with_std else np.ones(n)
    return {"kind": "scale", "mean": floats(mean), "scale": floats(scale)}


def _one_hot(step: OneHotEncoder) -> dict[str, Any]:
    if step.drop is not None or step.min_frequency or step.max_categories:
        raise NotPortable(_unknown("one-hot encoding with levels left out"))
    return {"kind": "one-hot", "levels": [_texts(c) for c in step.categories_]}


def _codes(step: OrdinalEncoder) -> dict[str, Any]:
    if step.handle_unknown != "use_encoded_value":
        raise NotPortable(_unknown("codes that refuse unseen levels"))
    # Transformed by the step itself, so that levels it has joined get their common code.
    longest = max(map(len, step.categories_))
    padded = np.empty((longest, len(step.categories_)), dtype=object)
    for j, levels in enumerate(step.categories_):
        padded[:, j] = np.resize(levels, longest)
    codes = step.transform(padded)
    found = [
        dict(zip(_texts(levels), codes[: len(levels), j].tolist()))
        for j, levels in enumerate(step.categories_)
    ]
    return {"kind": "codes", "codes": found, "unknown": floats(step.unknown_value)}


def _target(step: TargetEncoder) -> dict[str, Any]:
    return {
        "kind": "target",
        "levels": [_texts(levels) for levels in step.categories_],
        "values": [floats(values) for values in step.encodings_],
        "unknown": floats(step.target_mean_),
    }


def _texts(levels) -> list[str]:
    if not all(isinstance(level, str) for level in levels):
        raise NotPortable(_unknown("levels that are no texts"))
    return [str(level) for level in levels]


def _words(step: WordWeights) -> dict[str, Any]:
    usual = (
        step.lowercase
        and step.analyzer == "word"
        and tuple(step.ngram_range) == (1, 1)
        and step.stop_words is None
        and step.strip_accents is None
        and step.token_pattern == _ANY_WORD
        and step.sublinear_tf
        and step.norm == "l2"
        and step.idf_.dtype == np.float32
    )
    if not usual:
        raise NotPortable(_unknown("these word weights"))
    # The browser's logarithm may differ from numpy's in the last digit of single precision.
    counts = np.arange(1, _MOST_REPEATS + 1, dtype=np.float32)
    return {
        "kind": "words",
        "words": {word: int(j) for word, j in step.vocabulary_.items()},
        "rarity": np.asarray(step.idf_, dtype=np.float32),
        "often": np.log(counts) + np.float32(1),
    }


_STEPS: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    ToNumber: _kind("number"),
    ToCategory: _kind("category"),
    ToText: _kind("text"),
    ToRank: _rank,
    DateParts: _dates,
    FillNearlyEmpty: _fill,
    SimpleImputer: _impute,
    StandardScaler: _scale,
    OneHotEncoder: _one_hot,
    OrdinalEncoder: _codes,
    TargetEncoder: _target,
    WordWeights: _words,
}
