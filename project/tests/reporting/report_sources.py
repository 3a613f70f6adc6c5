"""One-line reports, with an older file time."""

from __future__ import annotations

import os
import time
from pathlib import Path

GOOD = """
TITLE = "Sales"
DESCRIPTION = "What was sold."
TAGS = ("shop",)
VALUE = {value!r}
def create_app(**dash_options):
    return VALUE
"""


def good(value: object = 1) -> str:
    return GOOD.format(value=value)


def broken(line: str) -> str:
    return good() + line


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a report with an older file time."""
    path = folder / f"{name}.py"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    age(path)
    return path


def age(path: Path) -> None:
    old = time.time() - 60 + next(_AGES)
    os.utime(path, (old, old))


_AGES = iter(x / 1000 for x in range(1, 10_000))
