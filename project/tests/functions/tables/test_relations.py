"""Each measure finds what it is made for, is bounded, and claims nothing of noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from app.functions.tables.relations import (
    MAX_ROWS,
    Relation,
    correlation_ratio,
    cramers_v,
    holm,
    pair_relations,
    spearman,
    target_relations,
    thinned,
)


@pytest.fixture
def draw():
    return np.random.default_rng(1)


def test_spearman_and_its_p_value_are_those_of_scipy(draw):
    a, b = draw.normal(size=(2, 80)).round(1)
    expected = stats.spearmanr(a, b + a / 3)
    assert spearman(a, b + a / 3) == pytest.approx(tuple(expected))


def test_the_p_value_of_a_correlation_ratio_is_that_of_kruskal_and_wallis(draw):
    codes = draw.integers(0, 4, 90)
    values = (draw.normal(size=90) + codes).round(1)
    _, p_value = correlation_ratio(codes, values)
    groups = [values[codes == k] for k in range(4)]
    assert p_value == pytest.approx(stats.kruskal(*groups).pvalue)


def test_categories_that_tell_each_other_have_a_v_of_one(draw):
    codes = np.repeat([0, 1, 2], 60)
    v, p_value = cramers_v(codes, 2 - codes)
    assert v == pytest.approx(1, abs=0.01) and p_value < 1e-20


def test_on_average_chance_gives_next_to_nothing(draw):
    ratios, vs = [], []
    for _ in range(200):
        a, b = draw.integers(0, 4, (2, 100))
        vs.append(cramers_v(a, b)[0])
        ratios.append(correlation_ratio(a, draw.normal(size=100))[0])
    assert np.mean(vs) < 0.06 and np.mean(ratios) < 0.08


def noise(draw, n: int) -> pd.DataFrame:
    rare = np.where(draw.random((5, n)) < 0.95, "a", draw.choice(list("bcdef"), (5, n)))
    return pd.DataFrame(
        {f"n{i}": draw.normal(size=n) for i in range(8)}
        | {f"e{i}": np.exp(3 * draw.normal(size=n)) for i in range(4)}
        | {f"c{i}": draw.integers(0, 4 * i + 2, n).astype(str) for i in range(8)}
        | {f"z{i}": values for i, values in enumerate(rare)}
    )


def test_of_noise_at_most_one_table_in_a_hundred_has_a_relation():
    claims = 0
    for seed in range(60):
        draw = np.random.default_rng(seed)
        frame = noise(draw, int(draw.integers(30, 400)))
        roles = {c: "number" if c[0] in "ne" else "category" for c in frame}
        for target in ("n0", "c1", "z0"):
            claims += bool(target_relations(frame, target, roles))
        claims += bool(pair_relations(frame, roles))
    # 240 looks with a chance of 1 % each: more than 8 come with a probability below 0.1 %.
    assert claims <= 8


def test_what_is_no_number_or_category_is_passed_over(draw):
    n = 100
    frame = pd.DataFrame(
        {
            "y": np.arange(n) + draw.normal(size=n),
            "day": pd.date_range("2024-01-01", periods=n, tz="UTC"),
            "id": np.arange(n),
            "text": [f"some words {k}" for k in range(n)],
            "same": 1.0,
            "many": [f"v{k}" for k in range(n)],
        }
    )
    roles = {"y": "number", "day": "date", "id": "identifier", "text": "text"}
    roles |= {"same": "number", "many": "category", "gone": "number"}
    (relation,) = target_relations(frame, "y", roles)
    assert (relation.left, relation.measure, relation.sign) == ("day", "spearman", 1)
    assert target_relations(frame, "id", roles) == ()


def test_holms_bound_grows_from_the_smallest_p_value_on():
    def with_p(p: float) -> Relation:
        return Relation("a", "b", "spearman", 0.5, 1, p, 50)

    kept = holm([with_p(p) for p in (0.02, 0.001, 0.0049, 0.5)], alpha=0.01)
    assert [r.p_value for r in kept] == [0.001]
    assert holm([with_p(0.002)], n_tests=10, alpha=0.01) == []
    assert holm([with_p(float("nan"))]) == []


def test_a_large_table_is_thinned_the_same_way_each_time():
    frame = pd.DataFrame({"x": range(MAX_ROWS * 2)})
    once, again = thinned(frame), thinned(frame)
    assert len(once) == MAX_ROWS and once.equals(again)
    assert once["x"].is_monotonic_increasing
    assert thinned(frame.head(9)).equals(frame.head(9))


VALUES = st.lists(
    st.sampled_from([None, 0.0, 1.0, -3.5, 1e300, float("inf"), float("nan")]),
    min_size=25,
    max_size=60,
)


@settings(max_examples=60)
@given(
    a=VALUES, b=VALUES, roles=st.tuples(*[st.sampled_from(("number", "category"))] * 2)
)
def test_a_strength_is_between_0_and_1_whatever_the_values(a, b, roles):
    n = min(len(a), len(b))
    frame = pd.DataFrame({"a": a[:n], "b": b[:n]})
    named = dict(zip("ab", roles))
    for relation in (
        *target_relations(frame, "b", named),
        *pair_relations(frame, named),
    ):
        assert 0 <= relation.strength <= 1 and 0 <= relation.p_value <= 1
