"""Calibration by the folds: what it learns from, that it helps where it should, and harms nowhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.dummy import DummyClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import Pipeline

from app.functions.evaluation.scoring import score
from app.functions.models import fitting
from app.functions.models.calibration import (
    ProbabilityCalibration,
    calibrate,
    calibration_notes,
    cross_calibrated,
)
from app.functions.models.persistence import model_from_bytes, model_to_bytes
from app.functions.models.settings import TrainingSettings
from app.functions.models.training import training_steps

METHODS = ("sigmoid", "isotonic")
# The positive class comes first in the alphabet, which is the order of the estimators.
CLASSES = {"binary": ["loyal", "churned"], "multiclass": ["c", "b", "a"]}


def overconfident(n_rows: int = 4_000, n_classes: int = 2, seed: int = 0):
    """Return class codes and probabilities whose log odds are three times too large."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(size=(n_rows, n_classes))
    true = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    y = (rng.random((n_rows, 1)) > true.cumsum(axis=1)).sum(axis=1)
    said = np.exp(3 * odds) / np.exp(3 * odds).sum(axis=1, keepdims=True)
    return y.clip(0, n_classes - 1), said, true


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_exaggerated_probabilities_become_true_ones(method, n_classes):
    y, said, true = overconfident(8_000, n_classes)
    half = len(y) // 2
    calibration = ProbabilityCalibration(method).fit(said[:half], y[:half])
    corrected = calibration.transform(said[half:])
    off = np.abs(corrected - true[half:]).mean()
    # Of several classes, each is corrected by its own probability alone.
    assert off < (0.03 if n_classes == 2 else 0.09)
    assert off < 0.5 * np.abs(said[half:] - true[half:]).mean()


@pytest.mark.parametrize("method", METHODS)
def test_good_probabilities_stay_as_they_are(method):
    y, _, true = overconfident(20_000)
    corrected = ProbabilityCalibration(method).fit(true, y).transform(true)
    assert np.abs(corrected - true).max() < 0.06
    assert log_loss(y, corrected) < log_loss(y, true) + 0.001


def test_sigmoid_keeps_the_order_also_of_what_is_certain():
    rng = np.random.default_rng(0)
    votes = rng.integers(0, 201, 2_000) / 200
    y = (rng.random(2_000) < 0.3 + 0.4 * votes).astype(int)
    said = np.column_stack([1 - votes, votes])
    corrected = ProbabilityCalibration().fit(said, y).transform(said)
    assert roc_auc_score(y, corrected[:, 1]) == roc_auc_score(y, votes)
    assert len(np.unique(corrected[:, 1])) == 201
    assert 0 < corrected.min() and corrected.max() < 1


@given(
    st.sampled_from(METHODS),
    st.integers(2, 4).flatmap(
        lambda k: hnp.arrays(float, (12, k), elements=st.floats(0, 1, width=32))
    ),
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
)
def test_any_probabilities_give_probabilities(method, raw, y):
    total = raw.sum(axis=1, keepdims=True)
    said = np.where(total > 0, raw / np.where(total > 0, total, 1), 1 / raw.shape[1])
    y = np.array(y) % raw.shape[1]
    corrected = ProbabilityCalibration(method).fit(said, y).transform(said)
    assert ((corrected >= 0) & (corrected <= 1)).all()
    np.testing.assert_allclose(corrected.sum(axis=1), 1)


def test_weights_count():
    y, said, _ = overconfident(400)
    weights = np.where(y == 1, 3.0, 1.0)
    weighted = ProbabilityCalibration("isotonic").fit(said, y, weights)
    repeated = ProbabilityCalibration("isotonic").fit(
        np.concatenate([said, said[y == 1], said[y == 1]]),
        np.concatenate([y, y[y == 1], y[y == 1]]),
    )
    np.testing.assert_allclose(
        weighted.transform(said), repeated.transform(said), atol=2e-3
    )


# ---- On the folds of a training


def test_no_fold_is_corrected_by_itself():
    y, said, _ = overconfident(900)
    folds = [(y[i : i + 300], said[i : i + 300]) for i in (0, 300, 600)]
    spoilt = [folds[0], (1 - folds[1][0], folds[1][1]), folds[2]]
    for k, (clean, changed) in enumerate(
        zip(*(cross_calibrated(each, "sigmoid") for each in (folds, spoilt)))
    ):
        assert np.array_equal(clean[1], changed[1]) == (k == 1)


def test_in_time_only_earlier_folds_count():
    y, said, _ = overconfident(900)
    folds = [(y[i : i + 300], said[i : i + 300]) for i in (0, 300, 600)]
    first, second, third = cross_calibrated(folds, "sigmoid", in_time=True)
    assert first is folds[0] or np.array_equal(first[1], folds[0][1])
    by_first = ProbabilityCalibration().fit(folds[0][1], folds[0][0])
    np.testing.assert_array_equal(second[1], by_first.transform(folds[1][1]))
    np.testing.assert_array_equal(third[0], folds[2][0])


def table(task: str, n_rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, n_rows))
    classes = np.array(CLASSES[task], dtype=object)
    code = np.digitize(x + rng.normal(size=n_rows), [-0.3, 0.6][: len(classes) - 1])
    return pd.DataFrame(
        {
            "x": x,
            "z": z,
            "who": rng.integers(0, 60, n_rows),
            "day": pd.date_range("2020-01-01", periods=n_rows),
            "y": classes[code],
        }
    )


def trained(task: str, frame: pd.DataFrame | None = None, **changes):
    settings = TrainingSettings(
        "y",
        task,
        {"x": "number", "z": "number"},
        ("k_neighbors",),
        "log_loss",
        n_splits=3,
    )
    settings = replace(settings, **changes)
    data = fitting.prepare(table(task) if frame is None else frame, settings)
    steps = training_steps(settings, data, settings.models, count().__next__)
    return data, [step.finished for step in steps if step.finished][0]


@pytest.mark.parametrize("split", ["random", "time", "group"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_neighbours_are_calibrated_saved_and_compared_with_itself(task, method, split):
    by = {"random": None, "time": "day", "group": "who"}[split]
    data, plain = trained(task, split=split, split_by=by)
    _, calibrated = trained(task, split=split, split_by=by, calibration=method)
    assert plain.result.recalibration is None
    test = data.split.test
    y, change = data.y[test], calibrated.result.recalibration
    assert change.log_loss_before == round(score("log_loss", y, plain.output), 5)
    assert change.log_loss_after == round(score("log_loss", y, calibrated.output), 5)
    if split == "random" and method == "sigmoid":
        assert change.log_loss_after < change.log_loss_before
        assert change.brier_after < change.brier_before
        assert calibrated.row.cv_mean < plain.row.cv_mean
    assert change.log_loss_after != change.log_loss_before
    assert set(change.curves_before) == ({"1"} if task == "binary" else set("012"))
    if task == "binary":
        assert change.brier_after == calibrated.result.brier
        before, now = plain.result.validated, calibrated.result.validated
        assert before.true_positives[0] == now.true_positives[0]
    assert calibrated.row.holdout == pytest.approx(change.log_loss_after, abs=1e-5)
    # What is saved is what was judged, and it still reads like a pipeline.
    model = model_from_bytes(model_to_bytes(calibrated.pipeline))
    output = fitting.predict(model, data, test)
    np.testing.assert_array_equal(output, calibrated.output)
    assert [name for name, _ in model.steps] == ["columns", "model"]
    assert set(model.classes_) == set(data.classes)
    rows = data.X.iloc[test]
    labels = model.classes_[model.predict_proba(rows).argmax(axis=1)]
    assert (model.predict(rows) == labels).all()


def test_without_calibration_the_model_is_the_estimator_itself():
    _, plain = trained("binary")
    assert type(plain.pipeline[-1]).__name__ == "FewNeighborsClassifier"


def test_a_class_that_no_fold_has_validated_keeps_its_probability():
    y, said, _ = overconfident(600, 3)
    seen = y != 2
    calibration = ProbabilityCalibration().fit(said[seen], y[seen])
    corrected = calibration.transform(said)
    assert (corrected[:, 2] > 0).all() and np.isfinite(corrected).all()


def test_calibrating_follows_the_names_of_the_classes():
    """The estimator sorts the classes; the folds have the positive one last."""
    frame = table("binary")
    data, calibrated = trained("binary", frame, calibration="sigmoid")
    assert list(data.classes) != sorted(data.classes)
    positive = calibrated.output[:, 1]
    assert roc_auc_score(data.y[data.split.test], positive) > 0.6
    pipeline = fitting.build("linear", _settings(frame), data)
    fitting.fit(pipeline, data, data.split.train)
    output = fitting.predict(pipeline, data, data.split.train)
    y = data.y[data.split.train]
    same = calibrate(pipeline, "sigmoid", [(y, output)], data.classes)
    again = fitting.predict(same, data, data.split.train)
    np.testing.assert_allclose(again, output, atol=0.02)


@pytest.mark.parametrize("seen", [["c"], ["c", "a"], ["c", "a", "b"]])
@pytest.mark.parametrize("method", METHODS)
def test_a_class_that_was_never_learned_is_no_obstacle(method, seen):
    classes = ("c", "b", "a")
    y, said, _ = overconfident(300, 3)
    kept = np.isin(np.array(classes)[y], seen)
    X = said[kept]
    names = np.array(classes, dtype=object)[y[kept]]
    pipeline = Pipeline([("model", DummyClassifier().fit(X, names))])
    corrected = calibrate(pipeline, method, [(y[kept], said[kept])], classes)
    assert corrected.predict_proba(X).shape == (len(X), len(seen))
    assert set(corrected.predict(X)) <= set(seen)


def _settings(frame: pd.DataFrame) -> TrainingSettings:
    roles = {"x": "number", "z": "number"}
    return TrainingSettings("y", "binary", roles, ("linear",), "log_loss")


def test_too_few_rows_are_said():
    y = np.array([0] * 300 + [1] * 12)
    isotonic, rare = calibration_notes("isotonic", y, ("no", "yes"))
    assert "312 rows" in isotonic and "sigmoid calibration is safer" in isotonic
    assert rare.startswith("Calibration learns class 'yes' from 12 rows only")
    assert calibration_notes("sigmoid", y, ("no", "yes")) == (rare,)
    assert calibration_notes("none", y, ("no", "yes")) == ()
    enough = np.arange(3_000) % 2
    assert calibration_notes("isotonic", enough, ("no", "yes")) == ()
    _, trained_model = trained("binary", table("binary", 60), calibration="isotonic")
    assert trained_model.row.error is None
