"""`train`: the page's own training, with its sentences, from the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from app.storage import DatasetStore, RunStore
from tests.commands.conftest import QUICK
from tests.conftest import PATIENCE_SECONDS, PROJECT, wait_for
from tests.jobs.conftest import slow_table


def test_the_run_and_its_verdict_are_those_of_the_page(known, settings):
    command, found = known
    training = RunStore(command.data_dir / "runs").training(found["run"])
    assert training.run.kind == "training" and training.run.state == "done"
    assert found["best"] == training.summary.best == "linear"
    assert [row["model"] for row in found["leaderboard"]] == ["linear", "dummy"]
    best = training.summary.leaderboard[-1]
    assert found["leaderboard"][0]["holdout"] == best.holdout
    said = command("runs", "show", found["run"]).stdout
    for key in ("title", "says", "judged"):
        assert found["verdict"][key] in said
    assert f"/evaluate?run={found['run']}" in said


def test_options_are_those_of_the_form(command, table):
    found = command.json(
        *("train", table, "--target", "sick", "--by", "day", "--gap", 2),
        *("--drop", "kind", "--drop", "price", "--role", "group=identifier"),
        *("--models", "linear,k_neighbors", "--metric", "accuracy", "--seed", 7),
        *("--filter", "size>=-2", "--filter", "colour!=blue", "--positive", "no"),
        *("--folds", 3, "--holdout", 25, "--rises-with", "size"),
    )
    settings = found["settings"]
    assert (settings["split"], settings["split_by"]) == ("time", "day")
    assert (settings["gap_days"], settings["random_state"]) == (2, 7)
    assert set(settings["roles"]) == {"size", "weight", "colour", "day"}
    assert settings["models"] == ["linear", "k_neighbors"]
    assert (settings["scoring"], settings["positive"]) == ("accuracy", "no")
    assert (settings["test_size"], settings["n_splits"]) == (0.25, 3)
    assert settings["rises_with"] == ["size"]
    assert [one["column"] for one in settings["row_filters"]] == ["size", "colour"]
    assert settings["row_filters"][1]["leave_out"]


def test_a_column_that_is_no_date_splits_by_group(command, table):
    found = command.json("train", table, *QUICK, "--by", "group")
    assert found["settings"]["split"] == "group"


@pytest.mark.parametrize(
    "words, code, says",
    [
        (["--target", "sikc"], 1, "Did you mean 'sick'?"),
        (["--target", "sick", "--drop", "xyz"], 1, "It has: 'size'"),
        (["--target", "sick", "--metric", "r2"], 2, "does not suit this target"),
        (["--target", "sick", "--metric", "best"], 2, "is not one of roc_auc"),
        (["--target", "sick", "--models", "tree"], 2, "'tree' is not one of"),
        (["--target", "sick", "--gap", "3"], 2, "only with --split time"),
        (["--target", "sick", "--holdout", "99"], 2, "from 5 to 50"),
        (["--target", "sick", "--role", "size=date"], 1, "cannot have the role"),
        (["--target", "sick", "--task", "regression"], 1, "leave out --task"),
        (["--target", "sick", "--positive", "maybe"], 1, "choose 'no' or 'yes'"),
        (["--target", "sick", "--as", "bob"], 2, "leave out --as"),
    ],
)
def test_what_cannot_be_trained_is_refused_and_nothing_is_kept(
    command, table, words, code, says
):
    done = command("train", table, *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in " ".join(done.stderr.split())
    assert not list((command.data_dir / "runs").glob("*/run.json"))
    assert not list((command.data_dir / "datasets").glob("*"))


@pytest.mark.parametrize("content", [b"", b"\0\1\2\3" * 99, b"a\n"])
def test_a_file_that_holds_no_table_is_refused_as_an_upload_is(
    command, tmp_path, content
):
    (tmp_path / "table.csv").write_bytes(content)
    done = command("train", tmp_path / "table.csv", "--target", "a")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert not list((command.data_dir / "uploads").glob("*"))


def test_a_table_is_a_file_or_one_that_is_kept(command, table, tmp_path):
    for name in ("no.csv", "0123456789", str(tmp_path)):
        done = command("train", name, "--target", "sick")
        assert (done.exit_code, done.stdout) == (1, "")
    first = command.json("train", table, *QUICK)
    again = command.json("train", first["dataset"], *QUICK)
    assert again["dataset"] == first["dataset"] != again["run"]
    datasets = DatasetStore(command.data_dir / "datasets")
    assert datasets.get(first["dataset"]).name == "small.csv"


def test_ctrl_c_cancels_the_run(tmp_path):
    slow_table().to_csv(tmp_path / "slow.csv", index=False)
    data_dir = tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "train", str(tmp_path / "slow.csv")]
        + ["--target", "sick", "--models", "random_forest"],
        cwd=PROJECT,
        env={**os.environ, "DATA_DIR": str(data_dir)},
        stderr=subprocess.PIPE,
        text=True,
    )
    runs = RunStore(data_dir / "runs")

    def working():
        found = list(runs.root.glob("*/run.json"))
        run = found and runs.get(found[0].parent.name)
        return run if run and run.state == "running" else None

    run = wait_for(working, what="the training")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE_SECONDS)[1]
    assert process.returncode == 130
    assert f"Cancelled. What was finished is kept in run {run.id}." in said
    assert runs.get(run.id).state == "cancelled"
    assert "\r" not in said  # no bar where nobody looks
