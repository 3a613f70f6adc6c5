"""The path below which a proxy serves this server, such as /tools/dashboard, and which browsers must be told.

Within the server all addresses are its own. What leaves it gets the prefix here: pages, the components of Dash, and
what asks for `address`; what comes back loses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from dash import Dash
from flask import Flask, Response, has_request_context, request

# What a request's environment holds, also that of a report, which has its own path after it. A browser cannot set
# this: what it sends begins with HTTP_.
ROOT = "dashboard.root"
_SENT = "HTTP_X_FORWARDED_PREFIX"
_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*")
_OF_DASH = ("/_dash-layout", "/_dash-update-component")
_IN_HTML = re.compile(r'(\s(?:href|src|action|data-[a-z]+)=")/(?!/)')
_OF_RENDERER = re.compile(r'("requests_pathname_prefix":\s*")')
# Of all components.
_ADDRESSES = ("href", "src", "action")
# What the answer to a callback changes: properties by the ids of components.
_CHANGES = ("response", "sideUpdate")
_IN_MARKDOWN = re.compile(r"(\]\()/(?!/)")


class Middleware:
    """Believes the header X-Forwarded-Prefix, as far as it comes from trusted proxies.

    Each of them may add a path: the outermost comes first.

    Parameters
    ----------
    wsgi_app : callable
    proxies : int
        How many are trusted.
    """

    def __init__(self, wsgi_app: Callable, proxies: int):
        self._wsgi_app, self._proxies = wsgi_app, proxies

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer a request, as WSGI wants it."""
        if self._proxies:
            sent = environ.get(_SENT, "").split(",")[-self._proxies :]
            found = "".join(part.strip().rstrip("/") for part in sent)
            if found and _PATH.fullmatch(found):
                environ["SCRIPT_NAME"] = found
        environ[ROOT] = environ.get("SCRIPT_NAME", "")
        return self._wsgi_app(environ, start_response)


def install(server: Flask, pages: Dash) -> None:
    """Let the browser be told addresses with the prefix; before the answer is compressed.

    Parameters
    ----------
    server : Flask
    pages : Dash
        The app on it, whose index page nothing changes after this.
    """
    put_together = pages.interpolate_index

    def interpolate_index(**parts: str) -> str:
        page = in_html(put_together(**parts))
        if not root():
            return page
        for_scripts = f'<head>\n<meta name="root" content="{root()}">'
        page = _OF_RENDERER.sub(rf"\g<1>{root()}", page, 1)
        return page.replace("<head>", for_scripts, 1)

    pages.interpolate_index = interpolate_index

    @server.after_request
    def change_components(response: Response) -> Response:
        if root() and request.path in _OF_DASH and response.is_json:
            tree = orjson.loads(response.get_data() or b"null")
            response.set_data(orjson.dumps(_in_answer(tree)))
        return response


def root() -> str:
    """Return the path that all addresses of the server begin with, which is not that of a report."""
    return request.environ.get(ROOT, "") if has_request_context() else ""


def address(path: str) -> str:
    """Return a path of this server as the browser must ask for it.

    Parameters
    ----------
    path : str
        Begins with a slash.
    """
    return root() + path


def inside(path: str) -> str:
    """Return the path of this server that a browser has asked for."""
    if not root() or not is_below(path):
        return path
    return path.removeprefix(root()) or "/"


def is_below(path: str) -> bool:
    """Tell whether a path, as browsers know it, is one of this server."""
    return f"{path}/".startswith(f"{root()}/")


def in_html(page: str) -> str:
    """Return HTML with the prefix before every address that is a path."""
    return _IN_HTML.sub(rf"\g<1>{root()}/", page) if root() else page


def take_off(body: dict[str, Any]) -> None:
    """Take the prefix off the paths that a callback is sent.

    Parameters
    ----------
    body : dict
        Of a request to Dash, checked already; it is changed.
    """
    if not root():
        return
    for sent in (*body.get("inputs", ()), *body.get("state", ())):
        for one in sent if isinstance(sent, list) else [sent]:
            if one["property"] == "pathname" and one.get("value"):
                one["value"] = inside(one["value"])


def _in_answer(answer: Any) -> Any:
    """Return a layout, or an answer to a callback, with the prefix before every address in it."""
    if not isinstance(answer, dict):
        return _in_components(answer)
    changes = {
        part: {name: _in_props(props) for name, props in answer[part].items()}
        for part in _CHANGES
        if isinstance(answer.get(part), dict)
    }
    return answer | changes if changes else _in_components(answer)


def _in_components(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_in_components(one) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if {"props", "type", "namespace"} <= tree.keys():
        props = _in_props(tree["props"])
        return tree | {
            "props": _in_markdown(props) if tree["type"] == "Markdown" else props
        }
    return {name: _in_components(value) for name, value in tree.items()}


def _in_props(props: Any) -> Any:
    if not isinstance(props, dict):
        return props
    return {
        name: (
            address(value)
            if name in _ADDRESSES and _is_path(value)
            else _in_components(value)
        )
        for name, value in props.items()
    }


def _in_markdown(props: dict[str, Any]) -> dict[str, Any]:
    text = props.get("children")
    lines = text if isinstance(text, list) else [text]
    changed = [
        _IN_MARKDOWN.sub(rf"\g<1>{root()}/", line) if isinstance(line, str) else line
        for line in lines
    ]
    return props | {"children": changed if isinstance(text, list) else changed[0]}


def _is_path(value: Any) -> bool:
    return (
        isinstance(value, str) and value.startswith("/") and not value.startswith("//")
    )
