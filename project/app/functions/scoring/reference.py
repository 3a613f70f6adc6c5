"""What later tables are compared with: how often the training table had which values, in bins and without rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from ...wording import number, shortened
from ..evaluation.scoring import predicted_classes
from ..tables.columns import Facts, as_plain, facts_of, iso_date, label_of

# So many bins that the largest distance of two distributions is hardly ever between their edges.
_MOST_BINS, _LEAST_BINS, _BINS_OF_ALL_COLUMNS = 60, 12, 1_500
_MOST_LEVELS, _LEAST_LEVELS, _LEVELS_OF_ALL_COLUMNS = 200, 30, 2_000
_LONGEST_LEVEL = 100
# The population stability index is known by tenths: Siddiqi (2006) judges it so.
N_GROUPS = 10
# A number with so few values is compared as a category is.
_FEW_VALUES = 10
_OTHER = "other values"
# Not one that somebody draws a table with: its rows would be chosen by their values.
_SEED = 7_305_011_948


@dataclass(frozen=True)
class BinnedColumn:
    """How often one column of the training table had which values.

    Attributes
    ----------
    name, role : str
    kind : {"number", "date", "category", "text"}
        A text is counted by its length in characters, a date in seconds since 1970.
    counts : tuple of int
        Rows in each bin; those without a value are in none. Of a category with values that may not all be known, of
        half of the rows.
    missing : int
        Rows without a value.
    edges : tuple of float
        Bin i holds what is above edge i − 1 and at most edge i, so there is one bin more than edges. The first bin
        and the last one hold what lies outside of the training table. Empty for a category.
    exact : bool
        Every bin between holds a single value.
    levels : tuple of str
        Of a category, the most frequent first; the last bin holds all others.
    once : int
        Of a category, how many values occur in a single row.
    """

    name: str
    role: str
    kind: str
    counts: tuple[int, ...]
    missing: int = 0
    edges: tuple[float, ...] = ()
    exact: bool = False
    levels: tuple[str, ...] = ()
    once: int = 0

    @property
    def present(self) -> int:
        """The rows with a value."""
        return sum(self.counts)

    @property
    def is_nominal(self) -> bool:
        """Whether its bins are compared one by one, not in their order."""
        few = self.exact and len(self.edges) <= _FEW_VALUES + 1
        return self.kind == "category" or (self.kind != "date" and few)

    @cached_property
    def groups(self) -> np.ndarray:
        """For each bin the group that it belongs to: tenths of the training table, and what lies outside of it."""
        if self.kind == "category":
            places = np.arange(len(self.counts))
            places[N_GROUPS:-1] = N_GROUPS
            return np.unique(places, return_inverse=True)[1]
        inner = np.array(self.counts[1:-1], dtype=np.float64)
        middle = (np.cumsum(inner) - inner / 2) / max(1.0, inner.sum())
        if len(inner) > N_GROUPS:
            inside = np.minimum((middle * N_GROUPS).astype(int), N_GROUPS - 1)
        else:
            inside = np.arange(len(inner))
        codes = np.concatenate([[-1], inside, [N_GROUPS]])
        return np.unique(codes, return_inverse=True)[1]

    def grouped(self, counts: np.ndarray) -> np.ndarray:
        """Add up the counts of the bins of each group.

        Parameters
        ----------
        counts : ndarray of shape (n_bins,)

        Returns
        -------
        ndarray of shape (n_groups,)
        """
        return np.bincount(self.groups, weights=counts)

    def grouped_training(self) -> tuple[int, ...]:
        """Return the training table's rows in each group, and those without a value last."""
        counts = self.grouped(np.asarray(self.counts))
        return (*(int(n) for n in counts), self.missing)

    def group_labels(self) -> tuple[str, ...]:
        """Return what each group holds, in a few words."""
        if self.kind == "category":
            return self._level_groups()
        ends = [self.written(edge) for edge in self.edges]
        labels = [f"below {self.written(self.edges[0], above=True)}"]
        last = {int(group): i for i, group in enumerate(self.groups)}
        before = None
        for group in range(1, len(last) - 1):
            end = ends[last[group]]
            one = before is not None and self.exact and self._holds_one(group)
            first = self.exact and before is None and self._holds_one(group)
            labels.append(end if one or first else f"to {end}")
            before = end
        return (*labels, f"above {ends[-1]}")

    def _holds_one(self, group: int) -> bool:
        return int((self.groups == group).sum()) == 1

    def _level_groups(self) -> tuple[str, ...]:
        named = [shortened(level) for level in self.levels[:N_GROUPS]]
        rest = len(self.levels) - N_GROUPS
        more = [f"{number(rest)} more"] if rest > 0 else []
        return (*named, *more, _OTHER)

    def written(self, edge: float, above: bool = False) -> str:
        """Write an edge, or the smallest number above it, as the column's values are written."""
        if above:  # the smallest value stands just above the first edge
            edge = float(np.nextafter(edge, np.inf))
        if self.kind == "date":
            moment = np.datetime64(0, "s") + np.timedelta64(int(np.ceil(edge)), "s")
            return iso_date(moment)
        return number(edge, 4)

    def count(self, column: pd.Series) -> tuple[np.ndarray, int]:
        """Count the values of another table's column in the same bins.

        Parameters
        ----------
        column : Series of shape (n_rows,)
            Typed as the training table was.

        Returns
        -------
        counts : ndarray of shape (n_bins,)
        missing : int
        """
        if self.kind == "category":
            return self._count_levels(column)
        values = _as_numbers(column, self.kind)
        values = values[~np.isnan(values)]
        places = np.searchsorted(self.edges, values, side="left")
        return np.bincount(places, minlength=len(self.counts)), len(column) - len(
            values
        )

    def _count_levels(self, column: pd.Series) -> tuple[np.ndarray, int]:
        codes, levels = pd.factorize(as_plain(column))
        present = codes[codes >= 0]
        counts = np.zeros(len(self.counts), dtype=np.int64)
        for label, n in zip(
            map(_level, levels), np.bincount(present, minlength=len(levels))
        ):
            counts[self._places.get(label, -1)] += n
        return counts, len(codes) - len(present)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {level: i for i, level in enumerate(self.levels)}


@dataclass(frozen=True)
class Reference:
    """The training table as later ones are compared with it.

    Attributes
    ----------
    rows : int
    columns : tuple of BinnedColumn
        Those that the models take.
    predictions : mapping of str to BinnedColumn
        By model, what it predicts for the holdout: the probability of the positive class, the class or the number.
    classes : tuple of str
        By class code; empty for a regression.
    """

    rows: int
    columns: tuple[BinnedColumn, ...]
    predictions: Mapping[str, BinnedColumn] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    def column(self, name: str) -> BinnedColumn | None:
        """Return what is known of one column; None if there is no such column."""
        return next((each for each in self.columns if each.name == name), None)


def reference_of(
    X: pd.DataFrame,
    roles: Mapping[str, str],
    outputs: Mapping[str, np.ndarray] | None = None,
    classes: tuple[str, ...] = (),
) -> Reference:
    """Count a training table in bins of its own.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_features)
        The columns that the models take, of all rows that the training uses.
    roles : mapping of str to str
        Role by name of column.
    outputs : mapping of str to ndarray of shape (n_test, n_classes) or (n_test,), optional
        By model, what it predicts for the holdout.
    classes : tuple of str
        By class code; empty for a regression.

    Returns
    -------
    Reference
        Its size grows with the columns, not with the rows.
    """
    n_columns = max(1, X.shape[1])
    n_bins = np.clip(_BINS_OF_ALL_COLUMNS // n_columns, _LEAST_BINS, _MOST_BINS)
    n_levels = _LEVELS_OF_ALL_COLUMNS // n_columns
    n_levels = np.clip(n_levels, _LEAST_LEVELS, _MOST_LEVELS)
    columns = tuple(
        bin_column(X[name], roles[name], int(n_bins), int(n_levels)) for name in X
    )
    predictions = {
        model: bin_column(prediction_column(output, classes), "prediction", _MOST_BINS)
        for model, output in (outputs or {}).items()
    }
    return Reference(len(X), columns, predictions, classes)


def bin_column(
    column: pd.Series,
    role: str,
    n_bins: int = _MOST_BINS,
    n_levels: int = _MOST_LEVELS,
) -> BinnedColumn:
    """Count one column of the training table.

    Parameters
    ----------
    column : Series of shape (n_rows,)
    role : str
    n_bins : int
        At most so many, besides the two outer ones.
    n_levels : int
        Of a category, at most so many values are counted one by one.

    Returns
    -------
    BinnedColumn
    """
    kind = _kind(column, role)
    if kind == "category":
        return _bin_levels(column, role, n_levels)
    values = _as_numbers(column, kind)
    present = np.sort(values[~np.isnan(values)])
    inner, exact = _inner_edges(present, n_bins)
    edges = (
        np.concatenate([[np.nextafter(inner[0], -np.inf)], inner])
        if len(inner)
        else inner
    )
    counts = np.bincount(np.searchsorted(edges, present), minlength=len(edges) + 1)
    return BinnedColumn(
        str(column.name),
        role,
        kind,
        tuple(counts.tolist()),
        len(values) - len(present),
        tuple(edges.tolist()),
        exact,
    )


def prediction_column(output: np.ndarray, classes: tuple[str, ...]) -> pd.Series:
    """Return what is watched of a model's predictions.

    Parameters
    ----------
    output : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Class probabilities or predicted numbers.
    classes : tuple of str
        By class code; empty for a regression.

    Returns
    -------
    Series of shape (n_rows,)
        Of two classes the probability of the positive one, of several the predicted class, else the number.
    """
    if len(classes) == 2:
        return pd.Series(output[:, 1], name=f"Probability of '{shortened(classes[1])}'")
    if classes:
        labels = np.asarray(classes, dtype=object)[predicted_classes(output)]
        return pd.Series(labels, name="Predicted class", dtype="str")
    return pd.Series(np.ravel(output), name="Prediction")


def _kind(column: pd.Series, role: str) -> str:
    plain = as_plain(column)
    is_text = isinstance(plain.dtype, pd.StringDtype)
    if role in ("category", "ordered", "boolean") or plain.dtype.kind == "b":
        return "category"
    if plain.dtype.kind == "M":
        return "date"
    if is_text:
        return "text" if role in ("text", "identifier") else "category"
    return "number"


def _as_numbers(column: pd.Series, kind: str) -> np.ndarray:
    plain = as_plain(column)
    if kind == "text":
        return plain.str.len().to_numpy(dtype=np.float64, na_value=np.nan)
    if kind == "date":
        moments = plain.astype("datetime64[us]").to_numpy()
        seconds = moments.astype(np.int64) / 1e6
        return np.where(np.isnat(moments), np.nan, seconds)
    return plain.to_numpy(dtype=np.float64, na_value=np.nan)


def _inner_edges(present: np.ndarray, n_bins: int) -> tuple[np.ndarray, bool]:
    """Return the upper edges of the inner bins, the largest value last, and whether each bin holds one value."""
    begins = np.flatnonzero(np.diff(present, prepend=-np.inf))
    if len(begins) <= n_bins:
        return present[begins], True
    places = np.ceil(np.arange(1, n_bins) / (n_bins - 1) * len(present)).astype(int)
    # The smallest value is an edge too: the first bin holds what is below all of the training table.
    return np.unique(present[np.append(0, places - 1)]), False


def _bin_levels(column: pd.Series, role: str, n_levels: int) -> BinnedColumn:
    """Count the values of a category.

    Values that happen to be frequent in some rows are less so in others, and there are some that no row had. So where
    not all values are known, half of the rows choose those that are counted, and the other half counts them: else the
    choice alone would be taken for a change.
    """
    facts = facts_of(column)
    once = int((facts.counts == 1).sum())
    chooses = counts = facts.counts
    rows, missing = facts.present, facts.missing
    if once or facts.distinct > n_levels:
        order = np.random.default_rng(_SEED).permutation(facts.rows)
        half = order < facts.rows // 2
        chooses, counts = (_counts(facts, part) for part in (half, ~half))
        rows = int(counts.sum())
        missing = int((~half).sum()) - rows
    frequent = [
        i
        for i in np.argsort(-chooses, kind="stable")[:n_levels]
        if chooses[i] and len(label_of(facts.levels[i])) <= _LONGEST_LEVEL
    ]
    known = [int(counts[i]) for i in frequent]
    return BinnedColumn(
        facts.name,
        role,
        "category",
        (*known, rows - sum(known)),
        missing,
        levels=tuple(_level(facts.levels[i]) for i in frequent),
        once=once,
    )


def _counts(facts: Facts, rows: np.ndarray) -> np.ndarray:
    codes = facts.codes[rows]
    return np.bincount(codes[codes >= 0], minlength=facts.distinct)


def _level(value: object) -> str:
    """Write a level; what is true or false is written so whether it was read as text or not."""
    label = label_of(value)
    return label.lower() if label.lower() in ("true", "false") else label
