"""Evaluates the expressions of workflows, ``${{ … }}`` and ``if:``, as far as those of this repository use them.

Anything else is an `ExpressionError`, so that nobody relies on a meaning that was never checked.

References
----------
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKEN = re.compile(
    r"""
    (?P<string>'[^']*')
  | (?P<function>[a-zA-Z]+)(?=\()
  | (?P<name>[a-zA-Z_][\w-]*(\.[\w-]+)+)
  | (?P<operator>==|!=|&&|\|\||[!(),])
  | (?P<space>\s+)
    """,
    re.VERBOSE,
)
_PLACEHOLDER = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
# Python's `and` and `or` return one of their operands, as GitHub's do.
_OPERATORS = {"&&": " and ", "||": " or ", "!": " not "}
_FUNCTIONS = {"always": lambda: True, "format": str.format}


class ExpressionError(Exception):
    """The expression uses what GitHub does not offer at that place, or what is not known here."""


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Parameters
    ----------
    text : str
        Without ``${{ }}``.
    contexts : mapping of str to object
        ``github``, ``secrets`` and so on: those that GitHub offers at that place.

    Returns
    -------
    object
        What does not exist is an empty string, which in comparisons and texts is the same as GitHub's null.

    Raises
    ------
    ExpressionError
    """
    try:
        python = "".join(_translated(text))
        # Only calls of the two functions below and operators are left in it.
        return eval(
            python,
            {"__builtins__": {}},
            {"value": lambda name: _value(name, contexts), **_FUNCTIONS},
        )
    except SyntaxError:
        raise ExpressionError(f"{text!r} is not an expression.") from None


def _translated(text: str) -> Iterator[str]:
    end = 0
    if "!" in text.replace("!=", "") and re.search("[!=]=", text):
        raise ExpressionError(f"{text!r}: '!' binds tighter than in Python.")
    for token in _TOKEN.finditer(text.strip()):
        kind, part = token.lastgroup, token.group()
        if token.start() != end:
            break
        end = token.end()
        if kind == "function" and part not in _FUNCTIONS:
            raise ExpressionError(f"The function {part} is not known here.")
        if kind == "name":
            part = f"value({part!r})"
        yield _OPERATORS.get(part, part)
    if end != len(text.strip()):
        raise ExpressionError(f"{text!r} is not known from character {end} on.")


def _value(name: str, contexts: Mapping[str, Any]) -> Any:
    first, *rest = name.split(".")
    if first not in contexts:
        raise ExpressionError(f"There is no context {first!r} for {name!r}.")
    value = contexts[first]
    for key in rest:
        value = value.get(key, "") if isinstance(value, Mapping) else ""
    return value


def fill(value: Any, contexts: Mapping[str, Any]) -> str:
    """Return a value of a workflow as a text, every ``${{ }}`` in it replaced."""
    return _PLACEHOLDER.sub(
        lambda found: as_text(evaluate(found[1], contexts)), as_text(value)
    )


def is_met(condition: str, contexts: Mapping[str, Any], has_succeeded: bool) -> bool:
    """Evaluate what follows ``if:``; unless it calls ``always()``, all before must have succeeded."""
    if not has_succeeded and "always()" not in condition:
        return False
    whole = _PLACEHOLDER.fullmatch(condition.strip())
    return not condition or bool(evaluate(whole[1] if whole else condition, contexts))


def as_text(value: Any) -> str:
    """Return a value of YAML as GitHub writes it into a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def names_in(text: str) -> list[str]:
    """Return the dotted names that the placeholders of a text use: ``['secrets.GCP_EMAIL']``."""
    return [
        token["name"]
        for found in _PLACEHOLDER.finditer(text)
        for token in _TOKEN.finditer(found[1])
        if token["name"]
    ]
