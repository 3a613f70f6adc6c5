"""The image of production, built once, and a container of it as the platform runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.container import Container, engine, running

PROJECT = Path(__file__).resolve().parents[2]


def build(dockerfile: str) -> str:
    """Build an image and return its name; the one that bin/image has built is taken as it is."""
    if dockerfile == "Dockerfile.prod" and os.environ.get("IMAGE"):
        return os.environ["IMAGE"]
    tag = f"dashboard-test-{dockerfile.lower().replace('.', '-')}"
    engine("build", "--tag", tag, "--file", str(PROJECT / dockerfile), f"{PROJECT}/.")
    return tag


@pytest.fixture(scope="session")
def prod_image() -> str:
    return build("Dockerfile.prod")


@pytest.fixture(scope="session")
def prod(prod_image, tmp_path_factory) -> Iterator[Container]:
    """The image of production, beside its own reports one that an analyst has dropped."""
    with running(prod_image) as container:
        yield container
