"""Callback requests as a page would send them, with values of a test's choice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# Of a component and a property.
ValueOf = Callable[[str, str], Any]
_WILDCARDS = ("ALL", "ALLSMALLER", "MATCH")


def bodies(callbacks: Mapping[str, Mapping], value_of: ValueOf) -> Iterator[dict]:
    """Yield one request for each input that may have changed, of each callback that runs on the server.

    Parameters
    ----------
    callbacks : mapping
        Dash's ``callback_map``.
    value_of : callable
    """
    for output, callback in callbacks.items():
        if "callback" in callback:
            for changed in range(len(callback["inputs"])):
                yield _body(output, callback, changed, value_of)


def _body(output: str, callback: Mapping, changed: int, value_of: ValueOf) -> dict:
    inputs = [_sent(each, value_of) for each in callback["inputs"]]
    first = _first(inputs[changed])
    return {
        "output": output,
        "outputs": _outputs(callback),
        "inputs": inputs,
        "state": [_sent(each, value_of) for each in callback["state"]],
        "changedPropIds": [f"{_as_text(first['id'])}.{first['property']}"],
    }


def _outputs(callback: Mapping) -> Any:
    if callback["no_output"]:
        return None
    several = isinstance(callback["output"], (list, tuple))
    every = callback["output"] if several else [callback["output"]]
    sent = []
    for one in every:
        name = one.component_property.split("@")[0]
        item = {"id": _filled(_parsed(one.component_id_str())), "property": name}
        wild = "ALL" in str(one.component_id)
        sent.append([item] if wild else item)
    return sent if several else sent[0]


def _sent(dependency: Mapping[str, str], value_of: ValueOf) -> Any:
    pattern = _parsed(dependency["id"])
    item = {
        "id": _filled(pattern),
        "property": dependency["property"],
        "value": value_of(dependency["id"], dependency["property"]),
    }
    many = isinstance(pattern, dict) and any(
        value in (["ALL"], ["ALLSMALLER"]) for value in pattern.values()
    )
    return [item] if many else item


def _parsed(component: str) -> Any:
    return json.loads(component) if component.startswith("{") else component


def _filled(pattern: Any) -> Any:
    """Return an id that a pattern matches."""
    if not isinstance(pattern, dict):
        return pattern
    return {
        name: 0 if isinstance(value, list) and value[0] in _WILDCARDS else value
        for name, value in pattern.items()
    }


def _first(item: Any) -> Mapping:
    return item[0] if isinstance(item, list) else item


def _as_text(component: Any) -> str:
    if isinstance(component, str):
        return component
    return json.dumps(component, sort_keys=True, separators=(",", ":"))
