"""A training from table to record: every task and split, models that fail, searches that keep to their time."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import orjson
import pandas as pd
import pytest

from app import functions
from app.jobs.train import train
from app.storage import DatasetStore, RunStore
from tests.jobs.conftest import settings_for, small_table

FEATURES = {"size": "number", "weight": "number", "colour": "category"}


class Notebook(dict):
    """Takes down what a training tells of itself, without a process or a clock."""

    def update(self, **fields: Any) -> None:
        """Take down some fields, as JSON would keep them."""
        super().update(orjson.loads(orjson.dumps(fields, default=str)))

    def begin(self, total: int) -> None:
        """Take down how many steps there are."""
        self["progress"] = {"done": 0, "total": total}
        self.told = []

    def doing(self, text: str) -> None:
        """Take down what is being worked on."""
        self.told.append(text)

    def advance(self, steps: int = 1) -> None:
        """Count steps."""
        self["progress"]["done"] += steps


@pytest.fixture
def run_training(tmp_path):
    """Train in this process: ``run_training(frame, models=["svm"])`` returns what the record would hold."""

    def run(frame: pd.DataFrame, **changes: Any) -> Notebook:
        datasets = DatasetStore(tmp_path / "datasets")
        runs = RunStore(tmp_path / "runs")
        fields = {
            "dataset": {"id": datasets.add(frame, "A table")},
            "settings": settings_for(frame, **changes),
        }
        run_id = runs.create(kind="training", **fields)
        record = Notebook(id=run_id, **fields)
        results = train(record, datasets, runs)
        runs.write(runs.get(run_id) | dict(record) | results)
        return Notebook(runs.get(run_id))

    return run


@pytest.fixture
def failing(monkeypatch):
    """Let the fits of some models fail: ``failing("linear")``."""
    fit = functions.models.training.fit

    def break_models(*models: str) -> None:
        kinds = {
            type(functions.models.catalogue.MODELS[model].build("binary", 0, 1))
            for model in models
        }

        def fit_or_fail(pipeline, data, rows):
            if type(pipeline[-1]) in kinds:
                raise RuntimeError("the moon is full\nand a second line")
            return fit(pipeline, data, rows)

        monkeypatch.setattr(functions.models.training, "fit", fit_or_fail)

    return break_models


def test_a_record_says_what_was_trained_on_what_and_with_what(run_training):
    frame = small_table()
    frame.loc[:2, "sick"] = None
    run = run_training(frame)
    assert run["n_train"] + run["n_test"] == 117
    assert run["classes"] == ["no", "yes"]
    assert run["notes"] == ["3 rows without a value in 'sick' were left out."]
    assert set(run["versions"]) >= {"python", "scikit-learn", "numpy", "pandas"}
    assert run["best"] == "linear"
    assert set(run["checks"]["models"]) == {"dummy", "linear"}
    assert run["checks"]["data"]


def test_every_step_that_was_announced_is_done(run_training, failing):
    failing("random_forest")
    run = run_training(
        small_table(),
        models=["linear", "random_forest"],
        search="random",
        search_seconds=1,
    )
    assert run["progress"]["done"] == run["progress"]["total"]


def test_a_record_without_a_score_holds_null(run_training, failing):
    failing("random_forest")
    run = run_training(small_table(), models=["linear", "random_forest"])
    row = run["leaderboard"][2]
    assert row["cv_mean"] is None and row["holdout"] is None


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
def test_every_task_and_split_is_trained_and_judged(run_training, changes, tmp_path):
    run = run_training(small_table(), roles=FEATURES, **changes)
    for row in run["leaderboard"]:
        assert row["error"] is None
        assert len(row["cv_scores"]) == 3
        assert row["holdout_low"] <= row["holdout"] <= row["holdout_high"]
        assert RunStore(tmp_path / "runs").result(run["id"], f"model-{row['model']}")


def test_the_kept_model_predicts_rows_as_they_stand_in_the_table(
    run_training, tmp_path
):
    frame = small_table()
    run = run_training(frame, models=["linear", "k_neighbors"])
    content = RunStore(tmp_path / "runs").model(run["id"])
    model = functions.models.persistence.model_from_bytes(content)
    predicted = model.predict(frame.assign(colour="never seen"))
    assert set(predicted) == {"yes", "no"}


def test_the_kept_model_is_the_best_one(run_training, tmp_path):
    run = run_training(small_table(), models=["random_forest", "linear"])
    best = max(run["leaderboard"], key=lambda row: row["cv_mean"])["model"]
    content = RunStore(tmp_path / "runs").model(run["id"])
    kept = functions.models.persistence.model_from_bytes(content)[-1]
    built = functions.models.catalogue.MODELS[best].build("binary", 0, 1)
    assert run["best"] == best
    assert type(kept) is type(built)


def test_the_same_seed_gives_the_same_scores_and_another_one_does_not(run_training):
    def scores(seed: int) -> list:
        run = run_training(
            small_table(60), models=["random_forest"], n_splits=2, random_state=seed
        )
        return [[row["cv_scores"], row["holdout_low"]] for row in run["leaderboard"]]

    assert scores(1) == scores(1)
    assert scores(1) != scores(2)


def test_a_model_that_fails_does_not_take_the_others_with_it(run_training, failing):
    failing("random_forest")
    run = run_training(small_table(), models=["random_forest", "linear"])
    errors = {row["model"]: row["error"] for row in run["leaderboard"]}
    assert errors == {
        "dummy": None,
        "random_forest": "Random forest cannot be trained on this table: the moon is full",
        "linear": None,
    }
    assert run["best"] == "linear"


def test_a_training_whose_models_all_fail_says_so_although_the_baseline_works(
    run_training, failing
):
    failing("linear", "random_forest")
    with pytest.raises(ValueError, match="No model could be trained"):
        run_training(small_table(), models=["linear", "random_forest"])


def test_the_baseline_alone_can_be_trained(run_training):
    assert run_training(small_table(), models=["dummy"])["best"] == "dummy"


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
    monkeypatch.setattr(functions.evaluation.scoring, "score", lambda *_: float("nan"))
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
    clock = SimpleNamespace(
        monotonic=lambda: next(seconds), perf_counter=time.perf_counter
    )
    monkeypatch.setattr("app.jobs.train.time", clock)
    run = run_training(
        small_table(), models=["random_forest"], search=search, search_seconds=2
    )
    assert next(seconds) < 6, "of 24 candidates only those that begin in time are tried"
    found = run["leaderboard"][1]["parameters"]
    assert set(found) == {
        "model__max_features",
        "model__min_samples_leaf",
        "model__max_depth",
    }
    assert math.isfinite(run["leaderboard"][1]["cv_mean"])
    assert run["leaderboard"][0]["parameters"] == {}


def test_what_is_trained_is_what_the_settings_say(run_training):
    run = run_training(small_table(), test_size=0.25, n_splits=4)
    settings = functions.models.settings.TrainingSettings.from_dict(run["settings"])
    assert asdict(settings)["n_splits"] == 4
    assert run["n_test"] == 30
    assert len(run["leaderboard"][1]["cv_scores"]) == 4
