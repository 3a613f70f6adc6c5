"""Fixtures that many tests share: settings, a server in this process, real servers, a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from selenium import webdriver

from app.app import create_server
from app.settings import Settings

PROJECT = Path(__file__).resolve().parents[1]
GRACE_SECONDS = 5

# Nothing listens there: reports with remote data show their sample, and no test sends requests to the internet.
os.environ["API_HOST"] = "http://127.0.0.1:9"
# A shell that runs the tests in the background makes them ignore Ctrl-C, and so would the processes that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def settings(tmp_path) -> Settings:
    """The defaults, with a directory of the test's own."""
    return Settings(data_dir=str(tmp_path / "data"))


@pytest.fixture
def server(settings):
    """The Flask server of the whole product, in this process."""
    return create_server(settings)


@pytest.fixture
def services(server):
    """The stores and jobs of `server`."""
    return server.extensions["services"]


@pytest.fixture
def client(server):
    """A client of `server` without a network."""
    return server.test_client()


@dataclass
class LiveServer:
    """A gunicorn that serves `wsgi:server` in separate processes."""

    url: str
    data_dir: Path
    process: subprocess.Popen
    log: Path

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
            with urllib.request.urlopen(request, timeout=150) as answer:
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
        """Return all log lines of the server; each must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def stop(self) -> float:
        """Stop the server as a platform does; return the seconds that it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(GRACE_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - started

    def kill(self) -> None:
        """Kill the server and its children at once: no test needs them any more."""
        if self.process.poll() is None:
            family = psutil.Process(self.process.pid).children(recursive=True)
            for each in (self.process, *family):
                each.kill()
            self.process.wait()


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition: Callable, seconds: float = 20, what: str = "the condition"):
    """Return the first true value of `condition()`, which is called repeatedly."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds} s in vain for {what}.")
        time.sleep(0.05)


def _start(folder: Path, workers: int, environ: dict[str, str]) -> LiveServer:
    port = int(environ.get("PORT") or free_port())
    log = folder / "log.jsonl"
    data_dir = Path(environ.get("DATA_DIR") or folder / "data")
    temporary = folder / "tmp"
    temporary.mkdir()
    environment = {
        **os.environ,
        "PORT": str(port),
        "TMPDIR": str(temporary),
        "DATA_DIR": str(data_dir),
        "WEB_CONCURRENCY": str(workers),
        **environ,
    }
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "wsgi:server"],
            cwd=PROJECT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    live = LiveServer(f"http://127.0.0.1:{port}", data_dir, process, log)

    def answers() -> bool:
        if process.poll() is not None:
            raise AssertionError(f"The server did not start:\n{log.read_text()}")
        try:
            return live.request("GET", "/health/live")[0] == 200
        except OSError:
            return False

    wait_for(answers, what="the server's first answer")
    return live


@pytest.fixture
def start_server(tmp_path_factory) -> Iterator[Callable[..., LiveServer]]:
    """Start a server for one test: ``start_server(workers=2, MAX_UPLOAD_MB="1")``."""
    started: list[LiveServer] = []

    def start(workers: int = 1, **environ: str) -> LiveServer:
        folder = tmp_path_factory.mktemp("server")
        started.append(_start(folder, workers, environ))
        return started[-1]

    yield start
    for live in started:
        live.kill()


@pytest.fixture(scope="session")
def live_server(tmp_path_factory) -> Iterator[Callable[..., LiveServer]]:
    """Return the server that all tests share: ``live_server(workers=2, REPORTS_DIR="…")``. Do not stop it."""
    running: dict[tuple, LiveServer] = {}

    def get(workers: int = 1, **environ: str) -> LiveServer:
        kind = (workers, *sorted(environ.items()))
        if kind not in running:
            folder = tmp_path_factory.mktemp(f"shared-{workers}")
            running[kind] = _start(folder, workers, environ)
        return running[kind]

    yield get
    for live in running.values():
        live.kill()


def new_chromium() -> webdriver.Chrome:
    """Start a Chromium that records its console and its requests."""
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
        "--window-size=1280,900",
        # One process for all pages: the next page finds the scripts compiled, which saves a quarter of the time.
        "--process-per-site",
        "--renderer-process-limit=1",
    ):
        options.add_argument(argument)
    logs = {"browser": "ALL", "performance": "ALL"}
    options.set_capability("goog:loggingPrefs", logs)
    options.add_experimental_option("perfLoggingPrefs", {"enablePage": False})
    # Otherwise Selenium would first look for both on the network.
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


@pytest.fixture(scope="session")
def _chromium() -> Iterator[webdriver.Chrome]:
    driver = new_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def browser(_chromium) -> Iterator[webdriver.Chrome]:
    """A real Chromium that remembers nothing of earlier tests."""
    for log in ("browser", "performance"):
        _chromium.get_log(log)
    yield _chromium
    _chromium.get("about:blank")
    for what in ("Network.clearBrowserCookies", "Network.clearBrowserCache"):
        _chromium.execute_cdp_cmd(what, {})
    _chromium.execute_cdp_cmd(
        "Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"}
    )
