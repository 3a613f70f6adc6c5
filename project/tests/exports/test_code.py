"""The code of a run repeats it to the last digit, as a script and as a notebook, whatever was chosen."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from app.exports import registry
from app.exports.code import files
from app.exports.code.verifying import compare, difference
from app.storage import belongings
from app.storage.files import NotFound
from tests.exports.conftest import (
    BINARY,
    MULTICLASS,
    ODD,
    REGRESSION,
    ROLES,
    odd_table,
    one_thread,
)


def at_hand(context, folder: Path) -> bytes:
    """Put the table where the code looks for it."""
    export = registry.EXPORTS["table"]
    path = export.make(context)
    name = registry.file_name(export, context.training, context.model)
    shutil.copy(path, folder / name)
    return path.read_bytes()


def execute(source: bytes, folder: Path, monkeypatch) -> dict[str, Any]:
    """Run a script, without this project's modules; another test runs it in a process of its own."""
    tree = ast.parse(source)
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [node for node in imported if (node.module or "").startswith("app")]
    monkeypatch.chdir(folder)
    scope: dict[str, Any] = {"__name__": "repeated"}
    with one_thread():
        exec(compile(tree, "repeat.py", "exec"), scope)
    return scope


def a_filter(column: str, **changes: Any) -> dict[str, Any]:
    """A filter as a record has it."""
    usual = {"values": (), "minimum": "", "maximum": "", "leave_out": False}
    return {"column": column, "missing": False, **usual, **changes}


YEARS = {name: role for name, role in ROLES.items() if name != "day"}
CASES = {
    "calibrated": ("linear", BINARY | {"calibration": "sigmoid"}),
    "forest": ("random_forest", REGRESSION),
    "groups": (
        "linear",
        MULTICLASS
        | {
            "calibration": "isotonic",
            "weighting": "balanced",
            "split": "group",
            "split_by": "group",
        },
    ),
    "time": (
        "svm",
        MULTICLASS
        | {
            "roles": YEARS,
            "split": "time",
            "split_by": "year",
            "gap_days": 3,
            "calibration": "sigmoid",
        },
    ),
    "weights": (
        "hist_gradient_boosting",
        REGRESSION
        | {
            "weighting": "column",
            "weight_column": "weight",
            "split": "group",
            "split_by": "city",
        },
    ),
    "filters": (
        "k_neighbors",
        BINARY
        | {
            "duplicates": "leave_out",
            "row_filters": [
                a_filter("colour", values=["None"], leave_out=True, missing=True),
                a_filter(ODD, minimum="-1500000.5"),
                a_filter("year", maximum="1991", leave_out=True),
                a_filter(
                    "day", minimum="2020-01-03", maximum="2020-05-20", missing=True
                ),
            ],
        },
    ),
    "directions": (
        "extra_trees",
        BINARY
        | {
            "rises_with": ["size"],
            "falls_with": [ODD],
            "positive": "no",
            "scoring": "average_precision",
        },
    ),
    "baseline": ("dummy", MULTICLASS | {"scoring": "roc_auc_ovr"}),
    "joined": (
        "linear",
        MULTICLASS
        | {"target": "year", "rare_classes": "join", "fewest_rows": 6}
        | {"roles": {"size": "number"}, "scoring": "f1_macro"},
    ),
    "rare": (
        "linear",
        MULTICLASS | {"target": "year", "roles": {"size": "number"}},
    ),
    "odd classes": (
        "linear",
        MULTICLASS
        | {"target": "colour", "roles": {"size": "number"}, "search": "none"},
    ),
    "odd target": (
        "linear",
        REGRESSION
        | {"target": ODD, "roles": {"size": "number", "says": "text"}}
        | {"split": "time", "split_by": "year", "scoring": "mae"},
    ),
    "truths": (
        "linear",
        BINARY
        | {"target": "member", "roles": {"year": "date", "says": "text"}}
        | {"scoring": "accuracy"},
    ),
    "searched": (
        "linear",
        REGRESSION | {"search": "random", "search_seconds": 5, "scoring": "r2"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_script_repeats_a_run_to_the_last_digit(bench, case, tmp_path, monkeypatch):
    model, settings = CASES[case]
    run = bench.train(odd_table(), **settings, models=[model])
    context = bench.context(run, model)
    table = at_hand(context, tmp_path)
    execute(files.script(context), tmp_path, monkeypatch)
    found = compare(context, tmp_path, table, 0.0, "3")
    assert (found.prediction_difference, found.score_difference) == (0.0, 0.0)
    assert found.n_predictions == context.training.summary.n_test


def test_a_notebook_repeats_a_run_to_the_last_digit(bench, binary, tmp_path):
    context = bench.context(binary, "linear")
    table = at_hand(context, tmp_path)
    notebook = nbformat.reads(files.notebook(context).decode(), as_version=4)
    nbformat.validate(notebook)
    client = NotebookClient(
        notebook, timeout=None, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    found = compare(context, tmp_path, table, 0.0, "3")
    assert found.difference == 0.0
    shown = json.dumps(notebook.cells[-1].outputs)
    assert "difference to the run 0.0" in shown


def test_another_table_is_noticed(bench, binary, tmp_path, monkeypatch, capsys):
    context = bench.context(binary, "linear")
    at_hand(context, tmp_path)
    (path,) = tmp_path.iterdir()
    changed = odd_table()
    changed["size"] **= 3
    changed.to_parquet(path)
    execute(files.script(context), tmp_path, monkeypatch)
    assert "not the table of the run" in capsys.readouterr().out
    found = compare(context, tmp_path, path.read_bytes(), 0.0, "3")
    assert found.difference > 0 and found.sentence.startswith("Not reproduced")


def test_a_run_whose_table_is_gone_has_no_code(bench):
    run = bench.train(odd_table(60), **REGRESSION)
    dataset = bench.runs.get(run).dataset.id
    belongings.delete(bench.datasets.root, dataset, "table")
    with pytest.raises(NotFound, match="table"):
        files.script(bench.context(run))


def test_a_run_that_would_be_split_otherwise_today_has_no_code(bench):
    run = bench.train(odd_table(60), **REGRESSION)
    holdout = bench.runs.table(run, "holdout")
    bench.runs.write_table(run, "holdout", holdout.iloc[::-1])
    with pytest.raises(ValueError, match="split the rows otherwise"):
        files.script(bench.context(run))


def test_a_difference_is_the_largest_and_missing_numbers_are_no_agreement():
    assert difference([1.0, 2.5], [1.0, 2.0]) == 0.5
    assert difference([np.nan, 1.0], [np.nan, 1.0]) == 0.0
    assert difference([np.nan], [1.0]) == difference([1.0], [1.0, 2.0]) == np.inf
