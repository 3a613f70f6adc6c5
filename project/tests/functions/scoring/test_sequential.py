"""The sequential test: evidence as it is defined, few false alarms for ever, and changes found with their time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln

from app.functions.scoring.sequential import _rejected, watch


def stream(generator, shares, n_scorings, rows, changed=None, since=0):
    return [
        {
            "x": generator.multinomial(
                rows, changed if changed is not None and t >= since else shares
            ).tolist()
        }
        for t in range(n_scorings)
    ]


def log_beta(alpha) -> float:
    return gammaln(alpha).sum() - gammaln(np.sum(alpha))


def test_the_evidence_is_that_of_the_definition():
    training, counts = np.array([40, 60]), [np.array([9, 1]), np.array([7, 3])]
    prior = training + 0.5
    shares = prior / prior.sum()

    def mixture(n):
        parts = [log_beta(c * shares + n) - log_beta(c * shares) for c in (10.0, 100.0)]
        return np.logaddexp(*parts) - np.log(2)

    both = counts[0] + counts[1]
    under_null = log_beta(prior + both) - log_beta(prior)
    from_first = np.exp(mixture(both) - under_null) / 2
    before = log_beta(prior + counts[0]) - log_beta(prior)
    from_second = np.exp(before + mixture(counts[1]) - under_null) / 6
    expected = from_first + from_second + 1 / 3
    (found,) = watch({"x": training}, [{"x": n} for n in counts])
    assert found.evidence == pytest.approx(expected)


def test_the_mean_of_the_evidence_is_1_if_nothing_changes():
    generator, evidence = np.random.default_rng(0), []
    for _ in range(3000):
        p = generator.beta(0.5, 0.5)
        training = generator.multinomial(20, [p, 1 - p])
        new = generator.multinomial(4, [p, 1 - p])
        evidence.append(watch({"x": training}, [{"x": new}])[0].evidence)
    assert np.mean(evidence) == pytest.approx(1, abs=0.05)


def test_a_change_is_found_with_the_scoring_where_it_began():
    generator = np.random.default_rng(0)
    shares, changed = [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]
    training = {"x": generator.multinomial(1000, shares)}
    (found,) = watch(training, stream(generator, shares, 40, 200, changed, since=25))
    assert 25 <= found.alarm <= 27
    assert found.since == 25 and found.is_noticeable


def test_a_trifle_in_huge_scorings_is_not_noticeable():
    generator = np.random.default_rng(0)
    training = {"x": generator.multinomial(100_000, [0.5, 0.5])}
    scorings = stream(generator, [0.51, 0.49], 30, 1_000_000)
    assert not watch(training, scorings)[0].is_noticeable


def test_streams_without_a_change_raise_few_alarms():
    alarms = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        shares = generator.dirichlet(np.full(8, 2.0))
        training = {"x": generator.multinomial(300, shares)}
        found = watch(training, stream(generator, shares, 60, 50))
        alarms += found[0].alarm >= 0
    assert alarms <= 7


def test_columns_are_called_changed_by_e_bh():
    evidence = np.log([300.0, 90.0, 30.0, 1.0])
    # 4 / (k · 0.05) is 80, 40, 26.7 and 20 for the largest, the second, …
    assert _rejected(evidence, 0.05).tolist() == [True, True, True, False]
    assert not _rejected(np.log([79.0, 30.0, 1.0, 1.0]), 0.05).any()


def test_a_scoring_without_a_column_says_nothing_of_it():
    training = {"x": [50, 50], "y": [50, 50]}
    found = watch(training, [{"x": [5, 5]}, {"x": [6, 4]}])
    assert found[1].evidence == pytest.approx(1)


def test_before_the_first_scoring_there_is_no_evidence():
    (found,) = watch({"x": [1, 2]}, [])
    assert (found.evidence, found.alarm, found.is_noticeable) == (1.0, -1, False)
