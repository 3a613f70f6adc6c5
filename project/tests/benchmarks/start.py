"""Starting: from the start of gunicorn with one worker to the first 200 on '/', beside a Dash 'hello world'.

Both are started in turn, so that whatever else the machine does hits both alike; the ratio of the medians counts.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from .results import Result, spread
from .server import running

ROUNDS = 9
MAX_RATIO = 2.5
# How gunicorn.conf.py serves the product, without what is the product's own.
_HELLO = ("--config", "/dev/null", "--chdir", str(Path(__file__).parent))
_HELLO += ("--worker-class", "gthread", "--threads", "8", "--no-control-socket")


def measure() -> Iterator[Result]:
    """Start both again and again, and compare the medians."""
    product, hello = [], []
    _product(), _hello()  # so that neither has to compile or to fill the file cache
    for _ in range(ROUNDS):
        product.append(_product())
        hello.append(_hello())
    yield Result(
        "Start to the first page",
        statistics.median(product) / statistics.median(hello),
        MAX_RATIO,
        "× hello world",
        f"{spread(product, 's')} against {spread(hello, 's')}, {ROUNDS} starts each",
    )


def _product() -> float:
    with running() as server:
        return server.start_seconds


def _hello() -> float:
    with running("hello:server", *_HELLO) as server:
        return server.start_seconds
