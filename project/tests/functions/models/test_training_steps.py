"""Training as a generator: what each step tells, and what it does without files, clock or process."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pandas as pd
import pytest

from app.functions.evaluation.scoring import score
from app.functions.models import fitting
from app.functions.models.catalogue import MODELS
from app.functions.models.settings import TrainingSettings
from app.functions.models.training import n_steps, training_steps

SETTINGS = TrainingSettings(
    target="sick",
    task="binary",
    roles={"size": "number", "colour": "category"},
    models=("linear", "k_neighbors"),
    scoring="roc_auc",
    n_splits=3,
)
MODELS_TRAINED = ("dummy", "linear", "k_neighbors")


def table(n_rows: int = 90) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    size = generator.normal(size=n_rows)
    return pd.DataFrame(
        {
            "size": size,
            "colour": generator.choice(["red", "green"], n_rows),
            "sick": np.where(size + generator.normal(size=n_rows) > 0, "yes", "no"),
        }
    )


def steps_of(settings=SETTINGS, models=MODELS_TRAINED, clock=count().__next__):
    data = fitting.prepare(table(), settings)
    return data, list(training_steps(settings, data, models, clock))


def test_steps_count_up_to_what_was_announced_and_name_what_begins():
    _, steps = steps_of()
    total = n_steps(SETTINGS, MODELS_TRAINED)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert {step.total for step in steps} == {total} and steps[-1].done == total
    linear = [step for step in steps if step.model == "linear" and not step.finished]
    assert [step.fold for step in linear] == [0, 1, 2, None]
    assert linear[1].doing == "Linear model: fold 2 of 3"
    assert [len(step.scores) for step in linear] == [0, 1, 2, 3]


def test_the_best_so_far_follows_the_cross_validation():
    _, steps = steps_of()
    finished = [step for step in steps if step.finished]
    assert [step.model for step in finished] == list(MODELS_TRAINED)
    best = None
    for step in finished:
        mean = step.finished.row.cv_mean
        best = max(best or (mean, step.model), (mean, step.model))
        assert step.best == best[1]


def test_what_was_judged_is_what_is_returned():
    data, steps = steps_of()
    for trained in (step.finished for step in steps if step.finished):
        output = fitting.predict(trained.pipeline, data, data.split.test)
        np.testing.assert_array_equal(output, trained.output)
        y_test = data.y[data.split.test]
        assert trained.row.holdout == score("roc_auc", y_test, output)
        assert trained.result.true_positives[0] == (y_test == 1).sum()


def test_the_clock_that_is_handed_in_measures_the_fit_and_nothing_else_does():
    _, steps = steps_of(clock=count(0, 7).__next__)
    rows = [step.finished.row for step in steps if step.finished]
    assert {row.fit_seconds for row in rows} == {7}


def test_equal_settings_give_equal_steps():
    def told():
        _, steps = steps_of(clock=count().__next__)
        return [(step.doing, step.scores, step.best) for step in steps]

    assert told() == told()


def test_a_model_that_fails_in_a_later_fold_counts_all_its_steps(monkeypatch):
    fit, calls = fitting.fit, []

    def fails_once(pipeline, data, rows):
        if type(pipeline[-1]) is type(MODELS["linear"].build("binary", 0, 1)):
            calls.append(rows)
            if len(calls) == 2:
                raise RuntimeError("the moon is full\nand a second line")
        return fit(pipeline, data, rows)

    monkeypatch.setattr(fitting, "fit", fails_once)
    _, steps = steps_of()
    failed = next(step for step in steps if step.finished and step.model == "linear")
    assert failed.finished.row.error.endswith("on this table: the moon is full")
    assert failed.finished.pipeline is None
    assert failed.done == 8 and steps[-1].best == "k_neighbors"


def test_a_disk_that_is_full_is_not_blamed_on_a_model(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fitting, "fit", full)
    with pytest.raises(OSError, match="No space left"):
        steps_of()


def test_a_search_is_a_step_and_ends_when_the_clock_says_so():
    settings = replace(SETTINGS, search="random", search_seconds=5)
    # The clock makes a leap at every look, so that the first candidate is the only one.
    _, steps = steps_of(settings, ("dummy", "linear"), count(0, 60).__next__)
    assert steps[-1].total == 4 + 5
    linear = [step for step in steps if step.model == "linear"]
    assert linear[0].doing == "Linear model: search of hyperparameters"
    assert set(linear[-1].finished.row.parameters) == {"model__C"}


def test_the_rows_held_out_keep_their_place_in_the_whole_table():
    frame = table()
    frame.loc[[0, 5, 40], "sick"] = None
    data = fitting.prepare(frame, SETTINGS)
    holdout = data.holdout()
    known = frame["sick"].iloc[holdout["position"]]
    assert [data.classes[k] for k in holdout["target"]] == known.tolist()
