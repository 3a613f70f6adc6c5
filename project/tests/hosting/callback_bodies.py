"""The callback requests that a page would send: one that the server describes, or one that a test imagines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

ENDPOINT = "_dash-update-component"


class Page:
    """What requests are made for: the components that are there, and what they hold."""

    def matching(self, pattern: dict) -> list[dict]:
        """Return the ids that a pattern matches."""
        raise NotImplementedError

    def value_of(self, component: Any, pattern: str, name: str) -> Any:
        """Return what a property of a component holds."""
        raise NotImplementedError

    def bodies(self, specification: dict, every_input: bool = False) -> Iterator[dict]:
        """Yield what the page sends for a callback, once for each component that 'MATCH' may stand for.

        Parameters
        ----------
        specification : dict
            As ``_dash-dependencies`` lists it.
        every_input : bool
            Whether each of the inputs has changed in turn, or only the first.
        """
        for chosen in self._chosen(specification["inputs"]):
            inputs = [self._item(i, chosen) for i in specification["inputs"]]
            body = {
                "output": specification["output"],
                "outputs": self._outputs(specification, chosen),
                "inputs": inputs,
                "state": [self._item(s, chosen) for s in specification["state"]],
            }
            for changed in inputs if every_input else inputs[:1]:
                first = changed if isinstance(changed, dict) else (changed or [{}])[0]
                name = f"{key_of(first['id'])}.{first['property']}" if first else ""
                yield body | {"changedPropIds": [name] if name else []}

    def _chosen(self, inputs: list[dict]) -> list[dict]:
        """Return what 'MATCH' stands for, in each component that is on the page."""
        pattern = next((one["id"] for one in inputs if "MATCH" in one["id"]), "")
        if not pattern:
            return [{}]
        wanted = json.loads(pattern)
        names = [name for name, value in wanted.items() if value == ["MATCH"]]
        return [{name: one[name] for name in names} for one in self.matching(wanted)]

    def _outputs(self, specification: dict, chosen: dict) -> Any:
        name = specification["output"]
        if specification.get("no_output"):
            return None
        several = name.startswith("..")
        items = []
        for one in name[2:-2].split("...") if several else [name]:
            component, _, prop = one.split("@")[0].rpartition(".")
            item = self._item({"id": component, "property": prop}, chosen)
            every = item if isinstance(item, list) else [item]
            for each in every:
                each.pop("value")
            items.append(item)
        return items if several else items[0]

    def _item(self, dependency: dict, chosen: dict) -> Any:
        pattern, name = dependency["id"], dependency["property"]
        if "ALL" in pattern:
            wanted = json.loads(pattern) | chosen
            return [self._one(one, pattern, name) for one in self.matching(wanted)]
        is_one = not pattern.startswith("{")
        component = pattern if is_one else json.loads(pattern) | chosen
        return self._one(component, pattern, name)

    def _one(self, component: Any, pattern: str, name: str) -> dict:
        value = self.value_of(component, pattern, name)
        return {"id": component, "property": name, "value": value}


class Imagined(Page):
    """A page that has one component for each pattern, with values of a test's choice."""

    def __init__(self, value: Callable[[str, str], Any] = lambda *_: None):
        self._value = value

    def matching(self, pattern: dict) -> list[dict]:
        return [{name: 0 if isinstance(v, list) else v for name, v in pattern.items()}]

    def value_of(self, component: Any, pattern: str, name: str) -> Any:
        return self._value(pattern, name)


class Callbacks(Page):
    """The server's callbacks of one app, and what the server says of its pages.

    Parameters
    ----------
    client : flask.testing.FlaskClient
    base : str
        The app's address.
    """

    def __init__(self, client, base: str = "/"):
        self.client = client
        self.address = base + ENDPOINT
        self.specifications = on_the_server(client.get(f"{base}_dash-dependencies"))
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

    def matching(self, pattern: dict) -> list[dict]:
        ids = {key.rpartition(".")[0] for key in self.held if key.startswith("{")}
        return [one for one in map(json.loads, sorted(ids)) if _fits(one, pattern)]

    def value_of(self, component: Any, pattern: str, name: str) -> Any:
        return self.held.get(f"{key_of(component)}.{name}")


def on_the_server(dependencies) -> list[dict]:
    """Return the callbacks that run on the server, from an answer to ``_dash-dependencies``."""
    return [one for one in dependencies.json if not one["clientside_function"]]


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


def _fits(component: dict, wanted: dict) -> bool:
    return component.keys() == wanted.keys() and all(
        isinstance(value, list) or component[name] == value
        for name, value in wanted.items()
    )
