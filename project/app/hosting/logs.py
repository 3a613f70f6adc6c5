"""Logging: every message, and every request, is one line of JSON on standard output.

The names of the fields are those that Google Cloud Logging knows; other collectors take them as they are.

References
----------
https://cloud.google.com/logging/docs/structured-logging
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

from flask import Flask, has_request_context, request

TRACE_FIELD = "logging.googleapis.com/trace"
_TRACE_ID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)

requests = logging.getLogger("app.requests")


def config(level: str) -> dict[str, Any]:
    """Return a configuration for `logging.config.dictConfig`.

    Parameters
    ----------
    level : str
        The least severe message that is logged.

    Returns
    -------
    dict
    """
    handler = {"level": level, "handlers": ["stdout"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "app.hosting.logs.JsonFormatter"}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "json",
            }
        },
        "root": {"level": level, "handlers": ["stdout"]},
        "loggers": {
            "gunicorn.error": handler,
            # The application logs requests itself, with what gunicorn does not know.
            "gunicorn.access": {"level": "CRITICAL", "propagate": False},
            # Without a handler of its own Dash adds one that does not write JSON.
            "dash.dash": handler,
        },
    }


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; fields come from ``extra={"fields": {…}}``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {
            "severity": record.levelname,
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
            "message": record.getMessage(),
            "logger": record.name,
            **_trace_of_this_request(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["stack_trace"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def trace_id(cloud_trace_context: str | None, traceparent: str | None) -> str | None:
    """Return the trace that a request belongs to.

    Parameters
    ----------
    cloud_trace_context : str or None
        The header ``X-Cloud-Trace-Context``: ``TRACE/SPAN;o=OPTIONS``.
    traceparent : str or None
        The header ``traceparent``: ``VERSION-TRACE-SPAN-FLAGS``.

    Returns
    -------
    str or None
        32 hexadecimal digits, or None if neither header holds them.

    References
    ----------
    https://www.w3.org/TR/trace-context/
    """
    for candidate in (
        (traceparent or "").partition("-")[2][:32],
        (cloud_trace_context or "").partition("/")[0],
    ):
        if _TRACE_ID.fullmatch(candidate):
            return candidate.lower()
    return None


def install(server: Flask) -> None:
    """Log every request that `server` answers; call it last, so that nothing escapes it."""
    server.wsgi_app = _RequestLog(server.wsgi_app)


class _RequestLog:
    """WSGI middleware: it sees what Flask's hooks do not, the bytes sent and the time that sending took."""

    def __init__(self, wsgi_app: Callable):
        self.wsgi_app = wsgi_app

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        answer = _Answer(environ)

        def note_status(status: str, *rest):
            answer.status = int(status.split(" ", 1)[0])
            return start_response(status, *rest)

        answer.body = self.wsgi_app(environ, note_status)
        return answer


class _Answer:
    """The body of an answer, counted on its way out and logged when it is closed."""

    def __init__(self, environ: dict):
        self.environ = environ
        self.started = time.perf_counter()
        self.status = 500
        self.sent = 0
        self.body: Iterable[bytes] = ()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.body:
            self.sent += len(chunk)
            yield chunk

    def close(self) -> None:
        if hasattr(self.body, "close"):
            self.body.close()
        # The path alone: a query string may name somebody's table.
        method, path = self.environ["REQUEST_METHOD"], self.environ.get("PATH_INFO", "")
        level = logging.DEBUG if path.startswith("/health/") else logging.INFO
        fields = {
            "method": method,
            "path": path,
            "status": self.status,
            "duration_ms": round((time.perf_counter() - self.started) * 1000, 1),
            "bytes": self.sent,
            **_trace(
                self.environ.get("HTTP_X_CLOUD_TRACE_CONTEXT"),
                self.environ.get("HTTP_TRACEPARENT"),
            ),
        }
        requests.log(
            level, "%s %s %d", method, path, self.status, extra={"fields": fields}
        )


def _trace_of_this_request() -> dict[str, str]:
    if not has_request_context():
        return {}
    return _trace(
        request.headers.get("X-Cloud-Trace-Context"), request.headers.get("traceparent")
    )


def _trace(cloud_trace_context: str | None, traceparent: str | None) -> dict[str, str]:
    trace = trace_id(cloud_trace_context, traceparent)
    return {TRACE_FIELD: trace} if trace else {}
