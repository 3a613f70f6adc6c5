"""How strongly columns go together: one number from 0 to 1 for each pair, and whether it can be chance.

The measure follows from the roles: Spearman's rank correlation of two numbers, the correlation ratio of the ranks of a
number between categories, Cramér's V of two categories. The last two are corrected for what chance alone would give.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

# More rows hardly change what is said.
MAX_ROWS = 5_000
# With fewer rows that have both values nothing is said.
MIN_ROWS = 20
MAX_LEVELS = 60
NUMBERS = ("number", "date")
CATEGORIES = ("category", "ordered", "boolean")
# Holm's bound on the chance that any relation which is said is none.
ALPHA = 0.01
# Of pairs that are compared with each other; more would take too long.
MAX_PAIRED = 300
MAX_PAIRED_CATEGORIES = 30
# Categories are joined until each cell of the contingency table expects so many rows: the rule of Cochran (1954) for
# p-values of 5 %, and doubled for the small ones that count here.
_FEWEST_EXPECTED = 10


@dataclass(frozen=True)
class Relation:
    """How strongly two columns go together.

    Attributes
    ----------
    left, right : str
    measure : {"spearman", "correlation ratio", "cramer"}
    strength : float
        From 0 to 1.
    sign : int
        1 or -1 of two numbers, else 0.
    p_value : float
        Of the hypothesis that they have nothing to do with each other.
    rows : int
        That have both values.
    """

    left: str
    right: str
    measure: str
    strength: float
    sign: int
    p_value: float
    rows: int


def drawn_rows(n_rows: int, random_state: int = 0) -> np.ndarray:
    """Return the positions of at most 5,000 rows, drawn at random, in their order.

    Parameters
    ----------
    n_rows : int
    random_state : int

    Returns
    -------
    ndarray of shape (min(n_rows, 5000),)
    """
    if n_rows <= MAX_ROWS:
        return np.arange(n_rows)
    drawn = np.random.default_rng(random_state).choice(n_rows, MAX_ROWS, replace=False)
    return np.sort(drawn)


def thinned(frame: pd.DataFrame, random_state: int = 0) -> pd.DataFrame:
    """Return at most 5,000 rows, drawn at random, in their order.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    random_state : int

    Returns
    -------
    DataFrame
    """
    if len(frame) <= MAX_ROWS:
        return frame
    return frame.iloc[drawn_rows(len(frame), random_state)]


def target_relations(
    frame: pd.DataFrame, target: str, roles: Mapping[str, str]
) -> tuple[Relation, ...]:
    """Return the columns that go with the target, the strongest first; none that may be chance.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Thinned, or of any size.
    target : str
    roles : mapping of str to str
        Of the target and of the columns to look at. Identifiers, texts and constants are passed over.

    Returns
    -------
    tuple of Relation
        With the target on the right. Holm's method holds the chance that any of them is none below 1 %.

    References
    ----------
    S. Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
    """
    columns = _prepared(frame, roles)
    if target not in columns:
        return ()
    found = [
        relation
        for name in columns
        if name != target
        for relation in _related(name, columns[name], target, columns[target])
    ]
    return _sorted(holm(found))


def pair_relations(
    frame: pd.DataFrame, roles: Mapping[str, str]
) -> tuple[Relation, ...]:
    """Return the pairs of numbers, and of categories, that go together, the strongest first; none that may be chance.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    roles : mapping of str to str
        Of the columns to look at.

    Returns
    -------
    tuple of Relation
        As of `target_relations`. Of very many columns only the first ones are compared.
    """
    columns = _prepared(frame, roles)
    numbers = [n for n, c in columns.items() if c.is_number][:MAX_PAIRED]
    categories = [n for n, c in columns.items() if not c.is_number]
    found = list(_pairs_of_numbers({name: columns[name].values for name in numbers}))
    pairs = list(combinations(categories[:MAX_PAIRED_CATEGORIES], 2))
    for left, right in pairs:
        found += _related(left, columns[left], right, columns[right])
    n_tests = len(pairs) + len(numbers) * (len(numbers) - 1) // 2
    return _sorted(holm(found, n_tests))


def holm(
    relations: Sequence[Relation], n_tests: int | None = None, alpha: float = ALPHA
) -> list[Relation]:
    """Return the relations that are not chance, by Holm's method.

    Parameters
    ----------
    relations : sequence of Relation
        At least all with a p-value up to `alpha`.
    n_tests : int, optional
        How many were looked at; by default as many as are given.
    alpha : float
        The chance that any of those that are returned is none.

    Returns
    -------
    list of Relation
    """
    kept: list[Relation] = []
    by_chance = sorted(relations, key=lambda relation: relation.p_value)
    n_tests = max(len(by_chance), n_tests or 0)
    for k, relation in enumerate(by_chance):
        if not relation.p_value <= alpha / (n_tests - k):
            break
        kept.append(relation)
    return kept


def spearman(left: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return Spearman's rank correlation and its p-value.

    Parameters
    ----------
    left, right : ndarray of shape (n_rows,)

    Returns
    -------
    (correlation, p_value) : tuple of float

    References
    ----------
    C. Spearman (1904), "The proof and measurement of association between two things".
    """
    correlation = float(np.corrcoef(stats.rankdata(left), stats.rankdata(right))[0, 1])
    return correlation, float(_p_of_correlation(np.array(correlation), len(left)))


def correlation_ratio(codes: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Return how much of a number's ranks is told by categories, and its p-value.

    Parameters
    ----------
    codes : ndarray of int of shape (n_rows,)
        The categories.
    values : ndarray of shape (n_rows,)

    Returns
    -------
    (ratio, p_value) : tuple of float
        The square root of epsilon squared, which is 0 on average where there is no relation; and the p-value of
        Kruskal and Wallis.

    References
    ----------
    T. L. Kelley (1935), "An unbiased correlation ratio measure", PNAS 21; W. H. Kruskal, W. A. Wallis (1952), "Use of
    ranks in one-criterion variance analysis".
    """
    ranks = stats.rankdata(values)
    n, counts = len(ranks), np.bincount(codes)
    sums = np.bincount(codes, ranks)[counts > 0]
    counts = counts[counts > 0]
    k = len(counts)
    total = float(((ranks - ranks.mean()) ** 2).sum())
    between = float((counts * (sums / counts - ranks.mean()) ** 2).sum())
    if k < 2 or n <= k or total <= 0:
        return 0.0, 1.0
    share = between / total
    p_value = float(stats.chi2.sf((n - 1) * share, k - 1))
    corrected = 1 - (1 - share) * (n - 1) / (n - k)
    return math.sqrt(max(0.0, corrected)), p_value


def cramers_v(left: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return Cramér's V of two categories, corrected for its bias, and the p-value of the chi-squared test.

    Parameters
    ----------
    left, right : ndarray of int of shape (n_rows,)
        Codes from 0. Categories that are too rare for the test are joined.

    Returns
    -------
    (v, p_value) : tuple of float

    References
    ----------
    W. Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical
    Society 42; W. G. Cochran (1954), "Some methods for strengthening the common chi-squared tests".
    """
    counts = _contingency(left, right)
    n, (r, k) = counts.sum(), counts.shape
    if min(r, k) < 2:
        return 0.0, 1.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    freedom = (r - 1) * (k - 1)
    phi2 = max(0.0, chi2 / n - freedom / (n - 1))
    smaller = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    v = math.sqrt(phi2 / smaller) if smaller > 0 else 0.0
    return min(1.0, v), float(stats.chi2.sf(chi2, freedom))


# ---- Columns as numbers and codes


@dataclass(frozen=True)
class _Column:
    """The values of a column: numbers with NaN, or codes with -1 where there is none."""

    values: np.ndarray
    is_number: bool

    @property
    def present(self) -> np.ndarray:
        return np.isfinite(self.values) if self.is_number else self.values >= 0


def _prepared(frame: pd.DataFrame, roles: Mapping[str, str]) -> dict[str, _Column]:
    columns = {}
    for name, role in roles.items():
        if name not in frame or role not in (*NUMBERS, *CATEGORIES):
            continue
        column = as_numbers(frame[name]) if role in NUMBERS else as_codes(frame[name])
        present = column[np.isfinite(column) if role in NUMBERS else column >= 0]
        if len(present) < MIN_ROWS or (present == present[0]).all():
            continue
        if role in NUMBERS or present.max() < MAX_LEVELS:
            columns[name] = _Column(column, role in NUMBERS)
    return columns


def as_numbers(column: pd.Series) -> np.ndarray:
    """Return a column of numbers or dates as floats; what is missing is NaN.

    Parameters
    ----------
    column : Series of shape (n_rows,)

    Returns
    -------
    ndarray of float of shape (n_rows,)
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        plain = column.dt.tz_localize(None) if column.dt.tz is not None else column
        seconds = plain.astype("datetime64[s]").astype("int64").to_numpy(float)
        return np.where(plain.isna().to_numpy(), np.nan, seconds)
    numbers = pd.to_numeric(column, errors="coerce").astype("Float64")
    values = numbers.to_numpy(float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def as_codes(column: pd.Series) -> np.ndarray:
    """Return a column as the numbers of its values; what is missing is -1.

    Parameters
    ----------
    column : Series of shape (n_rows,)

    Returns
    -------
    ndarray of int of shape (n_rows,)
    """
    return pd.factorize(column.astype("object"), sort=False)[0]


def _related(
    left_name: str, left: _Column, right_name: str, right: _Column
) -> Iterator[Relation]:
    both = left.present & right.present
    n = int(both.sum())
    a, b = left.values[both], right.values[both]
    if n < MIN_ROWS or (a == a[0]).all() or (b == b[0]).all():
        return
    sign = 0
    if left.is_number and right.is_number:
        measure, (strength, p_value) = "spearman", spearman(a, b)
        sign = 1 if strength > 0 else -1
    elif left.is_number or right.is_number:
        codes, values = (b, a) if left.is_number else (a, b)
        measure, (strength, p_value) = "correlation ratio", correlation_ratio(
            codes, values
        )
    else:
        measure, (strength, p_value) = "cramer", cramers_v(a, b)
    if math.isfinite(strength) and math.isfinite(p_value):
        yield Relation(
            left_name, right_name, measure, min(1.0, abs(strength)), sign, p_value, n
        )


def _pairs_of_numbers(columns: Mapping[str, np.ndarray]) -> Iterator[Relation]:
    """Yield the pairs of numbers that may be no chance; a missing value has the middle rank, which weakens them."""
    names = list(columns)
    if len(names) < 2:
        return
    ranks = np.column_stack([_ranks(values) for values in columns.values()])
    present = np.column_stack([np.isfinite(v) for v in columns.values()]).astype(float)
    rows = present.T @ present
    with np.errstate(invalid="ignore", divide="ignore"):
        correlations = np.clip(np.corrcoef(ranks, rowvar=False), -1, 1)
        p_values = _p_of_correlation(correlations, np.maximum(3, rows))
    for i, j in np.argwhere(np.triu(p_values <= ALPHA, 1)):
        if rows[i, j] < MIN_ROWS:
            continue
        strength = float(correlations[i, j])
        yield Relation(
            names[i],
            names[j],
            "spearman",
            abs(strength),
            1 if strength > 0 else -1,
            float(p_values[i, j]),
            int(rows[i, j]),
        )


def _ranks(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    ranks = np.zeros(len(values))
    ranked = stats.rankdata(values[known])
    ranks[known] = ranked - ranked.mean()
    return ranks


def _p_of_correlation(correlation: np.ndarray, n: Any) -> np.ndarray:
    """The p-value by Student's t with n - 2 degrees of freedom."""
    with np.errstate(divide="ignore"):
        t = np.abs(correlation) * np.sqrt((n - 2) / np.maximum(0, 1 - correlation**2))
    return 2 * stats.t.sf(t, n - 2)


def _contingency(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Count the rows of each pair of categories, and join rare ones until each pair has enough expected rows."""
    n_left, n_right = left.max() + 1, right.max() + 1
    counts = np.bincount(left * n_right + right, minlength=n_left * n_right)
    counts = counts.reshape(n_left, n_right).astype(float)
    if n_left > n_right:
        counts = counts.T
    n = counts.sum()
    # The coarser side first: what is left of it says how rare the categories of the other may be.
    counts = _joined(counts, math.sqrt(_FEWEST_EXPECTED * n))
    smallest = counts.sum(axis=1).min()
    return _joined(counts.T, _FEWEST_EXPECTED * n / smallest)


def _joined(counts: np.ndarray, fewest: float) -> np.ndarray:
    """Join the rows of a contingency table that have too few; leave out empty ones."""
    sizes = counts.sum(axis=1)
    common = counts[sizes >= fewest]
    rare = counts[(sizes < fewest) & (sizes > 0)]
    if not len(rare):
        return common
    rest = rare.sum(axis=0)
    if rest.sum() < fewest and len(common):
        common = common.copy()
        common[common.sum(axis=1).argmin()] += rest
        return common
    return np.vstack([common, rest])


def _sorted(relations: Sequence[Relation]) -> tuple[Relation, ...]:
    return tuple(sorted(relations, key=lambda r: (-r.strength, r.p_value)))
