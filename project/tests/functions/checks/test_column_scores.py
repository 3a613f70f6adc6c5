"""The search for leaks: what it must find, and what it must not flag."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.functions.checks.column_scores import (
    MAX_COLUMNS,
    sample_rows,
    single_column_scores,
)
from app.functions.tables.columns import facts_of
from app.functions.tables.roles import ROLES_FOR_TRAINING, recognise_role
from app.functions.tables.samples import SAMPLES
from app.functions.tables.tasks import encode_target, recognise_task


def scores_of(X, y, classification, **roles):
    X = pd.DataFrame(X)
    recognised = {
        name: recognise_role(facts_of(column))[0] for name, column in X.items()
    }
    sample = sample_rows(X, np.asarray(y), np.arange(len(y)), classification)
    if sample is None:
        return {}
    found = single_column_scores(sample, recognised | roles)
    return {score.column: score for score in found}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_copy_of_the_class_is_found_whatever_it_is_written_as(rng):
    y = rng.integers(0, 2, 300)
    X = {
        "words": np.where(y, "approved", "refused"),
        "numbers": 10.0 * y + rng.random(300),
        "downwards": -3 * y,
        "dates": pd.Timestamp("2024-01-01") + pd.to_timedelta(500 * y, "D"),
        "noise": rng.normal(size=300),
    }
    found = scores_of(X, y, True)
    assert min(found[name].score for name in list(X)[:4]) > 0.999
    assert found["noise"].score < 0.65


def test_a_column_that_is_filled_only_for_one_class_is_found(rng):
    y = rng.integers(0, 2, 300)
    amount = np.where(y == 1, rng.normal(size=300), np.nan)
    reason = np.where(y == 1, rng.choice(["a", "b", "c"], 300), None)
    found = scores_of({"amount": amount, "reason": reason}, y, True)
    assert found["amount"].score == found["reason"].score == 1
    assert found["amount"].by_presence and found["reason"].by_presence


def test_values_that_tell_more_than_their_presence_are_not_blamed_on_it(rng):
    y = rng.integers(0, 2, 300)
    amount = np.where(rng.random(300) < 0.02, np.nan, y)
    found = scores_of({"amount": amount}, y, True)
    assert found["amount"].score > 0.97
    assert not found["amount"].by_presence


def test_a_rare_class_is_sampled_often_enough(rng):
    y = (np.arange(50_000) % 1_000 == 0).astype(int)
    found = scores_of({"copy": y * 5.0, "noise": rng.normal(size=50_000)}, y, True)
    assert found["copy"].score == 1
    assert found["noise"].score < 0.7


def test_values_outside_a_range_are_found_though_their_order_tells_nothing(rng):
    y = rng.integers(0, 2, 1_000)
    distance = np.where(y, 3 + rng.random(1_000), rng.random(1_000))
    found = scores_of({"x": distance * rng.choice([-1, 1], 1_000)}, y, True)
    assert found["x"].score > 0.99


def test_categories_that_hardly_repeat_do_not_overfit(rng):
    y = rng.integers(0, 2, 1_000)
    X = {
        "unique": [f"{i}x{i}" for i in range(1_000)],
        "many": rng.integers(0, 400, 1_000).astype(str),
    }
    found = scores_of(X, y, True, unique="category", many="category")
    assert found["unique"].score == pytest.approx(0.5, abs=0.02)
    assert found["many"].score < 0.6


def test_noise_in_many_columns_of_few_rows_is_no_leak(rng):
    y = np.arange(30) % 2
    found = scores_of(rng.normal(size=(30, 300)), y, True)
    assert max(score.score for score in found.values()) < 0.95


@pytest.mark.parametrize(
    "copy",
    [
        lambda y, rng: 1.2 * y + 5,
        lambda y, rng: np.exp(y),
        lambda y, rng: -(y**3),
        lambda y, rng: y + 0.1 * rng.normal(size=len(y)),
    ],
    ids=["scaled", "exponential", "falling", "noisy"],
)
def test_a_number_made_from_the_target_is_found(copy, rng):
    y = rng.normal(size=500)
    found = scores_of({"x": copy(y, rng), "noise": rng.normal(size=500)}, y, False)
    assert found["x"].score > 0.97
    assert found["noise"].score < 0.1


def test_a_column_with_most_values_missing_does_not_predict_a_number_alone(rng):
    y = rng.normal(size=500)
    found = scores_of({"x": np.where(np.arange(500) < 30, y, np.nan)}, y, False)
    assert found["x"].score < 0.3


def test_one_class_told_apart_is_not_enough_with_several(rng):
    y = rng.integers(0, 3, 300)
    found = scores_of({"first": y == 0, "all": y * 2.5}, y, True, first="boolean")
    assert found["first"].score < 0.8
    assert found["all"].score == 1


@pytest.mark.parametrize("key", sorted(set(SAMPLES) - {"orders"}))
def test_honest_columns_of_the_samples_are_not_accused(key):
    assert max(strongest_of_sample(key).values()) < 0.985


def test_the_refund_of_the_invented_orders_is_found_and_nothing_else():
    scores = strongest_of_sample("orders")
    assert scores.pop("refund amount") > 0.995
    assert max(scores.values()) < 0.8


def strongest_of_sample(key):
    table = SAMPLES[key].load()
    target = table.pop(SAMPLES[key].target)
    task = recognise_task(target).kind
    y, classes = encode_target(target, task)
    roles = {
        name: recognise_role(facts_of(column))[0] for name, column in table.items()
    }
    usable = [name for name, role in roles.items() if role in ROLES_FOR_TRAINING]
    found = scores_of(table[usable], y, bool(classes))
    return {name: score.score for name, score in found.items()}


def test_infinite_and_missing_values_are_no_obstacle(rng):
    y = rng.normal(size=100)
    X = {
        "infinite": np.where(np.arange(100) % 3, np.inf, -np.inf),
        "huge": rng.normal(size=100) * 1e307,
        "empty": np.full(100, np.nan),
        "constant": np.ones(100),
    }
    roles = dict.fromkeys(X, "number")
    for classification, target in ((False, y), (True, (y > 0).astype(int))):
        found = scores_of(X, target, classification, **roles)
        assert len(found) == 4
        assert all(np.isfinite(score.score) for score in found.values())


@pytest.mark.parametrize(
    "y", [[0, 1] * 9, [0] * 98 + [1] * 2, [0] * 100], ids=["rows", "class", "one class"]
)
def test_too_few_rows_show_nothing(y):
    assert scores_of({"x": np.arange(len(y)) / 3}, y, True) == {}


def test_the_same_seed_gives_the_same_scores(rng):
    y = rng.integers(0, 2, 5_000)
    X = pd.DataFrame(rng.normal(size=(5_000, 3)), columns=["a", "b", "c"])
    assert scores_of(X, y, True) == scores_of(X, y, True)


def test_only_the_rows_of_the_training_part_are_looked_at(rng):
    y = rng.integers(0, 2, 400)
    x = np.where(np.arange(400) < 200, rng.normal(size=400), y)
    X, roles = pd.DataFrame({"x": x}), {"x": "number"}
    (first,) = single_column_scores(sample_rows(X, y, np.arange(200), True), roles)
    rows = np.arange(200, 400)
    (last,) = single_column_scores(sample_rows(X, y, rows, True), roles)
    assert first.score < 0.7 and last.score == 1


def test_the_search_looks_at_a_bounded_number_of_columns(rng):
    y = rng.integers(0, 2, 60)
    X = rng.normal(size=(60, 1))
    wide = pd.DataFrame(np.tile(X, MAX_COLUMNS + 50))
    roles = dict.fromkeys(wide, "number")
    found = single_column_scores(sample_rows(wide, y, np.arange(60), True), roles)
    assert len(found) == MAX_COLUMNS
