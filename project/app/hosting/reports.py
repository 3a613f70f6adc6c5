"""Reports under /reports/: each has a Flask server and a Dash app of its own, called through one route."""

from __future__ import annotations

import hmac
from pathlib import Path
from string import Template
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from dash import Dash
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    jsonify,
    redirect,
    request,
    send_from_directory,
    url_for,
)
from markupsafe import escape

from app.settings import Settings
from app.storage.library import Broken, Entry, Library

from . import callbacks, errors, headers

PREFIX = "/reports"
_STATIC = Path(__file__).with_name("static")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_INDEX = Template(Path(__file__).with_name("report.html").read_text(encoding="utf-8"))
_EMBED = Template(Path(__file__).with_name("embed.html").read_text(encoding="utf-8"))


def blueprint(library: Library, settings: Settings) -> Blueprint:
    """Make the routes of the reports, their catalogue and their reload.

    Parameters
    ----------
    library : Library
    settings : Settings

    Returns
    -------
    flask.Blueprint
    """
    routes = Blueprint("reports", __name__)

    @routes.get(f"{PREFIX}/catalogue.json")
    def catalogue():
        return jsonify([_described(entry) for entry in library.entries()])

    @routes.get("/static/dashboards.json")
    def dashboards():
        """The catalogue as clients of an older report server read it."""
        return jsonify(
            [
                {"title": entry.title, "url": f"{PREFIX}/{entry.name}/"}
                for entry in library.entries()
                if not entry.problem
            ]
        )

    @routes.get("/dashboards/<name>")
    def moved(name: str):
        return redirect(_address(library.entry(name)), 301)

    @routes.before_app_request
    def follow_old_links():
        if request.path == "/" and "report" in request.args:
            return redirect(_address(library.entry(request.args["report"])), 302)
        return None

    @routes.get("/static/<path:file>")
    def static(file: str):
        return send_from_directory(_STATIC, file)

    @routes.get(f"{PREFIX}/<name>/picture")
    def picture(name: str):
        entry = library.entry(name)
        if entry.picture is None:
            abort(404)
        return send_from_directory(entry.assets, entry.picture)

    @routes.get(f"{PREFIX}/<name>/embed")
    def embed(name: str):
        entry = library.entry(name)
        address = url_for("reports.show", name=entry.name, _external=True)
        page = _EMBED.substitute(
            title=escape(entry.title), address=escape(address), name=entry.name
        )
        return Response(page, mimetype="text/html")

    @routes.get(f"{PREFIX}/<name>")
    def add_slash(name: str):
        query = request.query_string.decode()
        return redirect(_address(library.entry(name)) + (f"?{query}" if query else ""))

    @routes.route(f"{PREFIX}/<name>/", defaults={"rest": ""}, methods=_METHODS)
    @routes.route(f"{PREFIX}/<name>/<path:rest>", methods=_METHODS)
    def show(name: str, rest: str):
        server = library.get(name)
        environ = request.environ | {
            "SCRIPT_NAME": f"{request.script_root}{PREFIX}/{name}",
            "PATH_INFO": f"/{rest}",
        }
        return Response.from_app(server, environ)

    @routes.post("/reload")
    def reload():
        if not settings.reload_token:
            abort(403, "Reloading is off: whoever runs this server sets RELOAD_TOKEN.")
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(sent.encode(), settings.reload_token.encode()):
            abort(403, "The token is missing or wrong: send 'Authorization: Bearer …'.")
        return jsonify(reports=library.reload())

    @routes.app_errorhandler(Broken)
    def broken(error: Broken):
        return errors.answer(
            503, f"{error} The other reports are not affected.", "This report is broken"
        )

    return routes


def open_library(settings: Settings, default: Path) -> Library:
    """Return the library of the settings' folder, or of the default one.

    Raises
    ------
    ValueError
        REPORTS_DIR is no folder.
    """
    folder = Path(settings.reports_dir or default)
    if not folder.is_dir():
        raise ValueError(
            f"REPORTS_DIR is '{folder}', which is no folder. Name the folder that holds the reports."
        )
    ancestors = _frame_ancestors(settings.frame_ancestors)

    def build(entry: Entry, module: ModuleType) -> Flask:
        return build_report(entry, module, ancestors)

    return Library(folder, build, settings.report_seconds)


def build_report(entry: Entry, module: ModuleType, ancestors: str) -> Flask:
    """Build a report's own server from its executed module.

    Parameters
    ----------
    entry : Entry
    module : module
        Has ``create_app(**dash_options)``.
    ancestors : str
        Who may frame it, as in the header Content-Security-Policy.

    Returns
    -------
    flask.Flask
        Ready for requests of several threads.

    Raises
    ------
    Broken
        `create_app` returned no Dash app, or one without a layout.
    """
    server = Flask(module.__name__, static_folder=None)
    app = module.create_app(**_dash_options(entry, server))
    if not isinstance(app, Dash):
        raise Broken("Its create_app(**dash_options) does not return a Dash app.")
    if app.server is not server:
        raise Broken(
            "Its create_app(**dash_options) does not pass the options on: write Dash(__name__, **dash_options)."
        )
    if app.layout is None:
        raise Broken("Its app has no layout.")
    app.title = entry.title
    callbacks.install(server, app)
    errors.install(server, ("/",))
    headers.install(server, app, ancestors)
    with server.test_client() as client:
        # Of several first requests at once, all but one would see a half-made app.
        client.get("/_dash-dependencies")
    return server


def _dash_options(entry: Entry, server: Flask) -> dict[str, Any]:
    return {
        "server": server,
        "requests_pathname_prefix": f"{PREFIX}/{entry.name}/",
        "routes_pathname_prefix": "/",
        "assets_folder": str(entry.assets),
        "update_title": None,
        "use_async": False,
        "suppress_callback_exceptions": True,
        "index_string": _INDEX.safe_substitute(
            name=entry.name, report=escape(entry.title)
        ),
    }


def _described(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "description": entry.description,
        "tags": entry.tags,
        "url": f"{PREFIX}/{entry.name}/",
        "picture": f"{PREFIX}/{entry.name}/picture" if entry.picture else None,
        "problem": entry.problem,
    }


def _address(entry: Entry) -> str:
    return f"{PREFIX}/{entry.name}/"


def _frame_ancestors(text: str) -> str:
    """Return the sources that may frame a report; ValueError names one that is none."""
    sources = text.replace(",", " ").split()
    for source in sources:
        if source in ("*", "'self'", "'none'", "self", "none"):
            continue
        parts = urlsplit(source)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
            raise ValueError(
                f"FRAME_ANCESTORS holds {source!r}: write origins such as https://intranet.example.com, or 'self'."
            )
    quoted = [f"'{s}'" if s in ("self", "none") else s for s in sources]
    return " ".join(quoted) or "'self'"
