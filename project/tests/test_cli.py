"""The command line: `report new` writes what works, `report check` tells what is wrong and never hangs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import black
import psutil
import pytest
from click.testing import CliRunner

from app import __version__, cli
from app.reporting import check
from tests.conftest import PATIENCE_SECONDS, PROJECT
from tests.reports.samples import drop, source


def run(*words: object, **environ: str) -> subprocess.CompletedProcess:
    """Run `python -m app report …` as one types it."""
    return subprocess.run(
        [sys.executable, "-m", "app", "report", *map(str, words)],
        cwd=PROJECT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


@pytest.fixture
def call(monkeypatch, tmp_path):
    """The same in this process, with a folder of reports and a folder of tests of the test's own."""
    reports, project = tmp_path / "reports", tmp_path / "project"
    reports.mkdir()
    (project / "tests" / "reports").mkdir(parents=True)
    monkeypatch.setattr(cli, "PROJECT", project)
    monkeypatch.setenv("REPORTS_DIR", str(reports))
    return lambda *words: CliRunner().invoke(cli.main, ["report", *map(str, words)])


def test_the_version_is_printed():
    done = CliRunner().invoke(cli.main, ["--version"])
    assert (done.exit_code, done.output) == (0, f"Dashboard {__version__}\n")


# ---- new


def test_a_new_report_works_and_so_does_its_test(tmp_path):
    test = PROJECT / "tests" / "reports" / "test_a_new_report.py"
    try:
        made = run("new", "a_new_report", REPORTS_DIR=str(tmp_path))
        assert made.returncode == 0, made.stderr
        assert "/reports/a_new_report/" in made.stdout
        file = tmp_path / "a_new_report.py"
        assert (tmp_path / "a_new_report.assets" / "picture.svg").stat().st_size < 3000
        checked = run("check", file)
        assert (checked.returncode, checked.stdout) == (
            0,
            f"{file}: no problems found.\n",
        )
        tested = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", str(test)],
            cwd=PROJECT.parent,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert tested.returncode == 0, tested.stdout
    finally:
        test.unlink(missing_ok=True)


def test_what_is_written_is_formatted_as_the_project_is(call, tmp_path):
    assert call("new", "sales_by_region").exit_code == 0
    for path in tmp_path.rglob("*.py"):
        text = path.read_text()
        assert black.format_str(text, mode=black.Mode()) == text, path
    assert (
        'TITLE = "Sales by region"'
        in (tmp_path / "reports" / "sales_by_region.py").read_text()
    )


@pytest.mark.parametrize(
    "name", ["../x", "a-b", "1a", "class", "_a", "a b", "x.py", ""]
)
def test_a_name_that_cannot_be_one_is_refused(call, tmp_path, name):
    done = call("new", "--", name)
    assert done.exit_code == 1
    assert "use letters, digits and underscores" in done.output
    assert not list(tmp_path.rglob("*.py"))


@pytest.mark.parametrize(
    "existing",
    ["reports/x.py", "reports/x.assets/picture.svg", "project/tests/reports/test_x.py"],
)
def test_nothing_that_exists_is_written_over(call, tmp_path, existing):
    path = tmp_path / existing
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    done = call("new", "x")
    assert done.exit_code == 1
    assert "already exists" in done.output
    assert path.read_text() == "mine"
    assert [p for p in tmp_path.rglob("*x*") if p.is_file()] in ([path], [])


def test_without_a_folder_for_tests_a_report_is_written_all_the_same(call, tmp_path):
    shutil.rmtree(tmp_path / "project")
    assert call("new", "x").exit_code == 0
    assert (tmp_path / "reports" / "x.py").exists()


def test_a_folder_that_is_none_is_refused_with_a_sentence(call, monkeypatch, tmp_path):
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path / "no"))
    done = call("new", "x")
    assert (done.exit_code, "REPORTS_DIR is" in done.output) == (1, True)


# ---- check


def findings(
    folder: Path, content: str, seconds: float = PATIENCE_SECONDS
) -> list[tuple[int, str]]:
    return check.check(drop(folder, "x", content), seconds)


def line_of(folder: Path, words: str) -> int:
    lines = (folder / "x.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "app" / "reports").glob("[!_]*.py")), ids=lambda p: p.stem
)
def test_nothing_is_wrong_with_our_own_reports(path):
    assert check.check(path, PATIENCE_SECONDS) == []


def test_everything_that_is_wrong_is_told_with_its_line(tmp_path):
    module = "import pandas as pd\nimport plotly.express\nfrom scipy import stats"
    content = source(module=module, callback="import sklearn").replace(
        'Input("add"', 'Input("ad"'
    )
    file = drop(tmp_path, "x", content)
    done = run("check", file)
    assert done.returncode == 1
    told = dict(re.findall(r"x\.py:(\d+): (.*)", done.stdout))
    assert len(told) == 4
    for words, sentence in (
        ("import pandas", "pandas is imported when the report is built"),
        ("plotly.express", "plotly.express is imported"),
        ("scipy", "scipy is imported"),
        ('Input("ad"', "names the id 'ad', which no component has"),
    ):
        assert sentence in told[str(line_of(tmp_path, words))]


@pytest.mark.parametrize(
    "content, words",
    [
        ("TITLE = DESCRIPTION = 'a'", "no function create_app"),
        ("def create_app(**options):\n    return", "no TITLE"),
        ("def", "not valid Python (line 1)"),
        (source("<b>"), "TITLE holds HTML"),
        (source(before="dash_options = {}"), "does not pass the options on"),
        (source().replace("return app", "return 7"), "does not return a Dash app"),
        (source().replace("app.layout =", "layout ="), "no layout"),
        (source(module="import no_such_thing"), "No module named 'no_such_thing'"),
        (source(module="raise SystemExit(3)"), "SystemExit: 3"),
        (
            source(before="import os; os._exit(7)"),
            "Building it ended the process (exit code 7)",
        ),
        (source(layout="parts = [html.Div(id='add')]"), "Duplicate component id"),
    ],
)
def test_what_breaks_the_contract_is_told(tmp_path, content, words):
    told = findings(tmp_path, content)
    assert any(words in sentence for _, sentence in told), told
    assert all(sentence.endswith(".") for _, sentence in told)


def test_an_exception_is_told_with_the_line_of_the_file(tmp_path):
    ((line, sentence),) = findings(tmp_path, source(before="1 / 0"))
    assert "ZeroDivisionError: division by zero" in sentence
    assert line == line_of(tmp_path, "1 / 0")


@pytest.mark.parametrize(
    "lines, words",
    [
        (
            "import dash\n@dash.callback()\ndef f(): ...",
            "write @app.callback inside create_app",
        ),
        ("from dash import callback", "write @app.callback inside create_app"),
        ("import dash\ndash.clientside_callback", "write @app.clientside_callback"),
        ("import dash\ndash.register_page(__name__)", "a report is one page"),
        (
            "import dash\ndef f(): return dash.get_relative_path('/')",
            "use app.get_relative_path",
        ),
    ],
)
def test_what_belongs_to_the_whole_process_is_told(tmp_path, lines, words):
    told = findings(tmp_path, source(module=lines))
    assert [words in sentence for _, sentence in told] == [True]
    assert told[0][0] > 0


@pytest.mark.parametrize(
    "lines, heavy",
    [
        ("try:\n    import pandas\nexcept ImportError: pass", True),
        ("if True:\n    from sklearn import svm", True),
        ("class A:\n    import matplotlib.pyplot", True),
        ("def f():\n    import pandas", False),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas",
            False,
        ),
        ("if __name__ == '__main__':\n    import pandas", False),
        ("import plotly\nimport pandas_like", False),
    ],
)
def test_heavy_imports_count_where_they_run_at_once(tmp_path, lines, heavy):
    lines = lines.replace("import pandas_like", "")
    told = findings(tmp_path, source(module=lines))
    assert bool([s for _, s in told if "is imported when" in s]) is heavy, told


def test_a_heavy_import_by_another_module_is_told(tmp_path):
    (tmp_path / "helper_of_x.py").write_text("import pandas")
    module = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import helper_of_x"
    ((_, sentence),) = findings(tmp_path, source(module=module))
    assert sentence.startswith(
        "pandas is imported when the report is built, through another module"
    )


@pytest.mark.parametrize(
    "used, known",
    [
        ('Output("answer"', True),
        ('Output("anwser"', False),
        ('Output("later"', True),  # a callback may return it
        ('Output("part-7"', True),
        ('Output("chart-says"', True),
        ('Output("chart-sayz"', False),
        ('Output({"kind": "row", "row": ALL}', True),
        ('Output({"kind": "row", "column": ALL}', False),
    ],
)
def test_ids_are_compared_with_the_layout_and_what_callbacks_may_make(
    tmp_path, used, known
):
    content = source(
        module="from dash import ALL",
        layout="parts = [kit.chart(kit.figure([]), 'Says.', 'chart')]",
        callback=(
            "made = [html.Div(id='later'), html.Div(id=f'part-{n_clicks}'), "
            "html.Div(id={'kind': 'row', 'row': n_clicks})]"
        ),
    ).replace('Output("answer"', used)
    told = findings(tmp_path, content)
    assert (told == []) is known, told
    assert all("which no component has" in sentence for _, sentence in told)


def test_a_layout_that_fails_is_told(tmp_path):
    content = source().replace("app.layout = ", "app.layout = lambda: 1 / 0 and ")
    ((_, sentence),) = findings(tmp_path, content)
    assert "layout could not be computed" in sentence


def test_a_report_that_never_comes_back_is_given_up_with_all_it_started(
    tmp_path, monkeypatch, gate
):
    pid = tmp_path / "pid"
    module = (
        "import subprocess\n"
        "p = subprocess.Popen(['sleep', 'infinity'])\n"
        f"open({str(pid)!r}, 'w').write(str(p.pid))\n"
        f"{gate.code}"
    )
    for seconds in (
        3,
        10,
        30,
        100,
    ):  # until it has come so far, however long that takes
        monkeypatch.setattr(check, "_START_SECONDS", seconds)
        ((_, sentence),) = findings(tmp_path, source(module=module), seconds=0.5)
        if pid.exists():
            break
    assert "more than 500 ms to build (REPORT_SECONDS)" in sentence
    started = int(pid.read_text())
    assert not psutil.pid_exists(started) or (
        psutil.Process(started).status() == psutil.STATUS_ZOMBIE
    )


def test_a_report_that_is_only_slow_is_told_too(tmp_path):
    told = findings(tmp_path, source(module="import time; time.sleep(1)"), seconds=0.5)
    assert ["more than 500 ms" in sentence for _, sentence in told] == [True]


def test_a_report_that_asks_and_prints_neither_hangs_nor_disturbs(tmp_path):
    file = drop(tmp_path, "x", source(module="print('noise')\ninput()"))
    done = run("check", file)
    assert "EOFError" in done.stdout
    assert "noise" not in done.stdout


@pytest.mark.parametrize("path", ["no/such.py", "."])
def test_a_file_that_is_none_is_refused_with_a_sentence(call, path):
    done = call("check", path)
    assert done.exit_code in (1, 2)
    assert "Traceback" not in done.output
    assert "such file" in done.output or "is a directory" in done.output
