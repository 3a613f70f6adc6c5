"""The one place where the parts are joined: `create_server` makes the Flask server of the whole product."""

from __future__ import annotations

from flask import Flask

from app import dashboard, hosting
from app.services import Services
from app.settings import Settings, writable_data_dir


def create_server(settings: Settings | None = None) -> Flask:
    """Make the server: the dashboard's pages, the routes beside them, and what guards both.

    Parameters
    ----------
    settings : Settings, optional
        Default: read from the environment.

    Returns
    -------
    flask.Flask
        A WSGI application. Nothing heavy (pandas, scikit-learn) has been imported.

    Raises
    ------
    ValueError
        A setting cannot be used; the sentence names it.
    """
    settings = settings or Settings.from_environ()
    server = Flask("app", static_folder=None)
    data_dir = writable_data_dir(settings.data_dir, server.instance_path)
    services = Services.below(data_dir, settings)
    hosting.install_before(server, services)
    pages = dashboard.create_app(server, services)
    hosting.install_after(server, services, pages)
    return server
