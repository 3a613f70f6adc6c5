"""The server of one report: a Flask server with its Dash app, built from the report's executed module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from types import ModuleType
from typing import Any

from dash import Dash, html
from flask import Flask
from markupsafe import escape

from app.reporting.registry import Broken, Entry

from . import (
    callbacks,
    errors,
    headers,
    index_page,
    plain_requests,
    prefix,
    same_origin,
    static_files,
)
from .page_header import account_menu, page_header

PREFIX = "/reports"
# The dashboard serves the bundles of these, and browsers often have them cached.
SHARED_BUNDLE = re.compile(
    r"_dash-component-suites/(dash|dash_mantine_components|plotly)/"
)
_INDEX = Template(Path(__file__).with_name("report.html").read_text(encoding="utf-8"))
# Replaced in each answer: the page itself is the same for everybody.
_ACCOUNT = "<!-- account -->"
_PASS_THEM_ON = "write Dash(__name__, **dash_options)."  # nosec B105: a sentence


def build_report(
    entry: Entry,
    module: ModuleType,
    ancestors: str,
    tables: Mapping[str, Any] | None = None,
) -> Flask:
    """Build the server of a report from its executed module.

    Parameters
    ----------
    entry : Entry
    module : module
        Has ``create_app(**dash_options)``.
    ancestors : str
        The sources that may frame it, as in the header Content-Security-Policy.
    tables : mapping of str to object, optional
        What a report reads tables with that are open on the server: 'datasets', 'uploads' and 'days'.

    Returns
    -------
    flask.Flask
        Ready for requests from several threads.

    Raises
    ------
    Broken
        `create_app` did not return a new Dash app with a layout.
    """
    folder = str(entry.path.parent)
    server = Flask(
        f"report_{entry.name}",
        static_folder=None,
        root_path=folder,
        instance_path=folder,
    )
    if tables:
        server.extensions["tables"] = tables
    options = _dash_options(entry, server)
    app = module.create_app(**options)
    _check(app, options)
    app.title = _as_html(entry.title)
    small = getattr(module, "CARTESIAN", False) is True
    plotly = index_page.choose_plotly(app, cartesian=small)
    index_page.install(app, index_page.set_plotly(plotly), _shared_bundles(app))
    _show_who_is_logged_in(app)
    prefix.install(server, app)
    plain_requests.install(server)
    callbacks.install(server, app)
    errors.install(server, ("/",))
    same_origin.install(server)
    headers.install(server, app, ancestors)
    static_files.install(server, app)
    _set_up(app, server)
    return server


def _dash_options(entry: Entry, server: Flask) -> dict[str, Any]:
    return {
        "server": server,
        "requests_pathname_prefix": f"{PREFIX}/{entry.name}/",
        "routes_pathname_prefix": "/",
        "assets_folder": str(entry.assets),
        "update_title": None,
        "use_async": False,
        "enable_mcp": False,
        "suppress_callback_exceptions": True,
        "index_string": _INDEX.safe_substitute(
            name=entry.name,
            report=_as_html(entry.title),
            header=page_header(f"{PREFIX}/", _ACCOUNT),
        ),
    }


def _as_html(text: str) -> str:
    # Dash replaces everything in '{%…%}'.
    return str(escape(text)).replace("%", "&#37;")


def _check(app: Any, options: dict[str, Any]) -> None:
    if not isinstance(app, Dash):
        raise Broken("Its create_app(**dash_options) does not return a Dash app.")
    prefix = options["requests_pathname_prefix"]
    if (
        app.server is not options["server"]
        or app.config.requests_pathname_prefix != prefix
    ):
        raise Broken(
            f"Its create_app(**dash_options) does not pass the options on: {_PASS_THEM_ON}"
        )
    if app.layout is None:
        raise Broken("Its app has no layout: set app.layout in create_app.")


def _shared_bundles(app: Dash) -> index_page.Insertion:
    """Let the page load its bundles from the dashboard, so that reports share them."""
    own = app.config.requests_pathname_prefix
    bundle = re.compile(f'(?<="){re.escape(own)}(?={SHARED_BUNDLE.pattern})')

    def insert(parts: dict[str, str]) -> dict[str, str]:
        return {part: bundle.sub("/", parts[part]) for part in ("scripts", "css")}

    return insert


def _show_who_is_logged_in(app: Dash) -> None:
    put_together = app.interpolate_index
    app.interpolate_index = lambda **parts: put_together(**parts).replace(
        _ACCOUNT, account_menu(), 1
    )


def _set_up(app: Dash, server: Flask) -> None:
    """Let Dash finish its set-up now: concurrent first requests would see it half done."""
    layout = app.layout
    if callable(layout):
        # The set-up would call it, but it may fetch data or fail, which belongs in a visitor's request.
        app.layout = html.Div()
    server.config["PROPAGATE_EXCEPTIONS"] = True
    with server.test_client() as client:
        client.get("/_dash-dependencies")
    server.config["PROPAGATE_EXCEPTIONS"] = None
    app.layout = layout
