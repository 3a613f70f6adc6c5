"""Processes that tests start: they end with the tests, however those end.

All that a run of pytest starts inherits a mark in its environment. So it can be found and ended, although whoever
started it is gone. A keeper, a process of its own, does that as soon as pytest has ended, or was killed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time

MARK = "STARTED_BY_TESTS"
_LOOK_SECONDS = 0.02


class Keeper:
    """Marks what this process starts from now on, and outlives it to end that."""

    def __init__(self):
        mark = f"{os.getpid()}-{secrets.token_hex(4)}/"
        # Not marked itself: the keeper of an outer run must leave it the time to do its work.
        environ = {name: value for name, value in os.environ.items() if name != MARK}
        # It learns from the pipe that this process is gone: nobody else holds the other end.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, mark],
            stdin=subprocess.PIPE,
            env=environ,
            start_new_session=True,
        )
        os.environ[MARK] = mark

    def close(self) -> None:
        """End all that is left, and wait until it is gone."""
        self._process.stdin.close()
        self._process.wait()


def new_mark() -> str:
    """Return a mark for what is ended apart from the rest, as the value of `MARK` in its environment."""
    return f"{os.environ[MARK]}{secrets.token_hex(4)}/"


def marked(mark: str) -> list[int]:
    """Return the processes that carry a mark, or one below it, and have not ended."""
    wanted = f"\0{MARK}={mark}".encode()
    return [pid for pid in _processes() if wanted in b"\0" + _environ(pid)]


def end(mark: str) -> None:
    """Kill all processes that carry a mark, or one below it, and wait until they are gone."""
    while found := marked(mark):
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_LOOK_SECONDS)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _environ(pid: int) -> bytes:
    """Return the environment that a process was started with; nothing if it has ended or belongs to somebody else."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read()
    except OSError:
        return b""


if __name__ == "__main__":
    sys.stdin.read()
    end(sys.argv[1])
