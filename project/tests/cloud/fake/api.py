"""The HTTP server that gcloud takes for Google's: it logs each call, runs the hooks of tests, and calls the APIs."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_STATUS_OF_CODE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
# What a hook returns to end the connection without an answer, and how a call that got none is logged.
NO_ANSWER = 0


class ApiError(Exception):
    """An answer with an error, as Google words it."""

    def __init__(self, code: int, message: str, **more: Any):
        super().__init__(message)
        self.code = code
        status = _STATUS_OF_CODE.get(code, "UNKNOWN")
        error = {"code": code, "message": message, "status": status}
        self.body = {"error": {**error, **more}}


@dataclass
class Call:
    """One request, and the status that it was answered with."""

    method: str
    host: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    status: int = NO_ANSWER

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


# The status and the body of an answer.
Answer = tuple[int, dict]


@dataclass
class Hook:
    """A function that is called before matching calls are handled."""

    method: str
    path: re.Pattern
    function: Callable[[Call], Answer | None]
    after: int
    times: int

    def fires(self, call: Call) -> bool:
        """Tell whether the hook applies to this call."""
        if self.method not in ("*", call.method) or not self.path.search(call.path):
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return self.times >= 0


class ApiServer:
    """Answers on loopback, also as a proxy for ``http://``.

    Parameters
    ----------
    apis : dict of str to callable
        The handler of each API, by a part of its host's name; it returns an answer or raises `ApiError`.
    """

    def __init__(self, apis: dict[str, Callable[[Call], Answer]]):
        self.apis = apis
        self.calls: list[Call] = []
        self.hooks: list[Hook] = []
        self._lock = threading.Lock()
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listen, on the port that it had before."""

        class Handler(_Handler):
            api = self

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Refuse all connections."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, call: Call) -> Answer:
        """Log a call, run the hooks whose turn it is, then ask the API."""
        with self._lock:
            self.calls.append(call)
            hooks = [hook for hook in self.hooks if hook.fires(call)]
        for hook in hooks:
            answer = hook.function(call)
            if answer is not None:
                return answer
        for name, api in self.apis.items():
            if name in call.host:
                return api(call)
        raise ApiError(404, f"Nobody answers for {call.host}.")


class _Handler(BaseHTTPRequestHandler):
    """Reads a request and writes the answer, both JSON."""

    api: ApiServer
    protocol_version = "HTTP/1.1"

    def _respond(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        call = Call(
            self.command,
            url.netloc or self.headers.get("Host", ""),
            unquote(url.path),
            {name: values[-1] for name, values in parse_qs(url.query).items()},
            json.loads(body) if body else None,
        )
        try:
            status, answer = self.api.answer(call)
        except ApiError as error:
            status, answer = error.code, error.body
        call.status = status
        if status == NO_ANSWER:
            self.close_connection = True
            return
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _respond

    def do_CONNECT(self) -> None:
        """Refuse to connect to anything else: no request leaves this machine."""
        self.api.calls.append(Call("CONNECT", self.path, "", status=403))
        self.send_error(403)

    def log_message(self, *_) -> None:
        """Log nothing: `ApiServer.calls` has every call."""
