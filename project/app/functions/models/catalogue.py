"""The catalogue of models: their descriptions, estimators and hyperparameter spaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scipy.stats import loguniform, randint
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from ... import wording
from .estimators import (
    FewNeighborsClassifier,
    FewNeighborsRegressor,
    RareClassBoosting,
    RareClassCalibration,
)

BASELINE = "dummy"


@dataclass(frozen=True)
class ModelSpec:
    """One model of the catalogue.

    Attributes
    ----------
    key, label, description : str
        The name in links and files, the name on the page, and one sentence for a newcomer.
    build : callable
        ``build(task, random_state, n_jobs)`` returns the unfitted estimator.
    scale, dense, handles_missing, native_categories : bool
        Whether it needs standardised numbers, needs dense input, handles missing values itself, splits categories
        into groups itself.
    of_few_rows : mapping of str
        Parameters of the estimator for fewer than 5,000 training rows.
    preset : {"quick", "thorough", "baseline"}
    max_rows : int or None
        It is left out for more training rows, because its time grows faster than they do.
    search_space : callable
        ``search_space(task)`` returns distributions by parameter of the estimator.
    """

    key: str
    label: str
    description: str
    build: Callable[[str, int, int | None], Any]
    scale: bool = False
    dense: bool = False
    handles_missing: bool = False
    native_categories: bool = False
    of_few_rows: Mapping[str, Any] = field(default_factory=dict)
    preset: str = "thorough"
    max_rows: int | None = None
    search_space: Callable[[str], Mapping[str, Any]] = field(default=lambda task: {})

    @property
    def help(self) -> str:
        """The description, and the most rows it is trained on."""
        if self.max_rows is None:
            return self.description
        return (
            f"{self.description} Up to {wording.number(self.max_rows)} training rows."
        )


def _linear(task: str, random_state: int, n_jobs: int | None):
    if task == "regression":
        return Ridge()
    return LogisticRegression(max_iter=1000, random_state=random_state)


def _random_forest(task: str, random_state: int, n_jobs: int | None):
    kind = RandomForestRegressor if task == "regression" else RandomForestClassifier
    return _trees(kind, task, random_state, n_jobs)


def _extra_trees(task: str, random_state: int, n_jobs: int | None):
    kind = ExtraTreesRegressor if task == "regression" else ExtraTreesClassifier
    return _trees(kind, task, random_state, n_jobs)


def _trees(kind, task: str, random_state: int, n_jobs: int | None):
    # Regression trees grown to single rows predict no better, but take three times the space.
    return kind(
        n_estimators=200,
        min_samples_leaf=3 if task == "regression" else 1,
        random_state=random_state,
        n_jobs=n_jobs,
    )


def _hist_gradient_boosting(task: str, random_state: int, n_jobs: int | None):
    if task == "regression":
        return HistGradientBoostingRegressor(random_state=random_state)
    return RareClassBoosting(random_state=random_state)


def _k_neighbors(task: str, random_state: int, n_jobs: int | None):
    regression = task == "regression"
    kind = FewNeighborsRegressor if regression else FewNeighborsClassifier
    return kind(n_neighbors=10, weights="distance", n_jobs=n_jobs)


def _svm(task: str, random_state: int, n_jobs: int | None):
    if task == "regression":
        return _scaled_target(SVR())
    # One fit of the SVM on all rows; only the calibration of its scores is cross-validated.
    return RareClassCalibration(SVC(random_state=random_state))


def _neural_network(task: str, random_state: int, n_jobs: int | None):
    options = {
        "hidden_layer_sizes": (64,),
        "alpha": 1e-3,
        "max_iter": 200,
        "random_state": random_state,
    }
    if task == "regression":
        return _scaled_target(MLPRegressor(**options))
    return MLPClassifier(**options)


def _dummy(task: str, random_state: int, n_jobs: int | None):
    if task == "regression":
        return DummyRegressor()
    return DummyClassifier(strategy="prior")


def _scaled_target(regressor) -> TransformedTargetRegressor:
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def _inner(task: str, parameters: Mapping[str, Any], classifier: str) -> dict[str, Any]:
    # Wrapped estimators carry their parameters one level deeper.
    prefix = "regressor__" if task == "regression" else classifier
    return {f"{prefix}{name}": values for name, values in parameters.items()}


def _forest_space(task: str) -> Mapping[str, Any]:
    return {
        "max_features": ["sqrt", 0.3, 0.6, 1.0],
        "min_samples_leaf": randint(1, 20),
        "max_depth": [None, 5, 10, 20],
    }


MODELS: dict[str, ModelSpec] = {
    spec.key: spec
    for spec in (
        ModelSpec(
            "linear",
            "Linear model",
            "A weighted sum of the columns: logistic regression for classes, ridge regression for numbers.",
            _linear,
            scale=True,
            preset="quick",
            search_space=lambda task: (
                {"alpha": loguniform(1e-3, 1e3)}
                if task == "regression"
                else {"C": loguniform(1e-3, 1e3)}
            ),
        ),
        ModelSpec(
            "random_forest",
            "Random forest",
            "Averages 200 decision trees, each grown on a different sample of the rows.",
            _random_forest,
            preset="quick",
            search_space=_forest_space,
        ),
        ModelSpec(
            "hist_gradient_boosting",
            "Gradient boosting",
            "Grows small trees one after another, each correcting the previous ones; handles missing values and "
            "categories itself.",
            _hist_gradient_boosting,
            dense=True,
            handles_missing=True,
            native_categories=True,
            # The defaults are made for more rows: here trees that are smaller and less alike overfit less.
            of_few_rows={"max_leaf_nodes": 15, "max_features": 0.5},
            preset="quick",
            search_space=lambda task: {
                "learning_rate": loguniform(0.01, 0.3),
                "max_leaf_nodes": randint(7, 63),
                "min_samples_leaf": randint(5, 50),
                "l2_regularization": loguniform(1e-6, 10),
            },
        ),
        ModelSpec(
            "extra_trees",
            "Extra trees",
            "Averages 200 trees with random splits: often as good as a random forest, and smoother.",
            _extra_trees,
            search_space=_forest_space,
        ),
        ModelSpec(
            "k_neighbors",
            "Nearest neighbours",
            "Lets the ten most similar rows vote.",
            _k_neighbors,
            scale=True,
            max_rows=50_000,
            search_space=lambda task: {
                "n_neighbors": randint(2, 50),
                "weights": ["uniform", "distance"],
                "p": [1, 2],
            },
        ),
        ModelSpec(
            "svm",
            "Support vector machine",
            "Draws a smooth boundary between the classes; only for tables of moderate size.",
            _svm,
            scale=True,
            max_rows=5_000,
            search_space=lambda task: _inner(
                task,
                {"C": loguniform(1e-2, 1e2), "gamma": loguniform(1e-4, 1)},
                "estimator__",
            ),
        ),
        ModelSpec(
            "neural_network",
            "Neural network",
            "A small network with one hidden layer of 64 units.",
            _neural_network,
            scale=True,
            max_rows=50_000,
            search_space=lambda task: _inner(
                task,
                {
                    "alpha": loguniform(1e-5, 1),
                    "learning_rate_init": loguniform(1e-4, 1e-2),
                    "hidden_layer_sizes": [(32,), (64,), (128,), (64, 32)],
                },
                "",
            ),
        ),
        ModelSpec(
            BASELINE,
            "Baseline",
            "Ignores the columns and always predicts the most common class, or the mean: any model should beat it.",
            _dummy,
            preset="baseline",
        ),
    )
}


def preset_models(preset: str) -> tuple[str, ...]:
    """Return the models of a preset, without the baseline.

    Parameters
    ----------
    preset : {"quick", "thorough"}

    Returns
    -------
    tuple of str
        Keys of `MODELS`.

    Raises
    ------
    ValueError
        There is no such preset.
    """
    presets = {"quick": ("quick",), "thorough": ("quick", "thorough")}
    if preset not in presets:
        raise ValueError(f"There is no preset '{preset}': choose quick or thorough.")
    return tuple(key for key, spec in MODELS.items() if spec.preset in presets[preset])
