"""A Google Cloud on loopback for each test; the processes behind it are shared."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from tests.cloud.fake.cloud import Cloud
from tests.cloud.fake.instances import ProcessRunner
from tests.cloud.fake.registry import MemoryRegistry


@pytest.fixture(scope="session")
def processes(tmp_path_factory) -> Iterator[ProcessRunner]:
    """What starts the app, well and sick, for all tests."""
    runner = ProcessRunner(tmp_path_factory.mktemp("instances"))
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def gcloud_config(tmp_path_factory):
    """Return the folder in which gcloud keeps what it remembers."""
    if not shutil.which("gcloud"):
        pytest.skip("gcloud is not installed")
    return tmp_path_factory.mktemp("gcloud")


@pytest.fixture
def cloud(processes, gcloud_config, tmp_path) -> Iterator[Cloud]:
    """A project without services and images, in front of processes of this very app."""
    cloud = Cloud(MemoryRegistry(), processes, tmp_path, gcloud_config)
    yield cloud
    cloud.close()
