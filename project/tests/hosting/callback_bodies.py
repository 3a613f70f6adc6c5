"""The callback requests that a page would send, made from what the server says of its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

ENDPOINT = "_dash-update-component"


class Callbacks:
    """The server's callbacks of one app.

    Parameters
    ----------
    client : flask.testing.FlaskClient
    base : str
        The app's address.
    """

    def __init__(self, client, base: str = "/"):
        self.client = client
        self.address = base + ENDPOINT
        everything = client.get(f"{base}_dash-dependencies").json
        self.specifications = [s for s in everything if not s["clientside_function"]]
        self.held: dict[str, Any] = {}
        self.note(client.get(f"{base}_dash-layout").json)

    def note(self, tree: Any) -> None:
        """Note what the components of a layout, or of an answer to a callback, hold."""
        if isinstance(tree, list):
            for one in tree:
                self.note(one)
        elif isinstance(tree, dict):
            if "id" in tree:
                for name, value in tree.items():
                    self.held[f"{key_of(tree['id'])}.{name}"] = value
            for one in tree.values():
                self.note(one)

    def open(self, path: str, search: str) -> None:
        """Note what a page of the dashboard holds."""
        address = {"url.pathname": path, "url.search": search, "search.data": search}
        self.held |= address | {"route.data": "x", "columns-due.data": True}
        (routing,) = [s for s in self.specifications if "page.children" in s["output"]]
        for body in self.bodies(routing):
            self.note(json.loads(self.send(body).data or "null"))

    def send(self, body: dict):
        """Send one request."""
        content = json.dumps(body)
        return self.client.post(
            self.address, data=content, content_type="application/json"
        )

    def bodies(self, specification: dict) -> Iterator[dict]:
        """Yield what the page sends for a callback: once for each component that a pattern matches."""
        for chosen in self._matches(specification):
            outputs = [
                {"id": _with(one, chosen), "property": name}
                for one, name in _outputs(specification["output"])
            ]
            inputs = [self._item(i, chosen) for i in specification["inputs"]]
            first = inputs[0] if isinstance(inputs[0], dict) else (inputs[0] or [{}])[0]
            several = specification["output"].startswith("..")
            yield {
                "output": specification["output"],
                "outputs": outputs if several else outputs[0],
                "inputs": inputs,
                "state": [self._item(s, chosen) for s in specification["state"]],
                "changedPropIds": (
                    [f"{key_of(first['id'])}.{first['property']}"] if first else []
                ),
            }

    def _matches(self, specification: dict) -> list[dict]:
        """Return what 'MATCH' stands for, in each component that is on the page."""
        pattern = specification["inputs"][0]["id"]
        if "MATCH" not in pattern:
            return [{}]
        wanted = json.loads(pattern)
        ids = {key.rpartition(".")[0] for key in self.held if key.startswith("{")}
        return [
            {name: one[name] for name, value in wanted.items() if value == ["MATCH"]}
            for one in map(json.loads, sorted(ids))
            if _fits(one, wanted)
        ]

    def _item(self, dependency: dict, chosen: dict) -> Any:
        name = dependency["property"]
        if "ALL" in dependency["id"]:
            wanted = json.loads(dependency["id"])
            keys = [key.rpartition(".") for key in self.held if key.startswith("{")]
            ids = {key for key, _, _ in keys if _fits(json.loads(key), wanted)}
            return [self._one(json.loads(key), name) for key in sorted(ids)]
        return self._one(_with(dependency["id"], chosen), name)

    def _one(self, component: Any, name: str) -> dict:
        value = self.held.get(f"{key_of(component)}.{name}")
        return {"id": component, "property": name, "value": value}


def mutated(body: dict, values: list) -> Iterator[dict]:
    """Yield a body again and again, each time with one value replaced."""
    for part in ("inputs", "state"):
        for number, item in enumerate(body[part]):
            for value in values:
                items = list(body[part])
                items[number] = (
                    [{**one, "value": value} for one in item]
                    if isinstance(item, list)
                    else {**item, "value": value}
                )
                yield {**body, part: items}


def key_of(component: Any) -> str:
    """Return an id as Dash writes it."""
    if isinstance(component, str):
        return component
    return json.dumps(component, sort_keys=True, separators=(",", ":"))


def _outputs(name: str) -> list[tuple[str, str]]:
    names = name[2:-2].split("...") if name.startswith("..") else [name]
    split = (one.split("@")[0].rpartition(".") for one in names)
    return [(component, prop) for component, _, prop in split]


def _with(component: str, chosen: dict) -> Any:
    return json.loads(component) | chosen if component.startswith("{") else component


def _fits(component: dict, wanted: dict) -> bool:
    return component.keys() == wanted.keys() and all(
        isinstance(value, list) or component[name] == value
        for name, value in wanted.items()
    )
