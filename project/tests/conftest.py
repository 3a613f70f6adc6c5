"""Fixtures that many tests share: settings, a server in this process, real servers, a real browser.

What only some tests need is imported by the fixtures themselves, so that the others start at once.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import hypothesis
import pytest

from app.settings import Settings
from tests.processes import Keeper
from tests.servers import PROJECT, LiveServer, Servers, free_port
from tests.waiting import PATIENCE_SECONDS, Gate, wait_for

__all__ = ["PATIENCE_SECONDS", "PROJECT", "Gate", "LiveServer", "free_port", "wait_for"]

# Nothing listens there: reports with remote data show their sample, and no test sends requests to the internet.
os.environ["API_HOST"] = "http://127.0.0.1:9"
# A shell that runs the tests in the background makes them ignore Ctrl-C, and so would the processes that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A machine that does something else meanwhile is no defect of the example at hand.
hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")

# Who uses one of these fixtures, directly or by another one, or lives in one of these folders, gets the mark.
_FIXTURES = {
    "browser": {"_chromium"},
    "server": {"start_server", "live_server", "site"},
}
_FOLDERS = {"cloud": "cloud"}
_KEEPER = pytest.StashKey[Keeper]()


def pytest_configure(config: pytest.Config) -> None:
    """Let nothing that the tests start outlive them."""
    config.stash[_KEEPER] = Keeper()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what is left."""
    config.stash[_KEEPER].close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a browser, a server of their own, or a cloud: ``-m "not browser and not server"``."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        marks = [mark for mark, fixtures in _FIXTURES.items() if used & fixtures]
        marks += [
            mark for folder, mark in _FOLDERS.items() if folder in item.path.parts
        ]
        for mark in marks:
            item.add_marker(mark)


@pytest.fixture
def settings(tmp_path) -> Settings:
    """The defaults, with a directory of the test's own, and time for a report to be built."""
    return Settings(data_dir=str(tmp_path / "data"), report_seconds=PATIENCE_SECONDS)


@pytest.fixture
def server(settings):
    """The Flask server of the whole product, in this process."""
    from app.app import create_server

    return create_server(settings)


@pytest.fixture
def services(server):
    """The stores and jobs of `server`."""
    return server.extensions["services"]


@pytest.fixture
def client(server):
    """A client of `server` without a network."""
    return server.test_client()


@pytest.fixture
def gate(tmp_path_factory) -> Iterator[Gate]:
    """Where code waits until the test opens it, at the latest at the test's end."""
    gate = Gate(tmp_path_factory.mktemp("gate"))
    yield gate
    gate.open()


@pytest.fixture
def start_server(tmp_path_factory) -> Iterator[Callable[..., LiveServer]]:
    """Start a server for one test: ``start_server(workers=2, MAX_UPLOAD_MB="1")``."""
    servers = Servers(tmp_path_factory.mktemp)
    yield servers.start
    servers.close()


@pytest.fixture(scope="session")
def live_server(tmp_path_factory) -> Iterator[Callable[..., LiveServer]]:
    """Return the server that all tests share: ``live_server(workers=2, REPORTS_DIR="…")``. Do not stop it."""
    servers = Servers(tmp_path_factory.mktemp)
    running: dict[tuple, LiveServer] = {}

    def get(workers: int = 1, **environ: str) -> LiveServer:
        kind = (workers, *sorted(environ.items()))
        if kind not in running:
            running[kind] = servers.start(workers, **environ)
        return running[kind]

    yield get
    servers.close()


@pytest.fixture(scope="session")
def _chromium():
    from tests.chromium import new_chromium

    driver = new_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def browser(_chromium):
    """A real Chromium, a `selenium.webdriver.Chrome`, that remembers nothing of earlier tests."""
    for log in ("browser", "performance"):
        _chromium.get_log(log)
    yield _chromium
    _chromium.get("about:blank")
    for what in ("Network.clearBrowserCookies", "Network.clearBrowserCache"):
        _chromium.execute_cdp_cmd(what, {})
    _chromium.execute_cdp_cmd(
        "Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"}
    )
