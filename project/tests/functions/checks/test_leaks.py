"""The search for leaks: planted ones are found, alone and in pairs, and honest columns are left in peace."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.functions.checks.column_scores import sample_rows
from app.functions.checks.leaks import find_leaks
from app.functions.tables.columns import facts_of
from app.functions.tables.roles import recognise_role

N = 800


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def orders(rng):
    """Orders of which some are returned: what is known beforehand says something of it."""
    frame = pd.DataFrame({"price": rng.lognormal(4, 0.6, N).round(2)})
    frame["days"] = rng.poisson(4, N)
    frame["kind"] = rng.choice(["shoes", "dress", "bag"], N)
    log_odds = 0.4 * (frame["days"] - 4) + (frame["kind"] == "dress") - 0.5
    return frame.assign(y=(rng.random(N) < 1 / (1 + np.exp(-log_odds))).astype(int))


@pytest.fixture
def measured(rng):
    """A number that two of four columns explain in part."""
    frame = pd.DataFrame(rng.normal(size=(N, 4)), columns=list("abcd"))
    score = 4 * frame["a"] - 3 * frame["b"] + 5 * rng.normal(size=N)
    return frame.assign(y=50 + score)


def suspects_of(frame):
    y = frame["y"].to_numpy()
    X = frame.drop(columns="y")
    roles = {name: recognise_role(facts_of(column))[0] for name, column in X.items()}
    sample = sample_rows(X, y, np.arange(len(y)), y.dtype.kind == "i")
    return find_leaks(sample, roles).suspects


def the_only(frame):
    (suspect,) = suspects_of(frame)
    return suspect


def test_honest_columns_are_left_in_peace(orders, measured):
    assert suspects_of(orders) == suspects_of(measured) == ()


def test_a_copy_of_the_class_with_2_percent_noise_is_found(orders, rng):
    wrong = rng.random(N) < 0.02
    found = the_only(
        orders.assign(status=np.where(orders["y"] ^ wrong, "closed", "open"))
    )
    assert found.columns == ("status",)
    assert found.level == "bad"
    assert found.others < 0.85 < found.score


def test_a_copy_of_the_number_with_2_percent_noise_is_found(measured, rng):
    found = the_only(measured.assign(copy=measured["y"] * rng.normal(1, 0.02, N)))
    assert (found.columns, found.level) == (("copy",), "bad")


def test_a_refund_that_is_never_0_is_found(orders, rng):
    goodwill = rng.lognormal(2, 0.7, N)
    refund = np.where(orders["y"], orders["price"] * rng.uniform(0.5, 1, N), goodwill)
    found = the_only(orders.assign(refund=refund))
    assert (found.columns, found.how, found.level) == (("refund",), "value", "bad")
    # Below what used to be called a leak.
    assert found.score < 0.98


def test_a_payment_that_a_tip_tells_is_found(orders, rng):
    card = rng.random(N) < 0.6
    tip = np.where(card & (rng.random(N) < 0.93), orders["price"] * 0.15, 0)
    found = the_only(orders.assign(tip=tip.round(2), y=card.astype(int)))
    assert (found.columns, found.level) == (("tip",), "bad")


def test_a_value_that_only_one_class_has_is_found_by_its_presence(orders, rng):
    given = orders["y"].astype(bool) & (rng.random(N) < 0.95)
    found = the_only(orders.assign(reason=np.where(given, "too small", None)))
    assert (found.columns, found.how) == (("reason",), "presence")


def test_several_leaks_do_not_hide_each_other(orders):
    frame = orders.assign(refund=orders["y"] * 9.5, loss=-orders["y"] * 3.0)
    assert {one.columns for one in suspects_of(frame)} == {("refund",), ("loss",)}


@pytest.mark.parametrize(
    "how, make",
    [
        ("difference", lambda a, y: a + y),
        ("sum", lambda a, y: y - a),
        ("ratio", lambda a, y: a * y),
        ("product", lambda a, y: y / a),
    ],
)
def test_two_columns_that_only_together_give_a_number_away_are_found(
    measured, rng, how, make
):
    first = rng.lognormal(5, 0.8, N)
    frame = measured.assign(first=first, second=make(first, measured["y"]))
    found = suspects_of(frame)[0]
    assert set(found.columns) == {"first", "second"}
    assert (found.how, found.level) == (how, "bad")


def test_two_dates_whose_order_is_the_class_are_found(orders, rng):
    promised = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        rng.integers(0, 300, N), "D"
    )
    late = np.where(orders["y"], 1, -1) * rng.integers(1, 15, N)
    delivered = promised + pd.to_timedelta(late, "D")
    found = the_only(orders.assign(promised=promised, delivered=delivered))
    assert (found.columns, found.how) == (("promised", "delivered"), "difference")


def test_an_exclusive_or_is_found(orders, rng):
    left = rng.random(N) < 0.5
    right = left ^ orders["y"].astype(bool)
    frame = orders.assign(
        left=np.where(left, "a", "b"), right=np.where(right, "c", "d")
    )
    found = the_only(frame)
    assert (found.columns, found.how) == (("left", "right"), "combination")


def test_one_of_many_columns_that_say_the_same_is_no_leak(rng):
    common = rng.normal(size=N)
    X = common[:, None] + 0.3 * rng.normal(size=(N, 6))
    frame = pd.DataFrame(X, columns=list("abcdef"))
    assert suspects_of(frame.assign(y=(common > 0).astype(int))) == ()


def test_an_easy_target_that_every_column_tells_is_no_more_than_a_caution(rng):
    y = rng.integers(0, 2, N)
    X = 9 * y[:, None] + rng.normal(size=(N, 3))
    frame = pd.DataFrame(X, columns=list("abc")).assign(y=y)
    assert {one.level for one in suspects_of(frame)} == {"warning"}


def test_a_class_that_only_one_of_several_gives_away_is_none(orders, rng):
    kinds = rng.integers(0, 3, N)
    assert suspects_of(orders.assign(first=kinds == 0, y=kinds)) == ()


def test_a_leak_with_nothing_beside_it_must_be_perfect(rng):
    y = rng.integers(0, 2, N)
    perfect = the_only(pd.DataFrame({"x": y * 2.0, "y": y}))
    assert (perfect.level, perfect.others) == ("bad", None)
    assert suspects_of(pd.DataFrame({"x": y + rng.normal(0, 0.3, N), "y": y})) == ()
