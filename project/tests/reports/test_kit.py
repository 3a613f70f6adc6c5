"""The kit of reports: app and page, alone and on the server, and the CSV downloads."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import urllib.request

import pandas as pd
import pytest
from dash import html
from hypothesis import given
from hypothesis import strategies as st

from app.reports import kit
from tests.conftest import PATIENCE_SECONDS, free_port, wait_for
from tests.reports.samples import drop, source


@pytest.fixture
def alone(tmp_path):
    """Start a report alone, from another folder; return its address."""
    running: list[subprocess.Popen] = []

    def start(content: str) -> str:
        path = drop(tmp_path, "x", content)
        elsewhere = tmp_path / "else where"
        elsewhere.mkdir()
        port = str(free_port())
        log = open(tmp_path / "log", "wb")
        environ = {**os.environ, "PORT": port}
        environ.pop("PYTHONPATH", None)
        command = [sys.executable, str(path)]
        running.append(
            subprocess.Popen(
                command, cwd=elsewhere, env=environ, stdout=log, stderr=log
            )
        )
        return f"http://127.0.0.1:{port}/"

    yield start
    for process in running:
        process.kill()
        process.wait()


def page_of(address: str) -> str:
    def asked():
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS) as answer:
                return answer.read().decode()
        except OSError:
            return None

    return wait_for(asked, what=address)


def test_a_report_runs_alone_from_any_folder_with_its_assets(alone, tmp_path):
    (tmp_path / "x.assets").mkdir()
    (tmp_path / "x.assets" / "own.css").write_text("body {}")
    address = alone(source("Alone"))
    page = page_of(address)
    assert "/assets/own.css?m=" in page
    assert "<html lang=" in page
    assert "report-bar" not in page, "there is nothing to go back to"
    assert "Intro." in page_of(address + "_dash-layout")


def test_what_the_server_passes_wins_over_what_a_report_has_alone():
    app = kit.create(__name__, index_string=_INDEX, assets_folder="other")
    assert app.index_string == _INDEX
    assert app.config.assets_folder.endswith("other")


_INDEX = "<html>{%app_entry%}{%config%}{%scripts%}{%renderer%}</html>"


def test_a_page_has_one_heading_inside_the_main_landmark():
    app = kit.create(__name__)
    app.layout = kit.page("Sales", "Intro.", html.P("A."))
    (main,) = _all(app.layout, "Main")
    (heading,) = [t for t in _all(main, "Title") if t.order == 1]
    assert heading.children == "Sales"


def _all(part, kind: str) -> list:
    return [c for c in part._traverse() if type(c).__name__ == kind]


# ---- CSV


def parsed(data: dict) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data["content"])))


def test_the_name_of_a_download_says_what_was_chosen():
    data = kit.download(
        pd.DataFrame({"a": [1]}),
        "sales",
        year=2024,
        city=["Oslo", "São Paulo"],
        none=None,
        empty=[],
        zero=0,
    )
    assert data["filename"] == "sales_year-2024_city-Oslo_São_Paulo_zero-0.csv"
    assert data["type"] == "text/csv"


@given(name=st.text(), value=st.text())
def test_whatever_was_chosen_the_name_is_one_of_a_file(name, value):
    filename = kit.download(pd.DataFrame({"a": [1]}), name, chosen=value)["filename"]
    assert filename.endswith(".csv")
    assert len(filename) < 200
    assert not set(filename) & set('/\\:*?"<>|\0\n ')
    assert not filename.startswith((".", "_"))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]
)
def test_a_text_that_a_spreadsheet_would_run_is_quoted(cell):
    head, row = parsed(kit.download(pd.DataFrame({cell: [cell]}), "x"))
    assert head == row == [f"'{cell}"]


def test_numbers_dates_and_names_come_as_they_are():
    frame = pd.DataFrame(
        {
            "number": [-1.5, float("nan")],
            "name": ["O'Brien", 'a "quoted", text\nin two lines'],
            "day": pd.to_datetime(["2026-01-02", None]),
        }
    )
    head, first, second = parsed(kit.download(frame, "x"))
    assert head == ["number", "name", "day"]
    assert first[:2] == ["-1.5", "O'Brien"] and first[2].startswith("2026-01-02")
    assert second == ["", 'a "quoted", text\nin two lines', ""]


def test_a_table_without_rows_is_its_head():
    assert parsed(kit.download(pd.DataFrame({"a": []}), "x")) == [["a"]]
