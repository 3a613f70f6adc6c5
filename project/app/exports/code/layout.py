"""Values and unfitted estimators as the Python that makes them, broken into lines as black does."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer

from ..sources import Name

_WIDTH = 88
_OURS = "app."
# What is clear without its name.
_FIRST = ("steps", "transformers", "estimator", "regressor")


@dataclass(frozen=True)
class _Group:
    """Brackets with what stands in them."""

    begin: str
    items: tuple[tuple[str, Any], ...]
    end: str
    # A tuple of one value ends with a comma even on one line.
    alone: str = ""

    def in_one_line(self) -> str:
        parts = [before + _one_line(item) for before, item in self.items]
        return f"{self.begin}{', '.join(parts)}{self.alone}{self.end}"

    def lines(self, indent: int, before: int) -> str:
        """Return the text; `before` characters stand on its first line already, and one may follow it."""
        short = self.in_one_line()
        if not self.items or before + len(short) < _WIDTH:
            return short
        deeper = " " * (indent + 4)
        parts = []
        for name, item in self.items:
            begins = f"{deeper}{name}"
            if isinstance(item, _Group):
                text = item.lines(indent + 4, len(begins))
            else:
                text = item
            parts.append(f"{begins}{text},")
        return "\n".join([self.begin, *parts, f"{' ' * indent}{self.end}"])


def _one_line(item: Any) -> str:
    return item.in_one_line() if isinstance(item, _Group) else item


@dataclass
class Writer:
    """Writes values as code, and remembers what must be imported or defined for it.

    Parameters
    ----------
    columns : mapping of str to list of str
        Lists of columns that the code has under a name, by the name of the transformer that takes them.
    """

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    own: set[Name] = field(default_factory=set)

    def text(self, value: Any, indent: int = 0, before: int = 0) -> str:
        """Return the code of a value.

        Parameters
        ----------
        value : estimator, list, tuple, dict, str, number, bool, type or None
        indent : int
            Spaces before its line.
        before : int
            Characters on its first line before it, the spaces included.

        Raises
        ------
        ValueError
            It is something else.
        """
        group = self._group(value)
        return group.lines(indent, before) if isinstance(group, _Group) else group

    def _group(self, value: Any) -> _Group | str:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, str):
            return quoted(value)
        if isinstance(value, float) and not math.isfinite(value):
            self.imports.add("import numpy as np")
            return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}[str(value)]
        if value is None or isinstance(value, (bool, int, float)):
            return repr(value)
        if isinstance(value, list):
            return _Group("[", tuple(("", self._group(each)) for each in value), "]")
        if isinstance(value, tuple):
            items = tuple(("", self._group(each)) for each in value)
            return _Group("(", items, ")", "," if len(items) == 1 else "")
        if isinstance(value, Mapping):
            pairs = ((f"{self.text(k)}: ", self._group(v)) for k, v in value.items())
            return _Group("{", tuple(pairs), "}")
        if isinstance(value, type) and value.__module__ == "numpy":
            self.imports.add("import numpy as np")
            return f"np.{value.__name__}"
        if not isinstance(value, type) and hasattr(type(value), "__init__"):
            return self._made(value)
        raise ValueError(f"A {type(value).__name__} cannot be written as code.")

    def _made(self, thing: Any) -> _Group:
        kind = type(thing)
        if kind.__module__.startswith(_OURS):
            self.own.add(Name(kind.__module__, kind.__name__))
        else:
            public = _public_module(kind)
            self.imports.add(f"from {public} import {kind.__name__}")
        items = []
        for parameter in inspect.signature(kind.__init__).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            if parameter.name == "self":
                continue
            value = getattr(thing, parameter.name)
            if repr(value) == repr(parameter.default):
                continue
            before = f"{parameter.name}="
            if not items and parameter.name in _FIRST:
                before = ""
            if isinstance(thing, ColumnTransformer) and parameter.name == _FIRST[1]:
                items.append((before, self._transformers(value)))
            else:
                items.append((before, self._group(value)))
        return _Group(f"{kind.__name__}(", tuple(items), ")")

    def _transformers(self, triples: Sequence[tuple]) -> _Group:
        items = []
        for name, transformer, columns in triples:
            named = (
                f"COLUMNS[{quoted(name)}]"
                if name in self.columns
                else self._group(columns)
            )
            parts = (quoted(name), self._group(transformer), named)
            items.append(("", _Group("(", tuple(("", part) for part in parts), ")")))
        return _Group("[", tuple(items), "]")


def _public_module(kind: type) -> str:
    """Return where a class of scikit-learn is imported from: the package above what begins with an underscore."""
    parts = kind.__module__.split(".")
    return ".".join(itertools.takewhile(lambda part: not part.startswith("_"), parts))


def quoted(text: str) -> str:
    """Return a text as a literal, with double quotes where it has none itself.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    plain = repr(text)
    if plain.startswith("'") and '"' not in plain:
        return f'"{plain[1:-1]}"'
    return plain
