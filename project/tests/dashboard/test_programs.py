"""The section 'From a program': what it says to copy works as it stands."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from app.dashboard import programs
from app.functions.tables.schema import ColumnSchema, TableSchema
from tests.conftest import PROJECT
from tests.dashboard.conftest import ids, walk, words
from tests.jobs.conftest import Trained, trained

__all__ = ["trained"]

ODD = "it's “odd” \\ $HOME `x` {y}"


def columns(*names: str, **fields) -> TableSchema:
    return TableSchema(tuple(ColumnSchema(n, "number", "decimal", **fields) for n in names))  # fmt: skip


def test_the_row_holds_what_is_typical_as_json_has_it():
    schema = TableSchema(
        (
            ColumnSchema("age", "number", "integer", typical=30.0),
            ColumnSchema("price", "number", "decimal", typical=2.5),
            ColumnSchema("code", "category", "integer", typical="3"),
            ColumnSchema("member", "boolean", "boolean", typical="True"),
            ColumnSchema("since", "date", "date", typical="2024-01-01"),
            ColumnSchema("note", "text", "text"),
        )
    )
    row = programs.example_row(schema)
    assert list(row.values()) == [30, 2.5, 3.0, True, "2024-01-01", None]
    assert isinstance(row["age"], int)


def test_of_a_wide_table_some_columns_stand_in_the_row():
    schema = columns(*[f"c{i}" for i in range(1000)])
    assert len(programs.example_row(schema)) == 60


@pytest.mark.parametrize("has_login", [False, True])
def test_odd_names_do_no_harm_to_the_lines(has_login):
    row = {ODD: ODD}
    line = programs.curl_lines("run", "linear", row, has_login)
    sent = shlex.split(line.replace("\\\n", " "))
    assert json.loads(sent[sent.index("-d") + 1]) == {"rows": [row]}
    assert any("$TOKEN" in word for word in sent) == has_login
    compile(programs.python_lines("run", "linear", row, has_login), "lines", "exec")
    assert ("headers" in programs.mcp_settings(has_login)) == has_login


def test_a_run_of_an_older_version_says_why_there_are_no_lines(shared, finished):
    training = shared.runs.training(finished("binary"))
    assert "train again" in words(programs.section(shared, training, "linear"))


def test_where_people_log_in_it_says_where_a_token_comes_from(shared, finished):
    run = finished("binary")
    shared.runs.write_result(run, "schema", columns("x", typical=1.0))
    training = shared.runs.training(run)
    login = replace(shared, settings=replace(shared.settings, login="password"))
    said = words(programs.section(login, training, "linear"))
    assert "Create a token" in said and "no token is needed" not in said
    layout = programs.section(shared, training, "linear")
    assert "no token is needed" in words(layout)
    assert "program-texts" in ids(layout)


def test_what_is_to_be_copied_runs_as_it_stands(
    start_server, trained: Trained, tmp_path
):
    live = start_server()
    shutil.copytree(trained.workshop.data_dir, live.data_dir, dirs_exist_ok=True)
    services = replace_root(trained)
    layout = programs.section(services, trained.run, "k_neighbors")
    (texts,) = [
        part.data for part in walk(layout) if getattr(part, "id", "") == "program-texts"
    ]
    curl, python, _ = (text.replace("{server}", live.url) for text in texts)
    if shutil.which("curl"):
        done = subprocess.run(["sh", "-c", curl], capture_output=True, check=True)
        answer = json.loads(done.stdout)
        assert answer["model"] == "k_neighbors" and len(answer["predictions"]) == 1
    client = PROJECT / "clients" / "python" / "dashboard_client.py"
    shutil.copy(client, tmp_path)
    (tmp_path / "program.py").write_text(python, encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, check=True
    )
    assert b"'prediction'" in said.stdout


def replace_root(trained: Trained):
    """Return services whose runs are those of the workshop."""
    from app.services import Services

    return Services.below(trained.workshop.data_dir, trained.workshop.settings)
