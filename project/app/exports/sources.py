"""Our own classes and functions as source that works without this project: what they need of it comes along."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_OURS = "app."
_WIDTH = 88


@dataclass(frozen=True)
class Name:
    """Something that a module of this project defines.

    Attributes
    ----------
    module : str
        In full, such as 'app.functions.models.encoders'.
    name : str
    """

    module: str
    name: str


@dataclass(frozen=True)
class Source:
    """Code that needs no module of this project.

    Attributes
    ----------
    imports : tuple of str
        The lines that must stand before it.
    code : str
        The definitions, each after those that it needs.
    """

    imports: tuple[str, ...]
    code: str

    @property
    def text(self) -> str:
        """The imports and the definitions."""
        return "\n".join([*map(wrapped, self.imports), "", "", self.code])


@dataclass
class _Gathered:
    imports: dict[str, str] = field(default_factory=dict)
    done: dict[Name, str] = field(default_factory=dict)


def source_of(names: Iterable[Name], *expressions: tuple[str, ast.expr]) -> Source:
    """Return the source of classes, functions and constants, with all that they need of this project.

    Parameters
    ----------
    names : iterable of Name
    *expressions : tuple of (str, ast.expr)
        A module and an expression in it, of which everything that it names is needed as well.

    Returns
    -------
    Source

    Raises
    ------
    ValueError
        Two modules define different things of the same name, or a module has no such name.
    """
    gathered = _Gathered()
    for name in names:
        _gather(name, gathered)
    for module, expression in expressions:
        _gather_all(_names_in(expression), _module(module), gathered)
    called = [name.name for name in gathered.done]
    twice = sorted({name for name in called if called.count(name) > 1})
    if twice:
        raise ValueError(f"Several modules define {', '.join(twice)}.")
    code = "\n\n\n".join(gathered.done.values())
    return Source(sorted_imports(gathered.imports.values()), code + "\n")


def sorted_imports(lines: Iterable[str]) -> tuple[str, ...]:
    """Return lines of imports as isort orders them: the standard library, then the others.

    Parameters
    ----------
    lines : iterable of str
        Each 'import a as b' or 'from a import b'.

    Returns
    -------
    tuple of str
        With an empty line between the groups; imports from one module are joined.
    """
    plain = sorted({line for line in lines if line.startswith("import ")})
    taken: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("from "):
            module, _, name = line.removeprefix("from ").partition(" import ")
            taken.setdefault(module, set()).add(name)
    from_ = [f"from {m} import {', '.join(sorted(taken[m]))}" for m in sorted(taken)]
    groups: tuple[list[str], list[str], list[str]] = ([], [], [])
    for line in [*plain, *from_]:
        top = line.split()[1].split(".")[0]
        order = 0 if top == "__future__" else 1 if top in sys.stdlib_module_names else 2
        groups[order].append(line)
    parts = [part for group in groups if group for part in ("", *group)]
    return tuple(parts[1:])


def wrapped(line: str) -> str:
    """Return an import on one line, or, where it is too long, with a line for each name.

    Parameters
    ----------
    line : str

    Returns
    -------
    str
    """
    begin, _, names = line.partition(" import ")
    if len(line) <= _WIDTH or not names:
        return line
    lines = [f"    {name}," for name in names.split(", ")]
    return "\n".join([f"{begin} import (", *lines, ")"])


@dataclass(frozen=True)
class _Module:
    """A parsed module: where each of its top-level names is defined or imported from."""

    name: str
    lines: tuple[str, ...]
    defined: dict[str, ast.stmt]
    own: dict[str, Name]
    imported: dict[str, str]


@cache
def _module(name: str) -> _Module:
    spec = importlib.util.find_spec(name)
    text = Path(spec.origin).read_text(encoding="utf-8")
    package = name if spec.submodule_search_locations else name.rpartition(".")[0]
    module = _Module(name, tuple(text.splitlines()), {}, {}, {})
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                as_ = f" as {alias.asname}" if alias.asname else ""
                module.imported[bound] = f"import {alias.name}{as_}"
        elif isinstance(node, ast.ImportFrom):
            _read_import(node, package, module)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            module.defined[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name):
                        module.defined[part.id] = node
    return module


def _read_import(node: ast.ImportFrom, package: str, module: _Module) -> None:
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1] if node.level else []
    source = ".".join([*base, *filter(None, [node.module])])
    for alias in node.names:
        bound = alias.asname or alias.name
        if source == "app" or source.startswith(_OURS):
            module.own[bound] = Name(source, alias.name)
        elif source != "__future__":
            as_ = f" as {alias.asname}" if alias.asname else ""
            module.imported[bound] = f"from {source} import {alias.name}{as_}"


def _gather(name: Name, gathered: _Gathered) -> None:
    if name in gathered.done:
        return
    module = _module(name.module)
    if name.name not in module.defined:
        raise ValueError(f"{name.module} defines no {name.name}.")
    node = module.defined[name.name]
    # What it needs stands before it; a function that calls itself is begun already.
    gathered.done[name] = ""
    _gather_all(_names_in(node), module, gathered)
    del gathered.done[name]
    gathered.done[name] = _text_of(node, module)


def _gather_all(names: list[str], module: _Module, gathered: _Gathered) -> None:
    for each in names:
        if each in module.defined:
            _gather(Name(module.name, each), gathered)
        elif each in module.own:
            _gather(module.own[each], gathered)
        elif each in module.imported:
            gathered.imports.setdefault(each, module.imported[each])


def _names_in(node: ast.AST) -> list[str]:
    """The names that are used, in their order."""
    used = [
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    ]
    return list(dict.fromkeys(used))


def _text_of(node: ast.stmt, module: _Module) -> str:
    """The lines of a definition, with the comment right above it, and of each docstring its first sentence."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    begin = first - 1
    while begin and module.lines[begin - 1].startswith("#"):
        begin -= 1
    lines = dict(enumerate(module.lines[begin : node.end_lineno], begin + 1))
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(
            part
        ):
            said = part.body[0]
            if said.end_lineno > said.lineno:
                lines[said.lineno] = lines[said.lineno].rstrip() + '"""'
                for gone in range(said.lineno + 1, said.end_lineno + 1):
                    del lines[gone]
    return "\n".join(lines.values())
