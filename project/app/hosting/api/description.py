"""The description of the API: OpenAPI 3.1, drawn from what validates, and a page that shows and tries it.

References
----------
https://spec.openapis.org/oas/v3.1.1.html
"""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any

import lazy_loader
from flask import Blueprint, Response, current_app, render_template_string

from app import __version__

from .. import prefix
from ..page_header import page_header
from . import client, problems
from .operations import Operation, Operations, definitions

# Loaded by the first who asks for the description.
spectree = lazy_loader.load("spectree")

_TITLE = "Dashboard"
_ABOUT = (
    "Tables, trainings and predictions for programs. Errors are problem details (RFC 9457). Where people log in, send "
    "'Authorization: Bearer …' with a token of your account; on a server without login none is needed."
)
_BEARER = "token"
_TEXT = (Path(__file__).with_name("page.html")).read_text(encoding="utf-8")
_SPECTREE_ERROR = "422"


def register(routes: Blueprint, operations: Operations) -> None:
    """Add the routes of the description, which describe the operations that are there when it is asked for."""
    drawing = threading.Lock()

    @functools.cache
    def drawn() -> dict[str, Any]:
        return draw(routes, operations)

    def document() -> dict[str, Any]:
        # One at a time: two would draw it twice.
        with drawing:
            return drawn()

    @routes.get("/openapi.json")
    def openapi():
        # Drawn once, and asked for by whatever path.
        return document() | {"servers": [{"url": prefix.root() or "/"}]}

    @routes.get("/dashboard_client.py")
    def python_client():
        return Response(client.source(document()), mimetype="text/x-python")

    @routes.get("/")
    def page():
        return render_template_string(
            _TEXT,
            header=prefix.in_html(page_header()),
            root=prefix.root(),
            prefix=problems.PREFIX,
        )


def draw(routes: Blueprint, operations: Operations) -> dict[str, Any]:
    """Return the OpenAPI document.

    Parameters
    ----------
    routes : flask.Blueprint
    operations : Operations
    """
    known = definitions()
    spec = spectree.SpecTree(
        "flask",
        title=_TITLE,
        description=_ABOUT,
        version=__version__,
        mode="strict",
        naming_strategy=lambda model: model.__name__,
        nested_naming_strategy=lambda parent, child: child,
        validation_error_model=known["Problem"],
    )
    for operation in operations.all:
        _describe(spec, operation, routes.name)
    document = spec.spec
    for operation in operations.all:
        _finish(document, operation)
    document["tags"] = [{"name": tag} for tag in dict.fromkeys(o.tag for o in operations.all)]  # fmt: skip
    document["paths"] = dict(document["paths"])
    document["security"] = [{}, {_BEARER: []}]
    document["components"]["securitySchemes"] = {
        _BEARER: {"type": "http", "scheme": "bearer"}
    }
    document["components"]["schemas"] = dict(
        sorted(document["components"]["schemas"].items())
    )
    return document


def _describe(spec: Any, operation: Operation, blueprint: str) -> None:
    known = definitions()
    gives = {
        f"HTTP_{status}": known[name] if name else None
        for status, name in operation.gives.items()
    }
    fails = {f"HTTP_{status}": known["Problem"] for status in operation.all_fails}
    body = known[operation.body] if operation.body else None
    is_form = operation.body == "Upload"
    described = spec.validate(
        query=known[operation.query] if operation.query else None,
        json=None if is_form else body,
        form=body if is_form else None,
        resp=spectree.Response(**gives, **fails),
        tags=(operation.tag,),
        operation_id=operation.name,
        skip_validation=True,
    )(operation.view)
    # Where spectree looks for what it has described: it does not answer.
    answer = current_app.view_functions[f"{blueprint}.{operation.name}"]
    answer.__wrapped__ = described


def _finish(document: dict[str, Any], operation: Operation) -> None:
    """Say of an operation what spectree leaves open."""
    path = problems.PREFIX + operation.rule.replace("<", "{").replace(">", "}")
    described = document["paths"][path][operation.method.lower()]
    described["summary"] = operation.summary
    described.pop("description", None)
    responses = described["responses"]
    for status in list(responses):
        if not (int(status) in operation.gives or int(status) in operation.all_fails):
            del responses[status]
        elif int(status) >= 400:
            (content,) = responses[status]["content"].values()
            responses[status]["content"] = {problems.MEDIA_TYPE: content}
    if operation.body == "Upload":
        described["requestBody"]["content"]["application/octet-stream"] = {
            "schema": {"type": "string", "format": "binary"}
        }
