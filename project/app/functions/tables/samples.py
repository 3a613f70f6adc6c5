"""The tables that come with the product: five from scikit-learn and a generated one, with names for people.

Listing `SAMPLES` costs nothing: pandas and scikit-learn load when the first table does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_SAMPLE = "breast-cancer"

_DIABETES_NAMES = {
    "bmi": "body mass index",
    "bp": "blood pressure",
    "s1": "total cholesterol",
    "s2": "LDL",
    "s3": "HDL",
    "s4": "cholesterol ratio",
    "s5": "log triglycerides",
    "s6": "blood sugar",
    "target": "progression",
}


@dataclass(frozen=True)
class Sample:
    """A table to try things with."""

    key: str
    name: str
    description: str
    target: str
    """The column that is meant to be predicted."""
    rows: int
    """How many it has."""
    load: Callable[[], pd.DataFrame]
    """Gives the same table each time."""


def load_breast_cancer() -> pd.DataFrame:
    """Return measurements of cell nuclei and the diagnosis.

    Returns
    -------
    DataFrame of shape (569, 31)

    References
    ----------
    https://scikit-learn.org/stable/datasets/toy_dataset.html#breast-cancer-wisconsin-diagnostic-dataset
    """
    bunch = _scikit_learn("load_breast_cancer")
    return _with_class_names(bunch, "diagnosis", bunch.target_names)


def load_wine() -> pd.DataFrame:
    """Return chemical measurements of wines and the cultivar they were made from.

    Returns
    -------
    DataFrame of shape (178, 14)

    References
    ----------
    https://scikit-learn.org/stable/datasets/toy_dataset.html#wine-recognition-dataset
    """
    bunch = _scikit_learn("load_wine")
    table = _with_class_names(bunch, "cultivar", ["first", "second", "third"])
    return table.rename(
        columns={
            "od280/od315_of_diluted_wines": "OD280/OD315 of diluted wines",
            **{name: name.replace("_", " ") for name in bunch.feature_names[:-2]},
        }
    )


def load_iris() -> pd.DataFrame:
    """Return lengths and widths of iris flowers and their species.

    Returns
    -------
    DataFrame of shape (150, 5)

    References
    ----------
    https://scikit-learn.org/stable/datasets/toy_dataset.html#iris-plants-dataset
    """
    bunch = _scikit_learn("load_iris")
    return _with_class_names(bunch, "species", bunch.target_names)


def load_diabetes() -> pd.DataFrame:
    """Return measurements of patients and how far their diabetes progressed in a year.

    Returns
    -------
    DataFrame of shape (442, 11)

    References
    ----------
    https://scikit-learn.org/stable/datasets/toy_dataset.html#diabetes-dataset
    """
    table = _scikit_learn("load_diabetes", scaled=False).frame
    # The source does not say which of the two codes stands for which sex.
    sex = table["sex"].map({1.0: "code 1", 2.0: "code 2"}).astype("str")
    return table.assign(age=table["age"].astype("int64"), sex=sex).rename(
        columns=_DIABETES_NAMES
    )


def load_digits() -> pd.DataFrame:
    """Return 8 x 8 images of handwritten digits, a column for each pixel, and the digit.

    Returns
    -------
    DataFrame of shape (1797, 65)

    References
    ----------
    https://scikit-learn.org/stable/datasets/toy_dataset.html#optical-recognition-of-handwritten-digits-dataset
    """
    bunch = _scikit_learn("load_digits")
    pixels = bunch.data.astype("int64")
    pixels.columns = [
        f"row {row} column {column}" for row in range(1, 9) for column in range(1, 9)
    ]
    return pixels.assign(digit=bunch.target.astype("str"))


def load_orders() -> pd.DataFrame:
    """Return the orders of an invented shop; see `orders.make_orders`.

    Returns
    -------
    DataFrame of shape (2000, 16)
    """
    return import_module("app.functions.tables.orders").make_orders()


def _scikit_learn(name: str, **options):
    # Imported on first use, under Python's own lock. A lazily loaded module object shows a second
    # thread that comes early the half of scikit-learn that is there already.
    return getattr(import_module("sklearn.datasets"), name)(as_frame=True, **options)


def _with_class_names(bunch, target: str, class_names) -> pd.DataFrame:
    names = bunch.target.map(dict(enumerate(class_names))).astype("str")
    return bunch.data.assign(**{target: names})


SAMPLES: dict[str, Sample] = {
    sample.key: sample
    for sample in (
        Sample(
            key="breast-cancer",
            name="Breast cancer",
            description="Is a tumour malignant? 569 biopsies with 30 measurements of their cell nuclei.",
            target="diagnosis",
            rows=569,
            load=load_breast_cancer,
        ),
        Sample(
            key="wine",
            name="Wine",
            description="Which of three cultivars is a wine made from? 178 wines with 13 chemical measurements.",
            target="cultivar",
            rows=178,
            load=load_wine,
        ),
        Sample(
            key="iris",
            name="Iris",
            description="Which of three species is a flower? 150 flowers with 4 lengths and widths.",
            target="species",
            rows=150,
            load=load_iris,
        ),
        Sample(
            key="diabetes",
            name="Diabetes",
            description="How far does diabetes progress in a year? 442 patients with 10 measurements.",
            target="progression",
            rows=442,
            load=load_diabetes,
        ),
        Sample(
            key="digits",
            name="Digits",
            description="Which digit was written? 1,797 images of 8 × 8 pixels.",
            target="digit",
            rows=1797,
            load=load_digits,
        ),
        Sample(
            key="orders",
            name="Orders",
            description=(
                "Will an order be returned? 2,000 invented orders with all that real tables have: dates, towns, "
                "comments, missing values, repeated rows and a column that gives the answer away."
            ),
            target="returned",
            rows=2000,
            load=load_orders,
        ),
    )
}
