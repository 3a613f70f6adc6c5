"""The image of production: its size by layer and package beside an untrimmed build, and its start to the first 200.

What counts are the layers above the base image, the bytes of their files before any compression.
"""

from __future__ import annotations

import json
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.image import budget
from deploy.image.layers import Layer, by_package, own_layers

from .container import PROD, engine, running, save
from .results import Result, spread
from .server import PROJECT

UNTRIMMED = "dashboard-untrimmed"
ROUNDS = 5
MAX_START_SECONDS = 3.0
LARGEST = 12
_COMMAND = re.compile(r"(COPY|RUN|WORKDIR)\b.*")
_PLACE = re.compile(r"in (\S+)\s*$|(/\S+)\s*(?:#.*)?$")


def measure() -> Iterator[Result]:
    """Build both, weigh both, and start the trimmed one again and again."""
    trimmed, untrimmed = _layers(PROD), _layers(UNTRIMMED, "--build-arg", "TRIM=no")
    size, full = (sum(layer.size for layer in ls) / 1e6 for ls in (trimmed, untrimmed))
    limit = budget.TOLERANCE * json.loads(budget.FILE.read_text())["image_mb"]
    yield Result("Image above its base", size, limit, "MB", f"{full:.0f} MB untrimmed")
    for layer, whole in zip(trimmed, untrimmed):
        yield _beside(f"Image, layer {_what(layer)}", layer.size, whole.size)
    packages, whole = by_package(trimmed), by_package(untrimmed)
    for name, _ in packages.most_common(LARGEST):
        yield _beside(f"Image, {name}", packages[name], whole[name])
    times = [_start_seconds() for _ in range(ROUNDS)]
    yield Result(
        "Container: start to the first page",
        statistics.median(times),
        MAX_START_SECONDS,
        "s",
        f"{spread(times, 's')}, {ROUNDS} starts, the engine's own time included",
    )


def _layers(tag: str, *options: str) -> list[Layer]:
    dockerfile = ("--file", str(PROJECT / "Dockerfile.prod"))
    engine("build", "--tag", tag, *dockerfile, *options, f"{PROJECT}/.")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        return own_layers(save(tag, Path(folder)))


def _beside(what: str, size: int, whole: int) -> Result:
    """Return a size; what was made ahead of time for browsers may make it larger than it was."""
    return Result(
        what, size / 1e6, 1.1 * whole / 1e6, "MB", f"{whole / 1e6:.1f} MB untrimmed"
    )


def _what(layer: Layer) -> str:
    found = _COMMAND.search(layer.command)
    if found and found[1] == "COPY":
        place = _PLACE.search(found[0])
        return f"COPY {place[1] or place[2]}" if place else "COPY"
    return "RUN useradd" if "useradd" in layer.command else layer.command[:30]


def _start_seconds() -> float:
    begun = time.perf_counter()
    with running():
        return time.perf_counter() - begun
