"""A gunicorn of the benchmark's own, and a visitor who asks it what a browser would ask."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

from tests.servers import free_port
from tests.waiting import wait_for

PROJECT = Path(__file__).resolve().parents[2]
# What `bin/serve` runs, and production: without the libraries of tests, which cost memory where they are installed.
PYTHON = str(PROJECT / ".venv-serve" / "bin" / "python")
_START_SECONDS = 60
_STOP_SECONDS = 10
_POLL_SECONDS = 0.002


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes
    ----------
    port : int
    data_dir : pathlib.Path
    process : subprocess.Popen
        Gunicorn's main process.
    start_seconds : float
        From the start of the process to the first 200 on '/'.
    """

    port: int
    data_dir: Path
    process: subprocess.Popen
    start_seconds: float

    @property
    def url(self) -> str:
        """The address of the first page, without the last slash."""
        return f"http://localhost:{self.port}"

    def worker(self) -> psutil.Process:
        """Return the one process that answers."""
        (worker,) = psutil.Process(self.process.pid).children()
        return worker

    def wait_until_warm(self) -> None:
        """Wait until the worker has loaded scikit-learn and rests."""
        worker = self.worker()
        wait_for(
            lambda: _has_loaded(worker, "sklearn"), what="scikit-learn to be loaded"
        )
        wait_for(lambda: worker.cpu_percent(1) < 2, what="the worker to rest")


@contextlib.contextmanager
def running(
    app: str = "wsgi:server",
    *options: str,
    folder: Path = PROJECT,
    **settings: str,
) -> Iterator[Server]:
    """Serve an application with one worker and a data directory that nobody has used.

    Parameters
    ----------
    app : str
        What gunicorn calls module and variable.
    *options : str
        Further arguments of gunicorn.
    folder : pathlib.Path
        Where it is started.
    **settings : str
        Further environment variables.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as own:
        port = free_port()
        environ = {
            **os.environ,
            "PORT": str(port),
            "DATA_DIR": f"{own}/data",
            "WEB_CONCURRENCY": "1",
            # As bin/serve and the images have it.
            "MALLOC_ARENA_MAX": "1",
            **settings,
        }
        with open(f"{own}/log", "wb") as log:
            begun = time.perf_counter()
            process = subprocess.Popen(
                [PYTHON, "-m", "gunicorn", app, *options],
                cwd=folder,
                env=environ,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                _wait_for_first_answer(process, port, Path(log.name))
                seconds = time.perf_counter() - begun
                yield Server(port, Path(environ["DATA_DIR"]), process, seconds)
            finally:
                _stop(process)


def _wait_for_first_answer(process: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if Visitor(port).ask("GET", "/").status == 200:
                return
        except OSError:
            time.sleep(_POLL_SECONDS)
    raise RuntimeError(f"The server did not start:\n{log.read_text()}")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    finally:
        process.kill()


def _has_loaded(process: psutil.Process, library: str) -> bool:
    return any(f"/{library}/" in entry.path for entry in process.memory_maps())


@dataclass(frozen=True)
class Answer:
    """What came back: the status, and the body as it was on the wire."""

    status: int
    content: bytes

    def json(self) -> Any:
        """Return the body, which must be JSON."""
        return json.loads(self.content)


class Visitor:
    """Somebody with one connection who asks what a browser asks.

    Parameters
    ----------
    port : int
        Where the server listens on this machine.
    timeout : float
        How many seconds to wait for an answer.
    """

    def __init__(self, port: int, timeout: float = 150):
        self._connection = HTTPConnection("localhost", port, timeout=timeout)
        self._callbacks: list[dict[str, Any]] = []

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, with `body` as JSON or `content` as it is, and read its answer."""
        headers = dict(headers or {})
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        self._connection.request(method, path, content, headers)
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.read())

    def load_app(self) -> None:
        """Ask for the index, the layout with the first page, and the list of callbacks, as every first load does."""
        self.ask("GET", "/")
        self.ask("GET", "/_dash-layout", headers={"Referer": "http://localhost/"})
        self._callbacks = self.ask("GET", "/_dash-dependencies").json()

    def show_page(self, path: str, search: str = "") -> Answer:
        """Ask for the content of a page."""
        return self.call(
            "route.data",
            {"route.data": path, "url.pathname": path, "url.search": search},
        )

    def call(self, trigger: str, values: Mapping[str, Any]) -> Answer:
        """Call the server's callback that has the input `trigger`.

        Parameters
        ----------
        trigger : str
            A component and its property, 'train-start.n_clicks'.
        values : mapping of str to object
            The values of inputs and states by the same kind of name; None where it has none.

        Raises
        ------
        RuntimeError
            The server refused, or failed.
        """
        callback = next(c for c in self._callbacks if _has_input(c, trigger))
        outputs = _outputs_of(callback["output"])
        body = {
            "output": callback["output"],
            "outputs": outputs if len(outputs) > 1 else outputs[0],
            "inputs": _filled(callback["inputs"], values),
            "state": _filled(callback["state"], values),
            "changedPropIds": [trigger],
        }
        answer = self.ask("POST", "/_dash-update-component", body)
        if answer.status not in (200, 204):
            raise RuntimeError(f"The callback of {trigger} answered {answer.status}.")
        return answer


def _has_input(callback: Mapping[str, Any], trigger: str) -> bool:
    names = [f"{i['id']}.{i['property']}" for i in callback["inputs"]]
    return callback["clientside_function"] is None and trigger in names


def _filled(dependencies: list[dict], values: Mapping[str, Any]) -> list[dict]:
    return [
        {**d, "value": values.get(f"{d['id']}.{d['property']}")} for d in dependencies
    ]


def _outputs_of(name: str) -> list[dict[str, str]]:
    """Undo how Dash joins several outputs into one name: '..a.children...b.data..'."""
    names = name[2:-2].split("...") if name.startswith("..") else [name]
    pairs = (one.rpartition(".") for one in names)
    return [{"id": component, "property": prop} for component, _, prop in pairs]
