"""Containers of the project's images, started as the README says, and the engine that runs them."""

from __future__ import annotations

import contextlib
import functools
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

PROD = "dashboard-prod"
PROD_PORT = 9080
# How the platform runs it.
PROD_OPTIONS = (
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),
    *("--env", f"PORT={PROD_PORT}"),
    # Nobody listens there: reports that get data from elsewhere show their sample.
    *("--env", "API_HOST=http://127.0.0.1:9"),
)


_WAIT_UNTIL_WARM = """
import glob, time

def read(name):
    for path in glob.glob("/proc/[0-9]*/" + name):
        try:
            yield open(path).read()
        except OSError:
            pass

end = time.monotonic() + 60
while time.monotonic() < end:
    loaded = any("/sklearn/" in maps for maps in read("maps"))
    if loaded and not any("app.jobs.sample" in line for line in read("cmdline")):
        break
    time.sleep(0.1)
"""


@functools.cache
def find_engine() -> str | None:
    """Return docker, or podman where docker is not or does not answer, or None."""
    for program in filter(None, map(shutil.which, ("docker", "podman"))):
        if subprocess.run([program, "info"], capture_output=True).returncode == 0:
            return program
    return None


def engine(*arguments: str) -> str:
    """Run the container engine and return what it prints.

    Raises
    ------
    RuntimeError
        There is no engine, or it failed.
    """
    program = find_engine()
    if program is None:
        raise RuntimeError(
            "docker or podman must be on PATH and answer: install one, or see what its 'info' says."
        )
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=1200
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


@dataclass(frozen=True)
class Container:
    """A container of one of the images, and where it answers."""

    id: str
    address: str

    @classmethod
    def start(cls, image: str, options: tuple[str, ...], port: int) -> Container:
        """Start one; it may not answer yet."""
        published = ["--publish", f"127.0.0.1::{port}"]
        id = engine("run", "--detach", *published, *options, image)
        address = engine("port", id, f"{port}/tcp").splitlines()[0]
        return cls(id, f"http://{address}")

    @property
    def port(self) -> int:
        """Where it answers on this machine."""
        return int(self.address.rpartition(":")[2])

    def wait_until(self, path: str = "/health/ready", seconds: float = 60) -> None:
        """Wait until it answers an address with 200.

        Raises
        ------
        RuntimeError
            It ended, or does not answer in time; its log is in the message.
        """
        deadline = time.monotonic() + seconds
        while not self._answers(path):
            if self.inspect("State.Running") != "true" or time.monotonic() > deadline:
                raise RuntimeError(engine("logs", self.id))
            time.sleep(0.05)

    def _answers(self, path: str) -> bool:
        try:
            return requests.get(self.address + path, timeout=5).ok
        except requests.RequestException:
            return False

    def wait_until_warm(self) -> None:
        """Wait until it has loaded scikit-learn and made the sample that opens first."""
        self.python(_WAIT_UNTIL_WARM)

    def inspect(self, field: str) -> str:
        """Return a field of what the engine knows of it."""
        return engine("inspect", "--format", f"{{{{.{field}}}}}", self.id)

    def python(self, code: str, *arguments: str) -> str:
        """Run Python code in it and return what that prints."""
        return engine("exec", self.id, "python", "-c", code, *arguments)

    def remove(self) -> None:
        """Stop it and forget it."""
        engine("rm", "--force", self.id)


@contextlib.contextmanager
def running(image: str = PROD, *options: str) -> Iterator[Container]:
    """Run the image of production as its platform does, until the first page answers."""
    container = Container.start(image, PROD_OPTIONS + options, PROD_PORT)
    try:
        container.wait_until("/")
        yield container
    finally:
        container.remove()


def save(image: str, folder: Path) -> Path:
    """Write an image into a folder, as the engine saves it, and return the file."""
    file = folder / "image.tar"
    engine("save", image, "--output", str(file))
    return file
