"""A training from table to record: every task and split, models that fail, searches that keep to their time."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app import functions
from app.jobs.job import Job
from app.jobs.train import train
from app.storage import DatasetStore, RunStore
from app.storage.runs import TrainingRun
from tests.jobs.conftest import settings_for, small_table
from tests.jobs.notebook import Notebook

FEATURES = {"size": "number", "weight": "number", "colour": "category"}


@dataclass
class Done:
    """A training that is done."""

    runs: RunStore
    id: str
    notebook: Notebook

    @property
    def training(self) -> TrainingRun:
        return self.runs.training(self.id)

    @property
    def summary(self):
        return self.training.summary


@pytest.fixture
def run_training(tmp_path):
    """Train in this process: ``run_training(frame, models=["svm"])`` returns what the run keeps."""

    def run(frame: pd.DataFrame, **changes: Any) -> Done:
        datasets = DatasetStore(tmp_path / "datasets")
        runs = RunStore(tmp_path / "runs")
        run_id = runs.create(
            "training",
            dataset={"id": datasets.add(frame, "A table")},
            settings=settings_for(frame, **changes),
        )
        notebook = Notebook(runs, run_id)
        notebook.update(**train(Job(run_id, notebook, datasets, runs)), state="done")
        return Done(runs, run_id, notebook)

    return run


@pytest.fixture
def failing(monkeypatch):
    """Let the fits of some models fail: ``failing("linear")``."""
    fit = functions.models.fitting.fit

    def break_models(*models: str) -> None:
        kinds = {
            type(functions.models.catalogue.MODELS[model].build("binary", 0, 1))
            for model in models
        }

        def fit_or_fail(pipeline, data, rows):
            if type(pipeline[-1]) in kinds:
                raise RuntimeError("the moon is full\nand a second line")
            return fit(pipeline, data, rows)

        monkeypatch.setattr(functions.models.fitting, "fit", fit_or_fail)

    return break_models


def test_a_record_says_what_was_trained_on_what_and_with_what(run_training):
    frame = small_table()
    frame.loc[:2, "sick"] = None
    run = run_training(frame)
    assert run.summary.n_train + run.summary.n_test == 117
    assert run.summary.classes == ("no", "yes")
    assert run.summary.notes == (
        "117 of 120 rows are used. Left out: 3 without a value in 'sick'.",
        "The positive class is 'yes': it means yes.",
    )
    assert set(run.summary.versions) >= {"python", "scikit-learn", "numpy", "pandas"}
    assert run.summary.best == "linear"
    assert set(run.summary.checks.models) == {"dummy", "linear"}
    assert run.summary.checks.data


def test_what_is_kept_is_about_the_rows_that_were_used(run_training):
    frame = small_table()
    in_red = {"column": "colour", "values": ["red"]}
    run = run_training(frame, row_filters=[in_red], positive="no", weighting="balanced")
    used = frame.index[frame["colour"] == "red"]
    holdout = run.runs.table(run.id, "holdout")
    assert set(holdout["position"]) <= set(used)
    assert run.summary.n_train + run.summary.n_test == len(used)
    said = " ".join(run.summary.notes)
    assert f"{len(used)} of {len(frame)} rows are used." in said
    assert "The positive class is 'no': it was chosen." in said
    assert "Classes are balanced in the fit" in said
    assert run.summary.classes == ("yes", "no")
    labels = frame["sick"].iloc[holdout["position"]].tolist()
    assert [("yes", "no")[code] for code in holdout["target"]] == labels
    schema = {column.name: column for column in run.runs.schema(run.id).columns}
    assert schema["colour"].categories == ("red",)
    # What is computed later from the record alone begins with the same rows.
    again = functions.models.fitting.prepare(frame, run.training.settings)
    assert again.holdout().equals(holdout)


def test_every_step_that_was_announced_is_done(run_training, failing):
    failing("random_forest")
    run = run_training(
        small_table(),
        models=["linear", "random_forest"],
        search="random",
        search_seconds=5,
    )
    assert run.notebook.done == run.notebook.total


def test_a_record_without_a_score_holds_null(run_training, failing):
    failing("random_forest")
    run = run_training(small_table(), models=["linear", "random_forest"])
    row = run.runs.content(run.id)["leaderboard"][2]
    assert row["cv_mean"] is None and row["holdout"] is None
    assert math.isnan(run.summary.leaderboard[2].cv_mean)


@pytest.mark.parametrize(
    "changes",
    [
        {"target": "price", "task": "regression", "scoring": "r2"},
        {"target": "kind", "task": "multiclass", "scoring": "balanced_accuracy"},
        {"split": "group", "split_by": "group"},
        {"split": "time", "split_by": "day"},
        {"target": "price", "task": "regression", "scoring": "mae", "split": "time"}
        | {"split_by": "day"},
        {"target": "kind", "task": "multiclass", "scoring": "f1_macro"}
        | {"split": "group", "split_by": "group"},
    ],
    ids=lambda changes: "-".join(str(value) for value in changes.values()),
)
def test_every_task_and_split_is_trained_and_judged(run_training, changes):
    run = run_training(small_table(), roles=FEATURES, **changes)
    for row in run.summary.leaderboard:
        assert row.error is None
        assert len(row.cv_scores) == 3
        if not row.no_interval:
            assert row.holdout_low <= row.holdout <= row.holdout_high
        assert run.runs.model_result(run.training, row.model)


def test_a_kept_model_predicts_rows_as_they_stand_in_the_table(run_training):
    frame = small_table()
    run = run_training(frame, models=["linear", "k_neighbors"])
    content = run.runs.model(run.id, "k_neighbors")
    model = functions.models.persistence.model_from_bytes(content)
    predicted = model.predict(frame.assign(colour="never seen"))
    assert set(predicted) == {"yes", "no"}


def test_every_model_is_kept_and_the_best_one_is_named(run_training):
    run = run_training(small_table(), models=["random_forest", "linear"])
    best = max(run.summary.leaderboard, key=lambda row: row.cv_mean).model
    assert run.summary.best == best
    for model in ("dummy", "random_forest", "linear"):
        content = run.runs.model(run.id, model)
        kept = functions.models.persistence.model_from_bytes(content)[-1]
        built = functions.models.catalogue.MODELS[model].build("binary", 0, 1)
        assert type(kept) is type(built)


def test_the_same_seed_gives_the_same_scores_and_another_one_does_not(run_training):
    def scores(seed: int) -> list:
        run = run_training(
            small_table(60), models=["random_forest"], n_splits=2, random_state=seed
        )
        return [[row.cv_scores, row.holdout_low] for row in run.summary.leaderboard]

    assert scores(1) == scores(1)
    assert scores(1) != scores(2)


def test_a_model_that_fails_does_not_take_the_others_with_it(run_training, failing):
    failing("random_forest")
    run = run_training(small_table(), models=["random_forest", "linear"])
    errors = {row.model: row.error for row in run.summary.leaderboard}
    assert errors == {
        "dummy": None,
        "random_forest": "Random forest cannot be trained on this table: the moon is full",
        "linear": None,
    }
    assert run.summary.best == "linear"


def test_a_training_whose_models_all_fail_says_so_although_the_baseline_works(
    run_training, failing
):
    failing("linear", "random_forest")
    with pytest.raises(ValueError, match="No model could be trained"):
        run_training(small_table(), models=["linear", "random_forest"])


def test_the_baseline_alone_can_be_trained(run_training):
    assert run_training(small_table(), models=["dummy"]).summary.best == "dummy"


def test_models_that_are_all_left_out_are_a_sentence(run_training, monkeypatch):
    spec = functions.models.catalogue.MODELS["svm"]
    small = type(spec)(**{**_fields(spec), "max_rows": 10})
    monkeypatch.setitem(functions.models.catalogue.MODELS, "svm", small)
    with pytest.raises(ValueError, match="left out.*Choose another model"):
        run_training(small_table(), models=["svm"])


def _fields(spec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


def test_a_full_disk_is_not_blamed_on_the_model(run_training, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunStore, "write_result", full)
    with pytest.raises(OSError, match="No space left"):
        run_training(small_table())


def test_a_metric_that_no_fold_defines_is_a_sentence(run_training, monkeypatch):
    nowhere = "app.functions.models.training.score"
    monkeypatch.setattr(nowhere, lambda *_: float("nan"))
    with pytest.raises(ValueError, match="No model can be judged"):
        run_training(small_table())


def test_a_constant_target_is_refused(run_training):
    with pytest.raises(ValueError, match="sick"):
        run_training(small_table().assign(sick="yes"))


@pytest.mark.parametrize("search", ["halving", "random"])
def test_a_search_keeps_to_its_time_and_its_finds_are_in_the_record(
    run_training, search, monkeypatch
):
    # On this clock every candidate takes a second.
    seconds = itertools.count()
    clock = SimpleNamespace(perf_counter=lambda: next(seconds))
    monkeypatch.setattr("app.jobs.train.time", clock)
    run = run_training(
        small_table(), models=["random_forest"], search=search, search_seconds=5
    )
    assert (
        next(seconds) < 24
    ), "of 24 candidates only those that begin in time are tried"
    found = run.summary.leaderboard[1].parameters
    assert set(found) == {
        "model__max_features",
        "model__min_samples_leaf",
        "model__max_depth",
    }
    assert math.isfinite(run.summary.leaderboard[1].cv_mean)
    assert run.summary.leaderboard[0].parameters == {}


def test_what_is_trained_is_what_the_settings_say(run_training):
    run = run_training(small_table(), test_size=0.25, n_splits=4)
    assert run.training.settings.n_splits == 4
    assert run.summary.n_test == 30
    assert len(run.summary.leaderboard[1].cv_scores) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"target": "kind", "task": "multiclass", "scoring": "balanced_accuracy"},
        {"target": "price", "task": "regression", "scoring": "r2"},
    ],
    ids=["binary", "multiclass", "regression"],
)
def test_a_run_keeps_all_that_scoring_and_explaining_need(run_training, changes):
    frame = small_table()
    frame.loc[[3, 50, 99], changes.get("target", "sick")] = None
    run = run_training(frame, **changes)
    target, classes = run.training.settings.target, list(run.summary.classes)
    holdout = run.runs.table(run.id, "holdout")
    rows = frame.iloc[holdout["position"]]
    known = rows[target].tolist()
    kept = holdout["target"]
    assert [classes[k] for k in kept] == known if classes else list(kept) == known
    model = functions.models.persistence.model_from_bytes(
        run.runs.model(run.id, "linear")
    )
    conformed = functions.scoring.conforming.conform(
        rows.astype("str"), run.runs.schema(run.id)
    )
    frame = conformed.rows
    assert not conformed.refused
    output = run.runs.table(run.id, "output-linear")
    again = model.predict_proba(frame) if classes else model.predict(frame)[:, None]
    assert list(output) == (classes or ["prediction"])
    np.testing.assert_allclose(output, again, rtol=1e-12)
