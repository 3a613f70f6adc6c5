"""How much of each measurement's variance lies between groups: which measurements separate the groups."""

from __future__ import annotations

import numpy as np
import pandas as pd


def explained_shares(table: pd.DataFrame, group: str) -> pd.Series:
    """Return, for each column of numbers, the share of its variance that the groups explain.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    group : str
        The column that names each row's group.

    Returns
    -------
    Series of shape (n_measurements,)
        From 0, all groups have the same mean, to 1, all rows of a group are the same; descending. A column without
        variance has 0. Rows without a value or a group do not count.

    Raises
    ------
    ValueError
        There is no such column, or no numeric column besides it.

    References
    ----------
    Fisher, Statistical Methods for Research Workers, 1925: the correlation ratio, eta squared.
    """
    if group not in table:
        raise ValueError(f"There is no column '{group}'. Name a column of the table.")
    measured = table.drop(columns=group).select_dtypes("number")
    if measured.shape[1] == 0:
        raise ValueError(f"There is no numeric column besides '{group}'.")
    shares = {name: _share(measured[name], table[group]) for name in measured}
    return pd.Series(shares, name="share").sort_values(ascending=False, kind="stable")


def group_summary(table: pd.DataFrame, measurement: str, group: str) -> pd.DataFrame:
    """Return how one measurement is distributed in each group.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    measurement : str
    group : str

    Returns
    -------
    DataFrame of shape (n_groups, 5)
        The columns rows, mean, std (standard deviation), min and max; indexed by group.

    Raises
    ------
    ValueError
        There is no such measurement.
    """
    if measurement not in list(table.select_dtypes("number")):
        raise ValueError(f"There is no measurement '{str(measurement)[:60]}'.")
    values = table.groupby(group)[measurement]
    summary = values.agg(["count", "mean", "std", "min", "max"])
    return summary.rename(columns={"count": "rows"})


def _share(values: pd.Series, groups: pd.Series) -> float:
    known = values.notna() & groups.notna()
    values = values[known].astype("float64")
    if len(values) == 0 or np.ptp(values) == 0:
        return 0.0
    # Squares of numbers from 0 to 1 neither overflow nor vanish.
    values = (values - values.min()) / np.ptp(values)
    means = values.groupby(groups[known]).transform("mean")
    between = np.sum((means - values.mean()) ** 2)
    return float(between / np.sum((values - values.mean()) ** 2))
