"""The process that keeps models: it answers as the pipeline does, is started when it is needed, and nobody waits for
ever when it dies."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.functions.models.persistence import model_from_bytes
from app.jobs import models as module
from app.jobs.models import Models, Refused, Unavailable
from app.settings import Settings
from app.storage import NotFound
from tests.conftest import PATIENCE_SECONDS, wait_for
from tests.jobs.conftest import Trained, is_buried, small_table

SETTINGS = Settings(predict_seconds=PATIENCE_SECONDS)
ROW = {"size": 0.5, "weight": None, "colour": "red"}


@pytest.fixture(scope="module")
def models(trained: Trained) -> Iterator[Models]:
    """Asks for the models of `trained`."""
    made = Models(trained.workshop.data_dir, SETTINGS)
    yield made
    made.close()


def rows_of(frame: pd.DataFrame) -> list[dict]:
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


@pytest.mark.parametrize("model", ["linear", "k_neighbors", "dummy"])
def test_predictions_are_those_of_the_pipeline(models, trained, model):
    frame = small_table()[["size", "weight", "colour"]]
    answer = models.ask("predict", trained.run_id, rows=rows_of(frame), model=model)
    pipeline = model_from_bytes(trained.workshop.runs.model(trained.run_id, model))
    inside = {one["row"]: one["probabilities"]["yes"] for one in answer["predictions"]}
    assert len(inside) == len(frame) and answer["failed"] == []
    expected = pipeline.predict_proba(frame)[:, 1]
    np.testing.assert_allclose([inside[i] for i in range(len(frame))], expected)


def test_without_a_model_the_best_one_answers(models, trained):
    answer = models.ask("predict", trained.run_id, rows=[ROW])
    assert answer["model"] == trained.run.summary.best


def test_the_threshold_decides_and_stands_in_the_answer(models, trained):
    low, high = (
        models.ask("predict", trained.run_id, rows=[ROW], threshold=threshold)
        for threshold in (0.0, 1.0)
    )
    assert [a["predictions"][0]["prediction"] for a in (low, high)] == ["yes", "no"]
    assert [a["threshold"] for a in (low, high)] == [0.0, 1.0]


def test_a_row_that_fails_is_reported_beside_those_that_succeed(models, trained):
    rows = [ROW, {"size": "tall", "colour": "red"}, 7, ROW | {"colour": "mauve"}]
    answer = models.ask("predict", trained.run_id, rows=rows)
    assert [one["row"] for one in answer["predictions"]] == [0, 3]
    assert [one["row"] for one in answer["failed"]] == [1, 2]
    assert "“tall” is not a number" in answer["failed"][0]["reason"]
    assert "“mauve” was not in the training table" in answer["predictions"][1]["doubt"]
    unseen = next(p for p in answer["problems"] if p["kind"] == "unseen")
    assert unseen["rows"] == [3]


def test_a_check_says_what_does_not_fit_and_predicts_nothing(models, trained):
    rows = [{"size": 1, "shoe": 3}, {"size": 10_000}]
    answer = models.ask("check", trained.run_id, rows=rows)
    kinds = {(p["kind"], p["column"]) for p in answer["problems"]}
    assert kinds == {
        ("absent", "weight"),
        ("absent", "colour"),
        ("outside", "size"),
        ("surplus", "shoe"),
    }
    assert (answer["rows"], answer["usable"]) == (2, 2)


def test_reasons_name_the_columns_that_move_a_prediction_the_strongest_first(
    models, trained
):
    rows = [{"size": 3.0, "weight": 0, "colour": "red"}, 5]
    answer = models.ask("explain", trained.run_id, rows=rows, model="linear")
    (one,) = answer["explanations"]
    effects = [abs(reason["effect"]) for reason in one["reasons"]]
    assert one["reasons"][0]["column"] == "size"
    assert effects == sorted(effects, reverse=True)
    # Without the column's own value the model would say so much less.
    typical = trained.workshop.runs.schema(trained.run_id).columns[0].typical
    without = models.ask(
        "predict", trained.run_id, rows=[rows[0] | {"size": typical}], model="linear"
    )
    lower = without["predictions"][0]["probabilities"]["yes"]
    difference = one["probabilities"]["yes"] - lower
    assert one["reasons"][0]["effect"] == pytest.approx(difference)
    assert [failed["row"] for failed in answer["failed"]] == [1]


def test_a_model_that_the_run_does_not_have_is_refused_with_those_it_has(models, trained):  # fmt: skip
    with pytest.raises(Refused, match="linear, k_neighbors") as error:
        models.ask("predict", trained.run_id, rows=[ROW], model="../../linear")
    assert error.value.status == 404


def test_a_run_that_was_deleted_answers_no_more_although_its_model_is_in_memory(
    models, trained
):
    runs = trained.workshop.runs.root
    shutil.copytree(runs / trained.run_id, runs / "copy")
    content = (runs / "copy" / "run.json").read_text()
    (runs / "copy" / "run.json").write_text(content.replace(trained.run_id, "copy"))
    models.ask("predict", "copy", rows=[ROW])
    shutil.rmtree(runs / "copy")
    with pytest.raises(NotFound):
        models.ask("predict", "copy", rows=[ROW])


def test_a_model_that_is_too_large_is_refused_with_a_sentence(trained):
    settings = replace(SETTINGS, predict_memory_mb=0)
    small = Models(trained.workshop.data_dir, settings)
    with pytest.raises(Refused, match="PREDICT_MEMORY_MB"):
        small.ask("predict", trained.run_id, rows=[ROW])
    small.close()


def test_no_process_runs_before_somebody_asks_and_it_ends_when_nobody_has_for_a_while(
    trained, monkeypatch
):
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.2)
    idle = Models(trained.workshop.data_dir, SETTINGS)
    assert idle.pid is None
    idle.ask("check", trained.run_id, rows=[ROW])
    wait_for(lambda: idle.pid is None, what="the idle process to end")
    assert idle.ask("check", trained.run_id, rows=[ROW])["usable"] == 1
    idle.close()


def test_who_waits_while_the_process_dies_is_told_and_the_next_one_is_answered(
    models, trained
):
    models.ask("predict", trained.run_id, rows=[ROW])
    pid = models.pid
    os.kill(pid, signal.SIGSTOP)
    said: list[Exception] = []

    def ask():
        try:
            models.ask("predict", trained.run_id, rows=[ROW])
        except Unavailable as error:
            said.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    wait_for(lambda: models._process._waiting, what="the request to be sent")
    os.kill(pid, signal.SIGKILL)
    waiting.join(PATIENCE_SECONDS)
    assert "ended unexpectedly" in str(said[0]) and said[0].seconds > 0
    wait_for(lambda: is_buried(pid), what="the process to be buried")
    assert models.ask("predict", trained.run_id, rows=[ROW])["predictions"]
    assert models.pid != pid


def test_what_takes_too_long_is_ended_with_a_sentence(trained):
    models = Models(trained.workshop.data_dir, SETTINGS)
    models.ask("predict", trained.run_id, rows=[ROW])
    pid = models.pid
    os.kill(pid, signal.SIGSTOP)
    models._settings = replace(SETTINGS, predict_seconds=1)
    with pytest.raises(Unavailable, match="more than 1 s"):
        models.ask("predict", trained.run_id, rows=[ROW])
    wait_for(lambda: is_buried(pid), what="the process to be buried")
    models.close()


def test_who_is_late_costs_others_no_answer_and_the_process_ends_once_they_have_theirs(
    trained,
):
    models = Models(trained.workshop.data_dir, SETTINGS)
    models.ask("predict", trained.run_id, rows=[ROW])
    first = models._process
    with ThreadPoolExecutor(2) as threads:
        waiting = _asked_of_a_stopped(models, trained, threads)
        models._settings = replace(SETTINGS, predict_seconds=1)
        with pytest.raises(Unavailable, match="more than 1 s"):
            models.ask("predict", trained.run_id, rows=[ROW])
        models._settings = SETTINGS
        assert models.ask("predict", trained.run_id, rows=[ROW])["predictions"]
        assert models.pid != first.popen.pid and not waiting.done()
        os.kill(first.popen.pid, signal.SIGCONT)
        assert waiting.result(PATIENCE_SECONDS)["predictions"]
        wait_for(lambda: is_buried(first.popen.pid), what="the process to be buried")
        # Another that is late, and then one more: there are never more than two.
        waiting = _asked_of_a_stopped(models, trained, threads)
        models._replace(models._process)
        models.ask("check", trained.run_id, rows=[ROW])
        models._replace(models._process)
        with pytest.raises(Unavailable, match="others' requests took too long"):
            waiting.result(PATIENCE_SECONDS)
    models.close()


def _asked_of_a_stopped(models: Models, trained: Trained, threads: ThreadPoolExecutor):
    os.kill(models.pid, signal.SIGSTOP)
    waiting = threads.submit(models.ask, "predict", trained.run_id, rows=[ROW])
    wait_for(lambda: models._process._waiting, what="the request to be sent")
    return waiting


def test_more_than_may_wait_at_once_are_told_to_come_back(trained, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 1)
    models = Models(trained.workshop.data_dir, replace(SETTINGS, predict_seconds=1))
    with models._places, pytest.raises(Unavailable, match="Many programs"):
        models.ask("predict", trained.run_id, rows=[ROW])
    models.close()


def test_the_process_knows_no_secret_and_ends_with_the_one_who_asked(
    trained, monkeypatch
):
    monkeypatch.setenv("SECRET_KEY", "of the server alone")
    models = Models(trained.workshop.data_dir, SETTINGS)
    models.ask("predict", trained.run_id, rows=[ROW])
    pid = models.pid
    with open(f"/proc/{pid}/environ", "rb") as environ:
        assert b"of the server alone" not in environ.read()
    # As when the server is killed: nobody tells the process anything.
    models._process._connection.shutdown(2)
    wait_for(lambda: is_buried(pid), what="the process to end")
    models.close()
