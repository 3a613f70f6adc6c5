"""What later tables are compared with: kept by a training, made of the table for one of before."""

from __future__ import annotations

import shutil

import pytest

from app.functions.scoring.drift import DriftCounter
from app.functions.scoring.reference import Reference
from app.jobs.training_reference import reference_of_run, sample_of_training
from app.storage import DatasetStore, NotFound, RunStore


@pytest.fixture
def stores(trained, tmp_path):
    """The runs and tables of a copy of the training, and its id."""
    data = tmp_path / "data"
    shutil.copytree(trained.workshop.data_dir, data)
    return RunStore(data / "runs"), DatasetStore(data / "datasets"), trained.run_id


def test_a_training_keeps_what_later_tables_are_compared_with(stores):
    runs, datasets, run_id = stores
    kept = runs.result(run_id, "reference", Reference)
    assert kept.rows == 120 and kept.classes == ("no", "yes")
    assert [each.name for each in kept.columns] == ["size", "weight", "colour"]
    assert kept.column("weight").missing == 12
    assert set(kept.predictions) == {"dummy", "linear", "k_neighbors"}
    assert kept.predictions["linear"].present == 24


def test_a_training_of_before_gets_the_same_from_its_table(stores):
    runs, datasets, run_id = stores
    kept = runs.result(run_id, "reference", Reference)
    runs.remove_result(run_id, "reference")
    assert reference_of_run(runs, datasets, run_id) == kept
    assert runs.result(run_id, "reference", Reference) == kept


def test_without_the_table_a_training_of_before_has_none(stores):
    runs, datasets, run_id = stores
    runs.remove_result(run_id, "reference")
    shutil.rmtree(datasets.root)
    assert reference_of_run(runs, datasets, run_id) is None
    sample, reason = sample_of_training(runs, datasets, run_id)
    assert sample is None
    assert (
        reason
        == "The training table is gone, so the tables are not compared as a whole."
    )


def test_rows_of_the_training_are_compared_as_they_are(stores):
    runs, datasets, run_id = stores
    sample, reason = sample_of_training(runs, datasets, run_id)
    assert list(sample) == ["size", "weight", "colour"] and len(sample) == 120
    counter = DriftCounter(reference_of_run(runs, datasets, run_id), "linear")
    counter.add(sample)
    drift = counter.result(sample, reason)
    assert drift.level == "none" and drift.whole.rows_before == 120


def test_a_training_that_is_gone_is_not_found(stores):
    runs, datasets, _ = stores
    with pytest.raises(NotFound):
        reference_of_run(runs, datasets, "gone")
