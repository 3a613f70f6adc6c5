"""A straight line through noisy points: how R² falls as the noise grows."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from ..wording import number

N_POINTS = 1500
MAX_STD = 40
MAX_SEED = 2**32 - 1


def create_data_points(std: float, seed: int = 0) -> np.ndarray:
    """Return points around the line y = 2x whose distance from it grows with x: y = x(1 + N(1, std / 10)).

    Parameters
    ----------
    std : float
        The noise, from 0 to 40.
    seed : int
        The same (std, seed) gives the same points.

    Returns
    -------
    ndarray of shape (2, 1500)
        x, which is 0, 1, 2 and so on, and y.

    Raises
    ------
    ValueError
        `std` or `seed` cannot be used.
    """
    _check(std, seed)
    x = np.arange(N_POINTS, dtype=float)
    noise = np.random.default_rng(int(seed)).normal(1, std / 10, N_POINTS)
    return np.stack([x, x * (1 + noise)])


def create_lr_preds(data: np.ndarray) -> tuple[float, np.ndarray]:
    """Fit a line to points by least squares.

    Parameters
    ----------
    data : ndarray of shape (2, n_points)
        x and y.

    Returns
    -------
    r_squared : float
        The share of the variance of y that the line explains.
    predictions : ndarray of shape (n_points,)
        The line's y at each x.

    References
    ----------
    https://scikit-learn.org/stable/modules/linear_model.html#ordinary-least-squares
    """
    X, y = data[0].reshape(-1, 1), data[1]
    model = LinearRegression().fit(X, y)
    return float(model.score(X, y)), model.predict(X)


def points_table(std: float, seed: int = 0) -> pd.DataFrame:
    """Return the points and the line through them.

    Parameters
    ----------
    std : float
    seed : int

    Returns
    -------
    DataFrame of shape (1500, 3)
        The columns x, y and line.

    Raises
    ------
    ValueError
        `std` or `seed` cannot be used.
    """
    data = create_data_points(std, seed)
    return pd.DataFrame({"x": data[0], "y": data[1], "line": create_lr_preds(data)[1]})


def _check(std: Any, seed: Any) -> None:
    if not isinstance(std, Real) or isinstance(std, bool) or not 0 <= std <= MAX_STD:
        raise ValueError(
            f"The noise is {_shown(std)}, but must be a number from 0 to {MAX_STD}. Move the slider."
        )
    whole = isinstance(seed, Integral) or (isinstance(seed, float) and seed % 1 == 0)
    if not whole or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
        raise ValueError(
            f"The seed is {_shown(seed)}, but must be a whole number from 0 to {number(MAX_SEED)}."
        )


def _shown(value: Any) -> str:
    text = "missing" if value is None else repr(value)
    return text if len(text) <= 30 else f"{text[:29]}…"
