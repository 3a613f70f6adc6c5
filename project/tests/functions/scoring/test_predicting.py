"""Predictions for new rows: what a row gets, what is said of one that gets none, and how sure it is."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.pipeline import Pipeline

from app import functions
from app.functions.models import fitting
from app.functions.models.settings import TrainingSettings
from app.functions.scoring import conformal
from app.functions.scoring.conforming import conform
from app.functions.scoring.predicting import Scorer, score_rows
from app.functions.scoring.reasons import reasons_of
from app.functions.scoring.results import ScoringCounter
from app.functions.tables.schema import TableSchema

ROLES = {"age": "number", "city": "category", "noise": "number"}
TARGETS = {"binary": "buys", "multiclass": "plan", "regression": "spends"}


@cache
def table(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age = rng.integers(18, 90, n)
    city = rng.choice(["Bern", "Basel", "Genf"], n)
    value = age + 20 * (city == "Bern") + rng.normal(0, 8, n)
    return pd.DataFrame(
        {
            "age": age,
            "city": city,
            "noise": rng.normal(size=n),
            "buys": np.where(value > 60, "yes", "no"),
            "plan": np.select([value > 75, value > 50], ["large", "medium"], "small"),
            "spends": value,
        }
    )


@cache
def trained(task: str, model: str = "linear"):
    metric = {"regression": "r2"}.get(task, "log_loss")
    settings = TrainingSettings(
        target=TARGETS[task], task=task, roles=ROLES, models=(model,), scoring=metric
    )
    data = fitting.prepare(table(), settings)
    pipeline = fitting.build(model, settings, data)
    fitting.fit(pipeline, data, data.split.train)
    schema = TableSchema.of(data.X, ROLES)
    output = fitting.predict(pipeline, data, data.split.test)
    scorer = Scorer(pipeline, schema, data.classes)
    return scorer.calibrated(data.holdout(), output), data


@pytest.mark.parametrize("task", TARGETS)
def test_a_prediction_is_what_the_pipeline_says(task):
    scorer, data = trained(task)
    scored = score_rows(scorer, conform(table(), scorer.schema))
    X = data.X
    expected = scorer.pipeline.predict(X)
    assert scored.scored.all() and len(scored.table) == len(X)
    if task == "regression":
        np.testing.assert_array_equal(scored.table["prediction"], expected)
        return
    known = scorer.pipeline.predict_proba(X)
    order = [list(scorer.pipeline.classes_).index(name) for name in scorer.classes]
    np.testing.assert_array_equal(scored.output, known[:, order])
    assert scored.table["prediction"].tolist() == expected.tolist()


def test_the_threshold_decides_between_two_classes():
    scorer, _ = trained("binary")
    strict = Scorer(scorer.pipeline, scorer.schema, scorer.classes, threshold=0.9)
    scored = score_rows(strict, conform(table(), scorer.schema))
    expected = scored.table["probability of yes"] >= 0.9
    assert (scored.table["prediction"] == "yes").tolist() == expected.tolist()
    assert 0 < expected.sum() < len(expected)


@pytest.mark.parametrize("task", TARGETS)
def test_the_rows_keep_their_places_and_a_refused_one_has_a_reason(task):
    scorer, _ = trained(task)
    frame = table()[list(ROLES)].head(4).astype("str")
    frame.loc[1, "age"] = "old"
    scored = score_rows(scorer, conform(frame, scorer.schema), with_reasons=True)
    assert scored.table["prediction"].isna().tolist() == [False, True, False, False]
    assert scored.table["note"][1] == "Not scored: age: “old” is not a number"
    assert scored.refused == {1: "age: “old” is not a number"}
    assert len(scored.output) == 3


def test_nothing_but_refused_rows_is_still_a_table():
    scorer, _ = trained("binary")
    frame = pd.DataFrame({"age": ["old", None], "city": None, "noise": None})
    scored = score_rows(scorer, conform(frame, scorer.schema), with_reasons=True)
    assert len(scored.table) == 2 and not scored.scored.any()
    counter = ScoringCounter(scorer)
    counter.add(conform(frame, scorer.schema), scored)
    result = counter.result("linear")
    assert (result.n_scored, result.n_refused) == (0, 2)
    assert [refused.row for refused in result.refused] == [1, 2]


class Picky(RegressorMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def predict(self, X):
        if (X["age"] == 20).any():
            raise ValueError("20 is not\nallowed")
        return X["age"].to_numpy(dtype=float)

    def __sklearn_is_fitted__(self):
        return True


def test_a_model_that_refuses_a_row_predicts_all_others():
    schema = TableSchema.of(table(), ROLES)
    scorer = Scorer(Pipeline([("model", Picky())]), schema)
    frame = pd.DataFrame({"age": [30, 20, 40, 20, 50], "city": "Bern", "noise": 0.0})
    scored = score_rows(scorer, conform(frame, schema))
    assert scored.table["prediction"].dropna().tolist() == [30, 40, 50]
    assert scored.refused == dict.fromkeys(
        [1, 3], "the model refuses it: 20 is not allowed"
    )


def test_the_strongest_reason_is_what_the_prediction_comes_from():
    scorer, data = trained("regression")

    def predict(rows):
        return functions.models.fitting.predict_table(scorer.pipeline, rows, ())

    rows = conform(table().head(50), scorer.schema).rows
    found = reasons_of(predict, rows, scorer.schema)
    typical = rows.assign(age=float(data.X["age"].median()))
    by_hand = predict(rows) - predict(typical)
    of_age = np.where(found.columns == 0, found.effects, 0).sum(axis=1)
    np.testing.assert_allclose(of_age, by_hand)
    far = np.abs(table()["age"].head(50) - 53) > 25
    assert (found.columns[far.to_numpy(), 0] == 0).all()


@pytest.mark.parametrize(
    ("n", "confidence", "expected"), [(9, 0.9, 9), (8, 0.9, np.inf), (99, 0.9, 90)]
)
def test_a_conformal_quantile_counts_the_row_to_come(n, confidence, expected):
    scores = np.random.default_rng(0).permutation(np.arange(1.0, n + 1))
    assert conformal.quantile(scores, confidence) == expected


def test_intervals_and_sets_hold_as_often_as_they_say():
    rng = np.random.default_rng(0)
    intervals, sets = [], []
    for _ in range(200):
        y, predicted = rng.normal(size=(2, 300))
        margin = conformal.margin(y[:200], predicted[:200])
        intervals.append((np.abs(y[200:] - predicted[200:]) <= margin).mean())
        p = rng.dirichlet([1, 1, 1], 300)
        codes = (p.cumsum(axis=1) < rng.random((300, 1))).sum(axis=1)
        least = conformal.least_probability(codes[:200], p[:200])
        sets.append((p[np.arange(200, 300), codes[200:]] >= least).mean())
    assert np.mean(intervals) == pytest.approx(0.9, abs=0.015)
    assert np.mean(sets) == pytest.approx(0.9, abs=0.015)


def test_parts_of_a_table_add_up_to_the_whole():
    scorer, _ = trained("binary")
    whole, parts = ScoringCounter(scorer), ScoringCounter(scorer)
    conformed = conform(table(), scorer.schema)
    whole.add(conformed, score_rows(scorer, conformed))
    for start in range(0, 600, 250):
        part = conform(table()[start : start + 250], scorer.schema, first_row=start)
        parts.add(part, score_rows(scorer, part))
    one, other = whole.result("linear"), parts.result("linear")
    assert one.predicted == other.predicted and sum(one.predicted) == 600
    assert one.mean == pytest.approx(other.mean)
    assert (one.lowest, one.highest) == (other.lowest, other.highest)
