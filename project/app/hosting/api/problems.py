"""Errors as programs get them: problem details in JSON, with a sentence, and no word on how the server is made.

References
----------
https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, current_app

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/v1"
MCP = "/mcp"
_DEFAULTS = {
    400: "The server did not understand this request. Compare it with the description of the API.",
    401: "Log in first: send 'Authorization: Bearer …' with a token of your account.",
    403: "This request is not allowed.",
    404: "There is nothing at this address. Compare it with the description of the API.",
    405: "This address does not accept this kind of request. Compare it with the description of the API.",
    413: "The request is larger than the server accepts. Send it in smaller parts.",
    415: "The body must be JSON, with the header Content-Type: application/json.",
    500: "The server failed, and the error has been logged. Nothing was lost: try again later.",
}


def is_for_programs(path: str) -> bool:
    """Tell whether errors at an address are problem details."""
    return path == MCP or path.startswith(PREFIX + "/")


def problem(
    status: int, detail: str | None = None, errors: Sequence[dict[str, Any]] = ()
) -> Response:
    """Return an error for a program.

    Parameters
    ----------
    status : int
    detail : str, optional
        What is wrong and what to do; by default a sentence for the status.
    errors : sequence of dict
        ``{"pointer", "detail"}`` for each part of the request that cannot be used.

    Returns
    -------
    flask.Response
    """
    default = _DEFAULTS.get(status, _DEFAULTS[400 if status < 500 else 500])
    content = content_of(status, detail or default)
    if errors:
        content["errors"] = list(errors)
    text = current_app.json.dumps(content)
    return Response(text, status, mimetype=MEDIA_TYPE)


def content_of(status: int, detail: str) -> dict[str, Any]:
    """Return what every error says.

    Parameters
    ----------
    status : int
    detail : str
    """
    return {
        "type": "about:blank",
        "title": _phrase(status),
        "status": status,
        "detail": detail,
    }


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
