"""The models that answer programs, in a process of their own, so that the server stays as small as it is.

Each worker of gunicorn that is asked has one process: it ends with its worker, needs no agreement on who starts it,
and what breaks one holds up the programs of one worker only. It starts with the first request and ends when nobody has
asked for a while. One that has died is started again by the next request. One that is late is replaced, for nobody
can end what a library computes but with its process: it answers those who wait already, and then ends.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
import subprocess  # nosec B404: only our own module, never a shell
import sys
import threading
import time
import weakref
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from pathlib import Path
from typing import Any

from app import wording
from app.settings import Settings, without_secrets
from app.storage import NotFound

from . import messages
from .processes import PROJECT

IDLE_SECONDS = 300.0
# How many threads of the server may wait for answers at once: the others are for pages.
AT_ONCE = 6
RETRY_SECONDS = 2
_MIB = 1024**2
_END_SECONDS = 5
# Less than gunicorn waits for a worker that stops.
_LAST_WORD_SECONDS = 2
# Rows are few and cores are for several requests; threads that spin would only take them from each other.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
_BUSY = "Many programs are waiting for predictions. Try again in a few seconds."
_DIED = (
    "The process that predicts ended unexpectedly, perhaps because memory ran out; it is started again. "
    "Try again in a few seconds, with fewer rows if that happens again."
)
_REPLACED = (
    "The process that predicts was ended because others' requests took too long; it is started again. Try again in a "
    "few seconds."
)
_NO_PROCESS = (
    "The server cannot start the process that predicts. Try again in a minute."
)
_SLOW = (
    "Predicting took more than {seconds} and was stopped. Send fewer rows at once, or try again when the "
    "server is less busy."
)

logger = logging.getLogger(__name__)


class Unavailable(Exception):
    """There is no answer now; its text is a sentence for the user.

    Parameters
    ----------
    sentence : str
    seconds : int
        After how many seconds it is worth another try.
    """

    def __init__(self, sentence: str, seconds: int = RETRY_SECONDS):
        super().__init__(sentence)
        self.seconds = seconds


class Refused(ValueError):
    """What cannot be answered; its text is a sentence for the user.

    Parameters
    ----------
    sentence : str
    status : int
        Of HTTP.
    """

    def __init__(self, sentence: str, status: int):
        super().__init__(sentence)
        self.status = status


class Models:
    """Asks the process that keeps models, which is started when it is needed.

    Parameters
    ----------
    data_dir : pathlib.Path
    settings : Settings
    """

    def __init__(self, data_dir: Path, settings: Settings):
        self._data_dir, self._settings = data_dir, settings
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._process: ModelProcess | None = None
        # It was late, and still has others to answer.
        self._replaced: ModelProcess | None = None
        self._closer: weakref.finalize | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process, if it runs."""
        process = self._process
        return process.popen.pid if process and not process.ended else None

    def ask(self, what: str, run: str, **fields: Any) -> dict[str, Any]:
        """Ask for something of a run, and wait for the answer for a bounded time.

        Parameters
        ----------
        what : str
            A key of ``answers.Answers.KINDS``.
        run : str
            Whoever asks must be allowed to.
        **fields
            Plain values.

        Raises
        ------
        NotFound
            There is no such run, or no longer.
        Refused
            It cannot be answered.
        Unavailable
            There is no answer now.
        """
        seconds = self._settings.predict_seconds
        deadline = time.monotonic() + seconds
        # Half of the time is left to predict: who only had to wait does not make the process late.
        if not self._places.acquire(timeout=seconds / 2):
            raise Unavailable(_BUSY)
        try:
            reply = self._reply(what, run, fields, deadline)
        finally:
            self._places.release()
        if "gone" in reply:
            raise NotFound(reply["gone"])
        if "refused" in reply and reply["status"] == 503:
            raise Unavailable(reply["refused"])
        if "refused" in reply:
            raise Refused(reply["refused"], reply["status"])
        return reply["answer"]

    def close(self) -> None:
        """End the process."""
        with self._lock:
            ended = [self._process, self._replaced]
            self._process = self._replaced = None
        for process in filter(None, ended):
            process.end()

    def _reply(
        self, what: str, run: str, fields: dict[str, Any], deadline: float
    ) -> dict[str, Any]:
        process, future = self._asked({"ask": what, "run": run, "fields": fields})
        try:
            return future.result(max(0.1, deadline - time.monotonic()))
        except Late:
            logger.error("Run %s took too long to predict: replaced the process", run)
            process.give_up(future)
            self._replace(process)
            seconds = wording.seconds(self._settings.predict_seconds)
            raise Unavailable(_SLOW.format(seconds=seconds)) from None
        except ConnectionError:
            self._drop(process)
            raise Unavailable(_REPLACED if process.is_late else _DIED) from None
        finally:
            if process.is_late and not process.waits:
                self._drop(process)

    def _asked(self, request: dict[str, Any]) -> tuple[ModelProcess, Future]:
        with self._lock:
            if self._process is None or self._process.ended:
                if self._process:
                    self._process.end(at_once=True)
                self._process = self._started()
            # Inside, so that it is not ended as idle before it knows of the request.
            return self._process, self._process.ask(request)

    def _started(self) -> ModelProcess:
        try:
            process = ModelProcess(self._data_dir, self._settings.predict_memory_mb)
        except OSError as error:
            logger.exception("The process that predicts could not be started")
            raise Unavailable(_NO_PROCESS, 60) from error
        # It must not outlive whoever can ask it.
        self._closer = weakref.finalize(self, process.end)
        watch = threading.Thread(
            target=_end_when_idle,
            args=(weakref.ref(self), process),
            name="idle models",
            daemon=True,
        )
        watch.start()
        return process

    def _replace(self, process: ModelProcess) -> None:
        """Let a process that is late answer whoever waits for it already; others ask a new one."""
        before = None
        with self._lock:
            process.is_late = True
            if self._process is process:
                # Two at most: each may take the memory of all models.
                before, self._replaced = self._replaced, process
                self._process = None
        if before:
            before.end(at_once=True)

    def _drop(self, process: ModelProcess) -> None:
        with self._lock:
            if self._process is process:
                self._process = None
            if self._replaced is process:
                self._replaced = None
        process.end(at_once=process.ended)

    def _end_if_idle(self, process: ModelProcess) -> bool:
        with self._lock:
            if self._process is not process:
                return True
            if process.ended or process.idle_seconds < IDLE_SECONDS:
                return False
            self._process = None
        logger.info("Nobody has asked for predictions for a while: ended the process")
        process.end()
        return True


def _end_when_idle(models: weakref.ref[Models], process: ModelProcess) -> None:
    while not process.gone.wait(IDLE_SECONDS / 10):
        found = models()
        if found is None or found._end_if_idle(process):
            return
        del found


class ModelProcess:
    """The process that keeps models, and the requests that it has not answered.

    Parameters
    ----------
    data_dir : pathlib.Path
    memory_mb : int
        How much the models may take.

    Raises
    ------
    OSError
        It cannot be started.
    """

    def __init__(self, data_dir: Path, memory_mb: int):
        ours, theirs = socket.socketpair()
        arguments = [str(theirs.fileno()), str(data_dir), str(memory_mb * _MIB)]
        with theirs:
            try:
                self.popen = subprocess.Popen(  # nosec B603
                    [sys.executable, "-m", "app.jobs.model_process", *arguments],
                    cwd=PROJECT,
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            except OSError:
                ours.close()
                raise
        self._connection = ours
        self._waiting: dict[int, Future] = {}
        self._numbers = itertools.count()
        self._writing, self._lock = threading.Lock(), threading.Lock()
        self._used = time.monotonic()
        # Whether somebody has waited for it in vain.
        self.is_late = False
        # Set once nothing more can be asked.
        self.gone = threading.Event()
        for work in (self._read, self._log):
            threading.Thread(target=work, name="models", daemon=True).start()

    @property
    def ended(self) -> bool:
        """Whether nothing more can be asked."""
        return self.gone.is_set() or self.popen.poll() is not None

    @property
    def waits(self) -> bool:
        """Whether somebody waits for an answer."""
        with self._lock:
            return bool(self._waiting)

    @property
    def idle_seconds(self) -> float:
        """For how long nobody has asked or waited."""
        with self._lock:
            return 0.0 if self._waiting else time.monotonic() - self._used

    def ask(self, request: dict[str, Any]) -> Future:
        """Send a request; the result is the reply, or a ConnectionError if the process ends before."""
        future: Future = Future()
        with self._lock:
            if self.gone.is_set():
                future.set_exception(ConnectionError())
                return future
            number = next(self._numbers)
            self._waiting[number] = future
        # What is large takes a while to be read at the other end.
        sending = threading.Thread(target=self._send, args=(number, request), daemon=True)  # fmt: skip
        if _is_large(request):
            sending.start()
        else:
            self._send(number, request)
        return future

    def give_up(self, future: Future) -> None:
        """Wait no longer for what `ask` has returned."""
        with self._lock:
            left = {n: each for n, each in self._waiting.items() if each is not future}
            self._waiting = left

    def end(self, at_once: bool = False) -> None:
        """End the process, whatever it does; unless at once, it may still write what it has counted."""
        self.gone.set()
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        if not at_once:
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(_LAST_WORD_SECONDS)
        with suppress(ProcessLookupError):
            self.popen.kill()
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(_END_SECONDS)

    def _send(self, number: int, request: dict[str, Any]) -> None:
        try:
            with self._writing:
                messages.send(self._connection, {"id": number, **request})
        except OSError:
            self._fail_all()

    def _read(self) -> None:
        while (reply := messages.receive(self._connection)) is not None:
            with self._lock:
                self._used = time.monotonic()
                future = self._waiting.pop(reply.pop("id"), None)
            if future:
                future.set_result(reply)
        self._fail_all()
        self._connection.close()
        self.popen.wait()

    def _fail_all(self) -> None:
        with self._lock:
            self.gone.set()
            left = list(self._waiting.values())
            self._waiting.clear()
        for future in left:
            future.set_exception(ConnectionError())

    def _log(self) -> None:
        for line in self.popen.stderr:
            text = line.decode(errors="replace").rstrip()
            level = logging.ERROR if text.startswith("ERROR ") else logging.WARNING
            logger.log(level, "The process that predicts said: %s", text)


def _is_large(request: dict[str, Any]) -> bool:
    return len(request["fields"].get("rows", ())) > 100


def _environment() -> dict[str, str]:
    environ = without_secrets(os.environ)
    environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    return environ | _ENVIRONMENT
