"""`score`: new rows predicted as the page does, in a file or printed."""

from __future__ import annotations

import io
from functools import partial

import pandas as pd
import pytest

from tests.jobs.conftest import small_table


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    path = tmp_path_factory.mktemp("new") / "new.csv"
    frame = small_table(206)[200:].drop(columns="sick").astype(object)
    frame.iloc[3, 0] = "large"
    frame.to_csv(path, index=False)
    return path


def test_every_row_is_predicted_or_says_why_not(known, new):
    command, found = known
    done = command("score", found["run"], new)
    assert done.exit_code == 0, done.stderr
    table = pd.read_csv(io.StringIO(done.stdout))
    assert len(table) == 6
    assert table.columns[0] == "size"
    assert list(table.index[table["prediction"].isna()]) == [3]
    assert "“large” is not a number" in table["note"][3]
    assert "Row 4 was not scored" in done.stderr
    assert "5 of 6 rows were scored" in done.stderr


def test_one_row_of_one_column_is_enough(known, tmp_path):
    command, found = known
    path = tmp_path / "one.csv"
    path.write_text("size\n1.5\n")
    done = command("score", found["run"], path)
    assert done.exit_code == 0, done.stderr
    table = pd.read_csv(io.StringIO(done.stdout))
    assert table["prediction"].isin(["yes", "no"]).tolist() == [True]


@pytest.mark.parametrize(
    "ending, read",
    [
        (".csv", pd.read_csv),
        (".parquet", pd.read_parquet),
        (".xlsx", partial(pd.read_excel, engine="calamine")),
    ],
)
def test_a_file_is_written_as_it_is_called(known, new, tmp_path, ending, read):
    command, found = known
    path = tmp_path / f"out{ending}"
    said = command.json(
        *("score", found["run"], new, "-o", path, "--unreadable-as-missing"),
        *("--threshold", "0.9"),
    )
    table = read(path)
    assert (said["rows"], said["scored"], said["threshold"]) == (6, 6, 0.9)
    expected = table["probability of yes"] >= 0.9
    assert ((table["prediction"] == "yes") == expected).all()


def test_a_model_is_asked_by_the_name_that_it_serves_under(known, new, tmp_path):
    command, found = known
    run = found["run"]
    assert command("runs", "promote", run, "--name", "sick").exit_code == 0
    try:
        said = command.json("score", "sick", new)
        assert (said["run"], said["model"]) == (run, "linear")
        assert [one["name"] for one in command.json("runs", "served")] == ["sick"]
        done = command("runs", "delete", run, "--yes")
        assert (done.exit_code, "demote it first" in done.stderr) == (1, True)
    finally:
        assert command("runs", "demote", "sick").stdout == "Nothing serves as 'sick'.\n"
    done = command("score", "sick", new)
    assert (done.exit_code, "No model serves as 'sick'" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "words, code, says",
    [
        (["-o", "x.txt"], 2, "must end with .csv"),
        (["--threshold", "2"], 2, "0<=x<=1"),
        (["--rename", "size"], 2, "such as 'age=AGE'"),
        (["--model", "svm"], 1, "It has: dummy, linear"),
        (["-o", "no/such/folder/x.csv"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_refused(known, new, words, code, says):
    command, found = known
    done = command("score", found["run"], new, *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in done.stderr


def test_the_wrong_table_is_refused(known, tmp_path):
    command, found = known
    (tmp_path / "other.csv").write_text("a,b\n1,2\n3,4\n")
    done = command("score", found["run"], tmp_path / "other.csv")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "none of" in done.stderr


def test_what_can_be_taken_away_is_written(known, tmp_path):
    command, found = known
    path = tmp_path / "card.md"
    done = command("runs", "export", found["run"], "card", "-o", path)
    assert done.exit_code == 0, done.stderr
    assert path.read_text().startswith("# Model card")
    done = command("runs", "export", found["run"], "picture")
    assert (done.exit_code, "Choose report" in done.stderr) == (1, True)
