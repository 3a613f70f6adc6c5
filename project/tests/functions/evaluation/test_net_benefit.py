"""Whether it pays to act on a model: the decision curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.evaluation.net_benefit import decision_curve


def counts(y: np.ndarray, scores: np.ndarray) -> tuple[list[int], list[int]]:
    """Return the positive and the negative rows that reach each threshold."""
    steps = np.round(scores * 1000)[:, None] >= np.arange(1001)
    return (
        steps[y == 1].sum(axis=0).tolist(),
        steps[y == 0].sum(axis=0).tolist(),
    )


def table(seed: int, rows: int, signal: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, rows)
    scores = 1 / (1 + np.exp(-(signal * (2 * y - 1) + rng.normal(size=rows))))
    return y, scores


@given(st.integers(0, 10_000), st.integers(10, 300), st.floats(0, 3))
def test_the_net_benefit_is_that_of_its_definition(seed, rows, signal):
    y, scores = table(seed, rows, signal)
    y[:2] = 0, 1
    curve = decision_curve(*counts(y, scores))
    for t, model, all_rows in zip(curve.threshold, curve.model, curve.all_rows):
        named = np.round(scores * 1000) >= round(t * 1000)
        gain = np.where(y == 1, 1, -t / (1 - t))
        assert model == pytest.approx(gain[named].sum() / rows)
        assert all_rows == pytest.approx(gain.mean())


def test_it_pays_to_act_on_a_model_that_tells_the_classes_apart():
    low, high = decision_curve(*counts(*table(0, 2000, 2.0))).useful
    assert low < 0.3 and high > 0.7


def test_a_perfect_model_pays_at_every_threshold():
    y = np.arange(1000) % 2
    curve = decision_curve(*counts(y, y.astype(float)))
    assert curve.useful == (curve.threshold[0], curve.threshold[-1])


def test_it_hardly_ever_pays_to_act_on_noise():
    useful = [decision_curve(*counts(*table(seed, 300, 0.0))).useful for seed in range(200)]  # fmt: skip
    assert sum(one is not None for one in useful) <= 4


@pytest.mark.parametrize("y", [np.zeros(20, int), np.ones(20, int)])
def test_one_class_alone_gives_no_range(y):
    assert decision_curve(*counts(y, np.full(20, 0.5))).useful is None
