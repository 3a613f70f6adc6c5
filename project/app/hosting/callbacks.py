"""Validation of callback requests: Dash trusts every body as if its own page had sent it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dash import Dash
from flask import Flask, abort, request

from app import functions

from . import prefix

_ENDPOINT = "/_dash-update-component"
_LAYOUT = "/_dash-layout"
_MANY = (["ALL"], ["ALLSMALLER"])
# The keys that the browser fills in; all others are up to the callback.
_TYPES = {
    "checked": bool,
    "hash": str,
    "href": str,
    "n_clicks": int,
    "n_intervals": int,
    "n_submit": int,
    "opened": bool,
    "pathname": str,
    "search": str,
}
# What a part of an id is.
_PLAIN = (bool, int, float, str)
_WHAT_TO_DO = "Reload the page and try again."


def install(
    server: Flask, pages: Dash, types: Mapping[str, type | tuple[type, ...]] = {}
) -> None:
    """Refuse every callback request that the dashboard's own pages could not have sent.

    Parameters
    ----------
    server : Flask
    pages : Dash
    types : mapping of str to type
        What properties of single components hold if they hold anything: ``{"search.data": str}``.
    """

    @server.before_request
    def finish_imports():
        # Dash's JSON encoder uses pandas as soon as another thread has begun to import it. Importing a module that
        # imports pandas waits until pandas is complete.
        if request.path in (_ENDPOINT, _LAYOUT):
            getattr(functions.tables, "columns")

    @server.before_request
    def refuse_tampered_callbacks():
        if request.endpoint != _ENDPOINT or request.method != "POST":
            return
        try:
            body = request.get_json(silent=True)
        except RecursionError:
            body = None
        try:
            check_body(body, pages.callback_map, types)
        except ValueError as error:
            abort(400, f"{error} {_WHAT_TO_DO}")
        prefix.take_off(body)


def check_body(
    body: Any,
    callbacks: Mapping[str, Mapping],
    types: Mapping[str, type | tuple[type, ...]] = {},
) -> None:
    """Check that a body names an existing callback, with the inputs and outputs it was registered with.

    Parameters
    ----------
    body : object
        The parsed JSON; None if the body was not JSON.
    callbacks : mapping
        Dash's ``callback_map``.
    types : mapping of str to type
        As for `install`.

    Raises
    ------
    ValueError
        No page could have sent this body; the sentence says why.
    """
    if not isinstance(body, dict):
        raise ValueError("A callback request must be a JSON object.")
    output = body.get("output")
    callback = callbacks.get(output) if isinstance(output, str) else None
    if callback is None or "callback" not in callback:
        raise ValueError("This server has no such callback.")
    _check_dependencies("inputs", body.get("inputs", []), callback["inputs"], types)
    _check_dependencies("state", body.get("state", []), callback["state"], types)
    if not callback["no_output"]:
        _check_outputs(body.get("outputs"), callback["output"])
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(map(_is_property, changed)):
        raise ValueError("'changedPropIds' must be a list of properties.")


def _is_property(changed: Any) -> bool:
    """Tell whether this may be 'id.property' of one component, whose id may be a JSON object."""
    if not isinstance(changed, str):
        return False
    component, _, _ = changed.rpartition(".")
    if not component.startswith("{"):
        return True
    try:
        parsed = json.loads(component)
    except (ValueError, RecursionError):
        return False
    return all(isinstance(part, _PLAIN) for part in parsed.values())


def _check_outputs(sent: Any, registered: Any) -> None:
    several = isinstance(registered, (list, tuple))
    expected = list(registered) if several else [registered]
    dependencies = [
        {"id": output.component_id_str(), "property": output.component_property}
        for output in expected
    ]
    _check_dependencies("outputs", sent if several else [sent], dependencies)


def _check_dependencies(
    kind: str,
    sent: Any,
    registered: list[dict],
    types: Mapping[str, type | tuple[type, ...]] = {},
) -> None:
    if not isinstance(sent, list) or len(sent) != len(registered):
        raise ValueError(
            f"The callback takes {len(registered)} {kind}, in a list; something else was sent."
        )
    for item, dependency in zip(sent, registered):
        if not _fits(item, dependency, types):
            raise ValueError(
                f"The callback takes '{dependency['id']}.{dependency['property']}' "
                f"among its {kind}; something else was sent."
            )


def _fits(item: Any, dependency: dict, types: Mapping) -> bool:
    pattern, name = dependency["id"], dependency["property"]
    expected = types.get(f"{pattern}.{name}") or _TYPES.get(name, object)
    if pattern.startswith("{"):
        pattern = json.loads(pattern)
        if any(value in _MANY for value in pattern.values()):
            return isinstance(item, list) and all(
                _fits_one(one, pattern, name, expected) for one in item
            )
    return _fits_one(item, pattern, name, expected)


def _fits_one(item: Any, pattern: str | dict, name: str, expected) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("property"), str):
        return False
    # 'allow_duplicate' adds a suffix to the property.
    same_property = item["property"].split("@")[0] == name.split("@")[0]
    return (
        same_property
        and _fits_id(item.get("id"), pattern)
        and _fits_type(item.get("value"), expected)
    )


def _fits_id(sent: Any, pattern: str | dict) -> bool:
    if isinstance(pattern, str):
        return sent == pattern
    return (
        isinstance(sent, dict)
        and sent.keys() == pattern.keys()
        and all(
            (
                isinstance(sent[key], (str, int, float))
                if isinstance(value, list)
                else sent[key] == value
            )
            for key, value in pattern.items()
        )
    )


def _fits_type(value: Any, expected: type | tuple[type, ...]) -> bool:
    if value is None:
        return True
    # To Python, True is a whole number.
    return isinstance(value, expected) and (
        expected is not int or not isinstance(value, bool)
    )
