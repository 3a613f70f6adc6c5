"""Runs images as containers."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.cloud.fake.instances import ContainerSpec, Instance
from tests.cloud.fake.registry import Registry

_SECONDS = 600


class ContainerRunner:
    """Starts containers with docker or podman, as restricted as Cloud Run's, from the images of a registry.

    Parameters
    ----------
    registry : Registry
    """

    def __init__(self, registry: Registry):
        engine = shutil.which("docker") or shutil.which("podman")
        assert engine, "These tests need docker or podman on PATH."
        assert shutil.which("skopeo"), "skopeo is missing: apt-get install skopeo."
        self.engine, self._registry = engine, registry
        self._started: list[str] = []
        self._loaded: list[str] = []

    def start(self, spec: ContainerSpec) -> Instance:
        """Start a container."""
        options = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
        options += ["--publish", f"127.0.0.1::{spec.port}"]
        for name, value in {**spec.environ, "PORT": str(spec.port)}.items():
            options += ["--env", f"{name}={value}"]
        for path, directory in spec.mounts.items():
            # The container's user must be able to write the bucket's files.
            directory.chmod(0o777)
            options += ["--volume", f"{directory}:{path}"]
        id = self._call("run", "--detach", *options, self._image(spec))
        self._started.append(id)
        address = self._call("port", id, f"{spec.port}/tcp").splitlines()[0]
        return Instance(
            address,
            lambda: self._is_running(id),
            lambda: self._remove(id),
            lambda: self._call("logs", id),
        )

    def close(self) -> None:
        """Remove every container, and the images that were loaded for them."""
        for id in list(self._started):
            self._remove(id)
        self.forget_images()

    def forget_images(self) -> None:
        """Remove the images that were loaded: what starts next comes from the registry again."""
        for image in self._loaded:
            self._call("rmi", "--force", image)
        self._loaded.clear()

    def _image(self, spec: ContainerSpec) -> str:
        """Load the image from the registry, once."""
        package = spec.image.partition("@")[0].rpartition("/")[2]
        image = f"{package}:{spec.digest.partition(':')[2][:12]}"
        if image not in self._loaded:
            source = f"docker://{self._registry.name(package, spec.digest)}"
            with tempfile.TemporaryDirectory() as folder:
                archive = Path(folder) / "image.tar"
                # docker does not pull from a registry without TLS, podman only with an option.
                _run(
                    *("skopeo", "copy", "--quiet", "--src-tls-verify=false"),
                    *(source, f"docker-archive:{archive}:{image}"),
                )
                self._call("load", "--input", str(archive))
            self._loaded.append(image)
        return image

    def _is_running(self, id: str) -> bool:
        return self._call("inspect", "--format", "{{.State.Running}}", id) == "true"

    def _remove(self, id: str) -> None:
        if id in self._started:
            self._started.remove(id)
            self._call("rm", "--force", id)

    def _call(self, *arguments: str) -> str:
        return _run(self.engine, *arguments)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
    said = f"{done.stdout}{done.stderr}"
    assert done.returncode == 0, f"{' '.join(command)}\n{said}"
    return (said if command[1] == "logs" else done.stdout).strip()
