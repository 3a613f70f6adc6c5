"""Whatever becomes of the tests: the servers and browsers that they started end with them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.waiting import wait_for

PROJECT = Path(__file__).resolve().parents[1]
SETTINGS = PROJECT.parent / "setup.cfg"
SERVER_AND_BROWSER = """
import threading

def test_that_starts_a_server_and_a_browser(start_server, browser):
    browser.get(start_server(workers=2).url)
    open({started!r}, "w").write("both")
    threading.Event().wait()
"""
# Of a session of its own, and its parent is gone at once.
ORPHAN = """
import subprocess, threading

def test_that_starts_an_orphan():
    command = ["sh", "-c", "sleep 3600 >/dev/null 2>&1 & echo $!"]
    pid = subprocess.check_output(command, text=True, start_new_session=True)
    open({started!r}, "w").write(pid)
    {then}
"""


@pytest.fixture
def start_pytest(tmp_path):
    """Run pytest on a test; return its process, and what the test has written as soon as it has."""

    def start(source: str, **values: str) -> tuple[subprocess.Popen, str]:
        started = tmp_path / "started"
        test = tmp_path / "test_something.py"
        test.write_text(source.format(started=str(started), **values))
        options = ("-p", "tests.conftest", "-p", "no:cacheprovider")
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-c", SETTINGS, *options, test],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )

        def written() -> str:
            return started.exists() and started.read_text()

        wait_for(lambda: written() or process.poll() is not None, what="the test")
        assert written(), process.communicate()[0]
        return process, written()

    return start


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended, reaped or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_server_and_a_browser_end_though_pytest_is_killed(start_pytest):
    process, _ = start_pytest(SERVER_AND_BROWSER)
    family = psutil.Process(process.pid).children(recursive=True)
    pids = [each.pid for each in family]
    commands = " ".join(" ".join(each.cmdline()) for each in family)
    assert commands.count("wsgi:server") >= 3, "a server and its two workers"
    assert "chromedriver" in commands and "--type=renderer" in commands
    process.kill()
    process.communicate()
    wait_for(lambda: all(map(is_gone, pids)), what="the end of all processes")


@pytest.mark.parametrize(
    ("then", "number"),
    [
        ("pass", 0),
        ("assert False", 0),
        ("threading.Event().wait()", signal.SIGTERM),
        ("threading.Event().wait()", signal.SIGKILL),
    ],
)
def test_what_a_test_has_started_ends_with_the_tests(start_pytest, then, number):
    process, pid = start_pytest(ORPHAN, then=then)
    if number:
        assert not is_gone(int(pid)), "it must not end before the tests do"
        process.send_signal(number)
    process.communicate()
    wait_for(lambda: is_gone(int(pid)), what="the end of the orphan")


def test_a_server_ends_with_all_that_it_started_though_its_main_process_is_gone(
    start_server,
):
    live = start_server(workers=2)
    workers = [each.pid for each in psutil.Process(live.process.pid).children()]
    live.process.kill()
    live.process.wait()
    live.kill()
    wait_for(lambda: all(map(is_gone, workers)), what="the workers to be gone")
