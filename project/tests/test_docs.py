"""The documentation is true: its links, files, code, settings and versions are those of the project."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from datetime import date

import pytest

from app import __version__
from app.reporting import check
from app.reports import kit
from app.settings import Settings
from tests.benchmarks import __main__ as benchmarks
from tests.conftest import PROJECT
from tests.markdown import Page, blocks

REPOSITORY = PROJECT.parent
DOCS = PROJECT / "docs"
PAGES = [
    Page(path)
    for path in (
        REPOSITORY / "README.md",
        REPOSITORY / ".github" / "CONTRIBUTING.md",
        PROJECT / "CHANGELOG.md",
        *sorted(DOCS.glob("*.md")),
    )
]
MAX_README_LINES = 120
PLACEHOLDER = re.compile(r"[<*…{]")
# What commands make: it need not be there.
MADE = (
    "project/instance",
    "project/.venv/",
    "project/.venv-serve/",
    "project/app/reports/sales.py",
    "project/tests/reports/test_sales.py",
)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.name)


def page_of(name: str) -> Page:
    return Page(DOCS / name)


@every_page
def test_every_link_leads_somewhere(page):
    problems = []
    for link in page.links:
        if link.startswith(("https://", "http://localhost")):
            continue
        file, _, anchor = link.partition("#")
        target = (page.path.parent / file).resolve() if file else page.path
        if not target.exists():
            problems.append(f"{link}: there is no such file")
        elif anchor and anchor not in Page(target).anchors:
            problems.append(f"{link}: there is no such heading")
    assert not problems


@every_page
def test_every_file_that_is_named_exists(page):
    named = set(
        re.findall(r"(?:^|[\s`(|])((?:project|\.github|\.ci)/[^\s`)|#,;]*)", page.text)
    )
    missing = [
        path
        for path in sorted(named)
        if not PLACEHOLDER.search(path)
        and not path.startswith(MADE)
        and not (REPOSITORY / path.rstrip(".:")).exists()
        and f"Write `{path}`:" not in page.text
    ]
    assert not missing


@every_page
def test_every_name_that_is_said_to_be_in_a_file_is_there(page):
    said = re.findall(r"`(\w+)` in\s+`(project/app/[^`]+\.py)`", page.text)
    missing = [f"{name} in {path}" for name, path in said if not defines(path, name)]
    assert not missing


def defines(path: str, name: str) -> bool:
    """Tell whether a file has a function, class or variable of this name."""
    file = REPOSITORY / path
    source = file.read_text(encoding="utf-8") if file.is_file() else ""
    defined = rf"^\s*(def |class )?{name}\b[^=\n]*[=(:]"
    return bool(re.search(defined, source, re.MULTILINE))


@every_page
def test_python_code_can_be_compiled(page):
    for block in blocks(page.text):
        if block.language == "python":
            source = block.text
            if source.startswith(" "):  # an entry of a list or tuple
                source = f"_ = (\n{source})"
            ast.parse(source)


@every_page
def test_commands_of_the_project_exist(page):
    commands = re.findall(r"project/bin/[a-z]+", page.text)
    assert [c for c in commands if not (REPOSITORY / c).is_file()] == []


def test_the_readme_can_be_read_in_one_go():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert readme.count("\n") <= MAX_README_LINES


def test_the_readme_lists_every_page_of_documentation_and_every_room():
    readme = Page(REPOSITORY / "README.md")
    linked = {(REPOSITORY / link.partition("#")[0]).resolve() for link in readme.links}
    assert {page.path for page in PAGES} - {readme.path} <= linked
    rooms = {
        f"`app/{path.name}/`"
        for path in (PROJECT / "app").iterdir()
        if path.is_dir() and any(path.glob("*.[pjc]*"))
    } - {"`app/__pycache__/`"}
    listed = {row[0] for row in readme.table_rows}
    assert rooms <= listed


def test_settings_are_listed_with_their_defaults_and_their_help():
    rows = page_of("settings.md").table_rows
    listed = [[cell.replace("`", "") for cell in row] for row in rows]
    expected = [row_of(setting) for setting in fields(Settings)]
    assert listed == expected, "\n".join(f"| {' | '.join(row)} |" for row in expected)


def row_of(setting) -> list[str]:
    """Return the cells of a setting in docs/settings.md, without marks."""
    help, choices = setting.metadata["help"], setting.metadata["choices"]
    if choices:
        help += f" One of: {', '.join(choices)}."
    default = str(setting.default)
    if isinstance(setting.default, bool):
        default = default.lower()
    return [setting.name.upper(), default, help.replace("`", "")]


def test_benchmarks_are_listed_with_what_they_measure():
    page = page_of("benchmarks.md")
    listed = [row[0] for row in page.table_rows if len(row) == 3]
    assert listed == [f"`{name}`" for name in benchmarks.NAMES]
    numbers = [row[0].strip("`") for row in page.table_rows if len(row) == 4]
    assert set(numbers) <= set(benchmarks.NAMES)


def test_the_newest_version_of_the_changelog_is_that_of_the_code():
    assert versions()[0][0] == __version__


def test_versions_of_the_changelog_descend_and_have_a_date():
    found = versions()
    assert found == sorted(found, key=lambda one: parts(one[0]), reverse=True)
    days = [date.fromisoformat(day) for _, day in found]
    assert days == sorted(days, reverse=True)


def versions() -> list[tuple[str, str]]:
    """Return version and date of every release in the changelog."""
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    found = [
        re.fullmatch(r"\[(\d+\.\d+\.\d+)] - (.+)", heading) for heading in headings
    ]
    assert all(found), headings
    return [(match[1], match[2]) for match in found]


def parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_a_change_is_one_line_under_the_kind_of_change():
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    lines = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("## "))
    for line in filter(None, lines[begin:]):
        is_kind = line.removeprefix("### ") in kinds
        is_change = line.startswith("- ") and line.endswith(".") and len(line) <= 120
        assert is_kind or is_change or line.startswith("## "), line


def test_the_reports_that_are_shown_have_nothing_wrong(tmp_path):
    shown = [b for b in blocks(page_of("reports.md").text) if b.language == "python"]
    assert len(shown) == 2
    for number, block in enumerate(shown):
        file = tmp_path / f"sales_{number}.py"
        file.write_text(block.text, encoding="utf-8")
        assert check.check(file, 300) == []


def test_what_reports_are_said_to_share_is_there():
    named = re.findall(r"\bkit\.(\w+)", page_of("reports.md").text)
    assert set(named) <= set(kit.__all__)


def test_the_program_that_is_shown_trains_and_predicts(
    live_server, tmp_path, capsys, monkeypatch
):
    live = live_server()
    table = tmp_path / "sales.csv"
    rows = "January,3.1,no\nFebruary,5.4,yes\nMay,4.2,yes\n" * 40
    table.write_text("month,price,sold\n" + rows, encoding="utf-8")
    monkeypatch.syspath_prepend(PROJECT / "clients" / "python")
    block = next(b for b in blocks(page_of("api.md").text) if b.language == "python")
    code = block.text.replace("http://localhost:8050", live.url)
    code = code.replace('"sales.csv"', repr(str(table)))
    exec(compile(code, "api.md", "exec"), {"__name__": "__main__"})
    trained, verdict, *others, refused = capsys.readouterr().out.splitlines()
    assert trained == "done – best model: linear"
    assert verdict.endswith(".")
    assert others[0].startswith("row 0 is ")
    assert others[1] == "row 1 failed: price: “cheap” is not a number."
    assert refused.startswith("404 This run has no model 'crystal ball'.")


def test_a_table_of_any_size_is_uploaded_by_the_client(live_server, tmp_path, monkeypatch):  # fmt: skip
    monkeypatch.syspath_prepend(PROJECT / "clients" / "python")
    from dashboard_client import Dashboard

    table = tmp_path / "large.csv"
    table.write_text("name,number\n" + f"{'x' * 90},1\n" * 100_000, encoding="utf-8")
    profile = Dashboard(live_server().url).upload(table)
    assert (profile["name"], profile["rows"]) == ("large.csv", 100_000)


def test_requests_of_the_api_are_routes_of_the_server(server):
    rules = {
        (method, re.sub(r"<[^>]*>", "<>", rule.rule))
        for rule in server.url_map.iter_rules()
        for method in rule.methods
    }
    named = re.findall(r"`(GET|POST|PUT|DELETE) (/[^`\s]*)", page_of("api.md").text)
    assert named
    for method, path in named:
        assert (method, re.sub(r"<[^>]*>", "<>", path)) in rules, path


def test_the_tests_that_hold_the_promises_of_security_exist():
    named = re.findall(
        r"`([\w/]*test_\w+\.py)(?:::(\w+))?`", page_of("security.md").text
    )
    assert len(named) > 20
    for file, test in named:
        text = (PROJECT / "tests" / file).read_text(encoding="utf-8")
        assert f"def {test}(" in text if test else text, (file, test)


def test_a_setting_is_described_in_one_place():
    names = {f"`{setting.name.upper()}`" for setting in fields(Settings)}
    elsewhere = {
        f"{page.path.name}: {row[0]}"
        for page in PAGES
        if page.path.name != "settings.md"
        for row in page.table_rows
        if row[0] in names
    }
    assert elsewhere == set()


def test_the_readme_names_the_pythons_that_the_commands_take():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    low, high = re.search(r"Python (3\.\d+) to 3\.(\d+)", readme).groups()
    commands = (PROJECT / "bin" / "uv").read_text(encoding="utf-8")
    assert f"'>={low},<3.{int(high) + 1}'" in commands
