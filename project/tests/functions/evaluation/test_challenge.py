"""A challenger is judged on rows that neither model has learned from, and the verdict follows the interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.functions.evaluation import challenge
from app.functions.evaluation.paired import paired_difference

RANDOM = np.random.default_rng(0)
Y = RANDOM.integers(0, 2, 400)


def output(strength: float) -> np.ndarray:
    """Probabilities that know the class the better, the stronger they are."""
    logits = strength * (2 * Y - 1) + np.random.default_rng(1).normal(size=len(Y))
    positive = 1 / (1 + np.exp(-logits))
    return np.column_stack([1 - positive, positive])


@pytest.mark.parametrize(
    "new, present, verdict",
    [
        (output(1.5), output(0.2), "better"),
        (output(0.2), output(1.5), "worse"),
        (output(0.50), output(0.51), "luck"),
        (output(0.5), output(0.5), "luck"),
    ],
)
def test_the_verdict_follows_the_paired_interval(new, present, verdict):
    found = challenge.compare("binary", "accuracy", Y, new, present)
    assert found.verdict == verdict
    assert found.decides.difference == paired_difference("accuracy", Y, new, present)
    assert [each.metric for each in found.scores] == ["accuracy", "balanced_accuracy"]


def test_without_an_interval_nobody_knows_how_sure_it_is():
    y = np.r_[np.zeros(60), np.full(2, 1e6)]
    found = challenge.compare("regression", "rmse", y, y * 0.5, y * 0.1)
    assert found.verdict == "unknown"


def test_of_too_few_rows_nothing_is_told():
    few = slice(0, 5)
    with pytest.raises(ValueError, match="Only 5 rows.*30 rows of the holdout had"):
        challenge.compare(
            *("binary", "accuracy", Y[few], output(1)[few], output(2)[few]),
            left_out=(30, 0, 0),
        )


def test_what_was_left_out_is_counted():
    found = challenge.compare(
        "binary", "accuracy", Y, output(1), output(2), (3, 2, 1), False
    )
    assert (found.n_rows, found.n_held_out) == (400, 406)
    assert (found.n_seen, found.n_copies, found.n_refused) == (3, 2, 1)
    assert not found.seen_is_known


def test_classes_are_put_in_the_same_order_or_refused():
    one = np.array([[0.1, 0.9]])
    assert (challenge.in_order(one, ("a", "b"), ("b", "a")) == [[0.9, 0.1]]).all()
    with pytest.raises(
        ValueError, match="does not know 'c', and the new table has too few of 'b'"
    ):
        challenge.in_order(one, ("a", "b"), ("a", "c"))
    numbers = np.array([1.0])
    assert challenge.in_order(numbers, (), ()) is numbers


def test_equal_rows_have_equal_hashes_whatever_their_types():
    X = pd.DataFrame(
        {"n": [1, 2, 3], "t": ["a", None, "b"], "d": pd.to_datetime(["2020-01-01"] * 3)}
    )
    other = X.astype({"n": "float64", "t": "category"})
    other["d"] = other["d"].astype("datetime64[us]")
    target = pd.Series([0, 1, 1])
    first = challenge.row_hashes(X, target)
    assert (challenge.row_hashes(other, target.astype(float)) == first).all()
    assert len(set(first)) == 3
    swapped = challenge.row_hashes(X, 1 - target)
    assert not set(swapped) & set(first)


def test_a_missing_number_equals_a_missing_number():
    X = pd.DataFrame({"n": [np.nan, np.nan, -0.0, 0.0]})
    found = challenge.row_hashes(X, pd.Series(["a"] * 4))
    assert found[0] == found[1] != found[2]
    assert found[2] == found[3]
