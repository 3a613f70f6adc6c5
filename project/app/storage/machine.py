"""Which machine this is, and which of its processes still run."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def machine() -> str:
    """Return a name of what process numbers refer to: this host, this boot, this container."""
    names = [socket.gethostname()]
    for read in (
        lambda: Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        lambda: os.readlink("/proc/self/ns/pid"),
    ):
        try:
            names.append(read())
        except OSError:  # not Linux: the host's name has to do
            continue
    return " ".join(names)


def pid_exists(pid: int) -> bool:
    """Tell whether a process of that number runs on this machine, and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    known = _stat(pid)
    # No /proc on this system, or the process has just ended.
    return known is None or known[0] != "Z"


def begun(pid: int) -> str:
    """Return when a process of this machine began, in a unit of its own; empty if nobody knows.

    A number is given to another process once the first has ended, and after a container's restart to the same one.
    """
    known = _stat(pid)
    return known[19] if known else ""


def _stat(pid: int) -> list[str] | None:
    """Return what the system knows of a process, from its state on: see proc_pid_stat(5)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
