"""Runs images as processes of this very app, healthy or sick."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import PROJECT, free_port
from tests.processes import MARK

# The WSGI application of each kind of image: the app itself, and sick ones.
_SICK = "tests.cloud.sick_apps"
VARIANTS = {
    "good": "wsgi:server",
    "crashing": f"{_SICK}:crashing()",
    "slow": f"{_SICK}:slow()",
    "broken-page": f"{_SICK}:broken('/')",
    "broken-layout": f"{_SICK}:broken('/_dash-layout')",
    "broken-callback": f"{_SICK}:broken('/_dash-update-component')",
    "broken-static": f"{_SICK}:broken('/assets/*', '/_dash-component-suites/*')",
    "sick-later": f"{_SICK}:broken_later()",
}
# Each revision of these needs a process of its own, since its outcome is not that of another one.
_UNSHARED = ("sick-later", "slow", "crashing")


@dataclass(frozen=True)
class ContainerSpec:
    """What an instance is to be started with.

    Attributes
    ----------
    image : str
        As the template names it: ``host/…/package@sha256:…``.
    environ : mapping of str to str
        With the values of secrets, without ``PORT``.
    port : int
        The container's port.
    mounts : mapping of str to pathlib.Path
        The directory behind each mounted path.
    """

    image: str
    environ: Mapping[str, str]
    port: int = 8080
    mounts: Mapping[str, Path] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The image's digest, or its tag if it has none."""
        return self.image.rpartition("@")[2]


@dataclass
class Instance:
    """Something that runs, or did.

    Attributes
    ----------
    address : str
        ``127.0.0.1:port``
    is_running : callable
        Whether it has not ended.
    stop : callable
        Ends it; does nothing to one that others share.
    log : callable
        What it has written.
    """

    address: str
    is_running: Callable[[], bool]
    stop: Callable[[], None]
    log: Callable[[], str]

    def wait_until_started(self, probe: Mapping, speed: float) -> str:
        """Probe it until it answers.

        Parameters
        ----------
        probe : mapping
            The template's ``startupProbe``; without ``httpGet`` any answer will do.
        speed : float
            How many times faster than the probe says it gives up.

        Returns
        -------
        str
            Empty if it has started, else why it has not: ``"exited"`` or ``"probe"``.
        """
        period = probe.get("periodSeconds", 10)
        seconds = probe.get("initialDelaySeconds", 0)
        seconds += period * probe.get("failureThreshold", 3)
        path = probe.get("httpGet", {}).get("path")
        deadline = time.monotonic() + seconds / speed
        while time.monotonic() < deadline:
            if not self.is_running():
                return "exited"
            if self._answers(path):
                return ""
            time.sleep(min(0.05, period / speed))
        return "probe"

    def _answers(self, path: str | None) -> bool:
        try:
            urllib.request.urlopen(f"http://{self.address}{path or '/'}", timeout=10)
        except urllib.error.HTTPError as error:
            return path is None and bool(error.code)
        except OSError:
            return False
        return True


class ProcessRunner:
    """Starts gunicorn on this machine; revisions with the same image and settings share one.

    Parameters
    ----------
    folder : pathlib.Path
        For data directories and logs.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._variants: dict[str, tuple[str, dict[str, str]]] = {}
        self._shared: dict[tuple, Instance] = {}
        self._started: list[subprocess.Popen] = []
        self._lock = threading.Lock()

    def prepare(self, digest: str, variant: str, **environ: str) -> None:
        """Set which variant an image is, and its own environment."""
        assert variant in VARIANTS, f"{variant!r} must be one of {sorted(VARIANTS)}."
        self._variants[digest] = (variant, environ)

    def start(self, spec: ContainerSpec) -> Instance:
        """Start an instance, or return the one that runs already."""
        variant, own = self._variants.get(spec.digest, ("good", {}))
        environ = {**own, **self._settings(spec)}
        if variant in _UNSHARED:
            return self._start(variant, environ, True)
        key = (variant, *sorted(environ.items()))
        with self._lock:
            running = self._shared.get(key)
            if not running or not running.is_running():
                self._shared[key] = self._start(variant, environ, False)
            return self._shared[key]

    def close(self) -> None:
        """Stop everything."""
        for process in self._started:
            _stop(process)

    def _settings(self, spec: ContainerSpec) -> dict[str, str]:
        """Return the environment; a mounted path is a directory elsewhere."""
        settings = dict(spec.environ)
        for path, directory in spec.mounts.items():
            for name, value in settings.items():
                if value == path or value.startswith(f"{path}/"):
                    settings[name] = f"{directory}{value.removeprefix(path)}"
        return settings

    def _start(self, variant: str, environ: dict[str, str], own: bool) -> Instance:
        port = free_port()
        folder = Path(tempfile.mkdtemp(prefix=f"{variant}-", dir=self._folder))
        log = folder / "log"
        environment = {"DATA_DIR": str(folder / "data"), **environ}
        # What the person who runs the tests has set must not reach the service.
        kept = ("PATH", "HOME", "TMPDIR", "LANG", "API_HOST", MARK)
        inherited = {name: os.environ[name] for name in kept if name in os.environ}
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", VARIANTS[variant]],
                cwd=PROJECT,
                env={**inherited, **environment, "PORT": str(port)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(process)
        return Instance(
            f"127.0.0.1:{port}",
            lambda: process.poll() is None,
            (lambda: _stop(process)) if own else (lambda: None),
            log.read_text,
        )


def _stop(process: subprocess.Popen) -> None:
    """End a server with its workers, at once: one that hangs would take its time."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
