"""A real gunicorn that serves the product, in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests import processes
from tests.waiting import PATIENCE_SECONDS, wait_for

PROJECT = Path(__file__).resolve().parents[1]


@dataclass
class LiveServer:
    """A gunicorn that serves `wsgi:server`.

    Attributes
    ----------
    url : str
        Its address, without a slash at the end.
    data_dir : pathlib.Path
    process : subprocess.Popen
        Gunicorn's main process.
    log : pathlib.Path
    mark : str
        By which it and all that it starts is found.
    """

    url: str
    data_dir: Path
    process: subprocess.Popen
    log: Path
    mark: str

    def request(
        self, method: str, path: str, body: bytes | dict | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Return the status, headers and body of one answer; a dict is sent as JSON."""
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(
            self.url + path, data=body, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def json(
        self, method: str, path: str, body: bytes | dict | None = None, **headers: str
    ):
        """Return the status and the JSON of one answer."""
        status, _, content = self.request(method, path, body, **headers)
        return status, json.loads(content) if content else None

    def log_entries(self) -> list[dict]:
        """Return every line that the server has logged; each must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def answers(self) -> bool:
        """Tell whether it answers; raise AssertionError if it has ended."""
        if self.process.poll() is not None:
            raise AssertionError(f"The server did not start:\n{self.log.read_text()}")
        try:
            return self.request("GET", "/health/live")[0] == 200
        except OSError:
            return False

    def stop(self) -> None:
        """Ask the server to stop, as a platform does, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """End the server and all that it started at once: nobody needs what it would still finish."""
        processes.end(self.mark)
        self.process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(folder: Path, workers: int, environ: dict[str, str]) -> LiveServer:
    """Start a server, which need not answer yet.

    Parameters
    ----------
    folder : pathlib.Path
        An empty one, for its log, its temporary files, and its data unless `environ` says where they are.
    workers : int
    environ : dict
        Settings of the server.
    """
    port = int(environ.get("PORT") or free_port())
    log = folder / "log.jsonl"
    data_dir = Path(environ.get("DATA_DIR") or folder / "data")
    temporary = folder / "tmp"
    temporary.mkdir()
    mark = processes.new_mark()
    environment = {
        **os.environ,
        processes.MARK: mark,
        "PORT": str(port),
        "TMPDIR": str(temporary),
        "DATA_DIR": str(data_dir),
        "WEB_CONCURRENCY": str(workers),
        # Limits of the product are for tests to set that want them to strike.
        "REPORT_SECONDS": str(PATIENCE_SECONDS),
        "INGEST_SECONDS": str(PATIENCE_SECONDS),
        **environ,
    }
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "wsgi:server"],
            cwd=PROJECT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return LiveServer(f"http://127.0.0.1:{port}", data_dir, process, log, mark)


class Servers:
    """The servers that one fixture has started.

    Parameters
    ----------
    new_folder : callable
        ``new_folder(name)`` returns an empty folder.
    """

    def __init__(self, new_folder):
        self._new_folder = new_folder
        self._started: list[LiveServer] = []

    def start(self, workers: int = 1, **environ: str) -> LiveServer:
        """Start a server and wait for its first answer."""
        live = launch(self._new_folder("server"), workers, environ)
        # Before it answers: one that never does must end, too.
        self._started.append(live)
        wait_for(live.answers, what="the server's first answer")
        return live

    def close(self) -> None:
        """End all of them."""
        for live in self._started:
            live.kill()
