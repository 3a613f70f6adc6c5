"""The metadata of a report, read from its file without running it."""

from __future__ import annotations

import ast
import hashlib
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_BYTES = 2 * 1024 * 1024
# These register with the process, not with one app: the first report that is built would get the callbacks.
GLOBAL = ("callback", "clientside_callback", "register_page")
_PICTURES = ("picture.svg", "picture.png")
_TEXTS = ("TITLE", "DESCRIPTION")


@dataclass(frozen=True)
class Entry:
    """One report in the catalogue; read without running it.

    Attributes
    ----------
    name : str
        The file's name and the last part of the address.
    path : pathlib.Path
    title, description : str
    tags : tuple of str
    problem : str or None
        Why its file cannot be shown.
    stamp : tuple
        Changes whenever the file is written, or a file comes to or goes from its assets.
    source : bytes
        The file's content.
    kept : bool
        There is a problem, but an earlier version is still shown.
    needs : str
        What a table must have for it; empty if it takes none.
    """

    name: str
    path: Path
    title: str
    description: str
    tags: tuple[str, ...]
    problem: str | None
    stamp: tuple
    source: bytes = field(repr=False)
    kept: bool = False
    needs: str = ""

    @property
    def assets(self) -> Path:
        """The folder of its assets, which may not exist."""
        return self.path.with_suffix(".assets")

    @property
    def picture(self) -> str | None:
        """The name of its picture among its assets."""
        return next((p for p in _PICTURES if (self.assets / p).is_file()), None)

    @property
    def shown(self) -> bool:
        """Whether its address leads to a report."""
        return self.kept or not self.problem


def read_entry(path: Path) -> Entry:
    """Read the metadata of a report from its file, without running it.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    Entry
        With a `problem` if the file is not a report.

    Raises
    ------
    FileNotFoundError
        The file does not exist.
    IsADirectoryError
        It is a folder.
    """
    source, said, problem = b"", {}, None
    written = 0
    try:
        written = path.stat().st_mtime_ns
        source = _content(path)
        tree = ast.parse(source, str(path))
        said = _constants(tree)
        problem = _problem(path.stem, tree, said)
    except (FileNotFoundError, IsADirectoryError):
        raise
    except OSError as error:
        problem = f"The file cannot be read: {error.strerror}."
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        problem = f"The file is not valid Python{f' (line {line})' if line else ''}."
    title, description = said.get("TITLE"), said.get("DESCRIPTION")
    needs = said.get("NEEDS")
    digest = hashlib.sha256(source).digest()
    return Entry(
        name=path.stem,
        path=path,
        title=title if _is_text(title) else path.stem,
        description=description if isinstance(description, str) else "",
        tags=tuple(tag for tag in said.get("TAGS", ()) if isinstance(tag, str)),
        problem=problem,
        stamp=(written, digest, assets_written(path)),
        source=source,
        needs=needs if _is_text(needs) else "",
    )


def assets_written(path: Path) -> int:
    """Return when a file was last added to, or removed from, a report's assets."""
    try:
        return path.with_suffix(".assets").stat().st_mtime_ns
    except OSError:
        return 0


def _content(path: Path) -> bytes:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(path)
    # Reading a pipe or a device may never end.
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    if status.st_size > MAX_BYTES:
        raise OSError(0, f"it is larger than {MAX_BYTES // 2**20} MB")
    return path.read_bytes()


def _constants(tree: ast.Module) -> dict[str, Any]:
    """Return the literal values assigned at the top of a module, and `create_app`."""
    said: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            said[node.name] = node
        elif isinstance(node, ast.ImportFrom):
            said |= {alias.asname or alias.name: node for alias in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
            targets = getattr(node, "targets", None) or [node.target]
            names = [t.id for t in targets if isinstance(t, ast.Name)]
            said |= {name: _literal(node.value) for name in names}
    if not isinstance(said.get("TAGS", ()), (list, tuple)):
        said["TAGS"] = ()
    return said


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _problem(name: str, tree: ast.Module, said: dict[str, Any]) -> str | None:
    if not name.isidentifier():
        return f"'{name}' cannot be part of an address: use letters, digits and underscores only."
    if "create_app" not in said:
        return "It has no function create_app(**dash_options)."
    factory = said["create_app"]
    if isinstance(factory, ast.AsyncFunctionDef):
        return "Its create_app is asynchronous: write 'def', without 'async'."
    if isinstance(factory, ast.FunctionDef) and factory.args.kwarg is None:
        return "Its create_app does not take the server's options: write def create_app(**dash_options)."
    for constant in _TEXTS:
        if not _is_text(said.get(constant)):
            return f"It has no {constant}: give it one, as a plain text."
        if re.search(r"<[a-zA-Z/!]", said[constant]):
            return f"Its {constant} holds HTML: write plain text."
    for line, used in global_uses(tree):
        return (
            f"It uses dash.{used} (line {line}), which binds to whichever app starts first: "
            f"write @app.callback inside create_app."
            if used != "register_page"
            else f"It uses dash.register_page (line {line}), but a report is one page: assign it to app.layout."
        )
    return None


def global_uses(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield where a file uses functions of Dash that register for the whole process.

    Parameters
    ----------
    tree : ast.AST

    Yields
    ------
    tuple of (int, str)
        The line and the name: 'callback', 'clientside_callback' or 'register_page'.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "dash":
            for alias in node.names:
                if alias.name in GLOBAL:
                    yield node.lineno, alias.name
        elif isinstance(node, ast.Attribute) and node.attr in GLOBAL:
            if isinstance(node.value, ast.Name) and node.value.id == "dash":
                yield node.lineno, node.attr


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
