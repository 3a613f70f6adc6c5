"""Metrics for Prometheus at `/metrics`: requests, callbacks, tables read, runs, and the server's processes.

Each process counts its own events. Several workers write their numbers into a folder that gunicorn created for them
(`gunicorn.conf.py`), and the worker that is scraped adds them up. Runs, which all workers share, are read from the
store.

References
----------
https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Collection, Iterable

from flask import Blueprint, Flask, Request, Response, current_app, request
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import InfoMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

from app.services import Services

from . import proxies, tokens
from .run_metrics import RunCensus
from .watching_metrics import WatchingCensus
from .worker_metrics import Workers

PATH = "/metrics"
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
OTHER = "other"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_PAGES = "/<path:path>"
_CALLBACK = "/_dash-update-component"
# The key in the WSGI environment under which Flask's hooks pass the route to the outermost layer, which measures time.
_ASKED = "dashboard.request"
_NO_TOKEN = (
    "Only for who sends 'Authorization: Bearer …' with the METRICS_TOKEN of the server. "
    "If that is not set, only for requests on the server's own machine.\n"
)  # nosec B105

# The time of creation is not needed, and would add a series for each counter.
disable_created_metrics()


class Metrics:
    """The metrics of one server; a process may have several servers.

    Parameters
    ----------
    services : Services
    """

    def __init__(self, services: Services):
        self.registry = CollectorRegistry()
        folder = os.environ.get(FOLDER_VARIABLE)
        # The folder has the numbers of all workers, this one included, which must not be counted twice.
        own = None if folder else self.registry
        self.requests = Histogram(
            "dashboard_request_duration_seconds",
            "Time until an answer was ready, by the URL rule.",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=own,
        )
        self.in_progress = Gauge(
            "dashboard_requests_in_progress",
            "Requests in progress.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self.callbacks = Histogram(
            "dashboard_callback_duration_seconds",
            "Time until a callback was answered, by its output; those of a report are one series.",
            ["callback"],
            buckets=_SECONDS,
            registry=own,
        )
        self.tables = Histogram(
            "dashboard_ingest_duration_seconds",
            "Time to read an uploaded table, by whether it was kept or refused.",
            ["result"],
            buckets=_SECONDS,
            registry=own,
        )
        self.tables_in_progress = Gauge(
            "dashboard_ingest_in_progress",
            "Uploaded tables being read.",
            registry=own,
            multiprocess_mode="livesum",
        )
        if folder:
            MultiProcessCollector(self.registry, folder)
            self.registry.register(Workers(folder))
        else:
            ProcessCollector(registry=self.registry)
        started = float(os.environ.get("SERVER_STARTED") or time.time())
        self.registry.register(RunCensus(services.runs, started))
        self.registry.register(WatchingCensus(services.runs))
        self.registry.register(_Build(services.settings.revision))

    def ingest(self, read: Callable[[], dict]) -> dict:
        """Read a table and record how long that took.

        Parameters
        ----------
        read : callable
            Returns a dict, with 'error' in it if the table is not kept.

        Returns
        -------
        dict
            What `read` returned.
        """
        begun, result = time.perf_counter(), "failed"
        try:
            with self.tables_in_progress.track_inprogress():
                outcome = read()
            result = "refused" if "error" in outcome else "kept"
            return outcome
        finally:
            self.tables.labels(result).observe(time.perf_counter() - begun)


def of_this_server() -> Metrics:
    """Return the metrics of the server that answers the current request."""
    return current_app.extensions["metrics"]


def blueprint(server: Flask) -> Blueprint:
    """Create the route for Prometheus, and pass what Flask knows about each request on to `install`.

    Parameters
    ----------
    server : Flask
        With `Metrics` and `Services` among its extensions.

    Returns
    -------
    flask.Blueprint
    """
    routes = Blueprint("metrics", __name__)
    metrics = server.extensions["metrics"]
    token = server.extensions["services"].settings.metrics_token

    @routes.get(PATH)
    def tell():
        if not (tokens.is_sent(token) if token else proxies.is_from_this_machine()):
            response = Response(_NO_TOKEN, 401, mimetype="text/plain")
            response.headers["WWW-Authenticate"] = "Bearer"
        else:
            encode, kind = choose_encoder(request.headers.get("Accept", ""))
            response = Response(encode(metrics.registry), content_type=kind)
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.after_app_request
    def hand_on(response: Response) -> Response:
        request.environ[_ASKED] = request._get_current_object()
        return response

    return routes


def install(server: Flask, pages: Collection[str], callbacks: Collection[str]) -> None:
    """Time every request from now on.

    Parameters
    ----------
    server : Flask
        With `blueprint` on it.
    pages : collection of str
        The addresses of the dashboard's pages.
    callbacks : collection of str
        The outputs of the dashboard's callbacks.
    """
    metrics = server.extensions["metrics"]
    server.wsgi_app = _Timed(server.wsgi_app, metrics, pages, callbacks)


class _Timed:
    """WSGI middleware that times requests; it finds the route in the WSGI environment."""

    def __init__(
        self,
        wsgi_app: Callable,
        metrics: Metrics,
        pages: Collection[str],
        callbacks: Collection[str],
    ):
        self.wsgi_app = wsgi_app
        self.metrics = metrics
        self.pages = pages
        self.known = callbacks

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        status, begun = "500", time.perf_counter()

        def note_status(line: str, *rest):
            nonlocal status
            status = line[:3]
            return start_response(line, *rest)

        self.metrics.in_progress.inc()
        try:
            return self.wsgi_app(environ, note_status)
        finally:
            self.metrics.in_progress.dec()
            self._note(environ, status, time.perf_counter() - begun)

    def _note(self, environ: dict, status: str, seconds: float) -> None:
        asked = environ.pop(_ASKED, None)
        method = environ["REQUEST_METHOD"]
        method = method if method in _METHODS else OTHER
        route = _route(asked, self.pages) if asked else OTHER
        self.metrics.requests.labels(method, route, status).observe(seconds)
        called = _called(asked, status[0] == "4", self.known) if asked else None
        if called:
            self.metrics.callbacks.labels(called).observe(seconds)


class _Build:
    """Reports the version that runs."""

    def __init__(self, revision: str):
        self._labels = {
            "revision": revision or "unknown",
            "python": platform.python_version(),
        }

    def collect(self) -> Iterable[InfoMetricFamily]:
        yield InfoMetricFamily(
            "dashboard_build", "The version of the code that runs.", self._labels
        )


def _route(asked: Request, pages: Collection[str]) -> str:
    """Return a label from a bounded set, never text that a visitor typed."""
    if asked.url_rule is None:
        return OTHER
    rule = asked.url_rule.rule
    if rule == _PAGES:  # Dash accepts every address as a page
        return asked.path if asked.path in pages else OTHER
    return rule


def _called(asked: Request, was_refused: bool, known: Collection[str]) -> str | None:
    """Return the callback that was called, if any; a refused request may claim any name."""
    if asked.method != "POST":
        return None
    if asked.endpoint == _CALLBACK:
        # Already parsed by the validation.
        body = None if was_refused else asked.get_json(silent=True)
        output = body.get("output") if isinstance(body, dict) else None
        return output if isinstance(output, str) and output in known else OTHER
    values = asked.view_args or {}
    if asked.endpoint == "reports.show" and f"/{values['rest']}" == _CALLBACK:
        return OTHER if was_refused else f"report {values['name']}"
    return None
