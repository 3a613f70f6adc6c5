"""Whether one column of a new table is distributed as in training, how sure that is, and how much has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from ...wording import number, percent, plural
from .reference import BinnedColumn

# With fewer rows no difference is called one.
MIN_ROWS = 30
FALSE_ALARMS = 0.05
# Of the population stability index: the customary bounds, N. Siddiqi (2006), "Credit Risk Scorecards".
MODERATE, LARGE = 0.1, 0.25
# Chi-square needs so many rows expected in each cell; W. Cochran (1954) allows 1, if most have 5. With 2, tables
# without a change have p-values below 5 % and below 0.25 % as often as they should.
_EXPECTED = 2.0
_EXPECTED_OF_FOUR = 5.0
_SMOOTHED = 0.5
_RARE = 0.002
# A difference that the rows do not show unless it concerns this share of them.
_BLIND = 0.15

LEVELS = {
    "large": "Changed a lot",
    "moderate": "Changed",
    "small": "Changed a little",
    "later": "Later dates",
    "none": "As in training",
    "few": "Too few rows to tell",
}
ALARMS = ("large", "moderate")


@dataclass(frozen=True)
class ColumnDrift:
    """How one column differs from that of the training table.

    Attributes
    ----------
    name, role : str
    level : {"large", "moderate", "small", "later", "none", "few"}
    says : str
        What has changed, in a sentence.
    rows : int
        Rows of the new table.
    test : {"Kolmogorov-Smirnov", "chi-square"}
    p_value : float
        Of the values and of what is missing together; NaN where nothing could be tested.
    q_value : float
        The same after the false alarms of all columns are controlled.
    size : float
        The largest difference of the two distribution functions; of a category the share of the rows that would have
        to change their value. From 0 to 1.
    psi : float
        The population stability index of the groups and of what is missing.
    psi_by_chance : float
        What it would be on average if nothing had changed.
    missing_before, missing_after : float
        Shares of the rows.
    labels : tuple of str
        Of the groups, and 'missing' if any are.
    before, after : tuple of float
        Shares of the rows in each group.
    """

    name: str
    role: str
    level: str
    says: str
    rows: int
    test: str = ""
    p_value: float = float("nan")
    q_value: float = float("nan")
    size: float = float("nan")
    psi: float = float("nan")
    psi_by_chance: float = float("nan")
    missing_before: float = 0.0
    missing_after: float = 0.0
    labels: tuple[str, ...] = ()
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()

    @property
    def is_alarm(self) -> bool:
        """Whether it has changed, surely and noticeably."""
        return self.level in ALARMS


@dataclass(frozen=True)
class _Tested:
    p_values: float
    size: float
    p_missing: float

    @property
    def p_value(self) -> float:
        """Of both tests, by Bonferroni's correction."""
        known = [p for p in (self.p_values, self.p_missing) if np.isfinite(p)]
        return min(1.0, len(known) * min(known)) if known else float("nan")


def compare_columns(
    compared: Sequence[tuple[BinnedColumn, np.ndarray, int]],
) -> tuple[ColumnDrift, ...]:
    """Compare columns with those of the training table, in the order given.

    Parameters
    ----------
    compared : sequence of (BinnedColumn, ndarray of shape (n_bins,), int)
        What training had, what the new table has in the same bins, and its rows without a value.

    Returns
    -------
    tuple of ColumnDrift

    References
    ----------
    Y. Benjamini, Y. Hochberg (1995), "Controlling the false discovery rate".
    B. Yurdakul, J. Naranjo (2020), "Statistical properties of the population stability index".
    """
    tested = [_test(*each) for each in compared]
    p_values = np.array([each.p_value for each in tested])
    q_values = np.full(len(p_values), np.nan)
    known = np.isfinite(p_values)
    if known.any():
        q_values[known] = stats.false_discovery_control(p_values[known])
    return tuple(
        _judge(*each, found, float(q))
        for each, found, q in zip(compared, tested, q_values)
    )


def stability_index(before: np.ndarray, after: np.ndarray) -> float:
    """Return the population stability index of two distributions over the same bins.

    Parameters
    ----------
    before, after : ndarray of shape (n_bins,)
        Counts. Half a row more in each bin, so that an empty one is not infinitely different.

    Returns
    -------
    float
        Not negative; 0 if the shares are equal.
    """
    first, second = before + _SMOOTHED, after + _SMOOTHED
    first, second = first / first.sum(), second / second.sum()
    return float(((second - first) * np.log(second / first)).sum())


def index_beyond_chance(before: Sequence[int], after: Sequence[int]) -> float:
    """Return the population stability index less what it would be on average if nothing had changed.

    Parameters
    ----------
    before, after : sequence of int
        Rows in each bin; neither is empty.

    Returns
    -------
    float
        May be negative.
    """
    first, second = np.asarray(before), np.asarray(after)
    return stability_index(first, second) - _by_chance(first, second)


def _by_chance(before: np.ndarray, after: np.ndarray) -> float:
    filled = max(0, int((before > 0).sum()) - 1)
    return float(filled * (1 / max(1, before.sum()) + 1 / max(1, after.sum())))


def _test(reference: BinnedColumn, counts: np.ndarray, missing: int) -> _Tested:
    before = np.asarray(reference.counts)
    total = int(counts.sum()) + missing
    if min(total, reference.present + reference.missing) < MIN_ROWS:
        return _Tested(float("nan"), float("nan"), float("nan"))
    p_values = size = float("nan")
    if min(counts.sum(), before.sum()) >= MIN_ROWS:
        test = _chi_square if reference.is_nominal else _kolmogorov_smirnov
        p_values, size = test(before, counts)
        if reference.kind == "category" and counts[-1]:
            # A few values that training hardly had are lost among the rare ones.
            unknown = _two_shares(*_parts(before), *_parts(counts))
            p_values = min(1.0, 2 * min(p_values, unknown))
    p_missing = _two_shares(
        reference.missing, reference.present, missing, int(counts.sum())
    )
    return _Tested(p_values, size, p_missing)


def _kolmogorov_smirnov(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """Return p-value and statistic; at the edges of bins alone, so the statistic is at most that of the values."""
    n, m = before.sum(), after.sum()
    distance = float(np.abs(np.cumsum(before) / n - np.cumsum(after) / m).max())
    return float(stats.kstwo.sf(distance, round(n * m / (n + m)))), distance


def _chi_square(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    table = _pooled(np.vstack([before, after]).astype(np.float64))
    shares = table / table.sum(axis=1, keepdims=True)
    moved = float(np.abs(shares[1] - shares[0]).sum() / 2)
    if table.shape[1] < 2:
        return 1.0, moved
    return float(stats.chi2_contingency(table, correction=False).pvalue), moved


def _pooled(table: np.ndarray) -> np.ndarray:
    """Join the rarest bins until each has enough rows expected in both tables."""
    table = table[:, np.argsort(-table.sum(axis=0), kind="stable")]
    smaller = table.sum(axis=1).min() / table.sum()
    totals = table.sum(axis=0) * smaller
    n_kept = int((totals >= _EXPECTED).sum())
    rest = table[:, n_kept:].sum(axis=1)
    if rest.sum() * smaller < _EXPECTED and n_kept > 1:
        n_kept, rest = n_kept - 1, rest + table[:, n_kept - 1]
    joined = [rest[:, None]] if rest.any() else []
    return np.hstack([table[:, :n_kept], *joined])


def _parts(counts: np.ndarray) -> tuple[int, int]:
    return int(counts[-1]), int(counts[:-1].sum())


def _two_shares(gone: int, there: int, gone_now: int, there_now: int) -> float:
    if not gone + gone_now or not there + there_now:
        return float("nan")
    table = np.array([[gone, there], [gone_now, there_now]])
    if stats.contingency.expected_freq(table).min() < _EXPECTED_OF_FOUR:
        return float(stats.fisher_exact(table).pvalue)
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def _judge(
    reference: BinnedColumn,
    counts: np.ndarray,
    missing: int,
    tested: _Tested,
    q_value: float,
) -> ColumnDrift:
    total, trained = int(counts.sum()) + missing, reference.present + reference.missing
    before = np.append(
        reference.grouped(np.asarray(reference.counts)), reference.missing
    )
    after = np.append(reference.grouped(counts), missing)
    found = ColumnDrift(
        reference.name,
        reference.role,
        "none",
        "",
        total,
        "chi-square" if reference.is_nominal else "Kolmogorov-Smirnov",
        tested.p_value,
        q_value,
        tested.size,
        stability_index(before, after),
        _by_chance(before, after),
        reference.missing / max(1, trained),
        missing / max(1, total),
        (*reference.group_labels(), "missing"),
        tuple((before / max(1, trained)).tolist()),
        tuple((after / max(1, total)).tolist()),
    )
    found = _without_empty(found)
    level = _level(found)
    if level in ("few", "none"):
        says = _nothing_found(found, trained, level)
    else:
        says = _what_changed(reference, counts, missing, found, tested)
    if level in ALARMS and reference.kind == "date" and _are_later(reference, counts):
        level, says = "later", f"{says} New rows usually have later dates."
    return replace(found, level=level, says=says)


def _without_empty(found: ColumnDrift) -> ColumnDrift:
    """Leave out the groups that are empty in both tables, such as what lies outside of the training table."""
    kept = [i for i, pair in enumerate(zip(found.before, found.after)) if any(pair)]
    return replace(
        found,
        labels=tuple(found.labels[i] for i in kept),
        before=tuple(found.before[i] for i in kept),
        after=tuple(found.after[i] for i in kept),
    )


def _level(found: ColumnDrift) -> str:
    if not np.isfinite(found.q_value):
        return "few"
    if found.q_value > FALSE_ALARMS:
        return "none"
    beyond = found.psi - found.psi_by_chance
    return "large" if beyond >= LARGE else "moderate" if beyond >= MODERATE else "small"


def _are_later(reference: BinnedColumn, counts: np.ndarray) -> bool:
    before = np.cumsum(reference.counts) / max(1, reference.present)
    after = np.cumsum(counts) / max(1, counts.sum())
    apart = after - before
    return bool(-apart.min() > apart.max())


def _nothing_found(found: ColumnDrift, trained: int, level: str) -> str:
    if level == "few":
        few = min(found.rows, trained)
        where = "here" if found.rows <= trained else "in training"
        return f"{plural(few, 'row')} {where}: at least {MIN_ROWS} are needed."
    smallest = np.sqrt(
        np.log(2 / FALSE_ALARMS) / 2 * (1 / found.rows + 1 / max(1, trained))
    )
    if smallest > _BLIND:
        return f"No change seen, but {plural(found.rows, 'row')} would only show a large one."
    return "No change seen."


def _what_changed(
    reference: BinnedColumn,
    counts: np.ndarray,
    missing: int,
    found: ColumnDrift,
    tested: _Tested,
) -> str:
    by_missing = not np.isfinite(tested.p_values) or (
        np.isfinite(tested.p_missing) and tested.p_missing < tested.p_values
    )
    if by_missing:
        return f"{_are(found.missing_after)} missing; {_were(found.missing_before)}."
    before = np.asarray(reference.counts) / max(1, reference.present)
    after = counts / max(1, counts.sum())
    if reference.is_nominal:
        return _changed_value(reference, before, after)
    return _changed_order(reference, np.cumsum(before), np.cumsum(after))


def _changed_value(
    reference: BinnedColumn, before: np.ndarray, after: np.ndarray
) -> str:
    if reference.kind == "category":  # the levels one by one: each has a name
        labels = [*(f"'{level}'" for level in reference.levels), "another value"]
    else:
        before, after = reference.grouped(before), reference.grouped(after)
        labels = list(reference.group_labels())
    gained = after - before
    # What each adds to the stability index: a value that is new says more than a frequent one that is less so.
    added = gained * np.log((after + _RARE) / (before + _RARE))
    place = int((added + 1e-9 * np.sign(gained)).argmax())
    return f"{_are(after[place])} {labels[place]}; {_were(before[place])}."


def _changed_order(
    reference: BinnedColumn, before: np.ndarray, after: np.ndarray
) -> str:
    place = int(np.abs(after - before).argmax())
    place = min(place, len(reference.edges) - 1)
    edge = reference.written(reference.edges[place])
    what = "characters " if reference.kind == "text" else ""
    if after[place] < before[place]:
        direction = "after" if reference.kind == "date" else "above"
        share, other = (max(0.0, 1 - part[place]) for part in (after, before))
        return (
            f"{_are(share)} {direction} {edge} {what}".rstrip() + f"; {_were(other)}."
        )
    direction = "up to" if reference.kind == "date" else "at most"
    said = f"{_are(after[place])} {direction} {edge} {what}".rstrip()
    return f"{said}; {_were(before[place])}."


def _are(share: float) -> str:
    return f"{percent(share)} of the rows are"


def _were(share: float) -> str:
    return f"in training {percent(share)}"


def describe_effect(found: ColumnDrift) -> str:
    """Write the numbers behind a verdict, for who wants them.

    Parameters
    ----------
    found : ColumnDrift

    Returns
    -------
    str
        Such as 'PSI 0.31, 0.02 by chance; Kolmogorov-Smirnov 0.24; adjusted p < 0.0001'.
    """
    psi = f"PSI {number(found.psi, 2)}, {number(found.psi_by_chance, 2)} by chance"
    if not np.isfinite(found.q_value):
        return psi
    p = "< 0.0001" if found.q_value < 1e-4 else number(found.q_value, 2)
    size = f"{found.test} {number(found.size, 2)}"
    if found.test == "chi-square":
        size = f"{percent(found.size)} of the rows moved; chi-square"
    return f"{psi}; {size}; adjusted p {p}"
