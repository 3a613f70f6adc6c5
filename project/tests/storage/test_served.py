"""A name is served by the model that was promoted last, and by the one before once that is taken back."""

from __future__ import annotations

import os
import threading
import time

import pytest

from app.storage import NotFound, RunStore
from app.storage.served import ServedModels, address, is_name


@pytest.fixture
def runs(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture
def names(tmp_path):
    return ServedModels(tmp_path)


def test_a_promotion_serves_until_it_is_taken_back(names, runs):
    first, second = runs.create("training"), runs.create("training")
    names.promote("churn", first, "linear", "ann")
    names.promote("churn", second, "svm", "bob")
    assert names.run_of("churn").run == second
    assert names.names_of(second) == {"churn": "svm"}
    assert names.names_of(first) == {}
    names.demote("churn", "ann")
    now = names.run_of("churn")
    assert (now.run, now.model, now.by) == (first, "linear", "ann")
    names.demote("churn")
    with pytest.raises(NotFound, match="No model serves as 'churn'"):
        names.run_of("churn")
    history = names.get("churn").history
    assert [(one.action, one.run) for one in history] == [
        *(("promote", first), ("promote", second)),
        *(("demote", first), ("demote", "")),
    ]


def test_a_model_that_is_gone_does_not_serve_again(names, runs):
    first, second = runs.create("training"), runs.create("training")
    names.promote("churn", first, "linear")
    names.promote("churn", second, "linear")
    (runs.root / first / "run.json").unlink()
    assert names.demote("churn").now is None
    names.promote("churn", second, "linear")
    (runs.root / second / "run.json").unlink()
    with pytest.raises(NotFound):
        names.run_of("churn")


def test_what_serves_already_is_not_promoted_twice(names, runs):
    run = runs.create("training")
    names.promote("churn", run, "linear")
    with pytest.raises(ValueError, match="serves as 'churn' already"):
        names.promote("churn", run, "linear")


@pytest.mark.parametrize("name", ["churn", "churn-2", "a_b", "x" * 60])
def test_names_are_words(name):
    assert is_name(name)
    assert address(name) == f"/served/{name}"


@pytest.mark.parametrize(
    "name",
    ["", "Churn", "a b", "../x", "a--b", "1a", "é", "x" * 61, "a" * 20, "-a", "a\n"],
)
def test_what_cannot_be_a_name_is_refused(names, name):
    assert not is_name(name)
    with pytest.raises(ValueError, match="cannot serve as"):
        names.promote(name, "0" * 20, "linear")
    with pytest.raises(NotFound):
        names.run_of(name)


def test_of_many_that_promote_at_once_none_is_lost(names, runs):
    made = [runs.create("training") for _ in range(8)]
    threads = [
        threading.Thread(target=names.promote, args=("churn", run, "linear"))
        for run in made
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.run for one in names.get("churn").promotions} == set(made)


def test_a_damaged_record_is_no_name(names, tmp_path):
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "churn.json").write_text("{")
    assert names.all() == ()
    with pytest.raises(NotFound):
        names.run_of("churn")


def test_what_serves_or_would_serve_again_does_not_expire(names, runs):
    made = [runs.create("training") for _ in range(3)]
    for run in made:
        names.promote("churn", run, "linear")
        os.utime(runs.root / run / "run.json", (0, 0))
    names.keep()
    written = [(runs.root / run / "run.json").stat().st_mtime for run in made]
    assert written[0] == 0
    assert min(written[1:]) > time.time() - 3600
