"""Load: 10 to 80 users who read and think, on one core as on Cloud Run, alone and beside a training.

Every user opens the page as a browser does, index, layout, callbacks and the page's content, thinks a second, goes to
the Train page, thinks again, and starts again. Users come in steps; the time of each request counts. The server,
its training included, may use one core and nothing else; the users are on the others. What each step found is printed
while it runs; the table has the largest step that kept the limit.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

import click
import psutil

from app.storage import RunStore
from tests.waiting import wait_for

from .results import Result
from .server import Server, Visitor, running
from .trained import keep_table, train

STEPS = (10, 20, 40, 80)
SECONDS = 15
THINK_SECONDS = 1.0
MAX_SECONDS = 1.0
ROWS = 100_000
# What the page chooses by itself, with as few folds as it takes: what counts is the memory of each fit.
MODELS = ("linear", "random_forest", "hist_gradient_boosting")
FOLDS = 2
# What the deployment's settings are made for: users at once, with a training under way.
PROMISED_USERS = 40
MEMORY_MB = 1074  # 1 GiB
_WEIGH_SECONDS = 0.5


@dataclass
class Step:
    """What some users at once found."""

    users: int
    times: list[float] = field(default_factory=list)
    failures: int = 0
    at_once: list[int] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def p95(self) -> float:
        """The 95th percentile of all requests, in seconds."""
        return statistics.quantiles(self.times, n=20)[-1]

    @property
    def p99(self) -> float:
        """The 99th percentile."""
        return statistics.quantiles(self.times, n=100)[-1]

    def __str__(self) -> str:
        return (
            f"{self.users:3} users: p50 {statistics.median(self.times):.2f} s, p95 {self.p95:.2f} s, "
            f"{len(self.times) / SECONDS:.0f} requests/s, {self.failures} failed, "
            f"{statistics.mean(self.at_once):.0f} requests at once ({max(self.at_once)} at most), "
            f"server {self.megabytes:.0f} MB"
        )


def measure() -> Iterator[Result]:
    """Let more and more users come, first alone, then while a training of a large table is under way."""
    with _on_one_core() as server:
        server.wait_until_warm()
        yield from _results("alone", _steps(server))
        dataset = keep_table(server, ROWS, "binary")
        with _Scales(server.process.pid) as scales, _training(server, dataset):
            yield from _results("beside a training", _steps(server))
    yield Result(
        f"Memory at most: server and a training of {ROWS:,} × 20",
        scales.highest,
        MEMORY_MB,
        "MB",
        "with shared pages counted once",
    )


def _results(when: str, steps: list[Step]) -> Iterator[Result]:
    kept = [step for step in steps if step.p95 < MAX_SECONDS and not step.failures]
    promised = next(step for step in steps if step.users == PROMISED_USERS)
    most = max(kept, key=lambda step: step.users, default=None)
    yield Result(
        f"{PROMISED_USERS} users on one core, {when}: 95th percentile of a request",
        promised.p95,
        MAX_SECONDS,
        "s",
        (
            f"kept up to {most.users} users, {max(most.at_once)} requests at once"
            if most
            else "kept by no step"
        ),
    )
    yield Result(
        f"Failed requests of {STEPS[0]} to {STEPS[-1]} users, {when}",
        sum(step.failures for step in steps),
        0,
        "",
        f"of {sum(len(step.times) for step in steps)}",
    )


@contextlib.contextmanager
def _on_one_core() -> Iterator[Server]:
    """Serve on the first core, and leave the others to this process."""
    cores = os.sched_getaffinity(0)
    first = min(cores)
    os.sched_setaffinity(0, {first})
    try:
        with running() as server:
            os.sched_setaffinity(0, cores - {first} or cores)
            yield server
    finally:
        os.sched_setaffinity(0, cores)


def _steps(server: Server) -> list[Step]:
    steps = []
    for users in STEPS:
        steps.append(play(server, users))
        click.echo(f"  {steps[-1]}", err=True)
    return steps


def play(server: Server, users: int) -> Step:
    """Let some users use the server for a while, and return what they found."""
    step, stop, asking = Step(users), threading.Event(), _Gauge()
    with ThreadPoolExecutor(users) as pool:
        work = [
            pool.submit(
                _use, server.port, step, stop, asking, THINK_SECONDS * i / users
            )
            for i in range(users)
        ]
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            step.at_once.append(asking.value)
            step.megabytes = max(step.megabytes, _rss(server))
            time.sleep(0.1)
        stop.set()
        for one in work:
            one.result()
    return step


def _rss(server: Server) -> float:
    return server.worker().memory_info().rss / 1e6


class _Gauge:
    """How many requests are on their way."""

    def __init__(self):
        self.value = 0
        self._lock = threading.Lock()

    def __enter__(self):
        with self._lock:
            self.value += 1

    def __exit__(self, *_):
        with self._lock:
            self.value -= 1


def _use(
    port: int, step: Step, stop: threading.Event, asking: _Gauge, late: float
) -> None:
    """Read and think until told to stop; not all begin at the same moment."""
    visitor = _TimedVisitor(port, step, asking)
    stop.wait(late)
    train = "?" + urlencode({"dataset": "sample-breast-cancer"})
    while not stop.is_set():
        try:
            visitor.load_app()
            visitor.call("columns-due.data", {"columns-due.data": True})
            stop.wait(THINK_SECONDS)
            visitor.show_page("/train", train)
        except (OSError, RuntimeError, StopIteration):
            step.failures += 1
            visitor = _TimedVisitor(port, step, asking)
        stop.wait(THINK_SECONDS)


class _TimedVisitor(Visitor):
    """A visitor who looks at the clock."""

    def __init__(self, port: int, step: Step, asking: _Gauge):
        super().__init__(port)
        self._step = step
        self._asking = asking

    def ask(self, method: str, path: str, *args, **kwargs):
        """Send one request, time it, and count it as failed unless the answer is a good one."""
        begun = time.perf_counter()
        with self._asking:
            answer = super().ask(method, path, *args, **kwargs)
        self._step.times.append(time.perf_counter() - begun)
        if answer.status >= 400:
            raise RuntimeError(f"{path} answered {answer.status}.")
        return answer


@contextlib.contextmanager
def _training(server: Server, dataset: str) -> Iterator[None]:
    """Keep a training of a table under way, the next when one has ended; see at least one to its end."""
    runs, stop = RunStore(server.data_dir / "runs"), threading.Event()
    first, problems = threading.Event(), []

    def work():
        while not stop.is_set():
            try:
                train(server, dataset, "binary", MODELS, folds=FOLDS)
            except (OSError, RuntimeError) as error:
                if not stop.is_set():  # else it was cancelled, below
                    problems.append(error)
                    stop.set()
            first.set()

    def active() -> list[str]:
        ids = [path.name for path in runs.root.iterdir()]
        return [run_id for run_id in ids if runs.get(run_id).state == "running"]

    thread = threading.Thread(target=work)
    thread.start()
    wait_for(active, what="the training to begin")
    try:
        yield
    finally:
        first.wait()
        stop.set()
        for run_id in active():
            runs.cancel(run_id)
        thread.join()
    if problems:
        raise problems[0]


class _Scales:
    """Weighs a process and all below it again and again, each shared page once."""

    def __init__(self, pid: int):
        self.highest = 0.0
        self._server = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> _Scales:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(_WEIGH_SECONDS):
            family = [self._server, *self._server.children(recursive=True)]
            weight = sum(map(_proportional_megabytes, family))
            self.highest = max(self.highest, weight)


def _proportional_megabytes(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().pss / 1e6
    except psutil.NoSuchProcess:
        return 0.0
