"""New rows whose target is known: scores beside those of the holdout, and whether the difference may be luck."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.functions.evaluation.scoring import METRICS, score
from app.functions.scoring.labelled import LabelledRows, codes_of, compare_scores


def two_classes(generator, n: int, distance: float):
    y = generator.integers(0, 2, n)
    p = 1 / (1 + np.exp(-(distance * (y - 0.5) + generator.normal(size=n))))
    return y, np.column_stack([1 - p, p])


def test_every_score_of_the_task_is_compared():
    generator = np.random.default_rng(0)
    before, after = two_classes(generator, 400, 2), two_classes(generator, 300, 2)
    found = compare_scores("binary", *before, *after)
    assert [each.metric for each in found] == [
        key for key, metric in METRICS.items() if "binary" in metric.tasks
    ]
    for each in found:
        assert each.before == score(each.metric, *before)
        assert each.after == score(each.metric, *after)
        assert each.low <= each.change <= each.high
        assert each.level == "same" and each.says.startswith("No difference")


def test_predictions_that_have_become_worse_are_called_so_whichever_way_the_metric_goes():
    generator = np.random.default_rng(0)
    before, after = two_classes(generator, 600, 4), two_classes(generator, 600, 0.5)
    found = {each.metric: each for each in compare_scores("binary", *before, *after)}
    assert found["roc_auc"].level == found["log_loss"].level == "worse"
    assert found["roc_auc"].change < 0 < found["log_loss"].change


def test_the_interval_of_a_difference_covers_it():
    covered = []
    truth = score("roc_auc", *two_classes(np.random.default_rng(9), 200_000, 1.0))
    other = score("roc_auc", *two_classes(np.random.default_rng(9), 200_000, 2.0))
    for seed in range(120):
        generator = np.random.default_rng(seed)
        parts = two_classes(generator, 200, 1.0), two_classes(generator, 150, 2.0)
        found = compare_scores("binary", *parts[0], *parts[1])
        auc = next(each for each in found if each.metric == "roc_auc")
        covered.append(auc.low <= other - truth <= auc.high)
    assert np.mean(covered) >= 0.88  # 95 %, less three standard errors


def test_few_rows_are_said_to_be_too_few():
    generator = np.random.default_rng(0)
    found = compare_scores(
        "binary", *two_classes(generator, 300, 2), *two_classes(generator, 6, 2)
    )
    assert {each.level for each in found} == {"few"}
    assert found[0].says == "6 rows with a target: too few to compare."


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (pd.Series(["no", "yes", None, "maybe"], dtype="str"), [0, 1, -1, -1]),
        (pd.Series([" yes", "NO"], dtype="str"), [1, 0]),
    ],
)
def test_a_target_becomes_class_codes(target, expected):
    assert codes_of(target, ("no", "yes")).tolist() == expected


def test_classes_that_are_numbers_or_truths_are_found_however_they_were_read():
    assert codes_of(pd.Series([1.0, 0.0, np.nan]), ("0", "1")).tolist() == [1, 0, -1]
    assert codes_of(pd.Series([True, False]), ("False", "True")).tolist() == [1, 0]
    assert codes_of(pd.Series(["true"], dtype="str"), ("False", "True")).tolist() == [1]


def test_rows_of_batches_are_kept_without_those_that_have_no_target():
    kept = LabelledRows()
    for _ in range(3):
        kept.add(pd.Series([1.0, np.nan, 3.0]), np.array([1.1, 2.0, 2.9]))
    assert (kept.n_rows, kept.n_unknown) == (6, 3)
    generator = np.random.default_rng(0)
    y = generator.normal(size=100)
    found = kept.compare("regression", y, y + generator.normal(size=100) / 10)
    assert found[0].n_after == 6


def test_without_any_target_nothing_is_compared():
    kept = LabelledRows(("no", "yes"))
    kept.add(pd.Series([None, None], dtype="str"), np.full((2, 2), 0.5))
    assert kept.compare("binary", np.array([0, 1]), np.full((2, 2), 0.5)) == ()
