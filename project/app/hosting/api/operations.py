"""The operations of the API: a route with what it takes and gives, which are loaded by the first program that asks."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, after_this_request, request

from app.storage.uploads import PART_BYTES

from . import problems

if TYPE_CHECKING:
    from pydantic import BaseModel

_NO_JSON = (
    "The body is no JSON that can be read. Send an object, check its brackets, quotes and commas, and send no whole "
    "number of more than 308 digits."
)
_UNUSABLE = "The request cannot be used: {says}"
_PLAIN = {
    "extra_forbidden": "There is no such field",
    "model_type": "This must be an object",
    "model_attributes_type": "This must be an object",
    "missing": "This is missing",
}
# From here on the parts of a request are many.
_LARGE_BYTES = 256 * 1024
_MAX_ERRORS = 20
_MAX_CHARACTERS = 200
# Any of these may answer any request.
_ALWAYS = (400, 401, 403, 413, 429, 500)


@dataclass(frozen=True)
class Operation:
    """One route, and what it takes and gives.

    Attributes
    ----------
    name, summary, tag, method, rule : str
    view : callable
        Called with the parts of the address, and with `query` and `body` where it has those.
    body, query : str
        Names among the `definitions`; empty for none.
    gives : mapping of int to str
        A name among the `definitions` by status; empty for an answer without content.
    fails : tuple of int
        The statuses of its errors, beside those that any request may get.
    """

    name: str
    summary: str
    tag: str
    method: str
    rule: str
    view: Callable[..., Any]
    body: str = ""
    query: str = ""
    gives: Mapping[int, str] = field(default_factory=dict)
    fails: tuple[int, ...] = ()

    @property
    def all_fails(self) -> tuple[int, ...]:
        """The statuses of all its errors."""
        more = (415,) if self.body and self.body != "Upload" else ()
        more += (422,) if self.body or self.query else ()
        return tuple(sorted({*_ALWAYS, *more, *self.fails}))


class Operations:
    """The operations of one blueprint.

    Parameters
    ----------
    routes : flask.Blueprint
    """

    def __init__(self, routes: Blueprint):
        self._routes = routes
        self.all: list[Operation] = []

    def add(
        self, method: str, rule: str, tag: str, **declared: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare the operation that a view is; the first line of its docstring is the summary."""

        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            summary = (view.__doc__ or "").splitlines()[0].rstrip(".")
            operation = Operation(
                view.__name__, summary, tag, method, rule, view, **declared
            )
            self.all.append(operation)

            @functools.wraps(view)
            def answer(**values: Any) -> Any:
                if operation.query:
                    values["query"] = _valid(operation.query, _query(), "")
                if operation.body and operation.body != "Upload":
                    values["body"] = _valid(operation.body, _json(), "/")
                return view(**values)

            self._routes.add_url_rule(rule, view.__name__, answer, methods=[method])
            return view

        return register


@functools.cache
def definitions() -> Mapping[str, type[BaseModel]]:
    """Return what defines requests and answers by name; its modules take a while to be loaded."""
    from . import given, taken

    return {**vars(given), **vars(taken)}


def _query() -> dict[str, str]:
    return request.args.to_dict()


def _json() -> Any:
    request.max_content_length = PART_BYTES
    if not request.is_json:
        abort(415)
    if (request.content_length or 0) > _LARGE_BYTES:
        after_this_request(_give_back)
    try:
        # Not its own errors, which quote the body.
        content = request.get_json(silent=True)
    except RecursionError:
        content = None
    if content is None:
        abort(400, _NO_JSON)
    return content


def _give_back(response: Response) -> Response:
    """Let the system have again what a large request took, once it is answered: the worker stays small."""
    response.call_on_close(_trim)
    return response


def _trim() -> None:
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):  # not glibc
        return


def _valid(name: str, content: Any, before: str) -> BaseModel:
    try:
        return definitions()[name].model_validate(content)
    except ValueError as error:
        abort(problems.problem(422, *what_is_wrong(error, before)))


def what_is_wrong(error: Any, before: str = "/") -> tuple[str, list[dict[str, str]]]:
    """Return the sentence for what a definition refuses, and what is wrong with each part.

    Parameters
    ----------
    error : pydantic.ValidationError
    before : str
        What stands before the names of parts.
    """
    raised = error.errors(include_url=False, include_input=False)
    found = [_problem(each, before) for each in raised[:_MAX_ERRORS]]
    first = found[0]
    where = f"{first['pointer']}: " if first["pointer"] not in ("", "/") else ""
    return _UNUSABLE.format(says=where + first["detail"]), found


def _problem(error: Mapping[str, Any], before: str) -> dict[str, str]:
    pointer = before + "/".join(map(str, error["loc"]))
    message = _PLAIN.get(error["type"]) or str(error["msg"])
    return {"pointer": _shown(pointer), "detail": _shown(message) + "."}


def _shown(text: str) -> str:
    return text.encode(errors="replace").decode()[:_MAX_CHARACTERS]
