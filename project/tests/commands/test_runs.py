"""`runs`: what the server keeps, listed, shown and deleted."""

from __future__ import annotations

import pytest

from app.storage import NotFound, RunStore
from tests.commands.conftest import QUICK


def test_runs_are_listed_with_what_they_found(known):
    command, found = known
    listed = command.json("runs", "list")
    assert [one["run"] for one in listed] == [found["run"]]
    assert listed[0]["score"].startswith("ROC AUC 0.")
    assert command.json("runs", "list", "--target", "other") == []
    said = command("runs", "list").stdout
    assert found["run"] in said and "small.csv" in said


def test_without_runs_the_list_says_so(command):
    assert command("runs", "list").stdout == "There are no runs yet.\n"


@pytest.mark.parametrize(
    "words, says",
    [
        (["show", "nothing"], "No model serves as 'nothing', and no run is called so"),
        (["show", "../../etc"], "This run does not exist"),
        (["show", "{run}", "--model", "svm"], "It has: dummy, linear."),
        (["delete", "--yes", "nothing"], "This run does not exist"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(known, words, says):
    command, found = known
    words = [word.format(run=found["run"]) for word in words]
    done = command("runs", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert says in done.stderr


def test_a_run_is_deleted_when_that_was_confirmed(command, table):
    run = command.json("train", table, *QUICK)["run"]
    assert command("runs", "delete", run).exit_code == 1  # nobody answers
    runs = RunStore(command.data_dir / "runs")
    assert runs.get(run).state == "done"
    done = command("runs", "delete", run, "--yes")
    assert (done.exit_code, done.stdout) == (0, f"Deleted {run}.\n")
    with pytest.raises(NotFound):
        runs.get(run)


LOGIN = {
    "LOGIN": "password",
    "SECRET_KEY": "k" * 40,
    "LISTEN": "127.0.0.1",
}


def test_while_people_log_in_a_run_belongs_to_the_one_who_is_named(command, table):
    for name, role in (("ann", "editor"), ("bob", "editor"), ("eve", "viewer")):
        assert command("user", "add", name, "--role", role, **LOGIN).exit_code == 0
    done = command("train", table, *QUICK, **LOGIN)
    assert (done.exit_code, "--as USER" in done.stderr) == (2, True)
    done = command("train", table, *QUICK, "--as", "nobody", **LOGIN)
    assert (done.exit_code, "called 'nobody'" in done.stderr) == (1, True)
    done = command("train", table, *QUICK, "--as", "eve", **LOGIN)
    assert (done.exit_code, "make you an editor" in done.stderr) == (1, True)
    run = command.json("train", table, *QUICK, "--as", "ann", **LOGIN)["run"]
    assert [r["run"] for r in command.json("runs", "list", **LOGIN)] == [run]
    mine = command.json("runs", "list", "--as", "ann", **LOGIN)
    assert [one["run"] for one in mine] == [run]
    assert command.json("runs", "list", "--as", "bob", **LOGIN) == []
    for words in (["show", run], ["delete", run, "--yes"]):
        done = command("runs", *words, "--as", "bob", **LOGIN)
        assert (done.exit_code, "not shared with you" in done.stderr) == (1, True)
    assert (
        command("runs", "delete", run, "--yes", "--as", "ann", **LOGIN).exit_code == 0
    )
