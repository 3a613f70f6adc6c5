"""Generated tables with what real ones have: numbers, gaps, categories, a date, and a target with noise."""

from __future__ import annotations

import numpy as np
import pandas as pd

N_COLUMNS = 20
TARGET = "target"
_N_NUMBERS = 13


def generated_table(n_rows: int, task: str, random_state: int = 0) -> pd.DataFrame:
    """Make a table of 20 columns whose last one can be predicted, though not perfectly.

    Parameters
    ----------
    n_rows : int
    task : {"binary", "multiclass", "regression"}
        A multi-class target has 10 classes.
    random_state : int

    Returns
    -------
    DataFrame of shape (n_rows, 20)
    """
    random = np.random.default_rng(random_state)
    numbers = random.normal(size=(n_rows, _N_NUMBERS)).round(5)
    region = random.integers(0, 6, n_rows)
    signal = (
        numbers[:, 0]
        + numbers[:, 1] * numbers[:, 2]
        + np.abs(numbers[:, 3])
        + 0.5 * region
        + random.normal(size=n_rows)
    )
    columns = {f"measure {i + 1}": numbers[:, i] for i in range(_N_NUMBERS)}
    columns["measure 5"] = np.where(random.random(n_rows) < 0.1, np.nan, numbers[:, 4])
    columns["visits"] = random.poisson(5, n_rows)
    columns["region"] = _named("region", region)
    columns["product"] = _named("product", random.integers(0, 12, n_rows))
    columns["town"] = _named("town", random.integers(0, 200, n_rows))
    columns["member"] = np.where(random.random(n_rows) < 0.3, "yes", "no")
    days = random.integers(0, 1000, n_rows).astype("timedelta64[D]")
    columns["since"] = np.datetime64("2023-01-01") + days
    columns[TARGET] = _target(signal, task)
    return pd.DataFrame(columns)


def _named(kind: str, codes: np.ndarray) -> np.ndarray:
    return np.char.add(f"{kind} ", codes.astype(str)).astype(object)


def _target(signal: np.ndarray, task: str) -> np.ndarray:
    if task == "regression":
        return (100 + 20 * signal).round(4)
    n_classes = 2 if task == "binary" else 10
    inner = np.linspace(0, 1, n_classes + 1)[1:-1]
    return _named("class", np.digitize(signal, np.quantile(signal, inner)))
