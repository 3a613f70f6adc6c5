"""A Google Cloud on loopback for each test; the processes behind it are shared."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.fake.cloud import PROJECT_ID, Cloud
from tests.cloud.fake.containers import ContainerRunner
from tests.cloud.fake.instances import ProcessRunner
from tests.cloud.fake.registry import Registry


@pytest.fixture(scope="session")
def processes(tmp_path_factory) -> Iterator[ProcessRunner]:
    """Starts the app, healthy and sick, for all tests."""
    runner = ProcessRunner(tmp_path_factory.mktemp("instances"))
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def gcloud_config(tmp_path_factory) -> Path:
    """Return gcloud's own folder."""
    if not shutil.which("gcloud"):
        pytest.skip("gcloud is not installed")
    return tmp_path_factory.mktemp("gcloud")


@pytest.fixture
def registry(tmp_path_factory) -> Iterator[Registry]:
    """A real registry on loopback, empty; skopeo pushes to ``registry.host``."""
    registry = Registry(tmp_path_factory.mktemp("registry"), PROJECT_ID)
    yield registry
    registry.close()


@pytest.fixture
def cloud(registry, processes, gcloud_config, tmp_path_factory) -> Iterator[Cloud]:
    """A project without services and images, whose instances are processes of this very app."""
    folder = tmp_path_factory.mktemp("cloud")
    cloud = Cloud(registry, processes, folder, gcloud_config)
    yield cloud
    cloud.close()


@pytest.fixture
def containers(registry) -> Iterator[ContainerRunner]:
    """Starts real containers from the images of `registry`."""
    runner = ContainerRunner(registry)
    yield runner
    runner.close()


@pytest.fixture
def container_cloud(
    registry, containers, gcloud_config, tmp_path_factory
) -> Iterator[Cloud]:
    """A project whose instances are `containers`."""
    folder = tmp_path_factory.mktemp("cloud")
    cloud = Cloud(registry, containers, folder, gcloud_config)
    yield cloud
    cloud.close()
