"""Models as bytes, and back, in the format of skops."""

from __future__ import annotations

import zipfile

import skops.io

# What our pipelines consist of beyond the types that skops itself trusts. By full name: a module also holds
# functions that read files or run code, and a file may call whatever is trusted.
_TRUSTED = frozenset(
    (
        "app.functions.encoders.DateParts",
        "app.functions.encoders.FillNearlyEmpty",
        "app.functions.encoders.InnerFolds",
        "app.functions.encoders.ToCategory",
        "app.functions.encoders.ToNumber",
        "app.functions.encoders.ToText",
        "app.functions.encoders.WordWeights",
        "app.functions.estimators.FewNeighborsClassifier",
        "app.functions.estimators.FewNeighborsRegressor",
        "app.functions.estimators.RareClassBoosting",
        "app.functions.estimators.RareClassCalibration",
        "numpy.dtype",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.tree._tree.Tree",
    )
)


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
    # A forest shrinks to a quarter in a second; higher levels take long and gain little.
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
        The file names a type or function that no pipeline of ours consists of; nothing of it is loaded.
    """
    named = skops.io.get_untrusted_types(data=content)
    unknown = sorted(set(named) - _TRUSTED)
    if unknown:
        raise ValueError(
            f"The model file holds types that are not trusted: {', '.join(unknown)}. "
            "Train the model again here, or build it from scikit-learn's own estimators."
        )
    return skops.io.loads(content, trusted=named)
