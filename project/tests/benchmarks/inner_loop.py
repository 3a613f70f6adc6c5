"""The inner loop of a contributor: from `bin/test FILE` to the verdict on one file of tests."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterator

from .results import Result, spread
from .server import PROJECT

ROUNDS = 5
MAX_SECONDS = 3.0
_FILE = "project/tests/functions/models/test_splitting.py"


def measure() -> Iterator[Result]:
    """Test one file of pure functions again and again."""
    _test()  # so that nothing is left to be compiled
    seconds = [_test() for _ in range(ROUNDS)]
    yield Result(
        f"bin/test {_FILE}",
        statistics.median(seconds),
        MAX_SECONDS,
        "s",
        f"{spread(seconds, 's')}, {ROUNDS} runs",
    )


def _test() -> float:
    begun = time.perf_counter()
    subprocess.run([PROJECT / "bin" / "test", _FILE], check=True, capture_output=True)
    return time.perf_counter() - begun
