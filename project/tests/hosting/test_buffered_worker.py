"""Reading requests: whole ones reach a thread, slow and senseless clients only hold their own socket."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from app.hosting import buffered_channel, buffered_worker
from app.hosting.buffered_worker import BufferedWorker
from app.storage.uploads import PART_BYTES
from tests.conftest import PATIENCE_SECONDS, wait_for

LARGE = 64 * 1024 * 1024


class Application:
    """A WSGI application that notes what reaches it, and that a test can hold up."""

    def __init__(self):
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.held = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.answered = threading.Event()

    def __call__(self, environ, start_response):
        path, size = environ["PATH_INFO"], int(environ.get("CONTENT_LENGTH") or 0)
        self.paths.append(path)
        if path == "/held" or environ["QUERY_STRING"] == "held":
            self.held.release()
            self.go_on.wait(PATIENCE_SECONDS)
        if size > PART_BYTES:
            start_response("413 Too Large", [("Content-Length", "3")])
            return [b"big"]
        self.bodies.append(environ["wsgi.input"].read())
        if path == "/nothing":
            start_response("204 No Content", [])
            return []
        if path == "/large":
            self.answered.set()
            start_response("200 OK", [("Content-Length", str(LARGE))])
            return [bytes(LARGE)]
        body = json.dumps([environ["REQUEST_METHOD"], path, size]).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


class Served:
    """A worker in a thread of this process."""

    def __init__(self, threads: int = 8, connections: int = 100, **settings):
        self.application = Application()
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = listener.getsockname()
        config = Config()
        for name, value in {
            "threads": threads,
            "worker_connections": connections,
            "graceful_timeout": PATIENCE_SECONDS,
            "keepalive": PATIENCE_SECONDS,
            **settings,
        }.items():
            config.set(name, value)
        sockets = [SimpleNamespace(sock=listener)]
        self.worker = BufferedWorker(
            1, os.getppid(), sockets, None, 30, config, logging.getLogger("test")
        )
        self.worker.wsgi = self.application
        self.worker.PIPE = os.pipe()
        self.thread = threading.Thread(target=self.worker.run, daemon=True)
        self.thread.start()
        self.opened: list[socket.socket] = []

    def send(self, content: bytes, source: str = "127.0.0.1") -> socket.socket:
        """Open a connection from an address of this machine, and send something on it."""
        connection = socket.create_connection(
            self.address, PATIENCE_SECONDS, (source, 0)
        )
        connection.sendall(content)
        self.opened.append(connection)
        return connection

    def waiting(self) -> list:
        """Return the whole requests that no thread has yet."""
        queue = self.worker.servers[0].task_dispatcher.queue
        return [channel for waiting in queue._of.values() for channel in waiting]

    def answer(self, content: bytes, method: str = "GET") -> HTTPResponse:
        """Send something, and read the answer."""
        return read(self.send(content), method)

    def ask(self, path: str = "/", method: str = "GET", **options) -> HTTPResponse:
        """Send a request on a connection of its own."""
        connection = HTTPConnection(*self.address, timeout=PATIENCE_SECONDS)
        connection.request(method, path, **options)
        self.opened.append(connection.sock)
        answer = connection.getresponse()
        answer.content = answer.read()
        return answer

    def stop(self) -> None:
        """Ask the worker to stop, as gunicorn's signal handler does."""
        self.worker.alive = False
        os.write(self.worker.PIPE[1], b"x")

    def close(self) -> None:
        """End the worker, whatever it does."""
        self.application.go_on.set()
        for connection in self.opened:
            connection.close()
        self.stop()
        self.thread.join(PATIENCE_SECONDS)


def read(connection: socket.socket, method: str = "GET") -> HTTPResponse:
    """Read one answer whole."""
    answer = HTTPResponse(connection, method=method)
    answer.begin()
    answer.content = answer.read()
    return answer


def is_closed(connection: socket.socket) -> bool:
    """Wait until the server has closed a connection, without any answer."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def serve():
    servers = []

    def start(**options) -> Served:
        servers.append(Served(**options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_half_sent_requests_hold_no_thread(serve):
    served = serve(threads=1)
    served.send(b"")
    served.send(b"GET / HT")
    served.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhal")
    served.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal")
    assert served.ask("/").status == 200
    assert served.application.bodies == [b""]


@pytest.mark.parametrize("proxies", [0, 1])
def test_visitors_take_turns(serve, monkeypatch, proxies):
    monkeypatch.setenv("TRUSTED_PROXIES", str(proxies))
    served = serve(threads=1)

    def send(path: str, visitor: str) -> socket.socket:
        told = f"X-Forwarded-For: 9.9.9.9, {visitor}\r\n" if proxies else ""
        source = "127.0.0.1" if proxies else visitor
        request_ = f"GET {path} HTTP/1.1\r\n{told}\r\n"
        return served.send(request_.encode(), source)

    held = send("/held", "127.0.0.2")
    assert served.application.held.acquire(timeout=PATIENCE_SECONDS)
    many = [send("/many", "127.0.0.2") for _ in range(20)]
    wait_for(lambda: len(served.waiting()) == 20, what="the many requests")
    one = send("/one", "127.0.0.3")
    wait_for(lambda: len(served.waiting()) == 21, what="the one request")
    served.application.go_on.set()
    for connection in [held, *many, one]:
        assert read(connection).status == 200
    assert served.application.paths.index("/one") <= 2


def test_a_health_check_is_answered_while_every_thread_is_busy(serve):
    served = serve(threads=2)
    for _ in range(4):
        served.send(b"GET /held HTTP/1.1\r\n\r\n")
    for _ in range(2):
        assert served.application.held.acquire(timeout=PATIENCE_SECONDS)
    assert served.ask("/health/live").status == 200
    assert not served.application.held.acquire(blocking=False)


@pytest.mark.parametrize("path", ["/mcp", "/api/v1/runs/a/predict"])
def test_a_page_is_answered_while_every_thread_of_the_models_is_busy(serve, path):
    served = serve(threads=1)
    for _ in range(20):
        served.send(b"GET %s?held HTTP/1.1\r\n\r\n" % path.encode())
    assert served.application.held.acquire(timeout=PATIENCE_SECONDS)
    assert served.ask("/train").status == 200


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HTTP/1.1\r\nHo",
        b"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n1234",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n12",
    ],
)
def test_a_client_that_drips_is_cut_off(serve, monkeypatch, begun):
    monkeypatch.setattr(buffered_channel, "PATIENCE_SECONDS", 0)
    served = serve()
    connection = served.send(begun)

    def drips_no_more() -> bool:
        try:
            connection.sendall(b"a")
        except OSError:
            return True
        return False

    wait_for(drips_no_more, what="the server to close the connection")
    assert served.application.bodies == []


def test_a_client_that_sends_fast_enough_has_more_time(monkeypatch):
    sender, receiver = socket.socketpair()
    server = SimpleNamespace(active_channels={}, is_full=False)
    adjustments = buffered_worker.adjustments(Config())
    channel = buffered_channel.Channel(server, receiver, ("a", 1), adjustments, map={})
    channel.received(b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
    late = channel.since + buffered_channel.PATIENCE_SECONDS + 60
    assert channel.is_too_slow(late)
    channel.received(bytes(60 * buffered_channel.MIN_BYTES_PER_SECOND))
    assert not channel.is_too_slow(late)
    assert channel.is_too_slow(late + 60)
    sender.close()
    receiver.close()


def test_who_reads_slowly_holds_no_thread(serve):
    served = serve(threads=1)
    slow = served.send(b"GET /large HTTP/1.1\r\n\r\n")
    assert served.application.answered.wait(PATIENCE_SECONDS)
    assert served.ask("/").status == 200
    assert len(read(slow).content) == LARGE


def test_who_does_not_read_an_answer_is_cut_off(serve, monkeypatch):
    monkeypatch.setattr(buffered_channel, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(buffered_channel, "MIN_BYTES_PER_SECOND", LARGE)
    served = serve()
    slow = served.send(b"GET /large HTTP/1.1\r\n\r\n")
    assert served.application.answered.wait(PATIENCE_SECONDS)
    wait_for(
        lambda: not served.worker.connections(), what="the connection to be closed"
    )
    with pytest.raises((ConnectionResetError, IncompleteRead)):
        read(slow)


def test_if_there_are_too_many_connections_the_oldest_idle_one_goes(serve):
    served = serve(connections=10)
    first = served.send(b"GET / HT")
    others = [served.send(b"") for _ in range(20)]
    assert served.ask("/").status == 200
    assert is_closed(first)
    assert is_closed(others[0])


def test_connections_that_wait_for_their_answer_are_never_closed_for_others(serve):
    served = serve(threads=1, connections=3)
    busy = [served.send(b"GET /held HTTP/1.1\r\n\r\n") for _ in range(3)]
    later = served.send(b"GET / HTTP/1.1\r\n\r\n")
    served.application.go_on.set()
    assert [read(connection).status for connection in [*busy, later]] == [200] * 4


def test_what_is_kept_for_clients_is_bounded(serve, monkeypatch):
    monkeypatch.setattr(buffered_worker, "MAX_BUFFERED_BYTES", 100_000)
    served = serve()
    head = b"POST / HTTP/1.1\r\nContent-Length: 90000\r\n\r\n"
    oldest, newest = (served.send(head + bytes(80_000)) for _ in range(2))
    assert is_closed(oldest)
    newest.sendall(bytes(10_000))
    assert read(newest).status == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"get / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\na\x00b: c\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: first\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5000, 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\na: " + b"b" * 40_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\na: " + b"b" * 40_000, 431),
    ],
)
def test_what_is_no_request_is_refused_with_a_sentence(serve, caplog, request_, status):
    served = serve()
    answer = served.answer(request_)
    assert answer.status == status
    assert json.loads(answer.content)["error"].endswith(".")
    assert answer.headers["Server"] is None
    assert served.application.bodies == []
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert served.ask("/").status == 200


@pytest.mark.parametrize("encoding", ["length", "chunked"])
def test_a_body_that_is_too_large_is_refused_by_the_application(serve, encoding):
    served = serve()
    body = bytes(PART_BYTES + 1)
    content = body if encoding == "length" else iter([body])
    answer = served.ask(method="POST", body=content)
    assert (answer.status, answer.content) == (413, b"big")
    assert answer.headers["Connection"] == "close"


def test_the_largest_part_of_an_upload_arrives_whole(serve):
    served = serve()
    body = os.urandom(PART_BYTES)
    assert served.ask(method="PUT", body=body).status == 200
    assert served.application.bodies == [body]


def test_a_client_may_wait_for_permission_to_send_its_body(serve):
    served = serve()
    head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    connection = served.send(head % 5)
    assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(b"hello")
    assert read(connection).status == 200
    assert served.application.bodies == [b"hello"]
    assert served.answer(head % 0).status == 200
    assert served.answer(head % (PART_BYTES + 1)).status == 413


def test_a_connection_serves_one_request_after_the_other(serve):
    served = serve()
    connection = served.send(b"GET /a HTTP/1.1\r\n\r\n")
    assert json.loads(read(connection).content)[1] == "/a"
    connection.sendall(b"GET /nothing HTTP/1.1\r\n\r\n")
    assert read(connection).status == 204
    connection.sendall(b"HEAD /c HTTP/1.1\r\n\r\n")
    answer = read(connection, "HEAD")
    assert (answer.status, answer.content) == (200, b"")
    connection.sendall(b"GET /d HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert json.loads(read(connection).content)[1] == "/d"
    assert is_closed(connection)


def test_a_worker_that_stops_ends_what_is_under_way(serve):
    served = serve()
    busy = served.send(b"GET /held HTTP/1.1\r\n\r\n")
    assert served.application.held.acquire(timeout=PATIENCE_SECONDS)
    served.stop()
    wait_for(lambda: _refuses(served), what="nobody to be accepted any more")
    served.application.go_on.set()
    answer = read(busy)
    assert (answer.status, answer.headers["Connection"]) == (200, "close")
    served.thread.join(PATIENCE_SECONDS)
    assert not served.thread.is_alive()


def test_requests_that_come_together_are_answered_in_their_order(serve):
    served = serve()
    last = b"GET /b HTTP/1.1\r\nConnection: close\r\n\r\n"
    connection = served.send(b"GET /a HTTP/1.1\r\n\r\n" + last)
    answers = b"".join(iter(lambda: connection.recv(1000), b""))
    assert answers.count(b"200 OK") == 2
    assert answers.index(b"/a") < answers.index(b"/b")


def _refuses(served) -> bool:
    try:
        socket.create_connection(served.address).close()
    except OSError:
        return True
    return False


def test_a_worker_that_stops_does_not_wait_for_half_a_request(serve):
    served = serve(graceful_timeout=1)
    served.send(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhal")
    served.send(b"")
    served.ask("/")
    served.stop()
    served.thread.join(PATIENCE_SECONDS)
    assert not served.thread.is_alive()


def test_a_worker_is_replaced_after_as_many_requests_as_gunicorn_says(serve):
    served = serve(max_requests=3)
    for _ in range(3):
        assert served.ask("/").status == 200
    served.thread.join(PATIENCE_SECONDS)
    assert not served.thread.is_alive()
