"""The recipes of docs/recipes.md, carried out in a copy of the project exactly as they are written."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PATIENCE_SECONDS, PROJECT, free_port, wait_for
from tests.markdown import Block, Page, blocks

RECIPES = Page(PROJECT / "docs" / "recipes.md")
CARRIED_OUT = (
    "Add a page",
    "Add a report",
    "Add a model",
    "Add a sample",
    "Add a check",
)


# ---- Carrying out a recipe


def carry_out(title: str, project: Path) -> None:
    """Do what a recipe says in a copy of the project."""
    done = [follow(block, project) for block in blocks(RECIPES.section(title))]
    assert any(done), title


def follow(block: Block, project: Path) -> bool:
    """Do what the line before a block says; a block without a language holds commands."""
    if not block.language:
        for command in block.text.splitlines():
            run(command, project)
        return True
    place = re.fullmatch(
        r"(Write|At the top of|(?:Above|At the end of) `(\w+)` in) `project/(.+)`:",
        block.before,
    )
    assert place, f"Where does this go? {block.before}"
    what, name, path = place.groups()
    file = project / path
    if what == "Write":
        assert not file.exists()
        file.write_text(block.text, encoding="utf-8")
        return True
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    at = line_of(what, name, "".join(lines))
    file.write_text("".join([*lines[:at], block.text, *lines[at:]]), encoding="utf-8")
    return True


def line_of(what: str, name: str | None, source: str) -> int:
    """Return how many lines stand before the place that a recipe names."""
    tree = ast.parse(source)
    if what == "At the top of":
        return next(n for n in tree.body if isinstance(n, ast.ImportFrom)).end_lineno
    node = next(node for node in ast.walk(tree) if names(node, name))
    if what.startswith("Above"):
        return node.lineno - 1
    entries = max(
        (n for n in ast.walk(node.value) if isinstance(n, (ast.Tuple, ast.List))),
        key=lambda entries: entries.end_lineno - entries.lineno,
    )
    return entries.end_lineno - 1


def names(node: ast.AST, name: str) -> bool:
    """Tell whether a statement defines a name."""
    if isinstance(node, ast.Assign):
        return any(getattr(target, "id", "") == name for target in node.targets)
    if isinstance(node, ast.AnnAssign):
        return getattr(node.target, "id", "") == name
    return isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name


def run(command: str, project: Path) -> None:
    """Run a command of a recipe with the Python of the tests."""
    python, *words = shlex.split(command, comments=True)
    assert python == ".venv-serve/bin/python"
    subprocess.run([sys.executable, *words], cwd=project, check=True, timeout=300)


# ---- The copy


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the project with all recipes carried out."""
    project = tmp_path_factory.mktemp("copy") / "project"
    project.mkdir()
    cached = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "app", project / "app", ignore=cached)
    (project / "docs").mkdir()
    for name in ("wsgi.py", "gunicorn.conf.py", "docs/glossary.md"):
        shutil.copy(PROJECT / name, project / name)
    for title in CARRIED_OUT:
        carry_out(title, project)
    return project


def properties_of(component: object) -> Iterator[dict]:
    """Yield the properties of every component in a layout."""
    if isinstance(component, list):
        for child in component:
            yield from properties_of(child)
    elif isinstance(component, dict):
        yield component["props"]
        yield from properties_of(component["props"].get("children"))


class Site:
    """The server of the copy, asked as a browser asks it."""

    def __init__(self, url: str):
        self.url = url

    def ask(self, path: str, body: dict | None = None, page: str = "/") -> str:
        headers = {"Content-Type": "application/json", "Referer": self.url + page}
        content = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self.url + path, content, headers)
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.read().decode()

    def parts(self, page: str) -> list[dict]:
        """Return the properties of every component that the browser gets at an address."""
        return list(properties_of(json.loads(self.ask("/_dash-layout", page=page))))

    def callback(self, output: str, **values: str) -> dict:
        """Return what the callback that makes `output` answers."""
        known = json.loads(self.ask("/_dash-dependencies"))
        callback = next(one for one in known if one["output"] == output)
        given = [one | {"value": values[one["id"]]} for one in callback["inputs"]]
        name, _, prop = output.partition(".")
        body = {
            "output": output,
            "outputs": {"id": name, "property": prop},
            "inputs": given,
            "changedPropIds": [],
        }
        answer = json.loads(self.ask("/_dash-update-component", body))
        return answer["response"][name][prop]


@pytest.fixture(scope="module")
def site(copy) -> Iterator[Site]:
    """The server of the copy, once it has loaded what its pages compute with."""
    port = free_port()
    log = copy / "log.jsonl"
    environ = {
        **os.environ,
        "PORT": str(port),
        "DATA_DIR": str(copy / "data"),
        "TMPDIR": str(copy),
    }
    with open(log, "wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "wsgi:server"],
            cwd=copy,
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    site = Site(f"http://127.0.0.1:{port}")

    def is_warm() -> bool:
        assert server.poll() is None, log.read_text()
        try:
            return "First rows" in site.ask("/_dash-layout")
        except OSError:
            return False

    try:
        wait_for(is_warm, what="the server of the copy")
        yield site
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)


# ---- What came of it


def test_the_new_page_is_served_and_its_link_stands_in_the_navigation(site):
    assert site.ask("/gaps").startswith("<!DOCTYPE html>")
    parts = site.parts("/gaps")
    link = next(part for part in parts if part.get("href") == "/gaps")
    assert link["label"].endswith(". Gaps") and link["active"]
    pages = next(part["data"] for part in parts if part.get("id") == "pages")
    assert {
        "path": "/gaps",
        "label": "Gaps",
        "about": "table",
        "link": "nav-gaps",
    } in pages
    assert any(part.get("id") == "gaps" for part in parts)


def test_the_content_of_the_new_page_comes_from_its_callback(site):
    def cells(search: str) -> list:
        table = site.callback("gaps.children", search=search)
        texts = [part.get("children") for part in properties_of(table)]
        return [text for text in texts if isinstance(text, str)]

    head = ["Column", "Empty", "Share"]
    assert cells("?dataset=sample-iris") == head
    orders = cells("?dataset=sample-orders")
    assert orders[:3] == head and orders[5].endswith(" %")


def test_the_new_report_is_online(site):
    assert "Sales" in site.ask("/reports/sales/")


def test_the_new_model_can_be_chosen(site):
    assert "Decision tree" in site.ask("/_dash-layout", page="/train")


def test_the_new_sample_can_be_opened(site):
    parts = site.parts("/?dataset=sample-moons")
    name = next(part for part in parts if part.get("id") == "dataset-name")
    target = next(part for part in parts if part.get("id") == "target")
    assert (name["children"], target["value"]) == ("Moons", "moon")


def test_the_new_check_says_its_sentence(copy):
    code = (
        "from types import SimpleNamespace as Some\n"
        "from app.functions.checks.registry import CHECKS\n"
        "for n in (20, 300):\n"
        "    data = Some(split=Some(train=range(n)))\n"
        "    print(CHECKS['few_rows'].run(Some(data=data)).finding)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=copy,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "The models learn from 20 rows.",
        "The models learn from 300 rows.",
    ]


def test_every_recipe_is_known():
    titles = re.findall(r"^## (.+)$", RECIPES.text, re.MULTILINE)
    described = {
        "Add a file format",
        "Add a kind of job",
        "Add a training option",
        "Add a setting",
        "Add a route",
    }
    assert set(titles) == {*CARRIED_OUT, *described}
