"""The contract of a run on the command line: exit codes, rows, and sentences where something is no contract."""

from __future__ import annotations

import json
import shutil

import jsonschema
import pytest
from click.testing import CliRunner

from app.cli import main
from app.jobs.contracts import contract_of_run
from app.storage import DatasetStore, RunStore
from tests.jobs.conftest import small_table


@pytest.fixture
def data_dir(trained, tmp_path, monkeypatch):
    data = tmp_path / "data"
    shutil.copytree(trained.workshop.data_dir, data)
    monkeypatch.setenv("DATA_DIR", str(data))
    return data


@pytest.fixture
def new(tmp_path):
    """Write a table as CSV and return where it is."""

    def write(frame, name="new.csv"):
        frame.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return write


def call(*words):
    return CliRunner().invoke(main, ["contract", *map(str, words)])


def test_a_training_keeps_its_contract_and_one_of_before_gets_the_same(
    trained, data_dir
):
    runs, datasets = RunStore(data_dir / "runs"), DatasetStore(data_dir / "datasets")
    kept = runs.result(trained.run_id, "contract", dict)
    jsonschema.Draft202012Validator.check_schema(kept)
    assert kept["title"] == "Rows for a model that predicts 'sick'"
    assert kept["required"] == ["size", "weight", "colour"]
    assert kept["properties"]["colour"]["enum"] == ["blue", "green", "red"]
    runs.remove_result(trained.run_id, "contract")
    assert contract_of_run(runs, datasets, trained.run_id) == kept


def test_a_table_that_keeps_the_contract_exits_with_0(trained, data_dir, new):
    done = call("check", trained.run_id, new(small_table()))
    assert done.exit_code == 0, done.output
    assert "new.csv: The contract is kept in 120 rows" in done.output


def test_a_table_that_breaks_it_exits_with_1_and_its_rows_are_listed(
    trained, data_dir, new
):
    frame = small_table().astype({"size": "object"})
    frame.loc[6, "colour"], frame.loc[9, "size"] = "mauve", "big"
    done = call("check", trained.run_id, new(frame))
    assert done.exit_code == 1
    assert "'colour' has a value that training did not have: “mauve” (1). Row 7." in (
        done.output
    )
    assert "'size' is not a number: “big” (1). Row 10." in done.output


def test_a_pipeline_can_read_the_result(trained, data_dir, new):
    frame = small_table().drop(columns="weight")
    done = call("check", "--format", "json", trained.run_id, new(frame))
    result = json.loads(done.output)
    assert (done.exit_code, result["ok"], result["rows"]) == (1, False, 120)
    assert result["violations"][0]["kind"] == "absent"


def test_a_file_of_the_contract_is_as_good_as_the_run(
    trained, data_dir, new, tmp_path, monkeypatch
):
    shown = call("show", trained.run_id)
    file = tmp_path / "contract.json"
    file.write_text(shown.output, encoding="utf-8")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "elsewhere"))
    assert call("check", file, new(small_table())).exit_code == 0
    done = call("check", file, new(small_table().head(1)))
    assert done.exit_code == 0, done.output
    assert call("check", file, new(small_table().head(0))).exit_code == 2


def test_other_files_are_refused_with_a_sentence(trained, data_dir, new, tmp_path):
    odd = tmp_path / "odd.json"
    table = new(small_table())
    for content, sentence in (
        ("{}", "This file is no contract of a model"),
        ("[1", "is no JSON"),
    ):
        odd.write_text(content, encoding="utf-8")
        done = call("check", odd, table)
        assert (done.exit_code, sentence in done.output) == (2, True), done.output
    done = call("check", "no-such-run", table)
    assert done.exit_code == 2
    assert "There is neither a file nor a run called 'no-such-run'" in done.output
    done = call("check", trained.run_id, tmp_path / "gone.csv")
    assert done.exit_code == 2
    assert "No such file" in done.output


def test_another_encoding_separator_and_order_of_columns_keep_the_contract(
    trained, data_dir, tmp_path
):
    frame = small_table()[["colour", "weight", "size"]]
    file = tmp_path / "german.csv"
    frame.to_csv(file, sep=";", decimal=",", index=False, encoding="utf-16")
    done = call("check", trained.run_id, file)
    assert done.exit_code == 0, done.output
