"""The process of an isolated report: `python -m app.hosting.report_process SOCKET`.

It reads one line of JSON from its standard input, which stays open as long as the server lives, and forks. The copy
runs the report and serves it at a socket; the original waits, and ends the copy with all that it started once the
server is gone or has closed the line, whatever the report does. What the copy writes on descriptor `READY` is one line
of JSON too: ``{}``, or ``{"problem": "a sentence"}``.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

_MIB = 1024**2
# So that pages of the dashboard are answered first.
_NICENESS = 5
_OOM_SCORE = "900"
# prctl(2)
_DIE_WITH_PARENT, _ADOPT = 1, 36
_LOOK_SECONDS = 0.5
_KILL_ROUNDS = 20


def main(socket: str, ready: int) -> None:
    """Run a report until it ends, or the server does."""
    order = json.loads(_line(0))
    _prctl(_ADOPT, 1)
    watcher = os.getpid()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
            if os.getppid() == watcher:
                os.setsid()
                _bound(order["memory_mb"])
                status = _serve(order, socket, ready)
        finally:
            os._exit(status)
    os.close(ready)
    _wait(child)
    _end_all(child)


def _line(descriptor: int) -> bytes:
    content = b""
    while not content.endswith(b"\n"):
        # Byte by byte at the end only: nothing follows the line.
        part = os.read(descriptor, 65_536)
        if not part:
            sys.exit(0)
        content += part
    return content


def _wait(child: int) -> None:
    """Wait until the child has ended or the line to the server is closed."""
    while True:
        readable, _, _ = select.select([0], [], [], _LOOK_SECONDS)
        if readable and not os.read(0, 4096):
            return
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if ended == child:
            return


def _end_all(child: int) -> None:
    """End the child, and what it started: orphans of this process become its children."""
    for _ in range(_KILL_ROUNDS):
        for pid in {child, *_children()}:
            for kill in (os.killpg, os.kill):
                try:
                    kill(pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.05)


def _children() -> list[int]:
    tasks = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        return [int(pid) for pid in tasks.read_text().split()]
    except (OSError, ValueError):
        return []


def _prctl(option: int, value: int) -> None:
    try:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (OSError, AttributeError):  # not Linux
        return


def _bound(memory_mb: int) -> None:
    bound = memory_mb * _MIB
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICENESS)
    try:
        # Should the machine run out of memory all the same, this process goes, and not the server.
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
    except OSError:  # not Linux
        return


def _serve(order: dict[str, Any], socket: str, ready: int) -> int:
    # What a report needs is loaded in its own process only: the one that waits stays small.
    from app.hosting.report_child import serve

    return serve(order, socket, ready)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
