"""Bounds on a process that reads a stranger's file: its memory and its processor time."""

from __future__ import annotations

import os
import resource
from pathlib import Path

_MIB = 1024**2
# What the libraries need before there is a table.
_MEMORY = 512 * _MIB
# What a table takes in memory while it is read and profiled, as a multiple of the file.
_MEMORY_FACTOR = 8
# What reading takes on a slow machine: the libraries, then each MB.
_SECONDS = 30
_SECONDS_PER_MIB = 0.5


class Bounds:
    """The bounds of this process; it ends, or gets a `MemoryError`, where it exceeds them.

    Parameters
    ----------
    max_bytes : int
        How large a table may be.
    seconds : int
        How much processor time it may take.
    """

    def __init__(self, max_bytes: int, seconds: int):
        # Arrow's own allocator reserves a gigabyte, whatever it needs.
        os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
        self._most = _MEMORY + _MEMORY_FACTOR * max_bytes
        self._seconds = seconds
        resource.setrlimit(resource.RLIMIT_DATA, (self._most, self._most))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            # Should the machine run out all the same, this process goes, and not the server.
            Path("/proc/self/oom_score_adj").write_text("1000")
        except OSError:  # not Linux
            return

    def tighten(self, n_bytes: int) -> None:
        """Allow no more than a table of this size needs.

        Parameters
        ----------
        n_bytes : int
        """
        memory = min(self._most, _MEMORY + _MEMORY_FACTOR * n_bytes)
        resource.setrlimit(resource.RLIMIT_DATA, (memory, self._most))
        needed = int(_SECONDS + _SECONDS_PER_MIB * n_bytes / _MIB)
        seconds = min(self._seconds, needed)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, self._seconds + 5))
