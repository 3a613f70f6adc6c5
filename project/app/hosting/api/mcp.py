"""The Model Context Protocol at `/mcp`: what a model of language may ask, as JSON-RPC over HTTP, without sessions.

Each message is one POST and each answer one JSON object. Nothing is sent unasked, so GET opens no stream.

References
----------
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
https://www.jsonrpc.org/specification
"""

from __future__ import annotations

import ipaddress
import logging
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, request
from werkzeug.exceptions import MethodNotAllowed

from app import __version__
from app.services import Services
from app.storage.uploads import PART_BYTES

from ..proxies import is_from_this_machine
from . import problems
from .mcp_tools import Failed, Tools

# The newest first, which is offered to a client that speaks another one.
VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
_VERSION_HEADER = "MCP-Protocol-Version"
_PARSE_ERROR, _INVALID, _NO_METHOD, _BAD_PARAMETERS = -32700, -32600, -32601, -32602
_INTERNAL = -32603
_INSTRUCTIONS = (
    "Trained models of tables. List the runs, describe one before you use it, and tell the user how good its model is "
    "on rows that it had not seen, and the warnings. Predict only with values of the columns that the description "
    "names."
)
_OTHER_SITE = "This request came from another site."

logger = logging.getLogger(__name__)


class _Error(Exception):
    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


def blueprint(services: Services) -> Blueprint:
    """Create the one address of the protocol.

    Parameters
    ----------
    services : Services

    Returns
    -------
    flask.Blueprint
    """
    routes = Blueprint("mcp", __name__)
    tools = Tools(services)
    protocol = Protocol(tools)

    @routes.post(problems.MCP)
    def ask():
        _refuse_other_sites(services)
        version = request.headers.get(_VERSION_HEADER)
        if version is not None and version not in VERSIONS:
            # As JSON-RPC: a client of a newer protocol then tries an older one.
            known = ", ".join(VERSIONS)
            says = f"Unsupported protocol version. Supported: {known}."
            return _failed(None, _INVALID, says), 400
        request.max_content_length = PART_BYTES
        message = request.get_json(silent=True, force=True)
        if message is None:
            return _failed(None, _PARSE_ERROR, "The body is no JSON."), 400
        return protocol.answer(message)

    @routes.route(problems.MCP, methods=["GET", "DELETE", "PUT", "PATCH"])
    def refuse():
        raise MethodNotAllowed(valid_methods=["POST"])

    return routes


class Protocol:
    """Answers messages.

    Parameters
    ----------
    tools : Tools
    """

    def __init__(self, tools: Tools):
        self._tools = tools
        self._methods = {
            "initialize": self._initialize,
            "ping": lambda parameters: {},
            "tools/list": lambda parameters: {"tools": self._tools.described()},
            "tools/call": self._call,
        }

    def answer(self, message: Any) -> tuple[Any, int]:
        """Return the answer to a message, and the status of HTTP.

        Parameters
        ----------
        message : object
            As it came; it may be anything.
        """
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            return _failed(None, _INVALID, "Send one JSON-RPC 2.0 message."), 400
        number, method = message.get("id"), message.get("method")
        if method is None and ("result" in message or "error" in message):
            return "", 202
        if not isinstance(method, str) or not isinstance(
            number, (str, int, type(None))
        ):
            return _failed(None, _INVALID, "The message has no method."), 400
        if "id" not in message:
            return "", 202
        parameters = message.get("params", {})
        if not isinstance(parameters, dict):
            return _failed(number, _BAD_PARAMETERS, "'params' must be an object."), 200
        try:
            return {"jsonrpc": "2.0", "id": number, "result": self._result(method, parameters)}, 200  # fmt: skip
        except _Error as error:
            return _failed(number, error.code, str(error)), 200
        except Exception:
            logger.exception("A tool failed")
            return _failed(number, _INTERNAL, "The server failed, and the error has been logged."), 200  # fmt: skip

    def _result(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if method not in self._methods:
            raise _Error(_NO_METHOD, "There is no such method.")
        return self._methods[method](parameters)

    def _initialize(self, parameters: dict[str, Any]) -> dict[str, Any]:
        asked = parameters.get("protocolVersion")
        return {
            "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
            "capabilities": {"tools": {"listChanged": False}},
            "serverInfo": {"name": "dashboard", "title": "Dashboard", "version": __version__},  # fmt: skip
            "instructions": _INSTRUCTIONS,
        }

    def _call(self, parameters: dict[str, Any]) -> dict[str, Any]:
        name, arguments = parameters.get("name"), parameters.get("arguments") or {}
        if not isinstance(name, str) or name not in self._tools.names:
            known = ", ".join(self._tools.names)
            raise _Error(_BAD_PARAMETERS, f"There is no such tool. There are: {known}.")
        try:
            found = self._tools.call(name, arguments)
        except Failed as error:
            return {"content": [_text(str(error))], "isError": True}
        text = current_app.json.dumps(found)
        return {"content": [_text(text)], "structuredContent": found, "isError": False}


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _failed(number: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


def _refuse_other_sites(services: Services) -> None:
    """Refuse a page whose site has given its name to this machine, where nothing else says by which names we are asked.

    That a browser names another site than the one it asks is refused before, of every request.
    """
    origin = request.headers.get("Origin")
    settings = services.settings
    if origin is None or settings.allowed_hosts or settings.login != "off":
        return
    if is_from_this_machine() and not _is_local(origin):
        abort(403, _OTHER_SITE)


def _is_local(origin: str) -> bool:
    try:
        name = urlsplit(origin).hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
