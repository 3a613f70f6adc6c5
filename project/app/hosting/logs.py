"""Logging: every message and every request is one line of JSON on standard output.

The names of the fields are those of Google Cloud Logging; other collectors accept them too. Cloud Logging groups lines
with the same trace below the platform's own entry for the request, and errors by their stacks. A request's line has no
field 'httpRequest': that marks the platform's entry, and each request would be listed and counted twice.

References
----------
https://cloud.google.com/logging/docs/structured-logging
https://cloud.google.com/logging/docs/view/correlate-logs
https://cloud.google.com/error-reporting/docs/formatting-error-messages
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

from flask import Flask, has_request_context, request

TRACE_FIELD = "logging.googleapis.com/trace"
SPAN_FIELD = "logging.googleapis.com/spanId"
SAMPLED_FIELD = "logging.googleapis.com/trace_sampled"
# https://www.w3.org/TR/trace-context/: version, trace, span, flags.
_TRACEPARENT = re.compile(
    r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?", re.IGNORECASE
)
# X-Cloud-Trace-Context; its span is a decimal number.
_CLOUD_TRACE = re.compile(
    r"([0-9a-f]{32})(?:/([0-9]{1,20}))?(?:;o=([0-9]))?", re.IGNORECASE
)
# Whoever has the name of a table or run, or the token of a link, can open it.
_OPENS = re.compile(r"[0-9a-f]{16,}|[\w-]{24,}", re.ASCII)
_TRACE_FIELDS = (TRACE_FIELD, SPAN_FIELD, SAMPLED_FIELD)
# Requested all day by the platform or Prometheus.
_ASKED_BY_MACHINES = ("/health/live", "/health/ready", "/metrics")

requests = logging.getLogger("app.requests")


def config(level: str, project: str = "", revision: str = "") -> dict[str, Any]:
    """Return a configuration for `logging.config.dictConfig`.

    Parameters
    ----------
    level : str
        The least severe message that is logged.
    project : str
        The project on Google Cloud that traces belong to.
    revision : str
        The version of the code; Cloud Run's own revision name takes precedence.

    Returns
    -------
    dict
    """
    handler = {"level": level, "handlers": ["stdout"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": "app.hosting.logs.JsonFormatter",
                "project": project,
                "service": os.environ.get("K_SERVICE", "dashboard"),
                "version": os.environ.get("K_REVISION", revision),
            }
        },
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
            # The application logs requests itself, with more fields than gunicorn has.
            "gunicorn.access": {"level": "CRITICAL", "propagate": False},
            # It warns of every request that waits for a thread.
            "waitress.queue": {"level": "CRITICAL", "propagate": False},
            # If it has no handler, Dash adds one that does not write JSON.
            "dash.dash": handler,
        },
    }


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; fields come from ``extra={"fields": {…}}``.

    Parameters
    ----------
    project : str
        The project on Google Cloud that traces belong to; without it only their ids are written.
    service, version : str
        The service name under which errors are collected.
    """

    def __init__(
        self, project: str = "", service: str = "dashboard", version: str = ""
    ):
        super().__init__()
        self._traces = f"projects/{project}/traces/" if project else ""
        self._service = {"service": service}
        if version:
            self._service["version"] = version

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {
            "severity": record.levelname,
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
            "message": without_keys(record.getMessage()),
            "logger": record.name,
            **_trace_of_this_request(),
            **_without_keys(getattr(record, "fields", {})),
        }
        if TRACE_FIELD in entry:
            entry[TRACE_FIELD] = self._traces + entry[TRACE_FIELD]
        if record.levelno >= logging.ERROR:
            entry["serviceContext"] = self._service
        if record.exc_info:
            entry["stack_trace"] = without_keys(self.formatException(record.exc_info))
        return json.dumps(entry, default=str)


def without_keys(text: str) -> str:
    """Return a text in which nothing opens a table or a run: each name of one becomes a short mark of its own.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The same name has the same mark everywhere, so that lines about one run can be found together.
    """
    return _OPENS.sub(_mark, text)


def _mark(found: re.Match) -> str:
    # Programs and their parts have long names, too.
    if not re.search(r"\d", found[0]):
        return found[0]
    return f"#{hashlib.sha256(found[0].encode()).hexdigest()[:8]}"


def _without_keys(value: Any) -> Any:
    if isinstance(value, str):
        return without_keys(value)
    if isinstance(value, dict):
        return {
            name: one if name in _TRACE_FIELDS else _without_keys(one)
            for name, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_without_keys(one) for one in value]
    return value


def trace_fields(
    cloud_trace_context: str | None, traceparent: str | None
) -> dict[str, str | bool]:
    """Return the trace that a request belongs to, as the log's fields.

    Parameters
    ----------
    cloud_trace_context : str or None
        The header ``X-Cloud-Trace-Context``: ``TRACE/SPAN;o=OPTIONS``.
    traceparent : str or None
        The header ``traceparent``: ``VERSION-TRACE-SPAN-FLAGS``, which takes precedence.

    Returns
    -------
    dict
        The trace (32 hexadecimal digits), the span (16) and whether it is sampled, as far as a header has them.
    """
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found:
        trace, span, flags = found.groups()
        return _fields(trace, span.lower(), bool(int(flags, 16) & 1))
    found = _CLOUD_TRACE.fullmatch(cloud_trace_context or "")
    if found:
        trace, number, option = found.groups()
        span = f"{int(number):016x}" if number else ""
        return _fields(trace, span, option == "1" if option else None)
    return {}


def _fields(trace: str, span: str, sampled: bool | None) -> dict[str, str | bool]:
    fields: dict[str, str | bool] = {TRACE_FIELD: trace.lower()}
    if span.strip("0") and len(span) == 16:
        fields[SPAN_FIELD] = span
    if sampled is not None:
        fields[SAMPLED_FIELD] = sampled
    return fields


def install(server: Flask) -> None:
    """Log every request to `server`; call this last, so that no other layer is outside it."""
    server.wsgi_app = _RequestLog(server.wsgi_app)


class _RequestLog:
    """WSGI middleware, because Flask's hooks do not see the bytes sent and the time that sending took."""

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
        # The path only: a query string may contain the id of a table.
        method, path = self.environ["REQUEST_METHOD"], self.environ.get("PATH_INFO", "")
        level = logging.DEBUG if path in _ASKED_BY_MACHINES else logging.INFO
        fields = {
            "method": method,
            "path": path,
            "status": self.status,
            "duration_ms": round((time.perf_counter() - self.started) * 1000, 1),
            "bytes": self.sent,
            **trace_fields(
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
    return trace_fields(
        request.headers.get("X-Cloud-Trace-Context"), request.headers.get("traceparent")
    )
