"""Components of the pages as plain HTML: those that a document needs, and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

_ATTRIBUTES = {
    "className": "class",
    "colSpan": "colspan",
    "rowSpan": "rowspan",
    "tabIndex": "tabindex",
    "htmlFor": "for",
}
_KEPT = {"value", "selected", "id", "title", "role", "scope", "type", "open", "hidden"}
_EMPTY = {"br", "hr", "img", "input"}


@dataclass
class Document:
    """HTML, and what its scripts draw and calculate with.

    Attributes
    ----------
    figures : dict of str to dict
        By the id of the element that they are drawn into.
    data : dict of str
        What stores hold, by their id.
    prefix : str
        Before every id, so that a section can stand there twice.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""

    def html(self, component: Any) -> str:
        """Return a component as HTML.

        Parameters
        ----------
        component : component, str, number, list or None

        Returns
        -------
        str

        Raises
        ------
        TypeError
            A document has no such component.
        """
        if component is None:
            return ""
        if isinstance(component, (list, tuple)):
            return "".join(map(self.html, component))
        if not isinstance(component, Component):
            return escape(str(component))
        if type(component).__module__ == html.__name__ or component._namespace == "dash_html_components":  # fmt: skip
            return self._element(component)
        write = _WRITERS.get(type(component).__name__)
        if write is None:
            raise TypeError(f"A document has no {type(component).__name__}.")
        return write(self, component)

    def _element(self, component: Component) -> str:
        tag = component._type.lower()
        return self.tag(tag, getattr(component, "children", None), self._given(component))  # fmt: skip

    def _given(self, component: Component) -> dict[str, Any]:
        given = component.to_plotly_json()["props"]
        found = {}
        for name, value in given.items():
            if name == "style":
                found["style"] = _style(value)
            elif name in _ATTRIBUTES:
                found[_ATTRIBUTES[name]] = value
            elif name in _KEPT or name.startswith(("data-", "aria-")):
                found[name] = value
        return found

    def tag(self, tag: str, children: Any, attributes: Mapping[str, Any]) -> str:
        """Return an element; ids that are no text are left out."""
        parts = [tag]
        for name, value in attributes.items():
            if value is None or value is False or value == "":
                continue
            if name in ("id", "for", "aria-labelledby"):
                if not isinstance(value, str):
                    continue
                value = self.prefix + value
            parts.append(name if value is True else f'{name}="{escape(str(value))}"')
        opened = f"<{' '.join(parts)}>"
        return opened if tag in _EMPTY else f"{opened}{self.html(children)}</{tag}>"

    def box(self, component: Component, name: str, **attributes: Any) -> str:
        """Return an element of a class for the children of a component."""
        given = self._given(component)
        classes = " ".join(filter(None, [name, given.get("class", "")]))
        tag = attributes.pop("tag", "div")
        children = getattr(component, "children", None)
        return self.tag(tag, children, given | {"class": classes} | attributes)


def _style(style: Mapping[str, Any]) -> str:
    parts = []
    for name, value in style.items():
        key = "".join(f"-{c.lower()}" if c.isupper() else c for c in name)
        unit = "px" if isinstance(value, (int, float)) and value else ""
        parts.append(f"{key}: {value}{unit}")
    return "; ".join(parts)


def _nothing(document: Document, component: Component) -> str:
    """What leads back to the server, or needs it."""
    return ""


def _graph(document: Document, graph: dcc.Graph) -> str:
    name = document.prefix + graph.id
    document.figures[name] = graph.figure
    style = _style(getattr(graph, "style", None) or {})
    return document.tag("div", None, {"id": graph.id, "class": "graph", "style": style})


def _store(document: Document, store: dcc.Store) -> str:
    document.data[document.prefix + store.id] = store.data
    return ""


def _title(document: Document, title: dmc.Title) -> str:
    size = getattr(title, "size", f"h{title.order}")
    return document.box(title, f"title-{size}", tag=f"h{title.order}")


def _text(document: Document, text: dmc.Text) -> str:
    names = ["text", f"text-{getattr(text, 'size', 'md')}"]
    names += ["dimmed"] if getattr(text, "c", "") == "dimmed" else []
    names += ["strong"] if getattr(text, "fw", 400) >= 500 else []
    return document.box(text, " ".join(names))


def _grid(document: Document, grid: dmc.SimpleGrid) -> str:
    few, *_, many = grid.cols.values()
    return document.box(grid, "grid", style=f"--few: {few}; --many: {many}")


def _tooltip(document: Document, tooltip: dmc.Tooltip) -> str:
    word = tooltip.children
    return document.tag(
        "button",
        word.children,
        {"type": "button", "class": "term", "data-says": tooltip.label, "aria-description": tooltip.label},  # fmt: skip
    )


def _select(document: Document, select: dmc.Select) -> str:
    # Which class is shown needs no server, which model does.
    if select.id != "class":
        return ""
    options = [
        html.Option(one["label"], value=one["value"], selected=one["value"] == select.value)  # fmt: skip
        for one in select.data
    ]
    label = document.tag("label", select.label, {"for": select.id})
    box = document.tag("select", options, {"id": select.id})
    return f'<div class="amount">{label}{box}</div>'


def _slider(document: Document, slider: dmc.Slider) -> str:
    names = ("min", "max", "step", "value")
    given = {name: str(getattr(slider, name)) for name in names}
    label = {"type": "range", "aria-label": slider.thumbLabel}
    return document.tag("input", None, {"id": slider.id} | given | label)


def _number(document: Document, number: dmc.NumberInput) -> str:
    field_ = document.tag(
        "input",
        None,
        {"id": number.id, "type": "number", "min": "0", "step": "any", "value": str(number.value)},  # fmt: skip
    )
    label = document.tag("label", number.label, {"for": number.id})
    return f'<div class="amount">{label}{field_}</div>'


def _button(document: Document, button: dmc.Button) -> str:
    return document.box(button, "button button-default", tag="button", type="button")


def _boxed(name: str, tag: str = "div") -> Callable[[Document, Component], str]:
    return lambda document, component: document.box(component, name, tag=tag)


_WRITERS: dict[str, Callable[[Document, Any], str]] = {
    "Button": _button,
    "Graph": _graph,
    "Group": _boxed("group"),
    "Interval": _nothing,
    "Link": _nothing,
    "NumberInput": _number,
    "Paper": _boxed("paper", "section"),
    "Select": _select,
    "SimpleGrid": _grid,
    "Slider": _slider,
    "Stack": _boxed("stack"),
    "Store": _store,
    "Text": _text,
    "Title": _title,
    "Tooltip": _tooltip,
}
