"""Errors: a page for people, JSON for programs, and always a sentence instead of a traceback."""

from __future__ import annotations

import html
from collections.abc import Collection
from pathlib import Path
from string import Template

from dash.exceptions import DependencyException
from flask import Flask, Response, abort, current_app, jsonify, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from app.accounts import Refused
from app.storage import NotFound

from . import prefix
from .api import problems
from .page_header import page_header

MAX_REQUEST_BYTES = 4 * 1024 * 1024
_CATCH_ALL = "/<path:path>"
_FOR_PROGRAMS = ("/api/", "/health/", "/_dash-", "/_reload-hash")
# Also those of a report, which has its own address before it.
_OF_DASH = "/_dash-"
_PAGE = Template(Path(__file__).with_name("errors.html").read_text(encoding="utf-8"))
_MESSAGES = {
    400: (
        "Not understood",
        "The server did not understand this request. Reload the page and try again.",
    ),
    401: (
        "Log in first",
        "Log in first: your session has ended, or you never had one.",
    ),
    403: ("Not allowed", "This request is not allowed."),
    404: (
        "There is no such page",
        "There is nothing at this address. Check it for typing errors, or go to the start page.",
    ),
    405: (
        "Not possible here",
        "This address does not accept this kind of request. Go to the start page.",
    ),
    413: (
        "Too large",
        "The request is larger than the server accepts. Upload tables on the start page, which sends them in parts.",
    ),
    415: ("Not understood", "The request must be JSON. Reload the page and try again."),
    500: (
        "Something went wrong",
        "The server failed, and the error has been logged. Nothing was lost: reload the page, or try again later.",
    ),
}


def install(server: Flask, page_paths: Collection[str]) -> None:
    """Answer failed requests: with a page for people, with JSON for programs.

    Parameters
    ----------
    server : Flask
    page_paths : collection of str
        The addresses of the dashboard's pages. Dash itself would accept every address.
    """
    server.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES

    @server.before_request
    def refuse_unknown_pages():
        if request.endpoint == _CATCH_ALL and request.path not in page_paths:
            abort(404)

    @server.errorhandler(HTTPException)
    def refused(error: HTTPException):
        if error.code is None or error.code < 400:
            return error
        if isinstance(error, MethodNotAllowed) and _is_nowhere(error, page_paths):
            return answer(404)
        own_words = error.description != type(error).description
        response = answer(error.code, error.description if own_words else None)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @server.errorhandler(NotFound)
    def not_found(error: NotFound):
        return answer(404, str(error))

    @server.errorhandler(Refused)
    def refused_by_role(error: Refused):
        return answer(403, str(error))

    @server.errorhandler(DependencyException)
    def no_such_bundle(error: DependencyException):
        return answer(404)

    @server.errorhandler(InternalServerError)
    def failed(error: InternalServerError):
        return answer(500)


def _is_nowhere(error: MethodNotAllowed, page_paths: Collection[str]) -> bool:
    only_read = set(error.valid_methods or ()) <= {"GET", "HEAD", "OPTIONS"}
    adapter = current_app.create_url_adapter(request)
    return only_read and (
        adapter.match(method="GET")[0] == _CATCH_ALL and request.path not in page_paths
    )


def answer(
    status: int, sentence: str | None = None, title: str | None = None
) -> Response:
    """Return an error as a page for people, or as JSON for programs.

    Parameters
    ----------
    status : int
    sentence, title : str, optional
        What is wrong and what to do; by default a sentence for the status.

    Returns
    -------
    flask.Response
    """
    usual, default = _MESSAGES.get(status, _MESSAGES[400 if status < 500 else 500])
    own, sentence, title = sentence, sentence or default, title or usual
    if problems.is_for_programs(request.path):
        return problems.problem(status, own)
    if wants_json():
        response = jsonify(error=sentence)
    else:
        page = _PAGE.substitute(
            title=html.escape(title),
            sentence=html.escape(sentence),
            header=page_header(),
        )
        response = Response(prefix.in_html(page), mimetype="text/html")
    response.status_code = status
    return response


def wants_json() -> bool:
    """Tell whether the current request was sent by a program."""
    if request.path.startswith(_FOR_PROGRAMS) or _OF_DASH in request.path:
        return True
    offered = ["text/html", "application/json"]
    return request.accept_mimetypes.best_match(offered) == "application/json"
