"""The application factory: `create_server` joins all parts into one Flask server."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from app import accounts, dashboard
from app.hosting import (
    actors,
    callbacks,
    compression,
    errors,
    gate,
    headers,
    health,
    index_page,
    limits,
    login,
    logs,
    metrics,
    plain_requests,
    prefix,
    proxies,
    reports,
    run_files,
    same_origin,
    scored_files,
    served,
    sharing,
    static_files,
    uploads,
    visitors,
)
from app.hosting.api import mcp
from app.hosting.api import routes as api
from app.services import Services
from app.settings import Settings, writable_data_dir


def create_server(settings: Settings | None = None) -> Flask:
    """Create the server: the dashboard's pages, the other routes, and what guards both.

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
    # What all other parts are made with. A setting that cannot be used stops the server here.
    settings = settings or Settings.from_environ()
    accounts.login_settings.check(settings)
    server = Flask("app", static_folder=None)
    data_dir = writable_data_dir(settings.data_dir, server.instance_path)
    own_reports = Path(server.root_path) / "reports"
    directory = people = None
    if settings.login != "off":
        # Nothing of it is imported otherwise.
        directory = accounts.directory.Directory(settings, data_dir)
        people = accounts.people.AccountNames(directory.users)
    registry = reports.open_registry(settings, own_reports, data_dir)
    services = Services.below(
        data_dir, settings, registry, actors.current_actor, actors.logged_in, people
    )
    server.extensions["services"] = services
    server.extensions["metrics"] = metrics.Metrics(services)

    # First of all that look at a request.
    proxies.install(server, settings)
    plain_requests.install(server)
    gate.install(server, dashboard.PATHS, login.PUBLIC_ENDPOINTS)
    limits.install(server, services)

    # Routes, in any order: the dashboard's catch-all gets only what no other route takes.
    server.register_blueprint(health.blueprint(services))
    server.register_blueprint(metrics.blueprint(server))
    arrivals = uploads.Arrivals(services)
    server.register_blueprint(uploads.blueprint(services, arrivals))
    server.register_blueprint(api.blueprint(services, arrivals))
    server.register_blueprint(mcp.blueprint(services))
    server.register_blueprint(scored_files.blueprint(services))
    server.register_blueprint(sharing.blueprint(services))
    server.register_blueprint(served.blueprint(services))
    server.register_blueprint(run_files.blueprint(services, dashboard.DRAWN))
    server.register_blueprint(reports.blueprint(registry, settings))
    pages = dashboard.create_app(server, services, index_page.asked_from)
    server.extensions["pages"] = pages
    plotly = index_page.choose_plotly(pages, cartesian=True)
    index_page.install(
        pages,
        index_page.preloads(plotly, path="/"),
        index_page.set_plotly(plotly),
    )

    # Before a request, Flask calls these in this order: what refuses a request stands before what answers it. After
    # it, the other way round: an answer is compressed, then gets its headers.
    errors.install(server, dashboard.PATHS)
    if directory:
        same_origin.install(server, True, login.forms.is_ours)
    else:
        same_origin.install(server)
    callbacks.install(server, pages, dashboard.VALUE_TYPES)
    visitors.install(server, dashboard.PATHS)
    headers.install(server, pages)
    if directory:
        # Attempts from other sites, refused above, are not counted; and that no copy is kept of what was made for one
        # person must be said before the usual headers are added.
        server.extensions["accounts"] = directory
        login.installation.install(server, directory, settings, pages)
    compression.install(server)
    prefix.install(server, pages)
    static_files.install(server, pages)

    # After all of the above: from its first request on, Flask takes no further hooks. Before the rest: that one is
    # neither counted nor logged.
    _answer_once(server)

    # Around Flask itself, so that no answer escapes them; the log is outermost and has the whole duration.
    metrics.install(server, dashboard.PATHS, pages.callback_map)
    logs.install(server)
    return server


def _answer_once(server: Flask) -> None:
    """Let Dash finish its set-up now: concurrent first requests would see it half done."""
    with server.test_client() as client:
        client.get("/health/live")
