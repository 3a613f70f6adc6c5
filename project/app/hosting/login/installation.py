"""Joins all parts of logging in with the server."""

from __future__ import annotations

from datetime import datetime, timezone

from dash import Dash
from flask import Flask, Response, request
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from app.accounts import audit, login_settings
from app.accounts.directory import Directory
from app.settings import Settings

from .. import actors, errors, index_page
from . import account_pages, limits, password_pages, user_pages
from .browser_sessions import BrowserSessions
from .proxy import Proxy


def install(
    server: Flask, directory: Directory, settings: Settings, pages: Dash
) -> None:
    """Let people log in to `server`.

    Parameters
    ----------
    server : Flask
    directory : Directory
    settings : Settings
        Checked already.
    pages : Dash
        The dashboard, whose pages show who is logged in.
    """
    server.secret_key = login_settings.secret_key(settings)
    audit.send_to(directory.events.keep)
    directory.ensure_administrator()
    by_proxy = settings.login == "iap"
    proxy = Proxy(directory, settings.iap_audience) if by_proxy else None
    sessions = BrowserSessions(directory, settings, proxy)
    sessions.install(server)
    limiter = server.extensions["limits"] = limits.open_limiter(server, settings)
    server.register_blueprint(
        password_pages.blueprint(directory, sessions, limiter, settings)
    )

    server.register_blueprint(
        account_pages.blueprint(directory, sessions, limiter, settings)
    )
    server.register_blueprint(user_pages.blueprint(directory, sessions, settings))
    server.jinja_env.filters["moment"] = _moment
    index_page.install(pages, _with_session_script)

    @server.after_request
    def keep_no_copy(response: Response) -> Response:
        """Let no browser or proxy keep what was made for somebody who was logged in."""
        if actors.logged_in() and not request.path.startswith(_FOR_EVERYBODY):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    @server.errorhandler(OperationalError)
    @server.errorhandler(NoConnection)
    def no_database(error: Exception) -> Response:
        server.logger.error("The database of accounts does not answer", exc_info=error)
        response = errors.answer(
            503, "The database of accounts does not answer. Try again in a minute."
        )
        response.headers["Retry-After"] = "30"
        return response


def _moment(seconds: float) -> Markup:
    """Write a time for people and for programs."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return Markup('<time datetime="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), moment.strftime("%Y-%m-%d %H:%M UTC")
    )


def _with_session_script(parts: dict[str, str]) -> dict[str, str]:
    """Let a page show who is logged in, and say that the session has ended."""
    style = '<link rel="stylesheet" href="/static/session.css">'
    script = '<script src="/static/session.js" data-login="/login"></script>'
    return {"css": parts["css"] + style, "scripts": script + parts["scripts"]}


_FOR_EVERYBODY = ("/static/", "/assets/", "/_dash-component-suites/", "/_favicon.ico")
