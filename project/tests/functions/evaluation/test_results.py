"""Rows of the leaderboard, the best model, and the stored results."""

from __future__ import annotations

import numpy as np
import orjson
import pytest

from app.functions.evaluation.results import (
    LeaderboardRow,
    best_model,
    evaluate_model,
    leaderboard_row,
)

Y = np.arange(40) % 2
OUTPUT = np.column_stack([1 - np.linspace(0, 1, 40), np.linspace(0, 1, 40)])


def row_of(cv_scores: list[float], y=Y, output=OUTPUT) -> LeaderboardRow:
    return leaderboard_row(
        "linear", "roc_auc", cv_scores, 0.9, y, output, 1.5, 0.02, {"model__C": 2.0}
    )


def test_a_row_sums_up_folds_holdout_and_times():
    row = row_of([0.6, 0.8])
    assert (row.cv_mean, row.cv_std) == pytest.approx((0.7, 0.1))
    assert row.holdout_low <= row.holdout <= row.holdout_high
    assert row.predict_ms == pytest.approx(500)  # 20 ms for 40 rows
    assert row.label == "Linear model" and row.error is None


def test_a_fold_without_a_score_is_left_out_of_the_mean():
    row = row_of([0.6, float("nan"), 0.8])
    assert row.cv_mean == pytest.approx(0.7) and len(row.cv_scores) == 3
    assert np.isnan(row_of([float("nan")]).cv_mean)


def test_a_holdout_with_one_class_has_a_row_without_its_score():
    row = row_of([0.6, 0.8], np.zeros(40, dtype=int))
    assert np.isnan([row.holdout, row.holdout_low, row.holdout_high]).all()
    sent = orjson.loads(orjson.dumps(row, option=orjson.OPT_SERIALIZE_NUMPY))
    assert sent["holdout"] is None and sent["cv_mean"] == pytest.approx(0.7)


@pytest.mark.parametrize("metric, best", [("roc_auc", "b"), ("log_loss", "a")])
def test_the_best_model_is_that_of_the_folds_in_the_metrics_direction(metric, best):
    rows = [
        LeaderboardRow("a", "A", cv_mean=0.2, holdout=0.9),
        LeaderboardRow("b", "B", cv_mean=0.7, holdout=0.1),
        LeaderboardRow("c", "C", cv_mean=0.7),
        LeaderboardRow("d", "D", cv_mean=float("nan")),
        LeaderboardRow(
            "e", "E", cv_mean=0.99 if metric == "roc_auc" else 0, error="no"
        ),
    ]
    assert best_model(rows, metric) == best


def test_there_is_no_best_model_where_none_could_be_trained():
    assert best_model([], "r2") is None
    assert best_model([LeaderboardRow("a", "A", error="No.")], "r2") is None


def test_each_task_is_evaluated_in_its_own_way():
    assert evaluate_model("binary", Y, OUTPUT).true_positives[0] == (Y == 1).sum()
    known = (Y[:4], OUTPUT[:4, 1])
    validated = evaluate_model("binary", Y, OUTPUT, known).validated
    assert validated.true_positives[0] == (Y[:4] == 1).sum()
    assert validated.false_positives[0] == (Y[:4] == 0).sum()
    assert evaluate_model("multiclass", Y, OUTPUT).confusion.sum() == len(Y)
    result = evaluate_model("regression", Y.astype(float), OUTPUT[:, 1])
    assert result.residuals.counts.sum() == len(Y)
