"""One client's connection: its requests are read whole before a thread sees them, and nobody may take for ever."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge

from . import logs
from .api import problems

# How long a client may take to send a request or to read an answer, and how much longer for each byte that moved.
PATIENCE_SECONDS = 30
MIN_BYTES_PER_SECOND = 8192
# How much of a body that is too large is read and dropped: a client that is cut off while sending sees no answer.
MAX_DROPPED_BYTES = 32 * 1024 * 1024
# Of one chunk's size, and of what may follow the last chunk.
_MAX_CONTROL_BYTES = 4096
_SENTENCES = {
    413: "The request is larger than the server accepts.",
    414: "The address is longer than the server accepts.",
    431: "The headers of the request are larger than the server accepts.",
    500: "The server failed, and the error has been logged. Try again later.",
}


class _AddressTooLong(BadRequest):
    code = 414
    reason = "URI Too Long"


class Request(HTTPRequestParser):
    """A request that arrives bit by bit.

    Attributes
    ----------
    cut : bool
        Its body is too large and was not kept. The application sees the size, and refuses it in its own words.
    """

    path = ""
    cut = False

    def received(self, data: bytes) -> int:
        """Take the next bytes, and return how many of them belong to this request."""
        try:
            consumed = super().received(data)
        except ValueError:  # of urlsplit and of int
            self._refuse(BadRequest("The address or the length cannot be read."))
        if isinstance(self.error, RequestEntityTooLarge):
            self._give_up_body()
        elif self.chunked and self._has_endless_control():
            self._refuse(BadRequest("The chunks of the body cannot be read."))
        if self.completed:
            # Otherwise waitress asks for a body that it does not wait for.
            self.expect_continue = False
        return len(data) if self.cut or self.error else consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers."""
        line, _, _ = header_plus.partition(b"\r\n")
        if len(line) > self.adj.max_request_line:
            self._refuse(_AddressTooLong(""))
            return
        super().parse_header(header_plus)

    def _refuse(self, error: Error) -> None:
        self.error = error
        self.completed = True

    def _give_up_body(self) -> None:
        size = max(self.content_length, self.body_bytes_received)
        self.close()
        self.body_rcv = None
        self.headers["CONTENT_LENGTH"] = str(size)
        self.error = None
        self.cut = True

    def _has_endless_control(self) -> bool:
        body = self.body_rcv
        return max(len(body.control_line), len(body.trailer)) > _MAX_CONTROL_BYTES


class _Task(WSGITask):
    """Calls the application with a whole request."""

    def service(self) -> None:
        """Answer the request, then wait for the client again."""
        try:
            super().service()
        finally:
            self.channel.send_what_is_due()
            self.channel.begin_to_wait()

    def set_close_on_finish(self) -> None:
        """Close the connection after this answer, unless waitress wants to only because the answer has no body."""
        asked = self.request.connection_close or self.version == "1.0"
        if self.has_body or asked or self._is_last:
            super().set_close_on_finish()

    def build_response_header(self) -> bytes:
        """Return the status line and the headers."""
        if self._is_last:
            self.channel.unread = self.request.cut
            self.set_close_on_finish()
        return super().build_response_header()

    def write(self, data: bytes) -> None:
        """Send a part of the answer; one to HEAD has no body."""
        super().write(b"" if self.request.command == "HEAD" else data)

    @property
    def _is_last(self) -> bool:
        return self.request.cut or self.channel.server.stopping


class _Refusal(ErrorTask):
    """Answers what is no request."""

    def execute(self) -> None:
        """Answer with a sentence."""
        error = self.request.error
        sentence = _SENTENCES.get(error.code, "The server cannot read this request.")
        kind, content = "application/json", {"error": sentence}
        if problems.is_for_programs(getattr(self.request, "path", "")):
            kind = problems.MEDIA_TYPE
            content = problems.content_of(error.code, sentence)
        body = json.dumps(content).encode()
        self.status = f"{error.code} {error.reason}"
        self.content_length = len(body)
        self.response_headers += [
            ("Content-Type", kind),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self.channel.unread = True
        self.set_close_on_finish()
        self.write(body)
        fields = {"status": error.code, "bytes": len(body)}
        logs.requests.info(
            "An unreadable request: %d", error.code, extra={"fields": fields}
        )


class Channel(HTTPChannel):
    """A connection that knows for how long it has been waiting for its client.

    Attributes
    ----------
    since : float
        When that began, by the monotonic clock.
    unread : bool
        The client may still be sending what nobody reads.
    """

    parser_class = Request
    task_class = _Task
    error_task_class = _Refusal
    unread = False
    _dropping = False

    def __init__(self, *args: Any, **kwargs: Any):
        self.begin_to_wait()
        super().__init__(*args, **kwargs)

    def begin_to_wait(self) -> None:
        """From now on it is the client's turn."""
        self.since = time.monotonic()
        self._moved = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way, in either direction."""
        on_its_way = self.requests or self.request or self.total_outbufs_len
        return not on_its_way and not self._dropping

    @property
    def buffered(self) -> int:
        """How many bytes are kept for this client."""
        requests = [*self.requests, self.request]
        kept = sum(r.body_bytes_received for r in requests if r and r.body_rcv)
        return kept + self.total_outbufs_len

    def visitor(self, proxies: int) -> str:
        """Return the address of who sends the first request, as that many proxies tell it."""
        told = self.requests[0].headers.get("X_FORWARDED_FOR", "").split(",")
        return told[-proxies].strip() if 0 < proxies <= len(told) else self.addr[0]

    def is_too_slow(self, now: float) -> bool:
        """Tell whether the client has had its time."""
        if self.requests:
            return False
        if self.is_idle:
            return now > self.since + self.adj.channel_timeout
        moved = 0 if self._dropping else self._moved
        return now > self.since + PATIENCE_SECONDS + moved / MIN_BYTES_PER_SECOND

    def readable(self) -> bool:
        """Whether more may be read: not the bodies of requests while too much is buffered."""
        in_body = self.request is not None and self.request.headers_finished
        return super().readable() and not (in_body and self.server.is_full)

    def writable(self) -> bool:
        """Whether something is to be sent, and not by the thread that makes the answer."""
        by_thread = self.requests and self.total_outbufs_len < self.adj.send_bytes
        return bool(super().writable() and (self.will_close or not by_thread))

    def received(self, data: bytes) -> bool:
        """Take what the client has sent."""
        if self._dropping:
            self._moved += len(data)
            self.will_close = self._moved > MAX_DROPPED_BYTES
            return False
        if self.is_idle:
            self.begin_to_wait()
        self._moved += len(data)
        return super().received(data)

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the client takes at once."""
        sent = super().send(data, do_close)
        self._moved += sent
        return sent

    def send_what_is_due(self) -> None:
        """Send an answer as far as the client takes it, in the thread that made it."""
        with self.outbuf_lock:
            self._flush_exception(self._flush_some, do_close=False)

    def handle_write(self) -> None:
        """Send what is due, then close if that was the last; a client that still sends must see the answer first."""
        if not (self.unread and self.close_when_flushed):
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif not self.total_outbufs_len:
            self.close_when_flushed, self._dropping = False, True
            self.begin_to_wait()
            self._end_answer()

    def _end_answer(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:  # the client is gone
            self.will_close = True
