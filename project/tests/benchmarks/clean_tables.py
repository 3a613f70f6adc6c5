"""Tables without leaks, groups, drift or copies: real ones of three libraries, and generated ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.data
import sklearn.datasets
import statsmodels.api


@dataclass(frozen=True)
class Table:
    """A table and the column to predict."""

    name: str
    frame: pd.DataFrame
    target: str


def real_tables() -> Iterator[Table]:
    """Yield tables whose rows are independent; those of several targets once for each."""
    sklearn_targets = {
        "iris": ("target", "petal length (cm)", "sepal width (cm)"),
        "wine": ("target", "alcohol", "ash"),
        "breast_cancer": ("target", "mean smoothness", "mean texture"),
        "diabetes": ("target", "bmi", "s6"),
        "digits": ("target",),
    }
    for name, targets in sklearn_targets.items():
        frame = getattr(sklearn.datasets, f"load_{name}")(as_frame=True).frame
        if name != "diabetes":
            frame["target"] = "class " + frame["target"].astype(str)
        yield from (Table(name, frame, target) for target in targets)
    statsmodels_targets = {
        "anes96": ("vote", "PID", "educ"),
        "cancer": ("cancer",),
        "ccard": ("AVGEXP", "OWNRENT"),
        "engel": ("foodexp",),
        "fair": ("affairs", "rate_marriage"),
        "heart": ("survival",),
        "scotland": ("YES",),
        "spector": ("GRADE",),
        "star98": ("LOWINC", "PTRATIO", "PCTAF"),
        "statecrime": ("murder", "violent"),
        "strikes": ("duration",),
    }
    for name, targets in statsmodels_targets.items():
        frame = getattr(statsmodels.api.datasets, name).load_pandas().data
        if name == "fair":
            frame = frame.assign(affairs=np.where(frame["affairs"] > 0, "yes", "no"))
        if name == "star98":
            # Products of other columns give each other away.
            frame = frame.drop(columns=[c for c in frame if "_" in c])
        yield from (Table(name, frame, target) for target in targets)
    plotly_targets = {
        "tips": ("tip", "sex", "smoker", "total_bill"),
        "carshare": ("car_hours",),
        "experiment": ("group", "gender"),
        "wind": ("frequency",),
    }
    for name, targets in plotly_targets.items():
        frame = getattr(plotly.data, name)(return_type="pandas")
        yield from (Table(name, frame, target) for target in targets)


def generated_tables(seed: int) -> Iterator[Table]:
    """Yield one table of each kind."""
    for make in _KINDS:
        for task in ("class", "number"):
            generator = np.random.default_rng([seed, len(make.__name__)])
            frame = make(generator)
            score = frame.pop("score").to_numpy()
            score = score + generator.normal(size=len(score)) * score.std() * 0.6
            frame["y"] = score
            if task == "class":
                frame["y"] = np.where(score > np.median(score), "yes", "no")
            yield Table(f"{make.__name__.strip('_')}, {task}", frame, "y")


def _linear(generator) -> pd.DataFrame:
    X = generator.normal(size=(600, 6))
    return _named(X).assign(score=X @ [1, -1, 0.5, 0.3, 0, 0])


def _curved(generator) -> pd.DataFrame:
    X = generator.random((800, 6))
    score = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    return _named(X).assign(score=score + 10 * X[:, 3])


def _one_strong_column(generator) -> pd.DataFrame:
    X = generator.normal(size=(500, 5))
    return _named(X).assign(score=3 * X[:, 0] + 0.3 * X[:, 1])


def _skewed_amounts(generator) -> pd.DataFrame:
    X = generator.lognormal(size=(900, 4)).round(2)
    many_zeros = np.where(generator.random(900) < 0.6, 0, X[:, 0])
    return _named(X).assign(paid=many_zeros, score=np.log(X[:, 1]) + many_zeros / 3)


def _correlated_columns(generator) -> pd.DataFrame:
    common = generator.normal(size=(700, 1))
    X = common + 0.3 * generator.normal(size=(700, 8))
    return _named(X).assign(score=common[:, 0])


def _categories(generator) -> pd.DataFrame:
    n = 1_000
    sex, colour = generator.integers(0, 2, n), generator.integers(0, 5, n)
    age = generator.integers(18, 80, n)
    return pd.DataFrame(
        {
            "sex": np.array(["f", "m"])[sex],
            "colour": np.array(["red", "green", "blue", "black", "white"])[colour],
            "age": age,
            "score": sex + 0.3 * colour + (age - 50) / 30,
        }
    )


def _cities(generator) -> pd.DataFrame:
    """A few dozen cities with an effect of their own, and many rows each."""
    n = 3_000
    city, size = generator.integers(0, 30, n), generator.normal(size=n)
    effect = generator.normal(size=30)
    names = np.array([f"city {i}" for i in range(30)])[city]
    return pd.DataFrame({"city": names, "size": size, "score": effect[city] + size})


def _towns(generator) -> pd.DataFrame:
    """More towns, with an effect of their own and some fifteen rows each."""
    n = 2_400
    town, size = generator.integers(0, 160, n), generator.normal(size=n)
    effect = generator.normal(size=160)
    names = np.array([f"town {i}" for i in range(160)])[town]
    items = generator.integers(1, 6, n)
    score = 0.7 * effect[town] + size + 0.2 * items
    return pd.DataFrame({"town": names, "size": size, "items": items, "score": score})


def _shops(generator) -> pd.DataFrame:
    """Shops that say nothing of the target, and whose rows have nothing in common."""
    X = generator.normal(size=(1_200, 4))
    shop = generator.integers(0, 150, 1_200) + 3_000
    return _named(X).assign(shop=shop, score=X[:, 0] + X[:, 1])


def _whole_numbers(generator) -> pd.DataFrame:
    X = generator.poisson(4, (1_000, 5))
    return _named(X).assign(score=X[:, 0] - X[:, 1] + 0.5 * X[:, 2])


def _years(generator) -> pd.DataFrame:
    """Years in random order, that change nothing but one column."""
    year = generator.integers(2_005, 2_025, 1_000)
    X = generator.normal(size=(1_000, 4))
    return _named(X).assign(year=year, score=X[:, 0] + X[:, 1])


def _dates(generator) -> pd.DataFrame:
    """Rows in the order of their dates, on which nothing depends, with seasons in one column."""
    days = np.sort(generator.integers(0, 1_000, 1_200))
    date = pd.Timestamp("2021-01-01") + pd.to_timedelta(days, "D")
    warmth = np.sin(days / 365 * 2 * np.pi) + 0.5 * generator.normal(size=1_200)
    X = generator.normal(size=(1_200, 3))
    return _named(X).assign(date=date, warmth=warmth, score=X[:, 0] + warmth)


def _gaps(generator) -> pd.DataFrame:
    """Missing values, more often where the target is high."""
    X = generator.normal(size=(800, 5))
    score = X[:, 0] + X[:, 1]
    missing = generator.random((800, 5)) < 0.3 / (1 + np.exp(-score))[:, None]
    return _named(np.where(missing, np.nan, X)).assign(score=score)


def _few_rows(generator) -> pd.DataFrame:
    X = generator.normal(size=(80, 5))
    return _named(X).assign(score=X[:, 0] - X[:, 1])


def _few_values(generator) -> pd.DataFrame:
    X = generator.integers(0, 3, (1_500, 4))
    return _named(X).assign(score=X[:, 0] + X[:, 1] * X[:, 2])


def _named(X: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


_KINDS = (
    _linear,
    _curved,
    _one_strong_column,
    _skewed_amounts,
    _correlated_columns,
    _categories,
    _cities,
    _towns,
    _shops,
    _whole_numbers,
    _years,
    _dates,
    _gaps,
    _few_rows,
    _few_values,
)
