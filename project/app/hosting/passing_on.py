"""How a request goes to the process of a report, and its answer comes back."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Callable, Iterator

from . import actors
from .report_tables import ALLOWED, PASSED_ON

_CHUNK_BYTES = 65_536
_HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization"),
    *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"),
}
# By cookies and tokens the dashboard knows who asks; a report is told what that person may open, and not more.
_NOT_OF_A_REPORT = {"content-length", "cookie", "authorization"}
_OF_THE_REQUEST = (
    *("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "REMOTE_PORT"),
    *("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "wsgi.url_scheme"),
)


class Connection(http.client.HTTPConnection):
    """A connection to a socket in the file system."""

    def __init__(self, path: str, timeout: float):
        super().__init__("report", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self._path)
        except BaseException:
            self.close()
            raise


def send(connection: http.client.HTTPConnection, environ: dict) -> None:
    """Send a request as it came.

    Parameters
    ----------
    connection : http.client.HTTPConnection
    environ : dict
        Of WSGI.
    """
    body = environ["wsgi.input"].read()
    passed = {
        "environ": {k: environ[k] for k in _OF_THE_REQUEST if k in environ},
        "tables": sorted(environ.get(ALLOWED, ())),
        "logged_in": actors.logged_in_as_json(environ),
    }
    # The address goes along in the header: no oddity of it can change what is asked.
    connection.putrequest(environ["REQUEST_METHOD"], "/", skip_host=True, skip_accept_encoding=True)  # fmt: skip
    connection.putheader(PASSED_ON, base64.b64encode(json.dumps(passed).encode()).decode())  # fmt: skip
    for name, value in _headers(environ):
        connection.putheader(name, value.encode("latin-1"))
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)


def _headers(environ: dict) -> Iterator[tuple[str, str]]:
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", environ["CONTENT_TYPE"]
    for key, value in environ.items():
        name = key.removeprefix("HTTP_").replace("_", "-").title()
        known = name.lower() in _HOP_BY_HOP | _NOT_OF_A_REPORT
        if key.startswith("HTTP_") and name != PASSED_ON and not known:
            yield name, value


class Body:
    """The body of an answer, on its way.

    Parameters
    ----------
    answer : http.client.HTTPResponse
    connection : http.client.HTTPConnection
    done : callable
        Called once, when nothing of it is needed any more.
    """

    def __init__(
        self,
        answer: http.client.HTTPResponse,
        connection: http.client.HTTPConnection,
        done: Callable[[], None],
    ):
        self._answer = answer
        self._connection = connection
        self._done: Callable[[], None] | None = done

    @property
    def head(self) -> tuple[str, list[tuple[str, str]]]:
        """The status and the headers, as WSGI wants them."""
        answer = self._answer
        headers = [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP]  # fmt: skip
        return f"{answer.status} {answer.reason}", headers

    def __iter__(self) -> Iterator[bytes]:
        """Yield its parts."""
        while chunk := self._answer.read(_CHUNK_BYTES):
            yield chunk
        self.close()

    def close(self) -> None:
        """End the connection."""
        done, self._done = self._done, None
        if done:
            self._answer.close()
            self._connection.close()
            done()
