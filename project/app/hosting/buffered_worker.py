"""The worker that gunicorn starts: waitress reads the requests in one loop, and threads see only whole ones.

Gunicorn's own threads wait for what a client sends: as many clients as there are threads, each with half a request,
stop the server. Here a slow client holds a socket and nothing else. Health checks have threads of their own.
"""

from __future__ import annotations

import logging
import os
import re
import resource
import socket
import time
from collections import Counter, OrderedDict, deque
from typing import Any

from gunicorn.config import Config
from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from app.settings import Settings
from app.storage.uploads import PART_BYTES

from .buffered_channel import Channel

HEALTH = "/health/"
_HEALTH_THREADS = 2
# What a model is asked, and may take long: however many programs ask, pages find a thread.
_OF_MODELS = re.compile(r"/mcp|/api/v1/runs/[^/]+/(predict|explain|check)")
_MODEL_THREADS = 4
# All bodies that arrive or wait, and all answers that wait for their readers.
MAX_BUFFERED_BYTES = 512 * 1024 * 1024
# Larger ones are kept in temporary files.
_IN_MEMORY_BYTES = 1024 * 1024
_MAX_HEADER_BYTES = 32 * 1024
_RECEIVED_AT_ONCE = 64 * 1024
_ACCEPTED_AT_ONCE = 64
# Each connection may need two files beside its socket.
_FILES_EACH = 3
_OTHER_FILES = 256
# A connection that is as new as that is not closed for another one: its request may be here, but not read yet.
_NEW_SECONDS = 1.0
# How long a worker that stops leaves unused connections open: a client may be sending on one just now.
_LINGER_SECONDS = 1.0

logger = logging.getLogger(__name__)


class _FairQueue:
    """Requests that wait for a thread: the visitors take turns, so that nobody waits behind all that another sends."""

    def __init__(self, proxies: int):
        self._proxies = proxies
        self._of: OrderedDict[str, deque[Channel]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, channel: Channel) -> None:
        """Let a request wait behind the others of its visitor."""
        visitor = channel.visitor(self._proxies)
        self._of.setdefault(visitor, deque()).append(channel)
        self._size += 1

    def popleft(self) -> Channel:
        """Return the next request."""
        visitor, waiting = self._of.popitem(last=False)
        channel = waiting.popleft()
        if waiting:
            self._of[visitor] = waiting
        self._size -= 1
        return channel


class _Threads(ThreadedTaskDispatcher):
    """Threads that serve whole requests."""

    def __init__(self, count: int, proxies: int = 0):
        super().__init__()
        self.queue = _FairQueue(proxies)
        self.set_thread_count(count)


class _Wakeup(wasyncore.file_dispatcher):
    """Ends the loop's wait when a signal arrives."""

    def writable(self) -> bool:
        """Nothing is ever written."""
        return False

    def handle_read(self) -> None:
        """Forget the signals; their handlers have run."""
        self.recv(4096)


class _Server(TcpWSGIServer):
    """One listening socket and its connections.

    Attributes
    ----------
    stopping : bool
        Every answer is the last on its connection.
    is_full : bool
        More is buffered than there is room for.
    """

    channel_class = Channel
    stopping = False
    is_full = False

    def __init__(self, worker: BufferedWorker, listener: socket.socket, adj, **shared):
        self._worker = worker
        self._leaving: list[Channel] = []
        name = listener.getsockname()
        kind = (listener.family, listener.type, listener.proto, name)
        super().__init__(
            worker.wsgi,
            _sock=listener,
            adj=adj,
            bind_socket=False,
            sockinfo=kind,
            **shared,
        )

    @property
    def _is_local(self) -> bool:
        return self.family == socket.AF_UNIX

    def getsockname(self) -> tuple[str, Any]:
        """Return the address and the port."""
        if self._is_local:
            return "unix", self.socket.getsockname()
        return super().getsockname()

    def fix_addr(self, addr: Any) -> Any:
        """Return the client's address."""
        return ("localhost", None) if self._is_local else addr

    def set_socket_options(self, conn: socket.socket) -> None:
        """Send small answers at once."""
        if not self._is_local:
            super().set_socket_options(conn)

    def add_task(self, channel: Channel) -> None:
        """Let a thread answer the first request of a connection: health checks never wait behind others.

        Nor do pages behind what models are asked.
        """
        request = channel.requests[0]
        is_quick = request.error or request.path.startswith(HEALTH)
        threads = self._worker.quick if is_quick else self.task_dispatcher
        if not is_quick and _OF_MODELS.fullmatch(request.path):
            threads = self._worker.models
        threads.add_task(channel)
        self._worker.count_request()

    def readable(self) -> bool:
        """Whether somebody may connect."""
        return self.accepting and (self._has_room or bool(self._waiting()))

    def handle_accept(self) -> None:
        """Accept who wants to connect; if there are too many, those that have waited for longest must go."""
        for _ in range(_ACCEPTED_AT_ONCE):
            if not self._has_room:
                self._make_room()
                if not self._has_room:
                    return
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                return

    def tidy(self) -> None:
        """Close what must go; called between two turns of the loop, in which descriptors may not change hands."""
        now = time.monotonic()
        if now >= self.next_channel_cleanup:
            self.next_channel_cleanup = now + self.adj.cleanup_interval
            self.maintenance(now)
        for channel in self._leaving:
            channel.handle_close()
        self._leaving.clear()

    def maintenance(self, now: float) -> None:
        """Choose the connections of clients that have had their time, and the oldest if too much is buffered."""
        channels = list(self.active_channels.values())
        late = [channel for channel in channels if channel.is_too_slow(now)]
        excess = sum(channel.buffered for channel in channels) - MAX_BUFFERED_BYTES
        self.is_full = excess > 0
        for channel in sorted(channels, key=lambda channel: channel.since):
            if excess > 0 and channel.buffered and not channel.requests:
                excess -= channel.buffered
                late.append(channel)
        if any(not channel.is_idle for channel in late):
            logger.info("Closed %d connections of slow clients", len(late))
        self._close_soon(late)

    def stop(self) -> None:
        """Accept nobody any more."""
        self.stopping = True
        wasyncore.dispatcher.close(self)

    @property
    def _has_room(self) -> bool:
        channels = self.active_channels.values()
        limit = self.adj.connection_limit
        if len(channels) < limit:
            return True
        return sum(not channel.will_close for channel in channels) < limit

    def _waiting(self) -> list[Channel]:
        new = time.monotonic() - _NEW_SECONDS
        return [
            channel
            for channel in self.active_channels.values()
            if not (channel.requests or channel.will_close or channel.since > new)
        ]

    def _make_room(self) -> None:
        """Close some connections of the address that has most of them: those that have waited for longest."""
        waiting = self._waiting()
        if waiting:
            crowd = Counter(channel.addr[0] for channel in waiting)
            ((address, _),) = crowd.most_common(1)
            theirs = (c for c in waiting if c.addr[0] == address)
            oldest = sorted(theirs, key=lambda channel: channel.since)
            self._close_soon(oldest[: 1 + self.adj.connection_limit // 20])

    def _close_soon(self, channels: list[Channel]) -> None:
        # The flag alone would wait until the client reads.
        for channel in channels:
            channel.will_close = True
            self._leaving.append(channel)


class BufferedWorker(Worker):
    """A process that serves; gunicorn starts, watches, reloads and stops it."""

    def count_request(self) -> None:
        """Stop after as many requests as gunicorn's `max_requests` allows."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("The worker has served %d requests and is replaced", self.nr)
            self.alive = False

    def run(self) -> None:
        """Serve until gunicorn says stop, or is gone."""
        settings = adjustments(self.cfg)
        proxies = Settings.from_environ().trusted_proxies
        threads = _Threads(self.cfg.threads, proxies)
        self.quick = _Threads(_HEALTH_THREADS, proxies)
        self.models = _Threads(_MODEL_THREADS, proxies)
        loop: dict[int, Any] = {}
        _Wakeup(self.PIPE[0], loop)
        self.servers = [
            _Server(self, listener.sock, settings, map=loop, dispatcher=threads)
            for listener in self.sockets
        ]
        while self.alive and self.ppid == os.getppid():
            self._turn(loop, 1.0)
        for server in self.servers:
            server.stop()
        self._finish(loop)

    def connections(self) -> list[Channel]:
        """Return the connections of all listening sockets."""
        return [c for server in self.servers for c in server.active_channels.values()]

    def _turn(self, loop: dict[int, Any], wait: float) -> None:
        self.notify()
        wasyncore.poll2(wait, loop)
        for server in self.servers:
            server.tidy()

    def _finish(self, loop: dict[int, Any]) -> None:
        """End what is under way, as far as it ends in time."""
        begun = time.monotonic()
        while time.monotonic() < begun + self.cfg.graceful_timeout:
            lingers = time.monotonic() < begun + _LINGER_SECONDS
            if not any(lingers or not one.is_idle for one in self.connections()):
                return
            self._turn(loop, 0.1)


def adjustments(cfg: Config) -> Adjustments:
    """Return what waitress needs to know, from gunicorn's configuration."""
    chosen = Adjustments(
        backlog=cfg.backlog,
        connection_limit=_room_for(cfg.worker_connections),
        channel_timeout=cfg.keepalive,
        cleanup_interval=1,
        recv_bytes=_RECEIVED_AT_ONCE,
        inbuf_overflow=_IN_MEMORY_BYTES,
        outbuf_overflow=_IN_MEMORY_BYTES,
        # No thread waits for a reader: the whole answer is buffered.
        outbuf_high_watermark=2 * MAX_BUFFERED_BYTES,
        max_request_header_size=_MAX_HEADER_BYTES,
        # Waitress refuses from this size on.
        max_request_body_size=PART_BYTES + 1,
        # Left to the application, which knows how many proxies there are.
        clear_untrusted_proxy_headers=False,
        server_name="localhost",
        log_socket_errors=False,
    )
    # A small answer is sent at once: not first its headers, then its body.
    chosen.send_bytes = _IN_MEMORY_BYTES
    chosen.ident = ""  # no header 'Server'
    chosen.max_request_line = cfg.limit_request_line
    return chosen


def _room_for(connections: int) -> int:
    """Return how many connections this process can have open, at most `connections`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections * _FILES_EACH + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, min(connections, (soft - _OTHER_FILES) // _FILES_EACH))
    return connections
