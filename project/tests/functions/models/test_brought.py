"""A model that was trained elsewhere is judged as scikit-learn judges it, or refused with a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.svm import LinearSVC

from app.functions.models import brought
from tests.brought import FEATURES, pipeline
from tests.jobs.conftest import small_table

FRAME = small_table(400)
TRAIN, SAMPLE = FRAME[:300], FRAME[300:].reset_index(drop=True)


def fitted(target: str = "sick", model=None):
    return pipeline(model).fit(TRAIN[FEATURES], TRAIN[target])


def judge(model, sample=SAMPLE, target="sick", task="binary", **more):
    metric = "r2" if task == "regression" else "roc_auc"
    if task == "multiclass":
        metric = "roc_auc_ovr"
    return brought.judge(model, sample, target, task, metric, "Mine", **more)


def test_two_classes_are_scored_as_scikit_learn_scores_them():
    model = fitted()
    judged = judge(model)
    one = judged.models["brought"]
    expected = roc_auc_score(
        SAMPLE.sick == "yes", model.predict_proba(SAMPLE[FEATURES])[:, 1]
    )
    assert judged.classes == ("no", "yes")
    assert one.row.holdout == pytest.approx(expected)
    assert (
        one.row.label == "Mine"
        and one.result.n_positive == (SAMPLE.sick == "yes").sum()
    )
    assert judged.models["dummy"].row.holdout == 0.5
    assert list(judged.X) == FEATURES


def test_the_positive_class_is_the_one_that_the_card_names():
    assert judge(fitted(), positive="no").classes == ("yes", "no")
    with pytest.raises(ValueError, match="choose 'no' or 'yes'"):
        judge(fitted(), positive="maybe")


def test_numbers_may_be_classes():
    model = pipeline().fit(TRAIN[FEATURES], (TRAIN.sick == "yes").astype(int))
    sample = SAMPLE.assign(sick=(SAMPLE.sick == "yes").astype(float))
    judged = judge(model, sample)
    assert judged.classes == ("0", "1")
    assert judged.models["brought"].row.holdout == pytest.approx(
        judge(fitted()).models["brought"].row.holdout, abs=1e-3
    )


def test_a_number_is_scored_as_scikit_learn_scores_it():
    model = fitted("price", Ridge())
    row = judge(model, target="price", task="regression").models["brought"].row
    assert row.holdout == pytest.approx(
        r2_score(SAMPLE.price, model.predict(SAMPLE[FEATURES]))
    )


def test_rows_without_a_known_target_are_not_judged():
    sample = SAMPLE.copy()
    sample.loc[:4, "sick"] = None
    sample.loc[5, "sick"] = "perhaps"
    judged = judge(fitted(), sample)
    assert len(judged.y) == len(sample) - 6
    assert judged.positions[0] == 6
    assert judged.notes == (
        "Left out: rows of 'perhaps', which the model does not know.",
    )


@pytest.mark.parametrize("sample", [SAMPLE[FEATURES], SAMPLE.assign(sick=None)])
def test_without_a_target_nothing_is_judged_and_a_note_says_so(sample):
    judged = judge(fitted(), sample)
    assert not judged.can_be_judged
    assert list(judged.models) == ["brought"]
    assert "'sick'" in judged.notes[0]
    (finding,) = brought.findings("1", "1", judged)
    assert "nothing here says how good it is" in finding.finding


@pytest.mark.parametrize(
    "model, task, says",
    [
        (fitted(), "regression", "not a regressor"),
        (fitted("price", Ridge()), "binary", "not a classifier"),
        (fitted("kind"), "binary", "its task is multiclass"),
        (fitted(), "multiclass", "its task is binary"),
        (fitted(model=LinearSVC()), "binary", "no predict_proba"),
    ],
)
def test_a_model_of_another_task_is_refused(model, task, says):
    with pytest.raises(ValueError, match=says):
        judge(model, task=task)


def test_a_sample_that_the_model_cannot_take_is_refused():
    with pytest.raises(ValueError, match="The sample has no 'weight'"):
        judge(fitted(), SAMPLE.drop(columns="weight"))
    with pytest.raises(ValueError, match="cannot predict its own sample.*parquet"):
        judge(fitted(), SAMPLE.assign(size="large"))


def test_a_model_that_was_fitted_on_an_array_takes_all_columns_but_the_target():
    numbers = TRAIN[["size", "price"]]
    model = LogisticRegression().fit(numbers.to_numpy(), TRAIN.sick)
    judged = judge(model, SAMPLE[["sick", "size", "price"]])
    assert list(judged.X) == ["size", "price"]


def test_every_column_has_a_role_that_can_be_learned_from():
    X = pd.DataFrame({"id": ["a", "b"], "n": [1.0, 2.0], "c": ["x", "x"]})
    roles = brought.roles_of(X, {"id": "identifier", "n": "constant", "c": "category"})
    assert roles == {"id": "category", "n": "number", "c": "category"}


def test_another_version_is_a_finding():
    judged = judge(fitted())
    assert len(brought.findings("1.9.1", "1.9.1", judged)) == 1
    found = brought.findings("1.6.0", "1.9.1", judged)[1]
    assert "made with scikit-learn 1.6.0" in found.finding
    unknown = brought.findings("", "1.9.1", judged)[1]
    assert "an unknown version" in unknown.finding


def test_predictions_that_are_not_finite_are_refused():
    model = clone(pipeline(Ridge())).fit(TRAIN[FEATURES], TRAIN.price)
    model[-1].coef_[:] = np.inf
    with pytest.raises(ValueError, match="not finite"):
        judge(model, target="price", task="regression")
