"""Routes under /reports/: each report is a Flask server called through one route; catalogue and reload."""

from __future__ import annotations

import io
import logging
import re
from pathlib import Path
from string import Template
from types import ModuleType
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    jsonify,
    redirect,
    request,
    send_from_directory,
    url_for,
)
from markupsafe import escape

from app.accounts import Permissions
from app.reporting.registry import Broken, Entry, Registry
from app.settings import Settings
from app.storage import DatasetStore, UploadStore

from . import errors, headers, prefix, tokens
from .isolation import Isolation
from .page_header import page_header
from .report_server import PREFIX, SHARED_BUNDLE, build_report
from .report_tables import ALLOWED, VisitorTables, allowed_tables

_STATIC = Path(__file__).with_name("static")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_PAGE = Template(Path(__file__).with_name("embed.html").read_text(encoding="utf-8"))
_SNIPPET = Template(
    Path(__file__).with_name("embed_snippet.html").read_text(encoding="utf-8")
)
# An origin in the header Content-Security-Policy.
_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:(\d+|\*))?/?", re.IGNORECASE)

logger = logging.getLogger(__name__)


def blueprint(registry: Registry, settings: Settings) -> Blueprint:
    """Create the routes of the reports, their catalogue and their reload.

    Parameters
    ----------
    registry : Registry
    settings : Settings

    Returns
    -------
    flask.Blueprint
    """
    routes = Blueprint("reports", __name__)
    ancestors = _frame_ancestors(settings.frame_ancestors)

    @routes.get(f"{PREFIX}/catalogue.json")
    def catalogue():
        return jsonify([_described(entry) for entry in registry.entries()])

    @routes.get("/static/dashboards.json")
    def dashboards():
        """Return the catalogue in the format of an older report server."""
        return jsonify(
            [
                {"title": entry.title, "url": _address(entry)}
                for entry in registry.entries()
                if entry.shown
            ]
        )

    @routes.get("/dashboards/<name>")
    def moved(name: str):
        return redirect(_address(registry.entry(name)), 301)

    @routes.before_app_request
    def follow_old_links():
        if request.path == "/" and "report" in request.args:
            return redirect(_address(registry.entry(request.args["report"])), 302)
        return None

    @routes.get("/static/<path:file>")
    def static(file: str):
        return send_from_directory(_STATIC, file)

    @routes.get(f"{PREFIX}/<name>/picture")
    def picture(name: str):
        entry = registry.entry(name)
        if entry.picture is None:
            abort(404)
        return send_from_directory(entry.assets, entry.picture)

    @routes.get(f"{PREFIX}/<name>/embed")
    def embed(name: str):
        entry = registry.entry(name)
        address = url_for("reports.show", name=entry.name, _external=True)
        title = escape(entry.title)
        snippet = _SNIPPET.substitute(
            name=entry.name, title=title, address=escape(address)
        )
        page = _PAGE.substitute(
            name=entry.name,
            title=title,
            origin=escape(request.host_url.rstrip("/")),
            snippet=escape(snippet.strip()),
            header=page_header("/reports/"),
        )
        return Response(prefix.in_html(page), mimetype="text/html")

    @routes.get(PREFIX)
    def all_reports():
        return redirect(prefix.address(f"{PREFIX}/"))

    @routes.get(f"{PREFIX}/<name>")
    def add_slash(name: str):
        query = request.query_string.decode(errors="replace")
        return redirect(_address(registry.entry(name)) + (f"?{query}" if query else ""))

    @routes.route(f"{PREFIX}/<name>/", defaults={"rest": ""}, methods=_METHODS)
    @routes.route(f"{PREFIX}/<name>/<path:rest>", methods=_METHODS)
    def show(name: str, rest: str):
        server = registry.get(name)
        if SHARED_BUNDLE.match(rest):
            return _moved_for_good(prefix.address(f"/{rest}"))
        body = request.get_data(cache=False)
        query = request.query_string.decode(errors="replace")
        environ = request.environ | {
            "SCRIPT_NAME": _as_wsgi(f"{request.script_root}{PREFIX}/{name}"),
            "PATH_INFO": _as_wsgi(f"/{rest}"),
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            ALLOWED: allowed_tables(_permissions(), query, body),
        }
        try:
            return Response.from_app(server, environ)
        except (SystemExit, KeyboardInterrupt):  # they would end the worker
            logger.exception("Report %s wanted to end the server", name)
            abort(500)

    @routes.post("/reload")
    def reload():
        if not settings.reload_token:
            abort(403, "Reloading is off: set RELOAD_TOKEN on the server to allow it.")
        if not tokens.is_sent(settings.reload_token):
            abort(403, "The token is missing or wrong: send 'Authorization: Bearer …'.")
        return jsonify(reports=registry.reload())

    @routes.get("/reload")
    def not_by_a_link():
        abort(405, description="Reload with a POST request and the token.")

    @routes.app_errorhandler(Broken)
    def broken(error: Broken):
        sentence = f"{error} The other reports are not affected."
        response = errors.answer(error.status, sentence, "This report is broken")
        response.headers["Retry-After"] = "10"
        # An embedded report shows the sentence too.
        policy = headers.content_security_policy([], ancestors)
        response.headers["Content-Security-Policy"] = policy
        return response

    return routes


def open_registry(settings: Settings, default: Path, data_dir: Path) -> Registry:
    """Return the registry of the folder in the settings, or of the default folder.

    Parameters
    ----------
    settings : Settings
    default : pathlib.Path
    data_dir : pathlib.Path
        Where the workers of this server exchange notes about reports.

    Returns
    -------
    Registry

    Raises
    ------
    ValueError
        REPORTS_DIR is not a folder, or FRAME_ANCESTORS has an entry that is not an origin.
    """
    check(settings)
    ancestors = _frame_ancestors(settings.frame_ancestors)

    tables = {
        "datasets": VisitorTables(DatasetStore(data_dir / "datasets")),
        "uploads": UploadStore(data_dir / "uploads", settings.max_upload_bytes),
        "days": settings.retention_days,
    }

    def build(entry: Entry, module: ModuleType) -> Flask:
        return build_report(entry, module, ancestors, tables)

    make = None
    if settings.isolates_reports:
        make = Isolation(settings, data_dir, ancestors).make
    folder = Path(settings.reports_dir or default)
    notes = data_dir / "reports"
    return Registry(folder, build, settings.report_seconds, notes, make)


def check(settings: Settings) -> None:
    """Check the settings of the reports at start.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    ValueError
        REPORTS_DIR is not a folder, or FRAME_ANCESTORS has an entry that is not an origin.
    """
    _frame_ancestors(settings.frame_ancestors)
    if settings.reports_dir and not Path(settings.reports_dir).is_dir():
        raise ValueError(
            f"REPORTS_DIR is {settings.reports_dir!r}, which is not a folder. Name the folder that holds the reports."
        )


def _described(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "description": entry.description,
        "tags": entry.tags,
        "url": _address(entry),
        "picture": f"{_address(entry)}picture" if entry.picture else None,
        "problem": entry.problem,
    }


def _permissions() -> Permissions:
    return current_app.extensions["services"].permissions


def _moved_for_good(address: str) -> Response:
    response = redirect(address, 301)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _as_wsgi(text: str) -> str:
    """Return a path in WSGI's encoding: each byte of UTF-8 as one character (PEP 3333)."""
    return text.encode().decode("latin-1")


def _address(entry: Entry) -> str:
    return prefix.address(f"{PREFIX}/{entry.name}/")


def _frame_ancestors(text: str) -> str:
    """Return the sources that may frame a report; ValueError names an invalid one."""
    sources = text.replace(",", " ").replace("'", "").split()
    for source in sources:
        if source not in ("*", "self", "none") and not _ORIGIN.fullmatch(source):
            raise ValueError(
                f"FRAME_ANCESTORS holds {source!r}: write origins such as https://intranet.example.com, or 'self'."
            )
    if "none" in sources and len(sources) > 1:
        raise ValueError(
            "FRAME_ANCESTORS holds 'none' together with other entries: remove one or the other."
        )
    quoted = [f"'{s}'" if s in ("self", "none") else s.rstrip("/") for s in sources]
    return " ".join(quoted) or "'self'"
