"""The front door: the URLs of services and tags, which lead to instances by the weights of the traffic."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Tells the tests which revision has answered.
REVISION_HEADER = "X-Revision"
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade"}
_BLOCK = 1 << 16
_SECONDS = 150


class Turns:
    """Whose turn it is: after every 100 requests each revision has had its percents, evenly spread."""

    def __init__(self, weights: Mapping[str, int]):
        self.weights = {name: weight for name, weight in weights.items() if weight}
        self._credit = dict.fromkeys(self.weights, 0)
        self._lock = threading.Lock()

    def next(self) -> str | None:
        """Return the next revision; None if there is none."""
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


class Door:
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
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A browser or a load test opens many connections at once.
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """Hands a request to an instance and its answer back; each connection carries one."""

    choose: Callable[[], Target]
    protocol_version = "HTTP/1.1"

    def _respond(self) -> None:
        self.close_connection = True
        target = self.choose()
        if isinstance(target, int):
            self._refuse(target)
            return
        revision, address = target
        connection = http.client.HTTPConnection(address, timeout=_SECONDS)
        try:
            self._forward(connection)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException):
            self._refuse(503)
            return
        with answer:
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header(REVISION_HEADER, revision)
            self.send_header("Connection", "close")
            self.end_headers()
            while block := answer.read1(_BLOCK):
                self.wfile.write(block)
        connection.close()

    def _forward(self, connection: http.client.HTTPConnection) -> None:
        connection.putrequest(
            self.command, self.path, skip_host=True, skip_accept_encoding=True
        )
        for name, value in self.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                connection.putheader(name, value)
        connection.putheader("X-Forwarded-For", self.client_address[0])
        connection.putheader("X-Forwarded-Proto", "http")
        connection.endheaders()
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            block = self.rfile.read1(min(left, _BLOCK))
            if not block:
                break
            left -= len(block)
            connection.send(block)

    def _refuse(self, status: int) -> None:
        body = f"The fake front door answers {status}.\n".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _respond

    def log_message(self, *_) -> None:
        """Say nothing: the instances log."""
