"""The rules of the architecture, checked on the source code."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
REPOSITORY = PROJECT.parent
APP = PROJECT / "app"
DEPLOY = PROJECT / "deploy"

# The layers of app/, from the bottom to the top: each may import those above it in this table, and no other.
LAYERS = {
    "__init__": set(),
    "settings": set(),
    "wording": set(),
    "functions": {"wording"},
    "statistics": {"wording"},
}
PURE = set(LAYERS)
LAYERS["storage"] = PURE
LAYERS["accounts"] = PURE | {"storage"}
LAYERS["exports"] = PURE | {"storage"}
LAYERS["jobs"] = PURE | {"storage", "accounts", "exports"}
LAYERS["services"] = PURE | {"storage", "accounts", "exports", "jobs"}
LAYERS["ui"] = {"wording"}
PAGES_MAY = PURE | {"storage", "accounts", "exports", "jobs", "services", "ui"}
LAYERS["dashboard"] = PAGES_MAY
LAYERS["reports"] = PAGES_MAY - {"services"}
LAYERS["reporting"] = PURE | {"storage"}
LAYERS["hosting"] = PAGES_MAY | {"dashboard", "reports", "reporting"}
LAYERS["app"] = LAYERS["hosting"] | {"hosting"}
LAYERS["commands"] = LAYERS["app"]
LAYERS["cli"] = LAYERS["app"] | {"commands"}
LAYERS["__main__"] = {"cli"}
ROOMS = LAYERS

IMPORTERS = {"import_module", "__import__"}
WEB = {"flask", "werkzeug", "gunicorn"}
DASH = {"dash", "dash_mantine_components", "plotly"}
# The libraries that a room must not import.
STRANGERS = {
    "functions": DASH | WEB,
    "statistics": DASH | WEB,
    "wording": DASH | WEB | {"numpy", "pandas", "sklearn"},
    "storage": DASH | WEB,
    "accounts": DASH | WEB | {"sklearn", "pandas", "numpy"},
    "exports": DASH | WEB,
    "jobs": DASH | WEB,
    "ui": WEB,
    "dashboard": WEB,
    "reports": WEB,
    "reporting": DASH | WEB,
    "hosting": {"sklearn", "pandas", "numpy", "scipy", "skops"},
}

# Functions that may import, and why. Everywhere else a heavy module is loaded lazily (app/functions/__init__.py).
LATE_IMPORTS: dict[str, str] = {
    "project/app/hosting/report_process.py:_serve": "the process that only waits for a report must stay small",
    "project/app/hosting/api/operations.py:definitions": "their classes take a while to make, and no program may ask",
}

MAX_LINES = 450
# Folders of one person's machine do not belong in a project that everybody clones.
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])/(?:root|home|work|mnt|Users)/\w")
TEXT = {"", ".py", ".md", ".cfg", ".toml", ".yaml", ".yml", ".in", ".js", ".css", ".html", ".sh", ".prod"}  # fmt: skip


def python_files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def text_of(path: Path) -> str:
    """Return the file's text; empty if a test that runs in parallel has removed the file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def room_of(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[tuple[int, str]]:
    """The modules that a file imports anywhere, `import_module` included, with full names, and the lines."""
    package = ("app", *path.relative_to(APP).parent.parts)
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {(node.lineno, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            found |= {(node.lineno, f"{module}.{alias.name}") for alias in node.names}
        elif isinstance(node, ast.Call) and called(node) in IMPORTERS:
            found.add((node.lineno, imported_by(node, package)))
    return found


def called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def imported_by(call: ast.Call, package: tuple[str, ...]) -> str:
    """What `import_module("a.b")` or `import_module(f"{__package__}.b")` imports."""
    argument = call.args[0] if call.args else None
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    parts = [
        str(part.value) if isinstance(part, ast.Constant) else ".".join(package)
        for part in getattr(argument, "values", [])
        if isinstance(part, ast.Constant)
        or ast.unparse(part.value) in ("__package__", "__name__")
    ]
    return "".join(parts) or "something that cannot be told"


def functions_of(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def report(problems: list[str], remedy: str) -> str:
    return "\n".join([remedy, *problems])


APP_FILES = python_files(APP)
ALL_FILES = python_files(APP, DEPLOY, PROJECT / "tests")


def test_every_module_of_app_has_its_room():
    strays = [name_of(path) for path in APP_FILES if room_of(path) not in ROOMS]
    assert not strays, report(
        strays,
        "Move these into the room they belong to: a computation into functions or statistics, a page into "
        "dashboard/pages, a route into hosting.",
    )


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_one_way(room):
    problems = []
    for path in (path for path in APP_FILES if room_of(path) == room):
        for line, module in imports_of(path):
            top, *rest = module.split(".")
            other = rest[0] if rest else "__init__"
            if top == "app" and other in ROOMS and other not in ROOMS[room] | {room}:
                problems.append(f"{name_of(path)}:{line} imports app.{other}")
    assert not problems, report(
        problems,
        f"{room} may import {sorted(ROOMS[room]) or 'nothing of the project'}. "
        "Hand the value in as an argument, or move the code to a room that may.",
    )


@pytest.mark.parametrize("room", STRANGERS)
def test_a_room_knows_only_the_libraries_of_its_concern(room):
    problems = [
        f"{name_of(path)}:{line} imports {module}"
        for path in APP_FILES
        if room_of(path) == room
        for line, module in imports_of(path)
        if module.split(".")[0] in STRANGERS[room]
    ]
    assert not problems, report(
        problems,
        f"{room} knows nothing of {sorted(STRANGERS[room])}: move the code to the room whose concern that is.",
    )


def test_a_deployment_needs_python_alone():
    own = {"__future__", "deploy", *sys.stdlib_module_names}
    # The server's settings, which need only the standard library too.
    allowed = {"app.settings"}
    problems = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files(DEPLOY)
        if path.parent.name
        != "image"  # runs during the build of the image, with the packages there
        for node in ast.walk(tree_of(path))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for module in _modules(node)
        if module.split(".")[0] not in own and module not in allowed
    ]
    assert not problems, report(
        problems,
        "The job that holds the cloud's credentials installs no packages: use Python's own library.",
    )


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or "deploy"]
    return [alias.name for alias in node.names]


def test_no_import_hides_inside_a_function():
    problems = [
        f"{name_of(path)}:{node.lineno} in {function.name}"
        for path in APP_FILES
        for function in functions_of(tree_of(path))
        if f"{name_of(path)}:{function.name}" not in LATE_IMPORTS
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert not problems, report(
        problems,
        "Import at the top of the module; what is heavy is reached through app.functions, which loads lazily. "
        "Where neither can be, name the function and the reason in LATE_IMPORTS.",
    )


def test_every_module_says_what_lives_in_it():
    missing = [
        name_of(path)
        for path in ALL_FILES
        if path.stat().st_size and not ast.get_docstring(tree_of(path))
    ]
    assert not missing, report(
        missing, "Begin these modules with one sentence in a docstring."
    )


def test_every_public_function_of_a_pure_room_has_a_numpydoc_docstring():
    problems = []
    for path in (
        *python_files(APP / "functions", APP / "statistics"),
        APP / "wording.py",
    ):
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                problems += [
                    f"{name_of(path)}:{node.lineno} {node.name}: {gap}"
                    for gap in docstring_gaps(node)
                ]
    assert not problems, report(
        problems,
        "Describe these in the numpydoc form (https://numpydoc.readthedocs.io/en/latest/format.html).",
    )


def docstring_gaps(function: ast.FunctionDef) -> list[str]:
    text = ast.get_docstring(function) or ""
    arguments = function.args
    names = [
        argument.arg
        for argument in (
            *(*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs),
            *filter(None, (arguments.vararg, arguments.kwarg)),
        )
    ]
    returns = function.returns and ast.unparse(function.returns) != "None"
    gaps = [] if text else ["no docstring"]
    if names and "Parameters\n----------" not in text:
        gaps.append("no section 'Parameters'")
    gaps += [
        f"'{name}' is not described"
        for name in names
        if not re.search(rf"\b{name}\b", text)
    ]
    if returns and not re.search(r"^(Returns\n-{7}|Yields\n-{6})", text, re.MULTILINE):
        gaps.append("no section 'Returns'")
    return gaps


def test_callbacks_belong_to_an_app_and_never_to_the_process():
    problems = []
    for path in APP_FILES:
        problems += [
            f"{name_of(path)}:{line} imports {module}"
            for line, module in imports_of(path)
            if module in ("dash.callback", "dash.clientside_callback")
        ]
        problems += [
            f"{name_of(path)}:{node.lineno} uses dash.{node.attr}"
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Attribute)
            and node.attr in ("callback", "clientside_callback")
            and isinstance(node.value, ast.Name)
            and node.value.id == "dash"
        ]
    assert not problems, report(
        problems,
        "dash.callback binds to whichever app starts first in the process: write @app.callback inside the factory.",
    )


def test_a_file_can_be_read_in_one_go():
    long = [
        f"{name_of(path)}: {n_lines} lines"
        for path in ALL_FILES
        if (n_lines := text_of(path).count("\n")) > MAX_LINES
    ]
    assert not long, report(
        long,
        f"Split these by idea; a file has at most {MAX_LINES} lines.",
    )


def test_the_project_names_no_folder_of_one_machine():
    hidden = re.compile(r"/(\.(?!ci/|github/)[^/]+|instance|node_modules|__pycache__)/")
    files = [
        *(p for p in REPOSITORY.iterdir() if p.is_file() and p.name != ".git"),
        *(
            path
            for folder in (REPOSITORY / ".ci", REPOSITORY / ".github", PROJECT)
            for path in folder.rglob("*")
            if path.is_file()
        ),
    ]
    problems = [
        f"{name_of(path)}:{number}: {line.strip()[:100]}"
        for path in files
        if path.suffix in TEXT and not hidden.search(f"/{name_of(path)}")
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not problems, report(
        problems, "Write these paths relative to the repository, or as a setting."
    )
