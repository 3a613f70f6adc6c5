"""Metrics for Prometheus at `/metrics`: requests, callbacks, tables that are read, runs, and the server's processes.

What happens in a process is counted there. With several workers each writes its numbers into a folder that gunicorn
made for them (`gunicorn.conf.py`), and whichever is asked adds all of them up. What workers share, the runs, is read
from their store.

References
----------
https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import hmac
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

from .run_metrics import RunCensus
from .worker_metrics import Workers

PATH = "/metrics"
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
OTHER = "other"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_PAGES = "/<path:path>"
_CALLBACK = "/_dash-update-component"
# Where a request travels from Flask, which knows its route, to the outermost layer, which knows the time.
_ASKED = "dashboard.request"
_NO_TOKEN = "The token is missing or wrong: send 'Authorization: Bearer …' with METRICS_TOKEN.\n"  # nosec B105

# When a number was first counted interests nobody, and would be a series of its own for each.
disable_created_metrics()


class Metrics:
    """The numbers of one server; several may live in one process.

    Parameters
    ----------
    services : Services
    """

    def __init__(self, services: Services):
        self.registry = CollectorRegistry()
        folder = os.environ.get(FOLDER_VARIABLE)
        # In the folder are the numbers of all workers; those of this one must not be told twice.
        own = None if folder else self.registry
        self.requests = Histogram(
            "dashboard_request_duration_seconds",
            "Until an answer was ready, by the rule that its address matched.",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=own,
        )
        self.in_progress = Gauge(
            "dashboard_requests_in_progress",
            "Requests that are being answered.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self.callbacks = Histogram(
            "dashboard_callback_duration_seconds",
            "Until a callback was answered, by its output; those of a report are one.",
            ["callback"],
            buckets=_SECONDS,
            registry=own,
        )
        self.tables = Histogram(
            "dashboard_ingest_duration_seconds",
            "What reading an uploaded table took, by whether it was kept or refused.",
            ["result"],
            buckets=_SECONDS,
            registry=own,
        )
        self.tables_in_progress = Gauge(
            "dashboard_ingest_in_progress",
            "Uploaded tables that are being read.",
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
        self.registry.register(_Build(services.settings.revision))

    def ingest(self, read: Callable[[], dict]) -> dict:
        """Read a table and note how long that took.

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
    """Return the numbers of the server that answers the current request."""
    return current_app.extensions["metrics"]


def blueprint(server: Flask) -> Blueprint:
    """Make the route that Prometheus asks, and hand on to `install` what Flask knows of every request.

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
        if token and not _has(token):
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
    """WSGI middleware that times requests; what only Flask knows of them, it finds in the environment."""

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
    """Tells which version runs."""

    def __init__(self, revision: str):
        self._labels = {
            "revision": revision or "unknown",
            "python": platform.python_version(),
        }

    def collect(self) -> Iterable[InfoMetricFamily]:
        yield InfoMetricFamily(
            "dashboard_build", "Which version of the code runs.", self._labels
        )


def _has(token: str) -> bool:
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(sent.encode(), token.encode())


def _route(asked: Request, pages: Collection[str]) -> str:
    """Return a name of which there are only so many: never what a visitor typed."""
    if asked.url_rule is None:
        return OTHER
    rule = asked.url_rule.rule
    if rule == _PAGES:  # Dash takes every address for one of its pages
        return asked.path if asked.path in pages else OTHER
    return rule


def _called(asked: Request, was_refused: bool, known: Collection[str]) -> str | None:
    """Return the callback that was called, if one was; what was refused may claim any name."""
    if asked.method != "POST":
        return None
    if asked.endpoint == _CALLBACK:
        # Parsed before, by those who refuse.
        body = None if was_refused else asked.get_json(silent=True)
        output = body.get("output") if isinstance(body, dict) else None
        return output if isinstance(output, str) and output in known else OTHER
    values = asked.view_args or {}
    if asked.endpoint == "reports.show" and f"/{values['rest']}" == _CALLBACK:
        return OTHER if was_refused else f"report {values['name']}"
    return None
