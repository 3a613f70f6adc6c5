"""`train --challenge`: a new model beside the present one, on rows that neither has learned from."""

from __future__ import annotations

import numpy as np
import pytest

from app.storage import RunStore
from tests.commands.conftest import CommandLine
from tests.jobs.conftest import small_table

FEATURES = ["size", "weight", "colour", "sick"]
QUICK = ("--models", "linear", "--folds", "3", "--metric", "accuracy")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """An old table, the same with more rows, and what cannot be compared with it."""
    folder = tmp_path_factory.mktemp("tables")
    frame = small_table(600)[FEATURES]
    old = frame[:200].copy()
    # What the old one says of its target is mostly noise.
    flipped = np.random.default_rng(0).random(200) < 0.45
    old.loc[flipped, "sick"] = np.where(old.sick[flipped] == "yes", "no", "yes")
    grown = np.random.default_rng(1).permutation(400)
    made = {
        "old": old,
        "grown": small_table(600)[FEATURES][200:].iloc[grown],
        "same": old,
        "lacks": frame.drop(columns="size"),
        "text": frame.assign(size="large"),
        "classes": frame.assign(sick=np.where(frame.sick == "yes", "yes", "perhaps")),
    }
    for name, table in made.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def present(tmp_path_factory, tables):
    """A command line, and the run of the present model."""
    command = CommandLine(tmp_path_factory.mktemp("present"))
    run = command.json("train", tables / "old.csv", "--target", "sick", *QUICK)["run"]
    return command, run


def test_a_better_model_is_said_to_be_and_the_text_of_a_request_written(
    present, tables, tmp_path
):
    command, run = present
    text = tmp_path / "out.md"
    done = command(
        *("train", tables / "grown.csv", "--challenge", run, "--markdown", text)
    )
    assert done.exit_code in (0, 3), done.stderr
    sure = "more than luck" if done.exit_code == 0 else "luck"
    assert f"in accuracy: {sure}." in done.stdout
    assert "which the challenger held out" in done.stdout
    markdown = text.read_text()
    assert markdown.startswith("## A challenger for `sick`: ")
    assert "| Accuracy | " in markdown and " points |" in markdown
    assert "-- **Table**" in markdown or "-- **Rows**" in markdown
    assert "+- **Rows**: 320 to learn from" in markdown


def test_a_table_of_which_the_present_model_knows_most_rows_says_so(present, tables):
    command, run = present
    found = command("train", tables / "same.csv", "--challenge", run, "--json")
    # The same seed holds out the same rows, and the same model is no better.
    assert found.exit_code == 3, found.stderr
    assert '"seen_by_champion": 0' in found.stdout
    assert '"rows": 40' in found.stdout


@pytest.mark.parametrize(
    "name, says",
    [
        ("lacks", "The table has no column 'size'"),
        ("text", "'size' was learned from as a number"),
        ("classes", "The two predict different classes"),
    ],
)
def test_what_cannot_be_compared_is_refused(present, tables, name, says):
    command, run = present
    done = command("train", tables / f"{name}.csv", "--challenge", run)
    assert (done.exit_code, done.stdout) == (1, "")
    assert says in done.stderr


@pytest.mark.parametrize(
    "words", [["--target", "sick"], ["--models", "svm"], ["--drop", "size"]]
)
def test_what_the_present_model_decides_is_not_chosen_again(present, tables, words):
    command, run = present
    done = command("train", tables / "grown.csv", "--challenge", run, *words)
    assert (done.exit_code, "decided by the present model" in done.stderr) == (2, True)
    done = command("train", tables / "grown.csv", "--markdown", "x.md")
    assert (done.exit_code, "only with" in done.stderr) == (2, True)


def test_a_folder_that_was_written_from_a_run_is_a_present_model(
    present, tables, tmp_path
):
    command, run = present
    folder = tmp_path / "model"
    assert command("model", "write", run, folder).exit_code == 0
    checked = command.json("model", "check", folder)
    assert (checked["problems"], checked["notes"]) == ([], [])
    found = command("train", tables / "grown.csv", "--challenge", folder, "--json")
    assert found.exit_code in (0, 3, 4), found.stderr
    # As the run itself: the folder knows its training rows, and how it was trained.
    assert '"seen_by_champion": 0' in found.stdout
    runs = RunStore(command.data_dir / "runs")
    last = runs.training(command.json("runs", "list")[0]["run"])
    assert last.settings.models == ("linear",)
    assert last.settings.n_splits == 3


def test_rows_that_the_present_model_has_learned_from_are_left_out(
    present, tables, tmp_path
):
    command, run = present
    lines = (tables / "old.csv").read_text().splitlines()
    more = (tables / "grown.csv").read_text().splitlines()[1:]
    (tmp_path / "both.csv").write_text("\n".join([*lines, *more]) + "\n")
    done = command("train", tmp_path / "both.csv", "--challenge", run)
    assert done.exit_code in (0, 3, 4), done.stderr
    assert "left out: the present model had learned from the same" in done.stdout
