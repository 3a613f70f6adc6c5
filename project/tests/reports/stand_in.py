"""A local source of open data: it answers the Socrata queries of the reports, and fails on demand."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from urllib.parse import parse_qs, urlsplit

_CONDITION = re.compile(r"(\w+) (>=|=|is not null) ?(?:'((?:[^']|'')*)')?$")
_STEP = re.compile(r"date_diff_d\((\w+), (\w+)\) < (\d+), (\d+), |true, (\d+)")


class StandIn:
    """A source with `rows`, and its faults.

    Attributes
    ----------
    rows : list of dict
        Each a request as Socrata gives it: without the fields that are empty.
    delay : float
        Seconds before each answer.
    gate : threading.Event
        While it is cleared, questions come in and none is answered.
    statuses : list of int
        The next answers have these instead; 0 closes the connection without any.
    always : int or None
        All answers have this status.
    retry_after : str
        A header of every answer.
    body : bytes or None
        Sent in place of rows.
    trickle : float
        Seconds before each byte of the body.
    given_up : threading.Event
        Set when a client closed the connection before it had the whole body, byte by byte.
    cut : bool
        The connection is closed in the middle of the body.
    asked : list of dict
        The parameters of each question so far, with the 'path' and the 'token'.
    host : str
        Its address while it is `serving`.
    """

    def __init__(self, rows: list[dict]):
        self.rows = rows
        self.delay = 0.0
        self.gate = threading.Event()
        self.gate.set()
        self.statuses: list[int] = []
        self.always: int | None = None
        self.retry_after = ""
        self.body: bytes | None = None
        self.trickle = 0.0
        self.given_up = threading.Event()
        self.cut = False
        self.asked: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self.host = ""

    def status(self) -> int:
        """Return the status of the next answer."""
        with self._lock:
            if self.always is not None:
                return self.always
            return self.statuses.pop(0) if self.statuses else 200

    def answer(self, query: dict[str, str]) -> list[dict]:
        """Return one page of the rows that a query asks for."""
        rows = [row for row in self.rows if _holds(row, query.get("$where", ""))]
        rows = _grouped(rows, query["$select"]) if "$group" in query else rows
        order = query.get("$order", "").split(", ")
        rows.sort(key=lambda row: [str(row.get(name, "")) for name in order])
        start, limit = int(query.get("$offset", 0)), int(query.get("$limit", 1000))
        return rows[start : start + limit]


def _holds(row: dict, where: str) -> bool:
    for condition in filter(None, where.split(" and ")):
        column, operator, text = _CONDITION.match(condition).groups()
        value = row.get(column)
        wanted = (text or "").replace("''", "'")
        if value is None:
            return False
        if operator == "=" and value != wanted:
            return False
        if operator == ">=" and value < wanted:
            return False
    return True


def _grouped(rows: list[dict], select: str) -> list[dict]:
    # Only ' as name' ends a column: expressions contain commas too.
    columns = re.findall(r"(.+?) as (\w+)(?:, |$)", select)
    counts: dict[tuple, int] = defaultdict(int)
    for row in rows:
        counts[tuple(_value(row, e) for e, _ in columns if e != "count(*)")] += 1
    names = [name for expression, name in columns if expression != "count(*)"]
    counted = next(name for expression, name in columns if expression == "count(*)")
    return [
        {n: v for n, v in zip(names, values) if v is not None} | {counted: str(count)}
        for values, count in counts.items()
    ]


def _value(row: dict, expression: str) -> str | None:
    if expression.startswith("date_trunc_ymd("):
        return row[expression[15:-1]][:10] + "T00:00:00.000"
    if expression.startswith("date_trunc_ym("):
        return row[expression[14:-1]][:7] + "-01T00:00:00.000"
    if expression.startswith("case("):
        for later, earlier, limit, result, otherwise in _STEP.findall(expression):
            if otherwise or days_between(row[earlier], row[later]) < int(limit):
                return otherwise or result
    return row.get(expression)


def days_between(earlier: str, later: str) -> int:
    """Return the calendar days from one timestamp to another."""
    return (date.fromisoformat(later[:10]) - date.fromisoformat(earlier[:10])).days


class _Handler(BaseHTTPRequestHandler):
    source: StandIn

    def do_GET(self):
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        token = self.headers.get("X-App-Token", "")
        self.source.asked.append(query | {"path": parts.path, "token": token})
        self.source.gate.wait()
        time.sleep(self.source.delay)
        status = self.source.status()
        if status == 0:
            self.close_connection = True
            self.connection.close()
            return
        body = self.source.body
        if body is None:
            rows = self.source.answer(query) if status == 200 else {"error": True}
            body = json.dumps(rows).encode()
        self.send_response(status)
        if self.source.retry_after:
            self.send_header("Retry-After", self.source.retry_after)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.source.trickle:
            self._trickle(body)
        else:
            self.wfile.write(body[: len(body) // 2] if self.source.cut else body)

    def _trickle(self, body: bytes) -> None:
        try:
            for byte in body:
                time.sleep(self.source.trickle)
                self.wfile.write(bytes([byte]))
        except OSError:
            self.source.given_up.set()
            self.close_connection = True

    def log_message(self, *_):
        """Log nothing."""


@contextmanager
def serving(source: StandIn) -> Iterator[StandIn]:
    """Serve a source on its own port."""
    handler = type("Handler", (_Handler,), {"source": source})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    source.host = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield source
    finally:
        source.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


def invented(today: date, n_rows: int = 1500, seed: int = 1) -> list[dict]:
    """Return requests of three years as data.sfgov.org gives them, some with fields that are empty."""
    random = Random(seed)
    first = date(today.year - 2, 1, 1)
    rows = []
    for number in range(n_rows):
        made = first + timedelta(days=random.randrange((today - first).days + 1))
        took = int(random.expovariate(0.05)) if random.random() < 0.8 else 0
        closed = made + timedelta(days=took)
        row = {
            "service_request_id": str(number),
            "requested_datetime": f"{made}T{random.randrange(24):02d}:30:00.000",
            "closed_date": f"{closed}T23:45:00.000" if closed <= today else None,
            "service_name": random.choice(["Graffiti", "Sewer", "Noise", "Graffiti"]),
            "analysis_neighborhood": random.choice(
                ["Mission", "O'Brien", "Sunset", None]
            ),
            "source": random.choice(["Phone", "Web", "Web"]),
        }
        rows.append({name: value for name, value in row.items() if value is not None})
    return rows
