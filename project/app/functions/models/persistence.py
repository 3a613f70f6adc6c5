"""Models as bytes in the format of skops, and back."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import skops.io

# The types in our pipelines that skops does not trust by default. By full name: their modules also have functions that
# read files or run code, and a model file may call anything that is trusted.
_TRUSTED = frozenset(
    (
        "app.functions.models.calibration.CalibratedClassifier",
        "app.functions.models.calibration.ProbabilityCalibration",
        "app.functions.models.encoders.DateParts",
        "app.functions.models.encoders.FillNearlyEmpty",
        "app.functions.models.encoders.InnerFolds",
        "app.functions.models.encoders.ToCategory",
        "app.functions.models.encoders.ToNumber",
        "app.functions.models.encoders.ToRank",
        "app.functions.models.encoders.ToText",
        "app.functions.models.encoders.WordWeights",
        "app.functions.models.estimators.FewNeighborsClassifier",
        "app.functions.models.estimators.FewNeighborsRegressor",
        "app.functions.models.estimators.MonotoneBoosting",
        "app.functions.models.estimators.MonotoneExtraTreesClassifier",
        "app.functions.models.estimators.MonotoneExtraTreesRegressor",
        "app.functions.models.estimators.MonotoneForestClassifier",
        "app.functions.models.estimators.MonotoneForestRegressor",
        "app.functions.models.estimators.RareClassBoosting",
        "app.functions.models.estimators.RareClassCalibration",
        # Boosting with categories checks its numbers so; what a partial calls must be trusted as well.
        "functools.partial",
        "numpy.dtype",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils.validation.check_array",
    )
)

# Stored models name the modules of their classes; this maps moved modules to their current names.
_MOVED = {
    "app.functions.encoders": "app.functions.models.encoders",
    "app.functions.estimators": "app.functions.models.estimators",
}
# What a model that was taken away calls our classes; each name is there once.
_TAKEN_AWAY = "dashboard_model"
_CLASSES = {
    name.rpartition(".")[2]: name.rpartition(".")[0]
    for name in _TRUSTED
    if name.startswith("app.")
}
_SCHEMA = "schema.json"


def model_to_bytes(model) -> bytes:
    """Return a fitted estimator as the bytes of a skops file.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    bytes

    References
    ----------
    https://skops.readthedocs.io/en/stable/persistence.html
    """
    # A forest shrinks to a quarter in a second; higher levels take longer and gain little.
    return skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED, compresslevel=1)


def model_from_bytes(content: bytes):
    """Return the estimator that `model_to_bytes` wrote.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    estimator

    Raises
    ------
    ValueError
        The file names a type or function that is not in our pipelines; nothing is loaded.
    """
    content = _in_modules_of_today(content)
    named = skops.io.get_untrusted_types(data=content)
    unknown = sorted(set(named) - _TRUSTED)
    if unknown:
        raise ValueError(
            f"The model file contains types that are not trusted: {', '.join(unknown)}. "
            "Train the model again here, or build it from scikit-learn's own estimators."
        )
    return skops.io.loads(content, trusted=named)


def untrusted_types(content: bytes) -> list[str]:
    """Return the types and functions that a skops file names and nobody here trusts.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    list of str
        Full names, sorted.

    Raises
    ------
    ValueError
        It is no file of skops.
    """
    try:
        named = skops.io.get_untrusted_types(data=_in_modules_of_today(content))
    except Exception:
        raise ValueError(
            "This is no file that skops has written. Save the model with skops.io.dump."
        ) from None
    return sorted(set(named) - _TRUSTED)


def made_with(content: bytes) -> str:
    """Return the version of scikit-learn that a model of a skops file was fitted with; empty if it does not say.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    str
    """
    found = []

    def note(node: dict[str, Any]) -> dict[str, Any]:
        version = node.get("_sklearn_version")
        if isinstance(version, dict):
            found.append(str(version.get("content", "")).strip("'\""))
        return node

    with zipfile.ZipFile(io.BytesIO(content)) as stored:
        json.loads(stored.read(_SCHEMA), object_hook=note)
    return max(found, default="")


def _in_modules_of_today(content: bytes) -> bytes:
    """Return a skops file with moved modules under their current names."""
    with zipfile.ZipFile(io.BytesIO(content)) as stored:
        schema = stored.read(_SCHEMA)
        moved = (*_MOVED, _TAKEN_AWAY)
        if not any(f'"{module}"'.encode() in schema for module in moved):
            return content
        renamed = json.loads(schema, object_hook=_moved)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as written:
            for name in stored.namelist():
                data = json.dumps(renamed) if name == _SCHEMA else stored.read(name)
                written.writestr(name, data)
    return buffer.getvalue()


def _moved(node: dict[str, Any]) -> dict[str, Any]:
    module = node.get("__module__")
    if module == _TAKEN_AWAY and node.get("__class__") in _CLASSES:
        return node | {"__module__": _CLASSES[node["__class__"]]}
    return node | {"__module__": _MOVED[module]} if module in _MOVED else node
