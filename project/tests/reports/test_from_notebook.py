"""The notebook about wines and the report made from it: both run, and have the same results."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import pytest

from app import statistics
from app.reports import from_notebook
from tests.conftest import PATIENCE_SECONDS, PROJECT
from tests.reports.asking import Report, find, words

NOTEBOOK = PROJECT / "notebooks" / "wine.ipynb"
# Runs every cell in one new namespace, and prints the results.
RUN = """
import json, sys
import plotly.graph_objects as go
from dash._utils import to_json

shown, Figure = [], go.Figure

def show(figure):
    shown.append(figure)
    return Figure(figure)

go.Figure = show
names = {}
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), names)
print("RESULT" + to_json({
    "shares": names["shares"].to_dict(),
    "summary": names["summary"].to_dict(),
    "best": names["best"],
    "figures": shown,
    "heavy": [m for m in sys.modules if m.startswith("plotly.express")],
}))
"""


@pytest.fixture(scope="module")
def notebook() -> dict:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def result() -> dict:
    """What the notebook computes, run from top to bottom by a plain interpreter."""
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", RUN, str(NOTEBOOK)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.split("RESULT")[1])


@pytest.fixture
def report(client) -> Report:
    return Report(client, "from_notebook")


def test_the_notebook_is_valid_nbformat_4_without_large_outputs(notebook):
    assert (notebook["nbformat"], notebook["nbformat_minor"] >= 5) == (4, True)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert cell["cell_type"] in ("markdown", "code")
        assert isinstance(cell["metadata"], dict)
        assert all(isinstance(line, str) for line in cell["source"])
        if cell["cell_type"] == "code":
            assert {"outputs", "execution_count"} <= cell.keys()
            assert len(json.dumps(cell["outputs"])) < 4000


def test_the_notebook_tells_the_three_steps(notebook):
    last = "".join(notebook["cells"][-1]["source"])
    assert all(f"{step}. **" in last for step in (1, 2, 3))


def test_the_notebook_uses_the_kit_and_the_functions_of_the_report(notebook):
    code = "".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")  # fmt: skip
    assert "from app.reports import from_notebook, kit" in code
    assert "kit.figure(" in code and "from_notebook.shares_figure" in code


def test_the_notebook_runs_from_top_to_bottom_without_plotly_express(result):
    assert len(result["figures"]) == 3 and result["heavy"] == []


def test_notebook_and_report_have_the_same_numbers_and_figures(client, report, result):
    shares = statistics.group_differences.explained_shares(
        from_notebook.load_table(), from_notebook.GROUP
    )
    assert result["shares"] == shares.to_dict()
    layout = client.get("/reports/from_notebook/_dash-layout").json
    _, shares_figure, spread_figure = result["figures"]
    assert find(layout, "shares")["figure"] == shares_figure
    answer = report.ask("one.children", measurement=result["best"])
    shown = answer["one"]["children"]
    assert find(shown, "spread")["figure"] == spread_figure
    for name, mean in result["summary"]["mean"].items():
        assert f"{mean:.3g} in the {name}" in find(shown, "spread-says")["children"]


@pytest.mark.parametrize("measurement", [None, "", "cultivar", 3, [], {}, "'; --"])
def test_a_strange_measurement_is_answered_with_a_sentence(report, measurement):
    said = report.ask("one.children", measurement=measurement)["one"]["children"]
    assert "There is no measurement" in words(said)
    saved = report.ask("save-file.data", save=1, measurement=measurement)
    assert saved == {"save-file": {"data": None}}


def test_the_download_holds_the_table_that_is_shown(report):
    answer = report.ask("save-file.data", save=1, measurement="ash")
    download = answer["save-file"]["data"]
    assert download["filename"] == "wine_measurement-ash.csv"
    rows = list(csv.DictReader(io.StringIO(download["content"])))
    assert [int(row["rows"]) for row in rows] == [59, 71, 48]
