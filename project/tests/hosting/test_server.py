"""The real server: it starts anywhere, serves with several workers, logs JSON and stops in time."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import threading

import psutil

from app.hosting.logs import TRACE_FIELD
from tests.conftest import PATIENCE_SECONDS, PROJECT, wait_for
from tests.hosting.reports.visits import ask, title
from tests.reports.samples import drop, source

# A platform kills what has not stopped so long after it was asked to.
GRACE_SECONDS = 10
TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_every_line_that_the_server_writes_is_json(start_server):
    live = start_server(LOG_LEVEL="DEBUG")
    live.request("GET", "/nothing", traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
    live.stop()
    entries = live.log_entries()
    assert all({"severity", "message", "time"} <= entry.keys() for entry in entries)
    (asked,) = [entry for entry in entries if entry.get("path") == "/nothing"]
    assert (asked["method"], asked["status"], asked[TRACE_FIELD]) == ("GET", 404, TRACE)
    assert not [entry for entry in entries if "stack_trace" in entry]


def test_requests_fall_on_either_of_two_workers(live_server):
    live = live_server(workers=2)
    workers = psutil.Process(live.process.pid).children()
    assert len(workers) == 2
    statuses = {live.request("GET", "/")[0] for _ in range(20)}
    assert statuses == {200}


def test_a_server_stops_although_connections_are_open_and_work_is_half_done(
    start_server,
):
    live = start_server()
    port = int(live.url.rsplit(":", 1)[1])
    idle = http.client.HTTPConnection("127.0.0.1", port)
    idle.request("GET", "/health/live")
    idle.getresponse().read()
    silent = socket.create_connection(("127.0.0.1", port))
    half = socket.create_connection(("127.0.0.1", port))
    half.sendall(
        b"PUT /api/uploads/a/parts/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
    )
    live.stop()
    assert live.process.returncode == 0
    for connection in (idle, silent, half):
        connection.close()


def test_work_that_is_half_done_is_given_up_within_the_grace_period():
    settings = (PROJECT / "gunicorn.conf.py").read_text()
    (seconds,) = re.findall(r"^graceful_timeout = (\d+)$", settings, re.MULTILINE)
    assert int(seconds) < GRACE_SECONDS / 2


def test_a_server_starts_without_a_home_and_leaves_nothing_there(
    start_server, tmp_path
):
    home = tmp_path / "home"
    home.mkdir()
    live = start_server(HOME=str(home), XDG_RUNTIME_DIR=str(home))
    assert live.request("GET", "/")[0] == 200
    assert list(home.iterdir()) == []


def test_jobs_know_the_process_that_outlives_every_worker(start_server):
    live = start_server()
    content = b"a,b\n" + b"1,2\n" * 100_000
    _, upload = live.json(
        "POST", "/api/uploads", {"name": "a.csv", "size": len(content)}
    )
    path = f"/api/uploads/{upload['id']}"
    live.json("PUT", f"{path}/parts/0", content)
    finishing = threading.Thread(target=live.json, args=("POST", f"{path}/finish"))
    finishing.start()
    told = wait_for(lambda: _told(live), what="the process that reads the table")
    assert told == [str(live.process.pid)]
    finishing.join()


def _told(live) -> list[str]:
    """What the processes that read tables have been told of their server."""
    told = []
    for process in psutil.Process(live.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            if "app.jobs.ingest" in process.cmdline():
                told.append(process.environ()["SERVER_PID"])
    return told


def test_a_worker_that_is_killed_is_replaced(start_server):
    live = start_server()
    (worker,) = psutil.Process(live.process.pid).children()
    os.kill(worker.pid, 9)
    worker.wait(PATIENCE_SECONDS)

    def answers():
        try:
            return live.request("GET", "/")[0] == 200
        except OSError:
            return False

    wait_for(answers, what="the new worker")


def test_many_requests_at_once_right_after_the_start_all_succeed(start_server):
    live = start_server(workers=2)
    statuses: list[int] = []

    def ask():
        for path in ("/", "/_dash-dependencies", "/_dash-layout"):
            statuses.append(live.request("GET", path)[0])

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 30


def test_two_hundred_clients_that_do_not_send_hold_up_nobody(live_server):
    live = live_server()
    address = ("127.0.0.1", int(live.url.rsplit(":", 1)[1]))
    half = (
        b"",
        b"GET / HTTP/1.1\r\nHost: a",
        b"POST /api/uploads HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{",
        b"POST /api/uploads HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
    )
    with contextlib.ExitStack() as silent:
        for number in range(200):
            connection = silent.enter_context(socket.create_connection(address))
            connection.sendall(half[number % len(half)])
        for path in ("/", "/health/live"):
            assert live.request("GET", path)[0] == 200
        wait_for(lambda: _is_ready(live), what="the server to be ready")


def _is_ready(live) -> bool:
    return live.request("GET", "/health/ready")[0] == 200


def test_health_checks_do_not_wait_for_the_threads_of_pages(
    start_server, tmp_path, gate
):
    reports = tmp_path / "reports"
    reports.mkdir()
    drop(reports, "slow", source("Slow", callback=gate.code))
    live = start_server(REPORTS_DIR=str(reports))
    wait_for(lambda: title(live, "slow") == "Slow", what="the report")
    wait_for(lambda: _is_ready(live), what="the server to be ready")
    waiting = [threading.Thread(target=ask, args=(live, "slow")) for _ in range(20)]
    for thread in waiting:
        thread.start()
    gate.wait_until_reached()
    for path in ("/health/live", "/health/ready"):
        assert live.request("GET", path)[0] == 200
    gate.open()
    for thread in waiting:
        thread.join()
