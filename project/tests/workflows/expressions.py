"""The expressions of GitHub's workflows: reads and evaluates what stands in ``${{ }}`` and behind ``if:``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"""
    \s*(?:
        (?P<string>'(?:[^']|'')*')
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||[!<>().,\[\]])
    )""",
    re.VERBOSE,
)
_PLACEHOLDER = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = re.compile(r"\b(success|failure|always|cancelled)\s*\(")
_LITERALS = {"true": True, "false": False, "null": None}


class ExpressionError(Exception):
    """GitHub would refuse the expression, or it uses what this reader does not know."""


def evaluate(text: str, contexts: Mapping[str, Any], functions: Mapping[str, Callable]):
    """Return the value of one expression.

    Parameters
    ----------
    text : str
        Without ``${{ }}``.
    contexts : mapping of str to object
        ``github``, ``secrets`` and so on; one that is not there is an error, as where GitHub does not offer it.
    functions : mapping of str to callable
        Those of the moment, ``success`` and ``failure``, besides those that are always there.

    Returns
    -------
    object
        A string, number, boolean, None, dict or list.

    Raises
    ------
    ExpressionError

    References
    ----------
    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
    """
    return _Reader(text, contexts, {**_FUNCTIONS, **functions}).read()


def fill(value, contexts: Mapping[str, Any]):
    """Replace every ``${{ }}`` in a string; a string that is nothing else keeps the value's type."""
    if not isinstance(value, str):
        return value
    whole = _PLACEHOLDER.fullmatch(value.strip())
    if whole and "${{" not in whole[1]:
        return evaluate(whole[1], contexts, {})
    return _PLACEHOLDER.sub(
        lambda found: as_text(evaluate(found[1], contexts, {})), value
    )


def is_true(value) -> bool:
    """Tell what GitHub takes for true: all but false, 0, '' and null."""
    return value not in (False, 0, "", None)


def is_met(
    condition, contexts: Mapping[str, Any], status: Mapping[str, Callable]
) -> bool:
    """Evaluate what stands behind ``if:``; where it does not ask how things went, they must have gone well."""
    text = as_text(condition).strip()
    bare = text[3:-2] if text.startswith("${{") and text.endswith("}}") else text
    if not _STATUS.search(bare) and not status["success"]():
        return False
    return is_true(evaluate(bare, contexts, status))


def as_text(value) -> str:
    """Return a value as GitHub writes it into a string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "Object" if isinstance(value, dict) else "Array"
    return str(value)


def names_in(text: str) -> list[str]:
    """Return the dotted names that the placeholders of a text use: ``['secrets.GCP_EMAIL']``."""
    inside = " ".join(found[1] for found in _PLACEHOLDER.finditer(text))
    without_strings = re.sub(r"'(?:[^']|'')*'", "''", inside)
    return re.findall(r"[A-Za-z_][\w-]*(?:\.[\w-]+)+", without_strings)


class _Reader:
    """Reads from left to right, and evaluates at once."""

    def __init__(self, text, contexts, functions):
        self.text, self.contexts, self.functions = text, contexts, functions
        self.tokens = list(self._split(text.strip()))
        self.at = 0

    def _split(self, text):
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if not found or not found.group().strip():
                raise ExpressionError(f"{text!r} cannot be read from {position} on.")
            position = found.end()
            yield found.lastgroup, found[found.lastgroup]

    def read(self):
        value = self._or()
        if self.at < len(self.tokens):
            raise ExpressionError(f"{self.text!r} goes on where it should end.")
        return value

    def _next(self, *signs: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at] in [
            ("sign", sign) for sign in signs
        ]:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def _expect(self, sign: str) -> None:
        if not self._next(sign):
            raise ExpressionError(f"{self.text!r} lacks a {sign!r}.")

    def _or(self):
        value = self._and()
        while self._next("||"):
            other = self._and()
            value = value if is_true(value) else other
        return value

    def _and(self):
        value = self._compared()
        while self._next("&&"):
            other = self._compared()
            value = other if is_true(value) else value
        return value

    def _compared(self):
        value = self._not()
        while sign := self._next("==", "!="):
            value = _equal(value, self._not()) == (sign == "==")
        return value

    def _not(self):
        if self._next("!"):
            return not is_true(self._not())
        return self._value()

    def _value(self):
        if self._next("("):
            value = self._or()
            self._expect(")")
            return value
        if self.at == len(self.tokens):
            raise ExpressionError(f"{self.text!r} ends too early.")
        kind, token = self.tokens[self.at]
        self.at += 1
        if kind == "string":
            return token[1:-1].replace("''", "'")
        if kind == "number":
            return float(token) if "." in token else int(token)
        if kind != "name":
            raise ExpressionError(
                f"{token!r} stands where a value should in {self.text!r}."
            )
        if self._next("("):
            return self._call(token)
        if token in _LITERALS:
            return _LITERALS[token]
        return self._dotted(token)

    def _call(self, name: str):
        arguments = []
        while not self._next(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._or())
        if name not in self.functions:
            raise ExpressionError(f"The function {name} is not known here.")
        return self.functions[name](*arguments)

    def _dotted(self, name: str):
        if name not in self.contexts:
            raise ExpressionError(f"The context {name!r} is not there: {self.text!r}.")
        value = self.contexts[name]
        while self._next("."):
            kind, key = self.tokens[self.at]
            if kind != "name":
                raise ExpressionError(f"{key!r} is no name in {self.text!r}.")
            self.at += 1
            # What is not there is null, whatever is asked of it.
            value = value.get(key) if isinstance(value, Mapping) else None
        return value


def _equal(one, other) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if type(one) is type(other):
        return one == other
    return _number(one) == _number(other)


def _number(value) -> float:
    """Compare unlike things as GitHub does: as numbers; what is none equals nothing."""
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _contains(where, what) -> bool:
    if isinstance(where, list):
        return any(_equal(one, what) for one in where)
    return as_text(what).lower() in as_text(where).lower()


def _format(text: str, *values) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: as_text(values[int(found[1])]), text)


_FUNCTIONS: dict[str, Callable] = {
    "contains": _contains,
    "startsWith": lambda text, start: as_text(text).lower().startswith(start.lower()),
    "endsWith": lambda text, end: as_text(text).lower().endswith(end.lower()),
    "format": _format,
    "toJSON": lambda value: json.dumps(value, indent=2),
    "fromJSON": json.loads,
}
