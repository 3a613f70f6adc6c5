"""A client for Python in one file, written from the description of the API: a method for each operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

from app.storage.uploads import PART_BYTES

from .problems import PREFIX

_FILE = Template(
    Path(__file__).with_name("client_template.txt").read_text(encoding="utf-8")
)
_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list[Any]",
    "object": "dict[str, Any]",
}


def source(document: Mapping[str, Any]) -> str:
    """Return the client's source.

    Parameters
    ----------
    document : mapping
        An OpenAPI document.
    """
    schemas = document["components"]["schemas"]
    methods = [
        method
        for path in sorted(document["paths"])
        for kind, operation in sorted(document["paths"][path].items())
        for method in (_method(kind.upper(), path, operation, schemas), "")
    ]
    return _FILE.substitute(
        prefix=PREFIX, part_bytes=PART_BYTES, methods="\n" + "\n".join(methods)
    )


def _method(
    kind: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> str:
    places = {"path": [], "query": []}
    for parameter in operation["parameters"]:
        places[parameter["in"]].append(parameter)
    body = _body(operation, schemas)
    required = [(p["name"], "str") for p in places["path"]]
    required += [(name, kind_) for name, kind_, is_needed in body if is_needed]
    optional = [(name, kind_) for name, kind_, is_needed in body if not is_needed]
    optional += [(p["name"], _type(p["schema"])) for p in places["query"]]
    arguments = [f"{name}: {kind_}" for name, kind_ in required]
    arguments += [f"{name}: {kind_} | None = None" for name, kind_ in optional]
    lines = ["def {}({}) -> Any:".format(operation["operationId"], _listed(arguments))]
    lines += _docstring(operation, schemas)
    if required and len(required) > len(places["path"]) or optional:
        lines += _sent(body, places["query"])
    address = re.sub(r"\{(\w+)\}", r"{_quoted(\1)}", path.removeprefix(PREFIX))
    is_fixed = "{" not in address
    lines.append(f'    path = {"_PREFIX + " if is_fixed else "_PREFIX + f"}"{address}"')
    given = f'"{kind}", path'
    if body:
        given += ", body"
    if places["query"]:
        given += ", query=query"
    lines.append(f"    return self._ask({given})")
    return "\n".join("    " + line if line else "" for line in lines)


def _listed(arguments: list[str]) -> str:
    if not arguments:
        return "self"
    return "\n        " + "".join(f"{a},\n        " for a in ("self", *arguments)).rstrip() + "\n    "  # fmt: skip


def _body(
    operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> list[tuple[str, str, bool]]:
    """Return the name and type of each field of the body, and whether it is required."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/octet-stream" in content:
        return [("content", "bytes", True)]
    if "application/json" not in content:
        return []
    schema = _resolved(content["application/json"]["schema"], schemas)
    needed = schema.get("required", ())
    return [
        (name, _type(_resolved(field, schemas)), name in needed)
        for name, field in schema["properties"].items()
    ]


def _sent(
    body: list[tuple[str, str, bool]], query: list[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield the lines that put a request together."""
    if [kind for _, kind, _ in body] == ["bytes"]:
        yield "    body = content"
    elif body:
        fields = ", ".join(f'"{name}": {name}' for name, _, _ in body)
        yield from _assigned("body", fields)
    if query:
        fields = ", ".join(f'"{p["name"]}": {p["name"]}' for p in query)
        yield from _assigned("query", fields)


def _assigned(name: str, fields: str) -> Iterator[str]:
    line = f"    {name} = {{{fields}}}"
    if len(line) <= 84:
        yield line
        return
    yield f"    {name} = {{"
    for field in fields.split(", "):
        yield f"        {field},"
    yield "    }"


def _docstring(
    operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[str]:
    given = next(
        (
            _resolved(content["application/json"]["schema"], schemas)
            for status, answer in sorted(operation["responses"].items())
            if int(status) < 400 and (content := answer.get("content"))
        ),
        None,
    )
    summary = f"{operation['summary']}."
    if given is None:
        yield f'    """{summary}"""'
        return
    yield f'    """{summary}'
    yield ""
    yield "    Returns"
    yield "    -------"
    for name, field in given["properties"].items():
        said = _resolved(field, schemas).get("description") or field.get("description")
        kind = _type(_resolved(field, schemas))
        yield f"    {name} : {kind}"
        if said and len(said) < 100:
            yield f"        {' '.join(said.split())}"
    yield '    """'


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return dict(schemas[reference.rpartition("/")[2]]) if reference else dict(schema)


def _type(schema: Mapping[str, Any]) -> str:
    kinds = [schema.get("type"), *(s.get("type") for s in schema.get("anyOf", ()))]
    known = [_TYPES[kind] for kind in kinds if kind in _TYPES]
    return " | ".join(dict.fromkeys(known)) or "Any"
