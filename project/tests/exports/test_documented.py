"""The page about what can be taken away is true: its table, its example, its commands."""

from __future__ import annotations

from pathlib import Path

from app.exports import registry
from app.exports.model_zip import PACKAGES
from app.exports.versions import requirements
from tests.conftest import PROJECT
from tests.dashboard.conftest import fields_of
from tests.markdown import Page, blocks

PAGE = Page(PROJECT / "docs" / "take-away.md")
ACTIONS = {
    "results": "who may see the results",
    "file": "who may read the file of the run",
}


def test_every_export_is_listed_with_who_may():
    listed = {row[0].strip("`"): row[2] for row in PAGE.table_rows if len(row) == 3}
    listed.pop("name", None)
    own = {
        name: ACTIONS[export.action]
        for name, export in registry.EXPORTS.items()
        if name in listed
    }
    assert listed == own


def test_the_export_that_is_shown_can_be_taken_away(
    client, services, monkeypatch, tmp_path
):

    (block,) = [block for block in blocks(PAGE.text) if block.language == "python"]
    scope: dict = {}
    exec(compile(block.text, "take-away.md", "exec"), scope)
    export = scope["EXPORT"]
    monkeypatch.setitem(registry.EXPORTS, export.name, export)
    run = services.runs.create(**fields_of("binary") | {"state": "done"})
    answer = client.get(f"/runs/{run}/files/models?model=linear")
    assert answer.text == "Baseline\nLinear model"
    assert "iris-linear-models.txt" in answer.headers["Content-Disposition"].lower()


def test_the_commands_are_those_of_the_zip_and_its_versions_are_exact():
    shown = [block.text for block in blocks(PAGE.text) if not block.language]
    template = Path(PROJECT / "app" / "exports" / "model_zip.py").read_text()
    assert all(line in template for line in shown[0].splitlines())
    lines = requirements(PACKAGES).splitlines()[1:]
    assert {name.split("==")[0] for name in lines} >= set(PACKAGES)
    assert all("==" in line for line in lines)
