"""A challenger beside the present model: both judged on the same new rows, which neither has learned from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...wording import plural, quoted
from ..tables.columns import facts_of, label_of
from .intervals import MIN_ROWS, Interval, score_interval
from .paired import Difference, paired_difference
from .scoring import score

_ALSO = {
    "binary": ("accuracy", "balanced_accuracy"),
    "multiclass": ("accuracy", "balanced_accuracy"),
    "regression": ("mae", "r2"),
}


@dataclass(frozen=True)
class Score:
    """A score, with the ends of its 95 % interval; NaN where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class Compared:
    """One metric of both models.

    Attributes
    ----------
    metric : str
    challenger, champion : Score
    difference : Difference
        Positive where the challenger is better.
    """

    metric: str
    challenger: Score
    champion: Score
    difference: Difference


@dataclass(frozen=True)
class Challenge:
    """How a challenger does beside the present model.

    Attributes
    ----------
    n_rows : int
        That both were judged on.
    n_held_out : int
        That the challenger held out.
    n_seen : int
        Of those, rows that the present model had learned from; they are left out.
    n_copies : int
        Further rows that equal one which the challenger has learned from; they are left out.
    n_refused : int
        Further rows that the present model cannot score; they are left out.
    seen_is_known : bool
        Whether it is known which rows the present model has learned from.
    scores : tuple of Compared
        By the metric that decides first.
    """

    n_rows: int
    n_held_out: int
    n_seen: int
    n_copies: int
    n_refused: int
    seen_is_known: bool
    scores: tuple[Compared, ...]

    @property
    def decides(self) -> Compared:
        """The comparison by the metric of the training."""
        return self.scores[0]

    @property
    def verdict(self) -> str:
        """One of 'better', 'worse' and 'luck'; 'unknown' where no interval says how sure that is."""
        difference = self.decides.difference
        if difference.identical:
            return "luck"
        if difference.reason or not np.isfinite(difference.half_width):
            return "unknown"
        if difference.may_be_luck:
            return "luck"
        return "better" if difference.lead > 0 else "worse"


def compare(
    task: str,
    metric: str,
    y: np.ndarray,
    challenger: np.ndarray,
    champion: np.ndarray,
    left_out: tuple[int, int, int] = (0, 0, 0),
    seen_is_known: bool = True,
) -> Challenge:
    """Judge two models on the same rows.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}
    metric : str
        A key of ``scoring.METRICS``: the one that decides.
    y : ndarray of shape (n_rows,)
        Class codes or numbers.
    challenger, champion : ndarray of shape (n_rows, n_classes) or (n_rows,)
        What either predicts; the classes in the same order.
    left_out : tuple of (int, int, int)
        How many rows the present model had learned from, how many further ones the challenger, and how many of the rest
        the present model cannot score.
    seen_is_known : bool

    Returns
    -------
    Challenge

    Raises
    ------
    ValueError
        There are too few rows.
    """
    if len(y) < MIN_ROWS:
        raise ValueError(_too_few(len(y), *left_out))
    scores = []
    for key in dict.fromkeys((metric, *_ALSO[task])):
        scores.append(
            Compared(
                key,
                _scored(key, y, challenger),
                _scored(key, y, champion),
                paired_difference(key, y, challenger, champion),
            )
        )
    n_held_out = len(y) + sum(left_out)
    return Challenge(len(y), n_held_out, *left_out, seen_is_known, tuple(scores))


def in_order(
    output: np.ndarray, classes: Sequence[str], wanted: Sequence[str]
) -> np.ndarray:
    """Return the output of a model with its classes in another order.

    Parameters
    ----------
    output : ndarray of shape (n_rows, n_classes) or (n_rows,)
    classes, wanted : sequence of str
        Empty for numbers.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        The two know different classes; the sentence names them.
    """
    known, new = set(classes), set(wanted)
    if known != new:
        said = []
        if new - known:
            said.append(
                f"the present model does not know {quoted(sorted(new - known))}"
            )
        if known - new:
            said.append(f"the new table has too few of {quoted(sorted(known - new))}")
        raise ValueError(f"The two predict different classes: {', and '.join(said)}.")
    if not classes:
        return output
    return output[:, [list(classes).index(name) for name in wanted]]


def row_hashes(X: pd.DataFrame, target: pd.Series) -> np.ndarray:
    """Return a number for each row that is the same for equal rows, whichever file they were read from.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_features)
        Typed by the schema of the model.
    target : Series of shape (n_rows,)

    Returns
    -------
    ndarray of uint64, of shape (n_rows,)
    """
    columns = {
        name: _plain(values) for name, values in (*X.items(), ("\0target", target))
    }
    frame = pd.DataFrame(
        {name: values.reset_index(drop=True) for name, values in columns.items()}
    )
    # So that two rows with the same cells in other columns are two.
    key = hashlib.sha256(repr(list(columns)).encode()).hexdigest()[:16]
    return pd.util.hash_pandas_object(frame, index=False, hash_key=key).to_numpy()


def table_of(hashes: np.ndarray) -> pd.DataFrame:
    """Return the numbers of rows as a table, each number once.

    Parameters
    ----------
    hashes : ndarray of uint64, of shape (n_rows,)

    Returns
    -------
    DataFrame of shape (n_distinct, 1)
    """
    return pd.DataFrame({"row": np.unique(hashes)})


def _plain(values: pd.Series) -> pd.Series:
    facts = facts_of(values)
    if facts.is_numeric:
        return values.astype("float64") + 0.0  # no minus zero
    if values.dtype.kind == "M":
        return values.astype("datetime64[us]").astype("int64")
    gone = values.isna()
    return pd.Series(
        ["" if empty else label_of(value) for value, empty in zip(values, gone)],
        dtype=object,
    )


def _scored(metric: str, y: np.ndarray, output: np.ndarray) -> Score:
    interval: Interval = score_interval(metric, y, output)
    return Score(score(metric, y, output), interval.low, interval.high)


def _too_few(n_rows: int, n_seen: int, n_copies: int, n_refused: int) -> str:
    why = [f"Only {plural(n_rows, 'row')} can judge the two; it takes {MIN_ROWS}."]
    if n_seen:
        why.append(
            f"{plural(n_seen, 'row')} of the holdout had been learned from by the present model: give a table with "
            "more new rows."
        )
    if n_copies:
        why.append(
            f"{plural(n_copies, 'row')} of the holdout had been learned from by the challenger: leave repeated rows "
            "out of the table."
        )
    if n_refused:
        why.append(f"{plural(n_refused, 'row')} cannot be scored by the present model.")
    return " ".join(why)
