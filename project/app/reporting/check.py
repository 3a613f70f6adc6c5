"""Checks of one report: its contract, its imports, and the ids in its callbacks."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess  # nosec B404: it runs this Python
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from app import wording
from app.reporting.metadata import global_uses, read_entry

# Importing one of these takes from a tenth of a second to several.
HEAVY = ("pandas", "sklearn", "scipy", "plotly.express", "matplotlib", "shap")
_OF_THE_PROCESS = ("get_app", "get_asset_url", "get_relative_path", "hooks")
# Suffixes that components of the kit append to an id.
_KIT_SUFFIXES = ("says", "file", "table", "forget")
_START_SECONDS = 15
_DEPENDENCIES = ("Input", "Output", "State")


class Finding(NamedTuple):
    """One problem and its line, or 0."""

    line: int
    sentence: str


def check(path: Path, seconds: float) -> list[Finding]:
    """Return what is wrong with a report.

    Parameters
    ----------
    path : pathlib.Path
    seconds : float
        The time in which it must be built.

    Returns
    -------
    list of Finding
        Sorted by line; empty if there is no problem.

    Raises
    ------
    OSError
        There is no such file.
    """
    entry = read_entry(path)
    try:
        tree = ast.parse(entry.source, str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 0
        return [Finding(line, f"{entry.problem} {error}.")]
    uses = list(_global_uses(tree))
    found = [*uses, *_heavy_imports(tree)]
    if entry.problem and not (uses and "dash." in entry.problem):
        found.insert(0, Finding(0, entry.problem))
    if not entry.problem:
        found += _built(path.resolve(), seconds, tree)
    return sorted(found, key=lambda finding: finding.line)


def _global_uses(tree: ast.Module) -> Iterator[Finding]:
    for line, name in global_uses(tree):
        if name == "register_page":
            yield Finding(
                line,
                "dash.register_page is for the whole process, but a report is one page: assign it to app.layout.",
            )
        else:
            yield Finding(
                line,
                f"dash.{name} binds to whichever app of the process starts first: "
                f"write @app.{name} inside create_app.",
            )
    for node in ast.walk(tree):
        if _is_dash(node) and node.attr in _OF_THE_PROCESS:
            yield Finding(
                node.lineno,
                f"dash.{node.attr} refers to the app that was created last in the process: use app.{node.attr}.",
            )


def _is_dash(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "dash"
    )


# ---- Imports


def _heavy_imports(tree: ast.Module) -> Iterator[Finding]:
    for node in _run_at_import(tree.body):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for library in dict.fromkeys(filter(None, map(_heavy, names))):
            yield Finding(
                node.lineno,
                f"{library} is imported when the report is built, which makes its first visitor wait: use "
                "app.functions, or import it inside the function that needs it.",
            )


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and _is_never_hosted(node.test):
            yield from _run_at_import(node.orelse)
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.ClassDef)):
            for part in ("body", "orelse", "finalbody"):
                yield from _run_at_import(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _run_at_import(handler.body)


def _is_never_hosted(test: ast.expr) -> bool:
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    return bool(names & {"TYPE_CHECKING", "__name__"})


def _heavy(module: str) -> str | None:
    return next((h for h in HEAVY if f"{module}.".startswith(f"{h}.")), None)


# ---- Building


def _built(path: Path, seconds: float, tree: ast.Module) -> Iterator[Finding]:
    result = _build(path, seconds)
    if isinstance(result, str):
        yield Finding(0, result)
        return
    if "problem" in result:
        problem = result["problem"]
        sentence = problem if problem.endswith(".") else f"{problem}."
        yield Finding(result["line"] or 0, sentence)
        return
    if result["seconds"] > seconds:
        yield Finding(0, _too_slow(seconds))
    named = {finding.sentence.split()[0] for finding in _heavy_imports(tree)}
    for library in sorted(set(filter(None, map(_heavy, result["loaded"]))) - named):
        # One heavy library loads others; naming the first is enough.
        if not named:
            yield Finding(
                0,
                f"{library} is imported when the report is built, through another module.",
            )
    if result["layout"] is None:
        yield Finding(
            0,
            "Its layout could not be computed, so the ids in its callbacks were not checked.",
        )
        return
    yield from _unknown_ids(result["layout"], result["callbacks"], tree)


def _build(path: Path, seconds: float) -> dict[str, Any] | str:
    """Return what a separate process found, or a sentence if it did not finish."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        process = subprocess.Popen(  # nosec B603: this Python, our module
            [sys.executable, "-m", "app", "report", "build", path, result],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(seconds + _START_SECONDS)
        except subprocess.TimeoutExpired:
            return _too_slow(seconds)
        finally:
            _end(process)
        if not result.exists():
            return f"Building it ended the process (exit code {process.returncode}): create_app must return an app."
        return json.loads(result.read_text())


def _end(process: subprocess.Popen) -> None:
    """End the process and its children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _too_slow(seconds: float) -> str:
    return (
        f"It takes more than {wording.seconds(seconds)} to build (REPORT_SECONDS), so visitors see an error: "
        "move slow work into a callback."
    )


# ---- Ids


def _unknown_ids(layout: Any, callbacks: list[dict], tree: ast.Module):
    known = set(_ids(layout)) | set(_texts(tree))
    patterns = [re.compile(pattern) for pattern in _patterns(tree)]
    lines = dict(_dependency_lines(tree))
    seen = set()
    for one in _named_ids(callbacks):
        text = _as_text(one)
        if text in seen or _is_known(text, known, patterns):
            continue
        seen.add(text)
        yield Finding(
            lines.get(text, 0),
            f"A callback names the id {text!r}, which no component has: correct it, or add the component.",
        )


def _is_known(text: str, known: set[str], patterns: list[re.Pattern]) -> bool:
    stem, _, suffix = text.rpartition("-")
    return (
        text in known
        or (suffix in _KIT_SUFFIXES and stem in known)
        or any(pattern.fullmatch(text) for pattern in patterns)
    )


def _as_text(component_id: str | dict) -> str:
    """Return an id; for a dict, its keys, because its values may be patterns."""
    if isinstance(component_id, str) and component_id.startswith("{"):
        component_id = json.loads(component_id)
    if isinstance(component_id, dict):
        return "{" + ", ".join(sorted(component_id)) + "}"
    return component_id


def _ids(part: Any) -> Iterator[str]:
    """Yield the ids of all components of a layout, as JSON."""
    if isinstance(part, list):
        for one in part:
            yield from _ids(one)
    elif isinstance(part, dict):
        if "namespace" in part and "id" in part.get("props", {}):
            yield _as_text(part["props"]["id"])
        for one in part.values():
            yield from _ids(one)


def _named_ids(callbacks: list[dict]) -> Iterator[str]:
    for callback in callbacks:
        output = callback["output"]
        names = output[2:-2].split("...") if output.startswith("..") else [output]
        ids = (name.rpartition(".")[0] for name in names)
        yield from filter(None, ids)  # a callback may have no output
        for dependency in [*callback["inputs"], *callback["state"]]:
            yield dependency["id"]


def _dependency_ids(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the id argument of each Input, Output and State."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in _DEPENDENCIES:
                yield node.args[0]


def _dependency_lines(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in _dependency_ids(tree):
        if isinstance(node, ast.Constant):
            yield str(node.value), node.lineno
        elif isinstance(node, ast.Dict):
            yield _keys_of(node), node.lineno


def _elsewhere(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes except the ids in Input, Output and State: components may be created from them later."""
    named = {id(inner) for node in _dependency_ids(tree) for inner in ast.walk(node)}
    return (node for node in ast.walk(tree) if id(node) not in named)


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in _elsewhere(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Dict):
            yield _keys_of(node)


def _keys_of(node: ast.Dict) -> str:
    keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
    return "{" + ", ".join(sorted(map(str, keys))) + "}"


def _patterns(tree: ast.AST) -> Iterator[str]:
    for node in _elsewhere(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [
                re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".*"
                for p in node.values
            ]
            if any(part != ".*" for part in parts):
                yield "".join(parts)
