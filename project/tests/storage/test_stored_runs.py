"""Runs that another version of the code has stored: the first schema, and one that is newer than ours."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from app.dashboard.pages import evaluate, train
from app.functions.evaluation.learning_curves import LearningCurve
from app.functions.models.fitting import prepare
from app.functions.models.persistence import model_from_bytes
from app.services import Services
from app.settings import Settings
from app.storage.files import NotFound
from tests.conftest import wait_for

FIRST = Path(__file__).resolve().parents[1] / "stored" / "first_schema"
BINARY, REGRESSION = "c1c7a71c5339b2614eec", "12a9946368332e5eb1bc"
LEARNING = "df243bb2d7242673ca53"


@pytest.fixture
def stored(tmp_path) -> Services:
    """A data directory as a server of the first schema left it."""
    for name in ("datasets", "runs"):
        shutil.copytree(FIRST / name, tmp_path / name)
    return Services.below(tmp_path, Settings())


def from_the_future(services: Services, run_id: str) -> None:
    """Change a record as a version might that knows more than this one."""
    path = services.runs.root / run_id / "run.json"
    content = json.loads(path.read_bytes())
    content |= {"schema": 99, "mood": "sunny"}
    content["settings"]["window_days"] = 30
    content["checks"]["data"][0]["confidence"] = 0.5
    for row in content["leaderboard"]:
        row["carbon_g"] = 1.5
    path.write_text(json.dumps(content))


def text_of(component) -> str:
    return str(component.to_plotly_json())


@pytest.mark.parametrize("newer", [False, True], ids=["first schema", "newer schema"])
@pytest.mark.parametrize("run_id", [BINARY, REGRESSION])
def test_a_stored_run_opens_with_its_results(stored, run_id, newer):
    if newer:
        from_the_future(stored, run_id)
    training = stored.runs.training(run_id)
    assert training.run.state == "done" and training.summary.best == "linear"
    assert training.settings.n_splits == 3
    assert "Can I trust this?" in text_of(evaluate.layout(stored, {"run": run_id}))
    assert "Trained" in text_of(train.layout(stored, {"run": run_id}))


@pytest.mark.parametrize("run_id", [BINARY, REGRESSION])
def test_a_stored_model_predicts_as_it_was_judged(stored, run_id):
    training = stored.runs.training(run_id)
    model = model_from_bytes(stored.runs.model(run_id, training.summary.best))
    data = prepare(stored.datasets.table(training.run.dataset.id), training.settings)
    rows = data.X.iloc[data.split.test]
    row = next(row for row in training.summary.leaderboard if row.model == "linear")
    predicted = pd.Series(model.predict(rows)).to_numpy()
    if run_id == REGRESSION:
        y = data.y[data.split.test]
        r2 = 1 - ((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum()
        assert r2 == pytest.approx(row.holdout)
    else:
        assert set(predicted) <= set(training.summary.classes)


def test_of_the_first_schema_the_best_model_alone_is_kept(stored):
    with pytest.raises(NotFound):
        stored.runs.model(BINARY, "k_neighbors")
    assert stored.runs.schema(BINARY) is None


def test_a_stored_learning_curve_is_shown(stored):
    run = stored.runs.derived("learning", BINARY, {"model": "linear"})
    assert run.id == LEARNING and run.parent == BINARY
    curve = stored.runs.derived_result(run, LearningCurve)
    assert len(curve.rows) == len(curve.validation_mean) > 1
    layout = text_of(evaluate.layout(stored, {"run": BINARY, "model": "linear"}))
    assert "learning-figure" in layout


@pytest.mark.parametrize("newer", [False, True], ids=["first schema", "newer schema"])
def test_a_stored_run_can_be_started_again_and_gets_a_learning_curve(stored, newer):
    if newer:
        from_the_future(stored, BINARY)
    jobs, runs = stored.jobs, stored.runs
    again = jobs.start_again(BINARY)
    curve = jobs.derive("learning", BINARY, model="k_neighbors")
    # The same curve is not computed twice.
    assert jobs.start_again(LEARNING) == LEARNING
    for run_id in (again, curve):
        wait_for(lambda: not runs.get(run_id).active, what="the run to end")
        assert runs.get(run_id).state == "done", runs.get(run_id)
    assert runs.training(again).settings == runs.training(BINARY).settings
    assert runs.derived_result(runs.get(curve), LearningCurve).rows


def test_a_record_that_lacks_what_it_must_have_is_a_sentence(stored):
    path = stored.runs.root / BINARY / "run.json"
    content = json.loads(path.read_bytes())
    del content["settings"]["target"]
    path.write_text(json.dumps(content))
    with pytest.raises(NotFound, match="damaged"):
        stored.runs.training(BINARY)


def test_a_link_to_a_learning_curve_is_no_training(stored):
    with pytest.raises(NotFound, match="no training"):
        stored.runs.training(LEARNING)


def test_a_version_before_could_read_what_this_one_writes(stored):
    """It found these fields where they still are, so a rollback breaks no run."""
    again = stored.jobs.start_again(REGRESSION)
    wait_for(lambda: not stored.runs.get(again).active, what="the run to end")
    ours, theirs = stored.runs.content(again), stored.runs.content(REGRESSION)
    assert set(theirs) <= set(ours)
    assert set(theirs["leaderboard"][0]) <= set(ours["leaderboard"][0])
    folder = stored.runs.root
    results = [
        json.loads((folder / run_id / "model-linear.json").read_bytes())
        for run_id in (again, REGRESSION)
    ]
    assert results[1].keys() <= results[0].keys()
    assert results[0]["quantiles"].keys() == results[1]["quantiles"].keys()
    assert time.time() > ours["finished"]


def test_the_positive_class_of_a_stored_run_stays_the_one_that_it_had(stored):
    path = stored.runs.root / BINARY / "run.json"
    content = json.loads(path.read_bytes())
    assert "positive" not in content["settings"]
    for classes in (content["classes"], content["classes"][::-1]):
        path.write_text(json.dumps(content | {"classes": classes}))
        training = stored.runs.training(BINARY)
        table = stored.datasets.table(training.run.dataset.id)
        assert prepare(table, training.settings).classes == tuple(classes)
    assert stored.runs.training(REGRESSION).settings.positive is None
