"""What a fitted model has learned, as plain values that a browser can calculate with."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from app import wording
from app.functions.models.calibration import CalibratedClassifier
from app.functions.models.estimators import RareClassCalibration

from .browser_file import NEEDS_ROWS
from .portable_columns import NotPortable, floats

_FORESTS = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
_BOOSTING = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
_ACTIVATIONS = ("identity", "logistic", "tanh", "relu")
# A node takes at least 4 bytes of the file: to write more would take minutes, and the file would be refused.
_MOST_NODES = 4_500_000
# The place of a node's column, if the node is a leaf.
_LEAF = 0xFFFF


def model_of(estimator) -> dict[str, Any]:
    """Return a fitted classifier or regressor as plain values and arrays.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    dict
        'kind' says how the browser's scripts calculate with the rest.

    Raises
    ------
    NotPortable
        The model needs its training rows, or is none that the scripts know.
    """
    refused = reason_against(estimator)
    if refused:
        raise NotPortable(refused)
    if isinstance(estimator, CalibratedClassifier):
        return _calibrated(estimator)
    if isinstance(estimator, TransformedTargetRegressor):
        return _scaled_target(estimator)
    for kinds, write in (
        (_FORESTS, _forest),
        (_BOOSTING, _boosting),
        ((LogisticRegression, Ridge), _linear),
        ((MLPClassifier, MLPRegressor), _network),
        ((DummyClassifier, DummyRegressor), _constant),
    ):
        if isinstance(estimator, kinds):
            return write(estimator)
    raise NotPortable(
        f"The scripts of this file cannot calculate {type(estimator).__name__}. Take a linear model, trees or a neural "
        "network instead."
    )


def reason_against(estimator) -> str:
    """Say why a model cannot become a file for the browser, fitted or not; empty if it can.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    str
    """
    if isinstance(estimator, CalibratedClassifier):
        return reason_against(estimator.estimator)
    inner = getattr(estimator, "regressor", estimator)
    if isinstance(inner, (KNeighborsClassifier, KNeighborsRegressor)):
        return NEEDS_ROWS["k_neighbors"]
    if isinstance(inner, (SVC, SVR, RareClassCalibration)):
        return NEEDS_ROWS["svm"]
    return ""


def _constant(estimator) -> dict[str, Any]:
    if isinstance(estimator, DummyRegressor):
        return {"kind": "constant", "values": floats(estimator.constant_)[:1]}
    if estimator.strategy != "prior":
        raise NotPortable("The scripts of this file cannot draw classes at random.")
    return {"kind": "constant", "values": floats(estimator.class_prior_)}


def _linear(estimator) -> dict[str, Any]:
    weights = np.atleast_2d(np.asarray(estimator.coef_))
    return {
        "kind": "linear",
        "weights": floats(weights),
        "intercepts": floats(np.broadcast_to(estimator.intercept_, len(weights))),
        "ends": _ends(estimator, len(weights)),
        "single": weights.dtype == np.float32,
    }


def _ends(estimator, n_outputs: int) -> str:
    """Return how the last sums become what is predicted."""
    if not is_classifier(estimator):
        return "identity"
    return "logistic" if n_outputs == 1 else "softmax"


def _network(estimator) -> dict[str, Any]:
    if estimator.activation not in _ACTIVATIONS:
        raise NotPortable(
            f"The scripts of this file do not know '{estimator.activation}'."
        )
    layers = [
        {"weights": floats(weights.T), "intercepts": floats(intercepts)}
        for weights, intercepts in zip(estimator.coefs_, estimator.intercepts_)
    ]
    return {
        "kind": "network",
        "layers": layers,
        "activation": estimator.activation,
        "ends": _ends(estimator, estimator.n_outputs_),
        "single": estimator.coefs_[0].dtype == np.float32,
    }


def _scaled_target(estimator: TransformedTargetRegressor) -> dict[str, Any]:
    scaler = estimator.transformer_
    if not isinstance(scaler, StandardScaler):
        raise NotPortable(
            "The scripts of this file can take back only the scaling of a target."
        )
    return {
        "kind": "scaled target",
        "mean": float(scaler.mean_[0]),
        "scale": float(scaler.scale_[0]),
        "model": model_of(estimator.regressor_),
    }


def _calibrated(estimator: CalibratedClassifier) -> dict[str, Any]:
    calibration = estimator.calibration
    return {
        "kind": "calibrated",
        "method": calibration.method,
        "least": float(calibration.least_),
        "curves": [_curve(curve) for curve in calibration.curves_],
        "model": model_of(estimator.estimator),
    }


def _curve(curve) -> dict[str, Any] | None:
    if curve is None:
        return None
    if hasattr(curve, "a_"):
        return {"a": float(curve.a_), "b": float(curve.b_)}
    return {"x": floats(curve.X_thresholds_), "y": floats(curve.y_thresholds_)}


def _forest(estimator) -> dict[str, Any]:
    """Write trees node by node, a parent before its left child: of a node only its right child is named."""
    n_nodes = sum(each.tree_.node_count for each in estimator.estimators_)
    if n_nodes > _MOST_NODES:
        raise NotPortable(
            f"The trees of this model have {wording.number(n_nodes)} nodes, too many for a file that can be sent. Take "
            "gradient boosting, or limit the depth of the trees."
        )
    trees = [_tree(each.tree_) for each in estimator.estimators_]
    values = np.concatenate([tree["values"] for tree in trees])
    # Pure leaves, of which there are many, hold the same shares.
    distinct, number = np.unique(values, axis=0, return_inverse=True)
    number = number.ravel().astype(np.uint32)
    places = np.concatenate([tree["features"] for tree in trees])
    slots = np.concatenate([tree["slots"] for tree in trees])
    slots[places == _LEAF] = number
    sizes = np.array([len(tree["features"]) for tree in trees], dtype=np.uint32)
    return {
        "kind": "forest",
        "features": places,
        # A threshold in single precision, or the number of a leaf's values.
        "slots": slots,
        "right": np.concatenate([tree["right"] for tree in trees]),
        "missing": np.concatenate([tree["missing"] for tree in trees]),
        "sizes": sizes,
        "values": floats(distinct),
        "width": int(distinct.shape[1]),
    }


def _tree(tree) -> dict[str, np.ndarray]:
    order, right = _in_preorder(tree.children_left, tree.children_right)
    is_leaf = tree.children_left[order] < 0
    if tree.n_features >= _LEAF:
        raise NotPortable("This model has too many columns for a file.")
    features = np.where(is_leaf, _LEAF, tree.feature[order]).astype(np.uint16)
    thresholds = _not_above(tree.threshold[order])
    values = tree.value[order][is_leaf][:, 0, :]
    return {
        "features": features,
        "slots": thresholds.view(np.uint32).copy(),
        "right": right.astype(np.uint32),
        "missing": tree.missing_go_to_left[order].astype(np.uint8),
        "values": values,
    }


def _not_above(thresholds: np.ndarray) -> np.ndarray:
    """Return the largest numbers of single precision that are not above: a cell, which is one, compares the same."""
    rounded = thresholds.astype(np.float32)
    lower = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded.astype(np.float64) > thresholds, lower, rounded)


def _in_preorder(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes with each left child right after its parent, and where each right child is then."""
    order: list[int] = []
    place = np.zeros(len(left), dtype=np.int64)
    waiting = [0]
    while waiting:
        node = waiting.pop()
        place[node] = len(order)
        order.append(node)
        if left[node] >= 0:
            waiting += [right[node], left[node]]
    nodes = np.array(order)
    return nodes, np.where(right[nodes] < 0, 0, place[right[nodes]])


def _boosting(estimator) -> dict[str, Any]:
    losses = ("squared_error", "log_loss", "absolute_error")
    if estimator.loss not in losses:
        raise NotPortable(f"The scripts of this file do not know '{estimator.loss}'.")
    per_round = estimator.n_trees_per_iteration_
    trees = [tree for each in estimator._predictors for tree in each]
    nodes = np.concatenate([tree.nodes for tree in trees])
    sizes = np.array([len(tree.nodes) for tree in trees], dtype=np.uint32)
    bits = [tree.raw_left_cat_bitsets.reshape(-1, 8) for tree in trees]
    first_bits = np.cumsum([0, *map(len, bits[:-1])])
    is_leaf = nodes["is_leaf"].astype(bool)
    flags = is_leaf + 2 * nodes["is_categorical"] + 4 * nodes["missing_go_to_left"]
    known, positions = estimator._bin_mapper.make_known_categories_bitsets()
    offsets = np.repeat(first_bits, sizes)
    return {
        "kind": "boosting",
        "features": nodes["feature_idx"].astype(np.uint32),
        "numbers": np.where(is_leaf, nodes["value"], nodes["num_threshold"]),
        "left": nodes["left"].astype(np.uint32),
        "right": nodes["right"].astype(np.uint32),
        "flags": flags.astype(np.uint8),
        "bits": np.concatenate(bits).astype(np.uint32).ravel(),
        "bit": (nodes["bitset_idx"] + offsets).astype(np.uint32),
        "known": known.astype(np.uint32).ravel(),
        "known_of": np.asarray(positions, dtype=np.uint32),
        "sizes": sizes,
        "baseline": floats(estimator._baseline_prediction),
        "per_round": int(per_round),
        "order": _order_of_columns(estimator),
        "levels": _levels(estimator),
        "ends": _ends(estimator, per_round),
    }


def _order_of_columns(estimator) -> np.ndarray:
    """Return where each column that the trees see comes from: categories go before numbers."""
    is_categorical = estimator.is_categorical_
    if is_categorical is None:
        return np.arange(estimator.n_features_in_, dtype=np.uint32)
    places = np.flatnonzero(is_categorical), np.flatnonzero(~is_categorical)
    return np.concatenate(places).astype(np.uint32)


def _levels(estimator) -> list[np.ndarray]:
    """Return the codes of each category that the fit has seen; an unseen one counts as missing."""
    if estimator.is_categorical_ is None:
        return []
    encoder = estimator._preprocessor.named_transformers_["encoder"]
    return [floats(codes[~np.isnan(codes)]) for codes in encoder.categories_]
