"""A Google Cloud on loopback for each test; the processes behind it are shared."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.fake.cloud import PROJECT_ID, Cloud
from tests.cloud.fake.containers import ContainerRunner
from tests.cloud.fake.docker_registry import DockerRegistry
from tests.cloud.fake.instances import ProcessRunner
from tests.cloud.fake.registry import MemoryRegistry


@pytest.fixture(scope="session")
def processes(tmp_path_factory) -> Iterator[ProcessRunner]:
    """What starts the app, well and sick, for all tests."""
    runner = ProcessRunner(tmp_path_factory.mktemp("instances"))
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def gcloud_config(tmp_path_factory) -> Path:
    """Return the folder in which gcloud keeps what it remembers."""
    if not shutil.which("gcloud"):
        pytest.skip("gcloud is not installed")
    return tmp_path_factory.mktemp("gcloud")


@pytest.fixture
def new_cloud(processes, gcloud_config, tmp_path_factory) -> Iterator[Callable]:
    """Make a project with another registry or runner: ``new_cloud(registry, ContainerRunner(registry))``."""
    clouds: list[Cloud] = []

    def make(registry: Any = None, runner: Any = None) -> Cloud:
        folder = tmp_path_factory.mktemp("cloud")
        registry = registry or MemoryRegistry()
        clouds.append(Cloud(registry, runner or processes, folder, gcloud_config))
        return clouds[-1]

    yield make
    for cloud in clouds:
        cloud.close()


@pytest.fixture
def cloud(new_cloud) -> Cloud:
    """A project without services and images, in front of processes of this very app."""
    return new_cloud()


@pytest.fixture
def registry(tmp_path_factory) -> Iterator[DockerRegistry]:
    """A real registry on loopback, empty; skopeo pushes to ``registry.host``."""
    registry = DockerRegistry(tmp_path_factory.mktemp("registry"), PROJECT_ID)
    yield registry
    registry.close()


@pytest.fixture
def containers(registry) -> Iterator[ContainerRunner]:
    """What starts real containers from the images of `registry`."""
    runner = ContainerRunner(registry)
    yield runner
    runner.close()


@pytest.fixture
def container_cloud(new_cloud, registry, containers) -> Cloud:
    """A project whose images are in `registry` and whose instances are `containers`."""
    return new_cloud(registry, containers)
