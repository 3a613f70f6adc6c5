"""Datasets: a table that is kept is read as it was, and half of one is none."""

from __future__ import annotations

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from app.storage import DatasetStore, NotFound

TABLE = pd.DataFrame(
    {
        "age": [31, 42, 53, None],
        "day": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", None]),
        "name": ["Ada", "Grace", None, "Mary"],
    }
)


@pytest.fixture
def store(tmp_path) -> DatasetStore:
    return DatasetStore(tmp_path)


def test_a_table_that_is_kept_is_read_as_it_was(store):
    dataset_id = store.add(TABLE, "people.csv", ("A note.",))
    assert_frame_equal(store.table(dataset_id), TABLE)
    dataset = store.get(dataset_id)
    assert (dataset.name, dataset.notes) == ("people.csv", ("A note.",))
    assert dataset.profile.rows == 4


def test_only_the_columns_that_are_asked_for_are_read(store):
    dataset_id = store.add(TABLE, "people.csv")
    assert list(store.table(dataset_id, ["name"]).columns) == ["name"]


def test_a_table_whose_record_is_not_written_yet_does_not_exist(store):
    dataset_id = store.add(TABLE, "people.csv")
    (store.root / dataset_id / "dataset.json").unlink()
    for read in (store.get, store.table):
        with pytest.raises(NotFound, match="table does not exist"):
            read(dataset_id)


@pytest.mark.parametrize("dataset_id", ["nothing", "../datasets", "", "sample-nothing"])
def test_an_unknown_table_is_not_found(store, dataset_id):
    with pytest.raises(NotFound):
        store.get(dataset_id)


def test_a_sample_is_made_when_it_is_first_opened_and_after_it_expired(store):
    assert store.get("sample-iris").profile.rows == 150
    for file in (store.root / "sample-iris").iterdir():
        file.unlink()
    (store.root / "sample-iris").rmdir()
    assert len(store.table("sample-iris")) == 150


def test_a_thinned_table_has_rows_of_all_of_it(store, monkeypatch):
    monkeypatch.setattr("app.functions.tables.serialization._BATCH_ROWS", 32)
    frame = pd.DataFrame({"n": range(1000), "half": [0] * 500 + [1] * 500})
    dataset_id = store.add(frame, "numbers.csv")
    assert list(store.thinned(dataset_id, 100)["n"]) == list(range(0, 1000, 10))
    assert_frame_equal(store.thinned(dataset_id, 5000), frame)
    with pytest.raises(NotFound):
        store.thinned("0" * 20, 10)
