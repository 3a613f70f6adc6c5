"""The load balancer: the URLs of services and tags, which lead to instances by the weights of the traffic."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

# Tells the tests which revision has answered.
REVISION_HEADER = "X-Revision"
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade"}
_SECONDS = 150


class RoundRobin:
    """Chooses revisions by weight: of every 100 requests each gets its percents, evenly spread."""

    def __init__(self, weights: Mapping[str, int]):
        self.weights = {name: weight for name, weight in weights.items() if weight}
        self._credit = dict.fromkeys(self.weights, 0)
        self._lock = threading.Lock()

    def next(self) -> str | None:
        """Return the revision that gets the next request; None if there is none."""
        if not self.weights:
            return None
        with self._lock:
            for name, weight in self.weights.items():
                self._credit[name] += weight
            chosen = max(self._credit, key=lambda name: self._credit[name])
            self._credit[chosen] -= sum(self.weights.values())
        return chosen


# A revision's name and the address of its instance, or the status to answer with instead.
Target = tuple[str, str] | int


class Frontend:
    """One URL.

    Parameters
    ----------
    choose : callable
        Returns where the next request goes.
    """

    def __init__(self, choose: Callable[[], Target]):
        class Handler(_Handler):
            pass

        Handler.choose = staticmethod(choose)
        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A browser or a load test opens many connections at once.
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """Forwards a request to an instance and its answer back; each connection carries one."""

    choose: Callable[[], Target]
    protocol_version = "HTTP/1.1"

    def _respond(self) -> None:
        self.close_connection = True
        target = self.choose()
        if isinstance(target, int):
            self._answer(target, {}, f"The load balancer answers {target}.\n".encode())
            return
        revision, address = target
        length = int(self.headers.get("Content-Length") or 0)
        headers = {**_forwarded(self.headers), "X-Forwarded-Proto": "http"}
        try:
            answer = requests.request(
                self.command,
                f"http://{address}{self.path}",
                headers=headers,
                data=self.rfile.read(length),
                allow_redirects=False,
                stream=True,
                timeout=_SECONDS,
            )
            body = answer.raw.read()
        except requests.RequestException:
            self._answer(503, {}, b"The instance does not answer.\n")
            return
        headers = {**_forwarded(answer.headers), REVISION_HEADER: revision}
        self._answer(answer.status_code, headers, body)

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        own = {"Content-Length": str(len(body)), "Connection": "close"}
        for name, value in {**headers, **own}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = _respond

    def log_message(self, *_) -> None:
        """Log nothing: the instances do."""


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name.title(): value
        for name, value in headers.items()
        if name.lower() not in _HOP_BY_HOP
    }
