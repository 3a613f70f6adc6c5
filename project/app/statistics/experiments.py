"""A variant against a control: how much better it is, how certain that is, and whether the data are valid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ..wording import number
from . import proportions

MAX_COUNT = 1_000_000_000
MIN_ROWS = 3
CONFIDENCES = (0.9, 0.95, 0.99)
# Fabijan et al., KDD 2019 (doi.org/10.1145/3292500.3330722): rare enough that an alarm means a fault, not chance.
MISMATCH_P = 0.001
_CURVE_POINTS = 160
# Between neighbouring quantiles of both distributions an integrand is smooth enough for 16 nodes.
_TAILS = (1e-14, 1e-11, 1e-8, 1e-5, 1e-3, 0.01, 0.05, 0.15, 0.3)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True)
class Variant:
    """One variant: its visitors and their average outcome.

    Attributes
    ----------
    n : int
        Visitors.
    value, low, high : float
        The share that converted or the mean outcome, and its interval.
    conversions : int or None
        None for means.
    """

    n: int
    value: float
    low: float
    high: float
    conversions: int | None = None


@dataclass(frozen=True)
class Comparison:
    """The result of an experiment.

    Attributes
    ----------
    kind : {"share", "mean"}
    confidence : float
        Of all intervals.
    a, b : Variant
    difference, low, high : float
        B minus A and its interval: Newcombe for shares, Welch for means.
    lift : float or None
        The difference relative to A; None where A is 0.
    lift_low, lift_high : float or None
        Its interval: Katz for shares, Fieller for means; None where the mean of A may be 0.
    test : {"z", "Fisher", "Welch"}
    p_value : float
        Two-sided.
    probability : float
        That B is better than A, given the data: with Beta(1, 1) priors for shares, with t posteriors (the reference
        prior) for means.
    loss_a, loss_b : float
        The expected loss of choosing A, or B, in the units of the value.
    posterior : DataFrame of shape (n_points, 3)
        x, a, b: the densities of both posteriors.
    names : tuple of str
        What A and B are called.
    n_comparisons : int
        With how many variants A is compared in this experiment: the intervals hold together (Bonferroni), and the
        p-value is corrected (Holm).
    """

    kind: str
    confidence: float
    a: Variant
    b: Variant
    difference: float
    low: float
    high: float
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    test: str
    p_value: float
    probability: float
    loss_a: float
    loss_b: float
    posterior: pd.DataFrame
    names: tuple[str, str] = ("A", "B")
    n_comparisons: int = 1

    @property
    def winner(self) -> str | None:
        """'A' or 'B' if interval and test agree on a difference, otherwise None."""
        if self.p_value >= 1 - self.confidence or self.low <= 0 <= self.high:
            return None
        return "B" if self.difference > 0 else "A"


def compare_counts(
    visitors_a: Any,
    conversions_a: Any,
    visitors_b: Any,
    conversions_b: Any,
    confidence: float = 0.95,
    names: tuple[str, str] = ("A", "B"),
    n_comparisons: int = 1,
) -> Comparison:
    """Compare the shares of visitors who converted.

    Parameters
    ----------
    visitors_a, conversions_a, visitors_b, conversions_b : int
        Whatever was typed; checked here.
    confidence : float
        One of ``CONFIDENCES``.
    names : tuple of str
        What A and B are called.
    n_comparisons : int
        For how many comparisons together the intervals hold (Bonferroni); see `several.against_control`.

    Returns
    -------
    Comparison
        Tested by the z test, or by Fisher's exact test if counts are small.

    Raises
    ------
    ValueError
        A count is missing or impossible.

    References
    ----------
    Stucchio, Bayesian A/B Testing at VWO (2015), for the expected loss.
    """
    confidence = _checked_confidence(confidence)
    n_a, s_a = _checked_counts(visitors_a, conversions_a, names[0])
    n_b, s_b = _checked_counts(visitors_b, conversions_b, names[1])
    together = 1 - (1 - confidence) / n_comparisons
    counts = (s_a, n_a, s_b, n_b)
    small = proportions.has_small_counts(*counts)
    test = proportions.exact_test if small else proportions.z_test
    low, high = proportions.newcombe_interval(*counts, together)
    ratio = proportions.ratio_interval(*counts, together)
    variants = [
        Variant(n, s / n, *map(float, proportions.wilson_interval(s, n, confidence)), s)
        for s, n in ((s_a, n_a), (s_b, n_b))
    ]
    posteriors = [stats.beta(1 + s, 1 + n - s) for s, n in ((s_a, n_a), (s_b, n_b))]
    return Comparison(
        kind="share",
        confidence=confidence,
        a=variants[0],
        b=variants[1],
        difference=s_b / n_b - s_a / n_a,
        low=low,
        high=high,
        lift=_lift(s_a / n_a, s_b / n_b),
        lift_low=ratio[0] - 1 if ratio else None,
        lift_high=ratio[1] - 1 if ratio else None,
        test="Fisher" if small else "z",
        p_value=test(*counts),
        **_beliefs(*posteriors),
        names=names,
        n_comparisons=n_comparisons,
    )


def compare_means(
    outcomes_a: np.ndarray,
    outcomes_b: np.ndarray,
    confidence: float = 0.95,
    names: tuple[str, str] = ("A", "B"),
    n_comparisons: int = 1,
) -> Comparison:
    """Compare the mean outcomes of visitors, such as what they spent.

    Parameters
    ----------
    outcomes_a, outcomes_b : ndarray of float, shape (n_visitors,)
    confidence : float
        One of ``CONFIDENCES``.
    names : tuple of str
        What A and B are called.
    n_comparisons : int
        As for `compare_counts`.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        A variant has fewer than 3 visitors, or all of them have the same outcome.

    References
    ----------
    Welch, Biometrika 34 (1947), 28-35.

    Fieller, Journal of the Royal Statistical Society B 16 (1954), 175-185, for the relative difference.
    """
    confidence = _checked_confidence(confidence)
    a, b = (np.asarray(x, dtype=float) for x in (outcomes_a, outcomes_b))
    for name, outcomes in zip(names, (a, b)):
        _check_outcomes(outcomes, name)
    together = 1 - (1 - confidence) / n_comparisons
    welch = stats.ttest_ind(b, a, equal_var=False)
    interval = welch.confidence_interval(together)
    relative = _relative_interval(a, b, stats.t.isf((1 - together) / 2, welch.df))
    posteriors = [stats.t(len(x) - 1, loc=x.mean(), scale=stats.sem(x)) for x in (a, b)]
    variants = [
        Variant(len(x), float(x.mean()), *map(float, posterior.interval(confidence)))
        for x, posterior in zip((a, b), posteriors)
    ]
    return Comparison(
        kind="mean",
        confidence=confidence,
        a=variants[0],
        b=variants[1],
        difference=float(b.mean() - a.mean()),
        low=float(interval.low),
        high=float(interval.high),
        lift=_lift(float(a.mean()), float(b.mean())),
        lift_low=relative[0] if relative else None,
        lift_high=relative[1] if relative else None,
        test="Welch",
        p_value=float(welch.pvalue),
        **_beliefs(*posteriors),
        names=names,
        n_comparisons=n_comparisons,
    )


def _relative_interval(
    a: np.ndarray, b: np.ndarray, t: float
) -> tuple[float, float] | None:
    """Return the interval of (B - A) / |A| for means, or None if the mean of A may be 0: it is then unbounded.

    Fieller, Journal of the Royal Statistical Society B 16 (1954), 175-185: all ratios r that a test of
    mean(B) - r mean(A) = 0 does not refuse.
    """
    mean_a, mean_b = float(a.mean()), float(b.mean())
    error_a, error_b = float(stats.sem(a)), float(stats.sem(b))
    g = (t * error_a / mean_a) ** 2 if mean_a else 1
    if g >= 1:
        return None
    ratio = mean_b / mean_a
    spread = t / abs(mean_a) * np.sqrt((1 - g) * error_b**2 + (ratio * error_a) ** 2)
    ends = [(ratio - spread) / (1 - g) - 1, (ratio + spread) / (1 - g) - 1]
    low, high = sorted(np.sign(mean_a) * end for end in ends)
    return float(low), float(high)


def sample_ratio(visitors: Sequence[int], shares: Sequence[float]) -> float:
    """Return the p-value of the chi-square test that visitors were split as planned.

    Parameters
    ----------
    visitors : sequence of int
        Of each variant.
    shares : sequence of float
        The planned share of each; they add up to 1.

    Returns
    -------
    float
        Below ``MISMATCH_P`` the split is so unlikely that it is probably faulty.

    References
    ----------
    Fabijan et al., KDD 2019 (doi.org/10.1145/3292500.3330722).
    """
    expected = sum(visitors) * np.asarray(shares, dtype=float)
    return float(stats.chisquare(visitors, expected).pvalue)


def as_table(compared: Comparison) -> pd.DataFrame:
    """Return all numbers of a comparison with their names.

    Parameters
    ----------
    compared : Comparison

    Returns
    -------
    DataFrame of shape (n_numbers, 2)
        measure, value. Shares are between 0 and 1.
    """
    numbers: dict[str, Any] = {"confidence": compared.confidence}
    a, b = compared.names
    for name, variant in ((a, compared.a), (b, compared.b)):
        numbers[f"visitors of {name}"] = variant.n
        if variant.conversions is not None:
            numbers[f"conversions of {name}"] = variant.conversions
        numbers[f"{compared.kind} of {name}"] = variant.value
        numbers[f"{compared.kind} of {name}, low"] = variant.low
        numbers[f"{compared.kind} of {name}, high"] = variant.high
    numbers |= {
        f"{b} minus {a}": compared.difference,
        f"{b} minus {a}, low": compared.low,
        f"{b} minus {a}, high": compared.high,
        f"relative to {a}": compared.lift,
        f"relative to {a}, low": compared.lift_low,
        f"relative to {a}, high": compared.lift_high,
        f"p-value ({compared.test})": compared.p_value,
        f"probability that {b} is better": compared.probability,
        f"expected loss of choosing {a}": compared.loss_a,
        f"expected loss of choosing {b}": compared.loss_b,
    }
    return pd.DataFrame(numbers.items(), columns=["measure", "value"])


def _beliefs(a: Any, b: Any) -> dict[str, Any]:
    """Return how two independent posteriors compare."""
    x, weights = _quadrature(a, b)
    below_a, below_b, above_a, above_b = a.cdf(x), b.cdf(x), a.sf(x), b.sf(x)
    # The smaller of both probabilities is more exact.
    b_better = weights @ (b.pdf(x) * below_a)
    a_better = weights @ (a.pdf(x) * below_b)
    probability = b_better if b_better < a_better else 1 - a_better
    curve = np.linspace(*_visible_range(a, b), _CURVE_POINTS)
    return {
        "probability": float(np.clip(probability, 0, 1)),
        # E[max(B - A, 0)] is the integral over x of P(A < x < B).
        "loss_a": float(weights @ (below_a * above_b)),
        "loss_b": float(weights @ (below_b * above_a)),
        "posterior": pd.DataFrame({"x": curve, "a": a.pdf(curve), "b": b.pdf(curve)}),
    }


def _quadrature(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights for functions that are smooth between the quantiles of both distributions."""
    edges = np.unique(
        np.concatenate(
            [
                quantile(_TAILS)
                for distribution in (a, b)
                for quantile in (distribution.ppf, distribution.isf)
            ]
            + [[a.median(), b.median()]]
        )
    )
    center, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    x = center[:, None] + half[:, None] * _NODES
    return x.ravel(), (half[:, None] * _WEIGHTS).ravel()


def _visible_range(a: Any, b: Any) -> tuple[float, float]:
    low = min(a.ppf(0.0005), b.ppf(0.0005))
    return float(low), float(max(a.isf(0.0005), b.isf(0.0005)))


def _lift(a: float, b: float) -> float | None:
    return (b - a) / abs(a) if a else None


def _checked_confidence(confidence: Any) -> float:
    if confidence not in CONFIDENCES:
        raise ValueError("Choose 90, 95 or 99 % as the confidence.")
    return float(confidence)


def _checked_counts(visitors: Any, conversions: Any, name: str) -> tuple[int, int]:
    visitors = _checked_count(visitors, f"visitors of {name}")
    conversions = _checked_count(conversions, f"conversions of {name}")
    if visitors == 0:
        raise ValueError(
            f"{name} has no visitors, so it cannot be judged. Enter at least 1."
        )
    if conversions > visitors:
        raise ValueError(
            f"{name} has more conversions ({number(conversions)}) than visitors ({number(visitors)}). "
            "Count each visitor who converted once."
        )
    return visitors, conversions


def _checked_count(value: Any, what: str) -> int:
    if value is None or value == "":
        raise ValueError(f"Enter the {what}.")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or value != value or abs(value) == float("inf") or value % 1:
        raise ValueError(f"The {what} must be a whole number, such as 1200.")
    if value < 0:
        raise ValueError(f"The {what} cannot be negative. Enter 0 or more.")
    if value > MAX_COUNT:
        raise ValueError(
            f"The {what} are more than {number(MAX_COUNT)}, which is not plausible. Check the number."
        )
    return int(value)


def _check_outcomes(outcomes: np.ndarray, name: str) -> None:
    if len(outcomes) < MIN_ROWS:
        raise ValueError(
            f"Variant {name} has {len(outcomes)} rows with an outcome; at least {MIN_ROWS} are needed."
        )
    if np.ptp(outcomes) <= 1e-12 * np.abs(outcomes).max():
        raise ValueError(
            f"All outcomes of variant {name} are {number(outcomes[0])}, so their spread is unknown. Collect more "
            "rows, or write 0 and 1 for an outcome that happened or did not."
        )
