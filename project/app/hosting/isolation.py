"""Reports in processes of their own, to which requests are passed on: what one does there, the server survives.

A process is started at the first visit and ended when nobody has asked it for a while, when it takes too long for an
answer, or when the server ends. One that ends by itself is started again, at longer and longer intervals.
"""

from __future__ import annotations

import base64
import http.client
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from app import wording
from app.reporting.metadata import Entry
from app.reporting.versions import Broken, Built
from app.settings import Settings

from .passing_on import Body, Connection, send
from .report_launch import ReportProcess
from .report_tables import WANTED_TO_END

# How many requests one report, and all of them, may occupy threads of the server with.
REQUESTS_OF_ONE = 6
REQUESTS_OF_ALL = 10
# So many threads more than for everything else a server needs that passes requests on.
MORE_THREADS = 8
MAX_PROCESSES = 8
IDLE_SECONDS = 600
_LOOK_SECONDS = 30
_WAIT_SECONDS = 2.0
# One that is built by a thread of its own may take longer than a visitor waits.
_BUILD_SECONDS = 60.0
_LONGEST_PAUSE = 60.0
# One that answered for so long is taken to be well again.
_WELL_SECONDS = 30.0
_BUSY = "Many visitors are waiting for answers of reports. Reload the page in a few seconds."

logger = logging.getLogger(__name__)


class Isolation:
    """Makes reports that run in processes of their own.

    Parameters
    ----------
    settings : Settings
    data_dir : pathlib.Path
        Where the tables of the server are.
    ancestors : str
        The sources that may frame a report.
    """

    def __init__(self, settings: Settings, data_dir: Path, ancestors: str):
        self.settings = settings
        self._common = {
            "data_dir": str(data_dir),
            "days": settings.retention_days,
            "max_upload_bytes": settings.max_upload_bytes,
            "memory_mb": settings.report_memory_mb,
            "ancestors": ancestors,
            "logging": [settings.log_level, settings.google_cloud_project, settings.revision],  # fmt: skip
        }
        self._lock = threading.Lock()
        self._reports: list[IsolatedReport] = []
        self._requests = threading.BoundedSemaphore(REQUESTS_OF_ALL)
        self._watching = False

    def make(self, entry: Entry) -> Built:
        """Start a report, and return it once it can be served.

        Raises
        ------
        Broken
            It could not be built.
        """
        report = IsolatedReport(entry, self)
        with self._lock:
            self._reports.append(report)
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="idle reports", daemon=True).start()  # fmt: skip
        try:
            report.start()
        except BaseException:
            self.forget(report)
            raise
        return Built(report, lambda: self.forget(report))

    def forget(self, report: IsolatedReport) -> None:
        """End a report that is no longer served, once it has answered."""
        with self._lock:
            if report in self._reports:
                self._reports.remove(report)
        report.close()

    def order(self, entry: Entry) -> bytes:
        """Return what the process of a report is to do, as a line of JSON."""
        asked = {
            "name": entry.name,
            "path": str(entry.path),
            "title": entry.title,
            "description": entry.description,
            "source": base64.b64encode(entry.source).decode(),
        }
        return json.dumps(self._common | asked).encode() + b"\n"

    def make_room(self, report: IsolatedReport) -> None:
        """End the process that was asked longest ago, if as many run as may.

        Raises
        ------
        Broken
            All of them are answering.
        """
        with self._lock:
            others = [each for each in self._reports if each is not report]
        running = sorted((each for each in others if each.runs), key=lambda each: each.used)  # fmt: skip
        if len(running) < MAX_PROCESSES:
            return
        if not any(each.end_if_idle(0) for each in running):
            raise Broken(_BUSY)

    def enter(self) -> bool:
        """Tell whether one more request may occupy a thread of the server; it must `leave`."""
        return self._requests.acquire(blocking=False)

    def leave(self) -> None:
        """End what `enter` began."""
        self._requests.release()

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(_LOOK_SECONDS):
            with self._lock:
                reports = list(self._reports)
            for report in reports:
                report.end_if_idle(IDLE_SECONDS)


class IsolatedReport:
    """A WSGI application that passes requests on to the process of a report.

    Parameters
    ----------
    entry : Entry
    isolation : Isolation
    """

    def __init__(self, entry: Entry, isolation: Isolation):
        self.used = time.monotonic()
        self._entry = entry
        self._isolation = isolation
        self._lock = threading.RLock()
        self._slots = threading.BoundedSemaphore(REQUESTS_OF_ONE)
        self._in_flight = 0
        self._process: ReportProcess | None = None
        self._closed = False
        self._crashes = 0
        self._not_before = 0.0

    @property
    def runs(self) -> bool:
        """Whether it has a process."""
        return self._process is not None

    def start(self) -> ReportProcess:
        """Return its process, which is started unless it runs.

        Raises
        ------
        Broken
            It cannot be built, or has ended too often.
        """
        seconds = self._isolation.settings.report_seconds
        if not self._lock.acquire(timeout=seconds):
            raise Broken("The report is being started. Reload the page in a few seconds.")  # fmt: skip
        try:
            if self._process and self._process.ended:
                self._crashed(self._process)
            if self._process:
                return self._process
            left = self._not_before - time.monotonic()
            if left > 0:
                raise Broken(
                    f"It has ended unexpectedly {wording.plural(self._crashes, 'time')}; the log says more. "
                    f"It is started again in {wording.seconds(max(1, round(left)))}."
                )
            self._isolation.make_room(self)
            order = self._isolation.order(self._entry)
            self._process = ReportProcess.started(self._entry.name, order, max(_BUILD_SECONDS, seconds))  # fmt: skip
            return self._process
        finally:
            self._lock.release()

    def end_if_idle(self, seconds: float) -> bool:
        """End its process if nobody has asked it for so long; return whether that was so."""
        with self._lock:
            idle = not self._in_flight and time.monotonic() - self.used >= seconds
            if not idle or not self._process:
                return False
            self._end()
            return True

    def close(self) -> None:
        """End its process for good, once it has answered."""
        with self._lock:
            self._closed = True
            if not self._in_flight:
                self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.end()

    def _crashed(self, process: ReportProcess) -> None:
        """Let a process go that has ended, or is useless, unless another thread has seen it before."""
        with self._lock:
            if self._process is not process:
                return
            self._crashes = 1 if process.age > _WELL_SECONDS else self._crashes + 1
            pause = 0.0 if self._crashes < 2 else min(_LONGEST_PAUSE, 2.0 ** (self._crashes - 1))  # fmt: skip
            self._not_before = time.monotonic() + pause
            logger.error("The process of report %s ended unexpectedly", self._entry.name)  # fmt: skip
            self._end()

    # ---- Requests

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer a request, as WSGI wants it.

        Raises
        ------
        Broken
            There is no answer.
        SystemExit
            The report wanted to end the process that it runs in.
        """
        if not self._isolation.enter():
            raise Broken(_BUSY)
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            self._isolation.leave()
            raise Broken(_BUSY)
        with self._lock:
            self._in_flight += 1
        try:
            connection, answer = self._answered(environ)
        except BaseException:
            self._done()
            raise
        body = Body(answer, connection, self._done)
        if answer.getheader(WANTED_TO_END):
            body.close()
            raise SystemExit
        start_response(*body.head)
        return body

    def _done(self) -> None:
        with self._lock:
            self._in_flight -= 1
            self.used = time.monotonic()
            if self._closed and not self._in_flight:
                self._end()
        self._slots.release()
        self._isolation.leave()

    def _answered(
        self, environ: dict
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        seconds = self._isolation.settings.report_request_seconds
        process, connection = self._connected(seconds)
        try:
            send(connection, environ)
            return connection, connection.getresponse()
        except TimeoutError:
            name = self._entry.name
            logger.error("Report %s took more than %d s and was ended", name, seconds)
            self._crashed(process)
            raise Broken(
                f"It took more than {wording.seconds(seconds)} for an answer and was stopped. Ask it for less, "
                "or tell its author.",
                504,
            ) from None
        except (http.client.HTTPException, OSError):
            self._crashed(process)
            raise Broken(
                "It ended unexpectedly while it answered; it is started again. Reload the page. "
                "If that happens again, tell its author."
            ) from None

    def _connected(
        self, seconds: float
    ) -> tuple[ReportProcess, http.client.HTTPConnection]:
        for _ in range(2):
            process = self.start()
            connection = Connection(process.socket, seconds)
            try:
                connection.connect()
                return process, connection
            except OSError:  # it has ended since, or listens no longer
                self._crashed(process)
        raise Broken("It does not listen. Reload the page in a few seconds.")
