"""Whether the input of a model has changed, looked at after every scoring, for as long as the model is used.

To test again and again raises false alarms sooner or later. The evidence here is an e-process: if nothing changes, the
chance that it ever exceeds 1/α is at most α, however often one looks. For each scoring from which on the rows may have
changed, it compares how well the counts in bins since then are predicted by a distribution of their own (a Dirichlet
mixture) and by that of the training table and the scorings before (the Dirichlet posterior of those counts); the
evidence is the weighted mean over these scorings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

from .column_drift import FALSE_ALARMS, MODERATE, index_beyond_chance

# In a large scoring the slightest difference is sure, and its rows resemble each other: it counts as so many rows.
MOST_ROWS = 500
_PRIOR = 0.5
# How far new distributions are expected to be from the old one: as a sample of so many rows is.
_CONCENTRATIONS = (10.0, 100.0)


@dataclass(frozen=True)
class ColumnChange:
    """What the scorings say of one column.

    Attributes
    ----------
    name : str
    evidence : float
        The e-value after the last scoring.
    alarm : int
        The scoring at which it was first sure that the column has changed, from 0; −1 if it never was.
    since : int
        The scoring from which on it has most likely changed; −1 without an alarm.
    psi : float
        The population stability index of all rows since then, or of all scorings, less what it is by chance.
    """

    name: str
    evidence: float
    alarm: int = -1
    since: int = -1
    psi: float = 0.0

    @property
    def is_noticeable(self) -> bool:
        """Whether it has changed by more than a trifle."""
        return self.alarm >= 0 and self.psi >= MODERATE


def watch(
    training: Mapping[str, Sequence[int]],
    scorings: Sequence[Mapping[str, Sequence[int]]],
    false_alarms: float = FALSE_ALARMS,
) -> tuple[ColumnChange, ...]:
    """Test every column for a change since training.

    Parameters
    ----------
    training : mapping of str to sequence of int
        By column, the training table's rows in each bin.
    scorings : sequence of mapping of str to sequence of int
        The same of each scoring, in the order of time; one without a column says nothing of it.
    false_alarms : float
        The chance that any column is ever called changed if none is.

    Returns
    -------
    tuple of ColumnChange
        In the order of `training`.

    References
    ----------
    M. Lindon, A. Malek (2022), "Anytime-valid inference for multinomial count data", for the Dirichlet mixture.
    J. Shin, A. Ramdas, A. Rinaldo (2023), "E-detectors: a nonparametric framework for sequential change detection".
    R. Wang, A. Ramdas (2022), "False discovery rate control with e-values", for several columns.
    """
    if not scorings or not training:
        return tuple(ColumnChange(name, 1.0) for name in training)
    found = [
        _evidence(training[name], _counts(name, training, scorings))
        for name in training
    ]
    evidence = np.array([each[0] for each in found])
    rejected = np.array([_rejected(now, false_alarms) for now in evidence.T]).T
    return tuple(
        _change(name, training[name], scorings, rejected[i], *found[i])
        for i, name in enumerate(training)
    )


def _counts(name, training, scorings) -> np.ndarray:
    """Return the rows of each scoring in each bin; of a large scoring in proportion."""
    nothing = np.zeros(len(training[name]))
    counts = np.array([np.asarray(s.get(name, nothing), dtype=float) for s in scorings])
    totals = counts.sum(axis=1, keepdims=True)
    return counts * np.minimum(1, MOST_ROWS / np.maximum(totals, 1))


def _evidence(
    training: Sequence[int], counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithm of the e-value after each scoring, and for each the likeliest begin of a change."""
    n_scorings = len(counts)
    before = np.asarray(training, dtype=float) + _PRIOR
    shares = before / before.sum()
    sums = np.vstack([np.zeros(len(before)), np.cumsum(counts, axis=0)])
    unchanged = _log_beta(before + sums)
    # Every scoring with every one, up to itself, from which on the rows may have changed.
    last, first = np.tril_indices(n_scorings)
    since = sums[last + 1] - sums[first]
    changed = np.array(
        [
            _log_beta(size * shares + since) - _log_beta(size * shares)
            for size in _CONCENTRATIONS
        ]
    )
    changed = logsumexp(changed, axis=0) - np.log(len(_CONCENTRATIONS))
    starts = np.arange(1, n_scorings + 1)
    weights = -np.log(starts * (starts + 1.0))
    by_start = np.full((n_scorings, n_scorings + 1), -np.inf)
    by_start[last, first] = (
        weights[first] + unchanged[first] + changed - unchanged[last + 1]
    )
    begins = by_start.argmax(axis=1)
    # What weight is left belongs to starts that are still to come.
    by_start[:, n_scorings] = -np.log(starts + 1.0)
    return logsumexp(by_start, axis=1), begins


def _log_beta(alpha: np.ndarray) -> np.ndarray:
    return gammaln(alpha).sum(axis=-1) - gammaln(alpha.sum(axis=-1))


def _rejected(evidence: np.ndarray, false_alarms: float) -> np.ndarray:
    """Return which columns the e-BH procedure calls changed.

    While none has, it calls one so only if the mean of all e-values is above 1/α, and that mean is an e-process too.
    """
    n = len(evidence)
    order = np.argsort(-evidence, kind="stable")
    needed = np.log(n) - np.log(np.arange(1, n + 1)) - np.log(false_alarms)
    passed = np.flatnonzero(evidence[order] >= needed)
    rejected = np.zeros(n, dtype=bool)
    if len(passed):
        rejected[order[: passed[-1] + 1]] = True
    return rejected


def _change(
    name: str,
    training: Sequence[int],
    scorings: Sequence[Mapping[str, Sequence[int]]],
    rejected: np.ndarray,
    evidence: np.ndarray,
    begins: np.ndarray,
) -> ColumnChange:
    alarms = np.flatnonzero(rejected)
    last = float(np.exp(min(evidence[-1], 700.0)))
    since = int(begins[alarms[-1]]) if len(alarms) else -1
    later = [s[name] for s in scorings[max(since, 0) :] if name in s]
    after = np.sum(later, axis=0, dtype=int) if later else np.zeros(len(training))
    psi = index_beyond_chance(training, after) if after.sum() and sum(training) else 0.0
    return ColumnChange(name, last, int(alarms[0]) if len(alarms) else -1, since, psi)
